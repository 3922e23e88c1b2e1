package lexical

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"lsp/indexer/bitset"
)

// corpus makes random documents from a small vocabulary in which few words are common.
func corpus(random *rand.Rand, n int) []Document {
	docs := make([]Document, n)
	for i := range docs {
		for f := range Field(NumFields) {
			if random.IntN(3) == 0 && f != Body {
				continue
			}
			words := make([]string, random.IntN(12)+1)
			if random.IntN(50) == 0 {
				words = make([]string, 300)
			}
			for j := range words {
				words[j] = randomWordOf(random)
			}
			separator := " "
			if f == Name {
				separator = "_"
			}
			docs[i][f] = strings.Join(words, separator)
		}
	}
	return docs
}

// randomWordOf draws one of 200 words, the first ones most often.
func randomWordOf(random *rand.Rand) string {
	n := int(200 * math.Pow(random.Float64(), 3))
	return string([]byte{byte('b' + n%20), byte('a' + n/20), 'x'})
}

func randomQuery(random *rand.Rand) Query {
	words := make([]string, random.IntN(6)+1)
	for i := range words {
		words[i] = randomWordOf(random)
	}
	q := Analyze(strings.Join(words, " "))
	for i := range q.Terms {
		if random.IntN(4) == 0 {
			q.Terms[i].Weight = random.Float32()
		}
	}
	return q
}

