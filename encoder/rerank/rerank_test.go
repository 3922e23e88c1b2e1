package rerank

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lsp/encoder"
)

// words is a transformer for tests: the state of a word is a fixed direction of its own.
type words struct {
	*encoder.Hashed
	runs atomic.Int64 // units whose states were asked for
	fail error
}

func newWords() *words { return &words{Hashed: encoder.NewHashed(48)} }

var _ encoder.TokenStates = (*words)(nil)

func (w *words) QueryStates(ctx context.Context, text string) (encoder.States, error) {
	fields := strings.Fields(text)
	s := encoder.States{Width: w.Dimensions(), Values: make([]float32, len(fields)*w.Dimensions())}
	for i, word := range fields {
		if err := w.EncodeQuery(ctx, word, s.Row(i)); err != nil {
			return s, err
		}
	}
	return s, w.fail
}

func (w *words) UnitStates(ctx context.Context, u *encoder.Unit) (encoder.States, error) {
	w.runs.Add(1)
	return w.QueryStates(ctx, u.Signature+" "+u.Body)
}

func bodies(texts ...string) []encoder.Unit {
	units := make([]encoder.Unit, len(texts))
	for i, text := range texts {
		units[i].Body = text
	}
	return units
}

func score(t *testing.T, r Reranker, query string, units []encoder.Unit) []float64 {
	t.Helper()
	scores := make([]float64, len(units))
	if n, err := r.Score(t.Context(), query, units, scores); err != nil || n != len(units) {
		t.Fatalf("%d of %d units were judged: %v", n, len(units), err)
	}
	return scores
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.01 }

// TestLate compares with what can be computed by hand: words are orthogonal but for chance.
func TestLate(t *testing.T) {
	enc := newWords()
	l := NewLate(enc, NewCache(0), 2)
	units := bodies("read file", "file read read other", "read something", "nothing here", "")
	got := score(t, l, "read file", units)
	full := func(u encoder.Unit) float64 { // in full precision
		q, _ := enc.QueryStates(t.Context(), "read file")
		s, _ := enc.QueryStates(t.Context(), u.Body)
		sum := 0.0
		for i := range q.Tokens() {
			best := -1.0
			for j := range s.Tokens() {
				best = max(best, dot(q.Row(i), s.Row(j)))
			}
			sum += best
		}
		return sum / float64(q.Tokens())
	}
	for i, u := range units[:4] {
		if want := full(u); !near(got[i], want) {
			t.Errorf("score of %q is %.3f, want %.3f", u.Body, got[i], want)
		}
	}
	if !near(got[0], 1) || !near(got[1], 1) || got[2] > 0.9 || got[3] > got[2] || got[4] != 0 {
		t.Errorf("scores %.3f", got)
	}
	runs := enc.runs.Load()
	if again := score(t, l, "read file", units); !slices.Equal(again, got) || enc.runs.Load() != runs {
		t.Errorf("asked again, scores are %.3f after %d more runs", again, enc.runs.Load()-runs)
	}
	if got := score(t, l, "", units); slices.Max(got) != 0 {
		t.Errorf("scores for no question: %v", got)
	}
}

func TestBi(t *testing.T) {
	enc := encoder.NewHashed(64)
	b := NewBi(enc, NewCache(0), 2)
	units := bodies("read a file", "read it", "sort numbers")
	got := score(t, b, "read a file", units)
	if !near(got[0], 1) || got[1] < got[2] {
		t.Errorf("scores %.3f", got)
	}
	score(t, b, "something else", units)
	if enc.Encoded() != 3 {
		t.Errorf("%d units were encoded, want each once", enc.Encoded())
	}
}

// pairs counts the words of a question in a unit.
type pairs struct {
	calls atomic.Int64
	value func(float64) float64
}

func (p *pairs) Name() string { return "counter" }

func (p *pairs) ScorePair(_ context.Context, query string, u *encoder.Unit) (float64, error) {
	p.calls.Add(1)
	n := 0.0
	for word := range strings.FieldsSeq(query) {
		n += float64(strings.Count(u.Body, word))
	}
	if p.value != nil {
		n = p.value(n)
	}
	return n, nil
}

