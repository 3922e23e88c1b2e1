package vector_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"lsp/indexer/bitset"
	"lsp/indexer/vector"
)

// naive is the answer by definition: every allowed stored vector, dequantised, the best slot of each unit.
func naive(sources []vector.Source, q []float32, k int) []vector.Hit {
	var hits []vector.Hit
	for i, src := range sources {
		row := make([]float32, len(q))
		for slot := range uint32(src.Section.Len()) {
			unit := src.Section.Unit(slot)
			if !src.Allow.Has(unit) {
				continue
			}
			score := float32(dot(q, src.Section.Row(slot, row)))
			if n := len(hits); n == 0 || hits[n-1].Source != i || hits[n-1].Unit != unit {
				hits = append(hits, vector.Hit{Source: i, Unit: unit, Slot: slot, Score: score})
			} else if score > hits[n-1].Score {
				hits[n-1].Slot, hits[n-1].Score = slot, score
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b vector.Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits[:min(k, len(hits))]
}

// shared returns which part of the wanted hits was found, by score, so that equal vectors stand for one another.
func shared(got, want []vector.Hit) float64 {
	if len(want) == 0 {
		return 1
	}
	found := 0
	for _, h := range got {
		if h.Score >= want[len(want)-1].Score-1e-5 {
			found++
		}
	}
	return float64(found) / float64(len(want))
}

// checkHits reports hits that no search may return.
func checkHits(t *testing.T, sources []vector.Source, q []float32, hits []vector.Hit) {
	t.Helper()
	seen := map[[2]int]bool{}
	for i, h := range hits {
		src := sources[h.Source]
		if !src.Allow.Has(h.Unit) || src.Section.Unit(h.Slot) != h.Unit {
			t.Fatalf("hit %d, %+v, is not allowed or not of its slot", i, h)
		}
		if id := [2]int{h.Source, int(h.Unit)}; seen[id] {
			t.Fatalf("unit of hit %d, %+v, was found twice", i, h)
		} else {
			seen[id] = true
		}
		if want := dot(q, src.Section.Row(h.Slot, make([]float32, len(q)))); math.Abs(float64(h.Score)-want) > 1e-5 {
			t.Fatalf("hit %d, %+v, has the score %v", i, h, want)
		}
		if i > 0 && h.Score > hits[i-1].Score {
			t.Fatalf("hit %d, %+v, is better than the one before", i, h)
		}
	}
}

// stack is a random stack of sections of units with up to three vectors, some units not allowed.
func stack(t testing.TB, rng *rand.Rand, sections, units, dims int, allowed float64) []vector.Source {
	vectors, mean := clustered(rng.Uint64(), sections*units*2, dims)
	var sources []vector.Source
	for range sections {
		b := newBuilder(t, dims, mean)
		allow := bitset.New(units)
		for u := range uint32(units) {
			for range rng.IntN(4) {
				v := vectors[rng.IntN(len(vectors))] // repeats some
				add(t, b, u, v)
			}
			if rng.Float64() < allowed {
				allow.Add(u)
			}
		}
		sources = append(sources, vector.Source{Section: section(t, b), Allow: allow})
	}
	return sources
}

func TestSearchIsLikeNaive(t *testing.T) {
	for seed := range uint64(20) {
		rng := newRand(seed)
		dims := 1 + rng.IntN(80)
		sources := stack(t, rng, 1+rng.IntN(4), 1+rng.IntN(1500), dims, []float64{1, 0.7, 0.05, 0}[rng.IntN(4)])
		for _, k := range []int{0, 1, 10, 300, math.MaxInt32} {
			q := normalise(gaussian(rng, dims, 1))
			want := naive(sources, q, min(k, 1<<20))
			exact, err := vector.Search(t.Context(), sources, q, k, vector.Options{Exact: true})
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			checkHits(t, sources, q, exact)
			if len(exact) != len(want) || shared(exact, want) < 1 {
				t.Errorf("seed %d: exact search for %d found %d of %d, %v shared", seed, k, len(exact), len(want), shared(exact, want))
			}
			staged, err := vector.Search(t.Context(), sources, q, k, vector.Options{Engine: vector.EngineScan})
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			checkHits(t, sources, q, staged)
			if len(staged) != len(want) || shared(staged, want) < 0.9 {
				t.Errorf("seed %d: scan for %d found %d of %d, %v shared", seed, k, len(staged), len(want), shared(staged, want))
			}
		}
	}
}

// TestScanIgnoresLayout holds that the scan finds the same however vectors are spread over sections.
func TestScanIgnoresLayout(t *testing.T) {
	vectors, mean := clustered(5, 9000, 64)
	whole := []vector.Source{{Section: build(t, vectors, mean)}}
	var parts []vector.Source
	rng := newRand(5)
	var starts []int
	for at := 0; at < len(vectors); {
		n := min(1+rng.IntN(2500), len(vectors)-at)
		starts = append(starts, at)
		parts = append(parts, vector.Source{Section: build(t, vectors[at:at+n], mean)})
		at += n
	}
	for range 30 {
		q := near(rng, vectors[rng.IntN(len(vectors))], 1.5)
		want, err := vector.Search(t.Context(), whole, q, 20, vector.Options{Engine: vector.EngineScan})
		if err != nil {
			t.Fatal(err)
		}
		got, err := vector.Search(t.Context(), parts, q, 20, vector.Options{Engine: vector.EngineScan})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range got {
			if starts[h.Source]+int(h.Unit) != int(want[i].Unit) || h.Score != want[i].Score {
				t.Fatalf("hit %d is %+v in parts, %+v in one section", i, h, want[i])
			}
		}
	}
}

// withGraph returns a source with a graph.
func withGraph(t testing.TB, s *vector.Section) vector.Source {
	t.Helper()
	return vector.Source{Section: s, Graph: buildGraph(t, s, vector.GraphParams{Workers: 2})}
}

// withCoder adds a coder/hnsw index to a source. Where that does not compile, its engine falls back to the scan.
func withCoder(t testing.TB, src vector.Source) vector.Source {
	t.Helper()
	var err error
	if src.Coder, err = vector.BuildCoder(t.Context(), src.Section); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Fatal(err)
	}
	return src
}

func TestRecall(t *testing.T) {
	vectors, mean := clustered(11, 5000, 96)
	src := withGraph(t, build(t, vectors, mean))
	half := bitset.New(len(vectors))
	few := bitset.New(len(vectors))
	for u := range uint32(len(vectors)) {
		if u%2 == 0 {
			half.Add(u)
		}
		if u%100 == 0 {
			few.Add(u)
		}
	}
	for _, test := range []struct {
		engine vector.Engine
		least  float64
	}{
		{vector.EngineScan, 0.99}, {vector.EngineGraph, 0.98}, {vector.EngineAuto, 0.99},
	} {
		for _, allow := range []bitset.Set{nil, half, few} {
			src.Allow = allow
			rng, sum := newRand(12), 0.0
			const rounds = 100
			for range rounds {
				q := near(rng, vectors[rng.IntN(len(vectors))], 0.7)
				hits, err := vector.Search(t.Context(), []vector.Source{src}, q, 10, vector.Options{Engine: test.engine})
				if err != nil {
					t.Fatal(err)
				}
				checkHits(t, []vector.Source{src}, q, hits)
				if len(hits) != 10 {
					t.Fatalf("%s found %d", test.engine, len(hits))
				}
				tenth := dot(q, vectors[nearest(vectors, allow, q, 10)[9]])
				for _, h := range hits {
					if dot(q, vectors[h.Unit]) >= tenth-1e-6 {
						sum++
					}
				}
			}
			if recall := sum / rounds / 10; recall < test.least {
				t.Errorf("%s with %d allowed: recall %.3f, want %.2f", test.engine, allow.Count(), recall, test.least)
			}
		}
	}
}

// TestCoder checks what coder/hnsw finds; how much that is, it does not promise, and the benchmark tells.
func TestCoder(t *testing.T) {
	vectors, mean := clustered(13, 1000, 32)
	src := withCoder(t, vector.Source{Section: build(t, vectors, mean)})
	rng := newRand(13)
	for round := range 100 {
		src.Allow = nil
		if round%2 == 0 {
			src.Allow = bitset.New(len(vectors))
			src.Allow.AddRange(300, 700)
		}
		q := near(rng, vectors[rng.IntN(len(vectors))], 0.7)
		hits, err := vector.Search(t.Context(), []vector.Source{src}, q, 10, vector.Options{Engine: vector.EngineCoder})
		if err != nil || len(hits) != 10 {
			t.Fatalf("%d hits: %v", len(hits), err)
		}
		checkHits(t, []vector.Source{src}, q, hits)
	}
}

func TestFallbacks(t *testing.T) {
	vectors, mean := clustered(1, 2000, 32)
	src := withGraph(t, build(t, vectors, mean))
	bare := vector.Source{Section: build(t, vectors[:500], mean)}
	narrow := src
	narrow.Allow = bitset.New(2000)
	narrow.Allow.AddRange(0, 100)
	none := src
	none.Allow = bitset.New(2000)
	for _, test := range []struct {
		engine vector.Engine
		source vector.Source
		served vector.Engine
		reason string
	}{
		{vector.EngineAuto, src, vector.EngineScan, ""},
		{vector.EngineScan, src, vector.EngineScan, ""},
		{vector.EngineGraph, src, vector.EngineGraph, ""},
		{vector.EngineGraph, bare, vector.EngineScan, "no graph"},
		{vector.EngineGraph, narrow, vector.EngineScan, "filter allows 100 of 2000 units"},
		{vector.EngineGraph, none, "", ""},
		{vector.EngineCoder, bare, vector.EngineScan, "no coder/hnsw index"},
	} {
		var stats vector.Stats
		if _, err := vector.Search(t.Context(), []vector.Source{test.source}, vectors[0], 5, vector.Options{Engine: test.engine, Stats: &stats}); err != nil {
			t.Fatal(err)
		}
		reason := ""
		for _, f := range stats.Fallbacks {
			reason += f.Reason
		}
		if stats.Engines[0] != test.served || reason != test.reason {
			t.Errorf("%s was served by %q because of %q, want %q, %q", test.engine, stats.Engines[0], reason, test.served, test.reason)
		}
	}
}

// TestEngineOfSource holds that a source can be searched in its own way.
func TestEngineOfSource(t *testing.T) {
	vectors, mean := clustered(1, 2000, 32)
	own := withGraph(t, build(t, vectors[:1000], mean))
	own.Engine = vector.EngineGraph
	other := withGraph(t, build(t, vectors[1000:], mean))
	var stats vector.Stats
	_, err := vector.Search(t.Context(), []vector.Source{own, other}, vectors[0], 5, vector.Options{Engine: vector.EngineScan, Stats: &stats})
	if want := []vector.Engine{vector.EngineGraph, vector.EngineScan}; err != nil || !slices.Equal(stats.Engines, want) {
		t.Errorf("served by %q, %v, want %q", stats.Engines, err, want)
	}
}

// TestFarFilter allows half of the units, those farthest from the query, so that a walk from the query meets none for long.
func TestFarFilter(t *testing.T) {
	vectors, mean := clustered(3, 6000, 32)
	src := withGraph(t, build(t, vectors, mean))
	src.Allow = bitset.Full(len(vectors))
	for _, near := range nearest(vectors, nil, vectors[0], 3000) {
		src.Allow.Remove(uint32(near))
	}
	want := naive([]vector.Source{src}, vectors[0], 10)
	got, err := vector.Search(t.Context(), []vector.Source{src}, vectors[0], 10, vector.Options{Engine: vector.EngineGraph})
	if err != nil || shared(got, want) < 0.9 {
		t.Errorf("found %v of the allowed: %v", shared(got, want), err)
	}
}

// TestFilteredScan holds that a scan of some units finds what it finds in a section that has no others, whether they lie
// together, are most or are few.
func TestFilteredScan(t *testing.T) {
	const units = 24_000
	rng := newRand(11)
	vectors, mean := clustered(11, units, 64)
	whole := build(t, vectors, mean)
	for name, allowed := range map[string]func(u int) bool{
		"most":     func(int) bool { return rng.IntN(10) > 0 },
		"half":     func(int) bool { return rng.IntN(2) == 0 },
		"few":      func(int) bool { return rng.IntN(8) == 0 },
		"together": func(u int) bool { return u > 3000 && u < 5100 || u > 20_000 && u < 21_500 },
	} {
		allow := bitset.New(units)
		var kept [][]float32
		var numbers []uint32
		for u := range units {
			if allowed(u) {
				allow.Add(uint32(u))
				kept, numbers = append(kept, vectors[u]), append(numbers, uint32(u))
			}
		}
		alone := build(t, kept, mean)
		for range 20 {
			q := vectors[rng.IntN(units)]
			got, err := vector.Search(t.Context(), []vector.Source{{Section: whole, Allow: allow}}, q, 50, vector.Options{Engine: vector.EngineScan})
			if err != nil {
				t.Fatal(err)
			}
			want, err := vector.Search(t.Context(), []vector.Source{{Section: alone}}, q, 50, vector.Options{Engine: vector.EngineScan})
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				want[i].Unit = numbers[want[i].Unit]
				want[i].Slot = want[i].Unit
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %v, alone %v", name, got, want)
			}
		}
	}
}

// TestCrowding has one unit with more near vectors than a search looks at.
func TestCrowding(t *testing.T) {
	vectors, mean := clustered(4, 6000, 32)
	b := newBuilder(t, 32, mean)
	for range 9000 {
		add(t, b, 0, vectors[0])
	}
	for u, v := range vectors[1:] {
		add(t, b, uint32(u+1), v)
	}
	src := vector.Source{Section: section(t, b)}
	want := naive([]vector.Source{src}, vectors[0], 10)
	got, err := vector.Search(t.Context(), []vector.Source{src}, vectors[0], 10, vector.Options{})
	if err != nil || len(got) != 10 || shared(got, want) < 1 {
		t.Errorf("%d hits, %v shared: %v", len(got), shared(got, want), err)
	}
}

func TestTies(t *testing.T) {
	v := normalise([]float32{1, 2, 3})
	b := newBuilder(t, 3, nil)
	for _, unit := range []uint32{4, 4, 6, 9} {
		add(t, b, unit, v)
	}
	src := vector.Source{Section: section(t, b)}
	for _, exact := range []bool{true, false} {
		hits, err := vector.Search(t.Context(), []vector.Source{src, src}, v, 4, vector.Options{Exact: exact})
		if err != nil {
			t.Fatal(err)
		}
		score := hits[0].Score
		want := []vector.Hit{{0, 4, 0, score}, {0, 6, 2, score}, {0, 9, 3, score}, {1, 4, 0, score}}
		if !reflect.DeepEqual(hits, want) {
			t.Errorf("exact %v: hits %v, want %v", exact, hits, want)
		}
	}
}

func TestNothingToFind(t *testing.T) {
	empty := vector.Source{Section: build(t, nil, make([]float32, 4))}
	vectors, mean := clustered(1, 10, 4)
	full := build(t, vectors, mean)
	zero := build(t, [][]float32{make([]float32, 4), make([]float32, 4)}, mean)
	q := vectors[0]
	for name, test := range map[string]struct {
		sources []vector.Source
		k, want int
	}{
		"no sources":    {nil, 5, 0},
		"no section":    {[]vector.Source{{}}, 5, 0},
		"empty section": {[]vector.Source{empty}, 5, 0},
		"empty allow":   {[]vector.Source{{Section: full, Allow: bitset.New(10)}}, 5, 0},
		"k too large":   {[]vector.Source{{Section: full}, empty, {}}, 50, 10},
		"zero vectors":  {[]vector.Source{{Section: zero}}, 5, 2},
	} {
		for _, engine := range []vector.Engine{"", vector.EngineScan, vector.EngineGraph, vector.EngineCoder} {
			hits, err := vector.Search(t.Context(), test.sources, q, test.k, vector.Options{Engine: engine})
			if err != nil || len(hits) != test.want {
				t.Errorf("%s: %d hits, want %d: %v", name, len(hits), test.want, err)
			}
		}
	}
	hits, err := vector.Search(t.Context(), []vector.Source{{Section: full}}, make([]float32, 4), 3, vector.Options{})
	if err != nil || len(hits) != 3 || hits[0].Score != 0 {
		t.Errorf("zero query: %v %v", hits, err)
	}
}

func TestSearchRefuses(t *testing.T) {
	vectors, mean := clustered(1, 100, 4)
	src := withGraph(t, build(t, vectors, mean))
	other := build(t, vectors[:50], mean)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	q, nan := vectors[0], []float32{0, 0, 0, float32(math.NaN())}
	for name, test := range map[string]struct {
		ctx    context.Context
		source vector.Source
		q      []float32
		k      int
		opts   vector.Options
		want   string
	}{
		"short query":  {t.Context(), src, q[:3], 1, vector.Options{}, "query of 3 dimensions for vectors of 4"},
		"bad query":    {t.Context(), src, nan, 1, vector.Options{}, "component 3 of the query is NaN"},
		"negative":     {t.Context(), src, q, -1, vector.Options{}, "-1 results"},
		"engine":       {t.Context(), src, q, 1, vector.Options{Engine: "warp"}, `no engine "warp"`},
		"small allow":  {t.Context(), vector.Source{Section: src.Section, Allow: bitset.New(64)}, q, 1, vector.Options{}, "room for 64 of 100"},
		"wrong graph":  {t.Context(), vector.Source{Section: other, Graph: src.Graph}, q, 1, vector.Options{}, "belongs to another section"},
		"cancelled":    {cancelled, src, q, 1, vector.Options{}, "context canceled"},
		"cancelled, x": {cancelled, src, q, 1, vector.Options{Exact: true}, "context canceled"},
	} {
		_, err := vector.Search(test.ctx, []vector.Source{test.source}, test.q, test.k, test.opts)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

// countdown is a context that is cancelled after it was asked a number of times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestCancelBetweenStages(t *testing.T) {
	vectors, mean := clustered(1, 40000, 8)
	src := vector.Source{Section: build(t, vectors, mean)}
	for _, exact := range []bool{false, true} {
		for left := 1; ; left++ {
			ctx := &countdown{t.Context(), left}
			_, err := vector.Search(ctx, []vector.Source{src}, vectors[0], 10, vector.Options{Exact: exact})
			if err == nil {
				if left < 3 {
					t.Errorf("exact %v: the context was asked %d times", exact, left)
				}
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
	}
}

func TestScore(t *testing.T) {
	rng := newRand(8)
	sources := append(stack(t, rng, 2, 300, 20, 0.5), vector.Source{})
	q := normalise(gaussian(rng, 20, 1))
	all := naive([]vector.Source{{Section: sources[0].Section}, {Section: sources[1].Section}}, q, 1000)
	refs := []vector.Hit{{Source: 2, Unit: 4, Score: 9}, {Source: 1, Unit: 7000, Score: 9}}
	for _, h := range all {
		refs = append(refs, vector.Hit{Source: h.Source, Unit: h.Unit})
	}
	if err := vector.Score(sources, q, refs); err != nil {
		t.Fatal(err)
	}
	for _, r := range refs[:2] {
		if r.Slot != vector.NoSlot || r.Score != 0 {
			t.Errorf("a unit without vectors: %+v", r)
		}
	}
	for i, r := range refs[2:] {
		if r.Slot != all[i].Slot || math.Abs(float64(r.Score-all[i].Score)) > 1e-5 {
			t.Errorf("%+v, want %+v", r, all[i])
		}
	}
	if err := vector.Score(sources, q, []vector.Hit{{Source: 3}}); err == nil {
		t.Error("scored a unit of no source")
	}
	if err := vector.Score(sources, q[:2], nil); err == nil {
		t.Error("scored a short query")
	}
}

// TestParallelSearches runs searches of all engines at once; the race detector watches.
func TestParallelSearches(t *testing.T) {
	vectors, mean := clustered(1, 1000, 32)
	src := withCoder(t, withGraph(t, build(t, vectors, mean)))
	var group sync.WaitGroup
	for i, engine := range []vector.Engine{vector.EngineScan, vector.EngineGraph, vector.EngineGraph, vector.EngineCoder, vector.EngineScan} {
		group.Go(func() {
			var first []vector.Hit
			for round := range 20 {
				hits, err := vector.Search(t.Context(), []vector.Source{src}, vectors[i], 10, vector.Options{Engine: engine})
				if err != nil {
					t.Error(err)
				}
				if round == 0 {
					first = hits
				}
				if engine != vector.EngineCoder && !reflect.DeepEqual(first, hits) {
					t.Errorf("%s: round %d differs", engine, round)
				}
			}
		})
	}
	group.Wait()
}