func build(t testing.TB, docs []Document) *Section {
	t.Helper()
	b := NewBuilder()
	for i := range docs {
		if n := b.Add(&docs[i]); int(n) != i {
			t.Fatalf("document %d got number %d", i, n)
		}
	}
	s, err := Open(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func search(t testing.TB, sources []Source, q Query, k int) []Hit {
	t.Helper()
	hits, err := Search(context.Background(), sources, q, DefaultParams(), k)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// reference is BM25F as the books have it, over maps.
type reference struct {
	counts  []map[string][NumFields]int
	lengths [][NumFields]int
}

func newReference(docs []Document) *reference {
	r := &reference{}
	var a analyzer
	for i := range docs {
		counts, lengths := map[string][NumFields]int{}, [NumFields]int{}
		for f := range Field(NumFields) {
			text := docs[i][f]
			for pos := 0; ; {
				start, end, kind := nextWord(text, pos)
				if kind == noWord {
					break
				}
				pos = end
				a.analyze(text[start:end], kind)
				for _, t := range a.tokens {
					if (f == Body || f == Comment) && t.short {
						continue
					}
					c := counts[string(a.term(t))]
					c[f] = min(c[f]+1, int(highest(f)))
					counts[string(a.term(t))] = c
					if t.kind == part {
						lengths[f]++
					}
				}
			}
			lengths[f] = int(codeLengths[lengthCode(uint32(lengths[f]))])
		}
		r.counts, r.lengths = append(r.counts, counts), append(r.lengths, lengths)
	}
	return r
}

// scores returns the score of every document; statistics are over those alive.
func (r *reference) scores(q Query, p Params, alive bitset.Set) []float64 {
	n := 0.0
	var sums, present [NumFields]float64
	documents := map[string]float64{}
	for i, counts := range r.counts {
		if !alive.Has(uint32(i)) {
			continue
		}
		n++
		for f, length := range r.lengths[i] {
			sums[f] += float64(length)
			if length > 0 {
				present[f]++
			}
		}
		for _, t := range q.Terms {
			if _, ok := counts[t.Text]; ok {
				documents[t.Text]++
			}
		}
	}
	scores := make([]float64, len(r.counts))
	for i, counts := range r.counts {
		for _, t := range q.Terms {
			w := 0.0
			for f, count := range counts[t.Text] {
				if count > 0 {
					length := float64(max(1, r.lengths[i][f]))
					average := max(1, sums[f]/max(1, present[f]))
					w += p.Weight[f] * float64(count) / (1 - p.B[f] + p.B[f]*length/average)
				}
			}
			d := documents[t.Text]
			scores[i] += float64(t.Weight) * math.Log(1+(n-d+0.5)/(d+0.5)) * w / (p.K1 + w)
		}
	}
	return scores
}

func randomSet(random *rand.Rand, n int, share float64) bitset.Set {
	set := bitset.New(n)
	for i := range uint32(n) {
		if random.Float64() < share {
			set.Add(i)
		}
	}
	return set
}

// near allows for sums of rounded terms.
func near(got float32, want float64) bool { return math.Abs(float64(got)-want) < 1e-4 }

func TestSearchMatchesReference(t *testing.T) {
	for _, size := range []int{1, 5, 127, 128, 129, 1000, 2*window + 100} {
		seed := uint64(size)
		t.Run(fmt.Sprintf("documents=%d", size), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			docs := corpus(random, size)
			s, r := build(t, docs), newReference(docs)
			for range 20 {
				q, p := randomQuery(random), DefaultParams()
				var alive, allow bitset.Set
				if random.IntN(2) == 0 {
					alive = randomSet(random, size, random.Float64())
				}
				if random.IntN(2) == 0 {
					allow = randomSet(random, size, random.Float64()*random.Float64())
				}
				k := 1 + random.IntN(2*size)
				source := Source{Section: s, Alive: alive, Allow: allow}
				hits, err := Search(t.Context(), []Source{source}, q, p, k)
				if err != nil {
					t.Fatal(err)
				}
				compareWithReference(t, hits, r.scores(q, p, alive), alive, allow, k)
				checkScoreAndExplain(t, []Source{source}, q, p, hits)
			}
		})
	}
}

// compareWithReference checks that hits are the k best of the documents that may be found.
func compareWithReference(t *testing.T, hits []Hit, scores []float64, alive, allow bitset.Set, k int) {
	t.Helper()
	var best []float64
	for doc, score := range scores {
		if score > 0 && alive.Has(uint32(doc)) && allow.Has(uint32(doc)) {
			best = append(best, score)
		}
	}
	slices.SortFunc(best, func(x, y float64) int { return cmp.Compare(y, x) })
	best = best[:min(k, len(best))]
	if len(hits) != len(best) {
		t.Fatalf("%d hits, want %d", len(hits), len(best))
	}
	for i, hit := range hits {
		if !alive.Has(hit.Document) || !allow.Has(hit.Document) {
			t.Fatalf("hit %d, document %d, may not be found", i, hit.Document)
		}
		if !near(hit.Score, best[i]) || !near(hit.Score, scores[hit.Document]) {
			t.Fatalf("hit %d, document %d: score %v, by the reference %v; the score of this rank is %v",
				i, hit.Document, hit.Score, scores[hit.Document], best[i])
		}
		if i > 0 && (hits[i-1].Score < hit.Score || hits[i-1].Score == hit.Score && hits[i-1].Document >= hit.Document) {
			t.Fatalf("hits %d and %d are out of order: %v %v", i-1, i, hits[i-1], hit)
		}
	}
}

// checkScoreAndExplain checks that scoring given documents, and the sum of an explanation, equal what Search said.
func checkScoreAndExplain(t *testing.T, sources []Source, q Query, p Params, hits []Hit) {
	t.Helper()
	again := slices.Clone(hits)
	slices.Reverse(again)
	for i := range again {
		again[i].Score = -1
	}
	s, err := NewScorer(sources, q, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Score(again); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(again)
	if !slices.Equal(again, hits) {
		t.Fatalf("Score gives %v, Search %v", again, hits)
	}
	for _, hit := range hits[:min(5, len(hits))] {
		terms, err := s.Explain(hit.Source, hit.Document)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, term := range terms {
			fields := 0.0
			for _, f := range term.Fields {
				fields += f.Contribution
			}
			if math.Abs(fields-term.Contribution) > 1e-9 {
				t.Fatalf("fields of %q sum to %v, not %v", term.Term.Text, fields, term.Contribution)
			}
			sum += term.Contribution
		}
		if float32(sum) != hit.Score {
			t.Fatalf("document %d: contributions sum to %v, not %v", hit.Document, sum, hit.Score)
		}
	}
}

// TestIncrementalEqualsFresh spreads documents over sections with dead ones between them and expects what one
// fresh section gives, to the bit.
func TestIncrementalEqualsFresh(t *testing.T) {
	for seed := range uint64(15) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			docs := corpus(random, 1+random.IntN(3000))
			fresh := []Source{{Section: build(t, docs)}}
			sources, fromFresh := spread(t, random, docs)
			allow := randomSet(random, len(docs), 0.5)
			fresh[0].Allow = allow
			for i := range sources {
				sources[i].Allow = bitset.New(sources[i].Section.Documents())
			}
			for doc, place := range fromFresh {
				if allow.Has(uint32(doc)) {
					sources[place.Source].Allow.Add(place.Document)
				}
			}
			for range 20 {
				q, k := randomQuery(random), 1+random.IntN(100)
				want := search(t, fresh, q, k)
				for i := range want {
					score := want[i].Score
					want[i] = fromFresh[want[i].Document]
					want[i].Score = score
				}
				if got := search(t, sources, q, k); !slices.Equal(got, want) {
					t.Fatalf("spread over %d sections:\n got %v\nwant %v", len(sources), got, want)
				}
			}
			checkMerge(t, sources, build(t, docs))
		})
	}
}