func TestCross(t *testing.T) {
	p := &pairs{}
	c := NewCross(p, NewCache(0), 2)
	units := bodies("read read", "file", "")
	for _, test := range []struct {
		query string
		want  []float64
		calls int64
	}{{"read file", []float64{2, 1, 0}, 3}, {"read file", []float64{2, 1, 0}, 3}, {"file", []float64{0, 1, 0}, 6}} {
		if got := score(t, c, test.query, units); !slices.Equal(got, test.want) || p.calls.Load() != test.calls {
			t.Errorf("%s: scores %v after %d calls, want %v after %d", test.query, got, p.calls.Load(), test.want, test.calls)
		}
	}
	p.value = func(float64) float64 { return math.NaN() }
	if _, err := c.Score(t.Context(), "other", units, make([]float64, 3)); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("a score that is none: %v", err)
	}
}

// TestEnds stops every reranker after some units: those before are judged, and the error is that of the context.
func TestEnds(t *testing.T) {
	units := make([]encoder.Unit, 50)
	for i := range units {
		units[i].Body = fmt.Sprint("body ", i)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := &pairs{}
	p.value = func(n float64) float64 {
		if p.calls.Load() == 10 {
			cancel()
		}
		return n + 1
	}
	scores := make([]float64, len(units))
	n, err := NewCross(p, NewCache(0), 1).Score(ctx, "body", units, scores)
	if n != 10 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d units were judged (%v), want 10", n, err)
	}
	for i, s := range scores {
		if (s != 0) != (i < n) {
			t.Errorf("unit %d has the score %v, %d were judged", i, s, n)
		}
	}
	enc := newWords()
	for _, r := range []Reranker{NewLate(enc, NewCache(0), 2), NewBi(enc, NewCache(0), 2), NewCross(p, NewCache(0), 2)} {
		if n, err := r.Score(ctx, "body", units, scores); n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %d units were judged after the end (%v)", r.Name(), n, err)
		}
		if _, err := r.Score(t.Context(), "body", units, scores[1:]); !errors.Is(err, errRoom) {
			t.Errorf("%s: room for fewer scores: %v", r.Name(), err)
		}
		if r.Weight() <= 0 || r.Name() == "" {
			t.Errorf("%s has the weight %v", r.Name(), r.Weight())
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: %v", r.Name(), err)
		}
	}
	enc.fail = errors.New("broken")
	if n, err := NewLate(enc, NewCache(0), 2).Score(t.Context(), "body", units, scores); n != 0 || !errors.Is(err, enc.fail) {
		t.Errorf("a broken model judged %d units (%v)", n, err)
	}
}

func TestGains(t *testing.T) {
	scores := []float64{10, 8, 6}
	got := Gains(scores, []float64{0, 1, 2}, 2)
	for i, want := range []float64{0, 4, 8} { // a step of the judge is worth one of the scores, twice
		if math.Abs(got[i]-want) > 1e-9 {
			t.Errorf("gains %v", got)
		}
	}
	for _, judged := range [][]float64{{1, 1, 1}, {1, math.NaN(), 2}, {1, math.Inf(-1), 2}} {
		if got := Gains(scores, judged, 1); slices.Max(got) != 0 || slices.Min(got) != 0 {
			t.Errorf("gains of %v are %v", judged, got)
		}
	}
	if got := Gains([]float64{3, 3}, []float64{1, 2}, 1); got[1] != 0 {
		t.Errorf("gains of equal scores: %v", got)
	}
	if got := Gains(nil, nil, 1); len(got) != 0 {
		t.Errorf("gains of nobody: %v", got)
	}
}

