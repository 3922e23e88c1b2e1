package search_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/search"
)

// judge is a reranker for tests.
type judge struct {
	score  func(*encoder.Unit) float64
	only   int // units that are judged before the time is up, 0 for all
	err    error
	seen   []encoder.Unit
	weight float64
	cancel context.CancelFunc
}

func (j *judge) Name() string    { return "judge" }
func (j *judge) Weight() float64 { return j.weight }
func (j *judge) Close() error    { return nil }

func (j *judge) Score(ctx context.Context, _ string, units []encoder.Unit, scores []float64) (int, error) {
	j.seen = units
	if j.cancel != nil {
		j.cancel()
		return 0, ctx.Err()
	}
	if j.err != nil {
		return 0, j.err
	}
	n := len(units)
	if j.only > 0 {
		n = j.only
	}
	for i := range n {
		scores[i] = j.score(&units[i])
	}
	if n < len(units) {
		return n, fmt.Errorf("judge: %w", context.DeadlineExceeded)
	}
	return n, nil
}

// judged is a fixture whose candidates are judged.
func judged(t *testing.T, j *judge, depth int) *fixture {
	t.Helper()
	f := newFixture(t, corpus, false)
	if j.weight == 0 {
		j.weight = 100 // nothing else counts
	}
	f.Searcher = search.New(encoder.NewHashed(64), search.Options{Rerank: search.Rerank{Model: j, Depth: depth}})
	return f
}

const copying = "copy a reader until the end of file"

// TestUnsavedIsJudgedAsSuch holds that a model learns which units have a text that is in no file: those of a buffer that
// differs from its file, in the index or not yet.
func TestUnsavedIsJudgedAsSuch(t *testing.T) {
	j := &judge{score: func(*encoder.Unit) float64 { return 0 }}
	f := judged(t, j, 100)
	const path = "io/copy.go"
	buffer := corpus[path]
	expect := func(when string, want bool) {
		t.Helper()
		views := f.views("")
		disk := views[0].Read
		views[0].Read = func(rel string) ([]byte, error) {
			if rel == path {
				return []byte(buffer), nil
			}
			return disk(rel)
		}
		if _, err := f.Search(t.Context(), views, search.Request{Query: copying, All: true}); err != nil {
			t.Fatal(err)
		}
		inside, unsaved := 0, 0
		for _, u := range j.seen {
			if strings.Contains(buffer, u.Body) {
				inside++
			}
			if u.Unsaved {
				unsaved++
			}
		}
		if inside == 0 || inside == len(j.seen) || unsaved != 0 && unsaved != inside || unsaved > 0 != want {
			t.Errorf("%s: %d units, %d of the buffer, %d unsaved", when, len(j.seen), inside, unsaved)
		}
	}
	show := func() {
		t.Helper()
		if err := f.WaitFor(t.Context(), f.Notify([]indexer.Change{{Path: path, Buffer: true, Text: []byte(buffer)}})); err != nil {
			t.Fatal(err)
		}
	}
	expect("before", false)
	buffer += "\n// typed\n"
	expect("before the index knows", true)
	show()
	expect("typed", true)
	buffer = corpus[path]
	show()
	expect("as on disk", false)
}

// TestRerank lets the judge turn the order round.
func TestRerank(t *testing.T) {
	plain := newFixture(t, corpus, false).search(search.Request{Query: copying, Mode: search.Dense, All: true, Explain: true})
	n := 0.0
	j := &judge{score: func(*encoder.Unit) float64 { n++; return n }}
	f := judged(t, j, 4)
	got := f.search(search.Request{Query: copying, Mode: search.Dense, All: true, Explain: true})
	want := names(plain)
	slices.Reverse(want[:4])
	if !slices.Equal(names(got), want) {
		t.Errorf("results %q, want %q", names(got), want)
	}
	if len(j.seen) != 4 {
		t.Errorf("%d units were judged, want 4", len(j.seen))
	}
	for i, r := range got.Results {
		sum, part := 0.0, 0.0
		for _, c := range r.Explanation {
			sum += c.Value
			if c.Name == "reranker: judge" {
				part = c.Value
			}
		}
		if math.Abs(sum-r.Score) > 1e-9 || (part > 0) != (i < 3) {
			t.Errorf("result %d has the score %v of %v; the worst judged one gains nothing", i+1, r.Score, r.Explanation)
		}
	}
}