// spread puts documents into several sections, in order, with dead ones between them, and returns the place of each.
func spread(t *testing.T, random *rand.Rand, docs []Document) (sources []Source, places []Hit) {
	t.Helper()
	n := 1 + random.IntN(5)
	noise := corpus(random, 100)
	next := 0
	b := NewBuilder()
	for i := range n {
		b.Reset()
		end := next + random.IntN(len(docs)-next+1)
		if i == n-1 {
			end = len(docs)
		}
		var live []uint32
		for next < end {
			if random.IntN(3) == 0 {
				b.Add(&noise[random.IntN(len(noise))])
				continue
			}
			doc := b.Add(&docs[next])
			live = append(live, doc)
			places = append(places, Hit{Source: i, Document: doc})
			next++
		}
		s, err := Open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		alive := bitset.New(s.Documents() + random.IntN(100))
		for i := range alive {
			alive[i] = ^uint64(0) // members beyond the documents are ignored
		}
		alive.RemoveRange(0, uint32(s.Documents()))
		for _, doc := range live {
			alive.Add(doc)
		}
		source := Source{Section: s, Alive: alive}
		if random.IntN(2) == 0 {
			totals := s.Totals(alive)
			source.Totals = &totals
		}
		sources = append(sources, source)
	}
	return sources, places
}

func TestExactIdentifierWins(t *testing.T) {
	docs := []Document{
		{Name: "getUser", Body: "func getUser() { return user.name }", Documentation: "gets the user by name"},
		{Name: "userName", Body: "func userName() { get() }"},
		{Name: "getUserName", Body: "func getUserName() {}"},
		{Name: "getUserNameFromRequest", Body: "func getUserNameFromRequest() { get user name }"},
		{Name: "username", Body: "the name of a user"},
	}
	s := build(t, docs)
	for _, c := range []struct {
		query string
		want  uint32
	}{
		{"getUserName", 2}, {"get_user_name", 2}, {"getusername", 2}, {"GetUserNames", 2},
		{"getUserNameFromRequest", 3}, {"userName", 1},
	} {
		hits := search(t, []Source{{Section: s}}, Analyze(c.query), 1)
		if len(hits) != 1 || hits[0].Document != c.want {
			t.Errorf("%q finds %v, want document %d", c.query, hits, c.want)
		}
	}
}