func TestInOrder(t *testing.T) {
	for _, workers := range []int{-1, 1, 3, 100} {
		var sum atomic.Int64
		n, err := inOrder(t.Context(), 20, workers, func(_ context.Context, i int) error {
			sum.Add(int64(i))
			return nil
		})
		if n != 20 || err != nil || sum.Load() != 190 {
			t.Errorf("%d workers made %d calls of sum %d (%v)", workers, n, sum.Load(), err)
		}
		failed := errors.New("failed")
		n, err = inOrder(t.Context(), 20, workers, func(_ context.Context, i int) error {
			if i == 7 {
				return failed
			}
			return nil
		})
		if n > 7 || !errors.Is(err, failed) || workers == 1 && n != 7 {
			t.Errorf("%d workers made %d calls before the one that failed (%v)", workers, n, err)
		}
	}
	if n, err := inOrder(t.Context(), 0, 2, nil); n != 0 || err != nil {
		t.Errorf("nothing to do: %d, %v", n, err)
	}
}

// TestRows holds that rounding changes directions little and that encoding is the inverse of decoding.
func TestRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		s := encoder.States{Width: 1 + r.IntN(400)}
		for range r.IntN(20) * s.Width {
			s.Values = append(s.Values, float32(r.NormFloat64()*math.Exp(r.NormFloat64())))
		}
		for _, unit := range []bool{false, true} {
			q := quantise(s, unit)
			back, err := decodeRows(q.encode())
			if err != nil || !slices.Equal(back.values, q.values) || !slices.Equal(back.scales, q.scales) || back.width != q.width {
				t.Fatalf("rows of %d values do not survive: %v", s.Width, err)
			}
			full := back.states()
			for i := range s.Tokens() {
				length, got := math.Sqrt(dot(s.Row(i), s.Row(i))), math.Sqrt(dot(full.Row(i), full.Row(i)))
				if cosine := dot(s.Row(i), full.Row(i)) / length / got; cosine < 0.999 {
					t.Fatalf("rounding makes a cosine of %v", cosine)
				}
				if unit {
					length = 1
				}
				if math.Abs(got/length-1) > 0.01 {
					t.Fatalf("length %v, want %v", got, length)
				}
			}
		}
	}
	zero := quantise(encoder.States{Width: 2, Values: []float32{0, 0, 3, 4}}, true)
	if got := zero.states().Row(0); got[0] != 0 || got[1] != 0 || zero.row(1)[1] != 127 {
		t.Errorf("rows %v", zero)
	}
	if dot8([]int8{1, 2, 3, 4, -5}, []int8{1, 1, 1, 2, 2}) != 4 || dot8(nil, nil) != 0 {
		t.Error("inner product of rows")
	}
	for _, bad := range [][]byte{nil, {1, 0}, {0, 0, 0, 0, 1}, {2, 0, 0, 0, 1}, {1, 0, 0, 0, 0, 0, 0xc0, 0x7f, 1}, {0xff, 0xff, 0xff, 0xff}} {
		if _, err := decodeRows(bad); err == nil {
			t.Errorf("rows of % x are taken", bad)
		}
	}
	if _, err := decodeVector([]byte{0, 0, 0xc0, 0x7f}, 1); err == nil {
		t.Error("a vector of what is no number is taken")
	}
	if _, err := maxSim(zero, &rows{width: 3}); err == nil {
		t.Error("rows of different widths are compared")
	}
}

func FuzzDecodeRows(f *testing.F) {
	f.Add(quantise(encoder.States{Width: 2, Values: []float32{1, 2, 3, 4}}, true).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := decodeRows(data); err == nil && !slices.Equal(r.encode(), data) {
			t.Fatalf("rows of % x are written as % x", data, r.encode())
		}
	})
}

func BenchmarkMaxSim(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	states := func(tokens int) *rows {
		s := encoder.States{Width: 384, Values: make([]float32, tokens*384)}
		for i := range s.Values {
			s.Values[i] = float32(r.NormFloat64())
		}
		return quantise(s, true)
	}
	question, unit := states(12), states(128)
	for b.Loop() {
		if _, err := maxSim(question, unit); err != nil {
			b.Fatal(err)
		}
	}
}