// TestRerankText holds that units come with their whole source text, or with what the index has when that is gone.
func TestRerankText(t *testing.T) {
	j := &judge{score: func(*encoder.Unit) float64 { return 0 }}
	f := judged(t, j, 100)
	find := func(part string) *encoder.Unit {
		f.search(search.Request{Query: copying})
		for i := range j.seen {
			if u := &j.seen[i]; strings.Contains(u.Body+u.Signature, part) {
				return u
			}
		}
		t.Fatalf("no unit with %q was judged", part)
		return nil
	}
	if u := find("func Copy("); !strings.Contains(u.Body, "// Copy copies from src") || !strings.HasSuffix(u.Body, "copyBuffer(dst, src, nil)\n}\n") {
		t.Errorf("unit %q", u.Body)
	}
	views := f.views("")
	views[0].Read = func(string) ([]byte, error) { return nil, errors.New("gone") }
	if _, err := f.Search(t.Context(), views, search.Request{Query: copying}); err != nil {
		t.Fatal(err)
	}
	for _, u := range j.seen {
		if u.Body != "" || u.Name == "Copy" && (u.Signature == "" || !strings.Contains(u.Documentation, "copies from src")) {
			t.Errorf("unit %+v of a file that is gone", u)
		}
	}
}

// TestRerankInTime holds that units which were not reached in time stand behind those that were, in their old order.
func TestRerankInTime(t *testing.T) {
	n := 0.0
	f := judged(t, &judge{score: func(*encoder.Unit) float64 { n++; return n }, only: 2}, 10)
	got := names(f.search(search.Request{Query: copying, Mode: search.Dense, All: true}))
	want := names(newFixture(t, corpus, false).search(search.Request{Query: copying, Mode: search.Dense, All: true}))
	want[0], want[1] = want[1], want[0]
	if !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
}

func TestRerankFails(t *testing.T) {
	want := names(newFixture(t, corpus, false).search(search.Request{Query: copying}))
	f := judged(t, &judge{err: errors.New("the model is broken")}, 10)
	got := f.search(search.Request{Query: copying})
	if !slices.Equal(names(got), want) || !strings.Contains(got.Message, "without the judge: the model is broken") {
		t.Errorf("results %q with the message %q, want %q", names(got), got.Message, want)
	}
	for name, value := range map[string]float64{"equal": 1, "no number": math.NaN(), "infinite": math.Inf(1)} {
		f := judged(t, &judge{score: func(*encoder.Unit) float64 { return value }}, 10)
		if got := f.search(search.Request{Query: copying}); !slices.Equal(names(got), want) {
			t.Errorf("scores that are %s: results %q, want %q", name, names(got), want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	f = judged(t, &judge{cancel: cancel}, 10)
	if _, err := f.Search(ctx, f.views(""), search.Request{Query: copying}); !errors.Is(err, context.Canceled) {
		t.Errorf("a search that was cancelled while it was judged: %v", err)
	}
}

// TestRerankSparesNames holds that names, filters and searches by words alone are not judged, and that tests stay back.
func TestRerankSparesNames(t *testing.T) {
	j := &judge{score: func(u *encoder.Unit) float64 { return float64(strings.Count(u.Body, "test")) }, weight: 1}
	f := judged(t, j, 100)
	for _, req := range []search.Request{{Query: "parse_url"}, {Query: "Server.Handle"}, {Query: "lang:go"}, {Query: copying, Mode: search.Lexical}} {
		f.search(req)
		if j.seen != nil {
			t.Errorf("%+v is judged", req)
		}
	}
	got := f.search(search.Request{Query: copying, Explain: true})
	for _, r := range got.Results {
		for _, c := range r.Explanation {
			if r.Name == "TestCopy" && c.Name == "test" && c.Value < 0 {
				return
			}
		}
	}
	t.Errorf("results %q, want a test that was kept back", names(got))
}