// TestStandIn holds that a term that stands for another one counts as no rarer than that, and that ScoreTerms tells which
// terms a document has and scores as Score does.
func TestStandIn(t *testing.T) {
	docs := make([]Document, 50)
	for i := range docs {
		docs[i] = Document{Body: "request of a client"}
	}
	docs[7] = Document{Body: "req of a client"}
	docs[8] = Document{Body: "nothing"}
	q := Query{Terms: []Term{{Text: "request", Weight: 1}, {Text: "req", Weight: 1, Kind: Expanded, For: "request"}}}
	scorer, err := NewScorer([]Source{{Section: build(t, docs)}}, q, DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	hits := []Hit{{Document: 8}, {Document: 7}, {Document: 6}}
	var found [][2]int
	if err := scorer.ScoreTerms(hits, func(hit, term int) { found = append(found, [2]int{hit, term}) }); err != nil {
		t.Fatal(err)
	}
	if hits[0].Score != 0 || hits[1].Score != hits[2].Score || hits[1].Score == 0 {
		t.Errorf("scores %v, want 0 and two that are equal", hits)
	}
	if want := [][2]int{{2, 0}, {1, 1}}; !slices.Equal(found, want) {
		t.Errorf("hits and their terms %v, want %v", found, want)
	}
	again := slices.Clone(hits)
	if err := scorer.Score(again); err != nil || !slices.Equal(again, hits) {
		t.Errorf("Score %v, ScoreTerms %v; error %v", again, hits, err)
	}
}

func TestSearchArguments(t *testing.T) {
	s := build(t, corpus(rand.New(rand.NewPCG(1, 1)), 100))
	q := Analyze("bax cax dax")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Search(cancelled, []Source{{Section: s}}, q, DefaultParams(), 5); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, c := range []struct {
		name string
		q    Query
		k    int
	}{{"no results wanted", q, 0}, {"no terms", Query{}, 5}, {"unknown term", Analyze("unheard"), 5}} {
		if hits := search(t, []Source{{Section: s}}, c.q, c.k); len(hits) != 0 {
			t.Errorf("%s: %v", c.name, hits)
		}
	}
	if hits := search(t, nil, q, 5); len(hits) != 0 {
		t.Errorf("no sources: %v", hits)
	}
	odd := Query{Terms: []Term{{Text: "bax", Weight: float32(math.NaN())}, {Text: "cax", Weight: -1}, {Text: "dax", Weight: float32(math.Inf(1))}}}
	for _, hit := range search(t, []Source{{Section: s}}, odd, 200) {
		if !(hit.Score > 0 && hit.Score <= 64) {
			t.Errorf("odd weights: %v", hit)
		}
	}
	bad := []func(p *Params){
		func(p *Params) { p.K1 = 0 }, func(p *Params) { p.K1 = math.NaN() }, func(p *Params) { p.Weight[Body] = -1 },
		func(p *Params) { p.Weight[Name] = math.Inf(1) }, func(p *Params) { p.B[Path] = 1.5 }, func(p *Params) { p.B[Path] = math.NaN() },
	}
	for i, change := range bad {
		p := DefaultParams()
		change(&p)
		if _, err := Search(t.Context(), []Source{{Section: s}}, q, p, 5); err == nil {
			t.Errorf("bad parameters %d are taken", i)
		}
	}
	if _, err := Search(t.Context(), []Source{{Section: s, Allow: bitset.New(64)}}, q, DefaultParams(), 5); err == nil {
		t.Error("a set that is too small is taken")
	}
	scorer, err := NewScorer([]Source{{Section: s}}, q, DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	for _, hit := range []Hit{{Source: 1}, {Source: -1}, {Document: 100}} {
		if err := scorer.Score([]Hit{hit}); err == nil {
			t.Errorf("document %v is scored", hit)
		}
		if _, err := scorer.Explain(hit.Source, hit.Document); err == nil {
			t.Errorf("document %v is explained", hit)
		}
	}
}

// expiring is a context that is cancelled after Err was asked some times.
type expiring struct {
	context.Context
	left int
}

func (c *expiring) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestSearchCancelledMidway(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	sources := []Source{{Section: build(t, corpus(random, 3*window))}}
	q := randomQuery(random)
	want := search(t, sources, q, 50)
	for left := range 3 {
		ctx := &expiring{t.Context(), left}
		if hits, err := Search(ctx, sources, q, DefaultParams(), 50); !errors.Is(err, context.Canceled) || hits != nil {
			t.Fatalf("cancelled after %d windows: %d hits, %v", left, len(hits), err)
		}
		if got := search(t, sources, q, 50); !slices.Equal(got, want) {
			t.Fatalf("the search after one that was cancelled gives %v, want %v", got, want)
		}
	}
}

func TestScorerConcurrently(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	sources := []Source{{Section: build(t, corpus(random, 500))}, {Section: build(t, corpus(random, 300))}}
	scorer, err := NewScorer(sources, randomQuery(random), DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	want, err := scorer.Search(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got, err := scorer.Search(t.Context(), 100)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("concurrent search gives %v (%v), want %v", got, err, want)
			}
			if err := scorer.Score(got); err != nil || !slices.Equal(got, want) {
				t.Errorf("concurrent scoring gives %v (%v), want %v", got, err, want)
			}
		})
	}
	wait.Wait()
}
