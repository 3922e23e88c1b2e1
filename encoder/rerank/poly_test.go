package rerank

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
)

// puzzles are questions whose word stands in their unit among words that all units have, which drown it in a mean.
func puzzles(n int) []Example {
	out := make([]Example, n)
	for i := range out {
		topic := fmt.Sprint("topic", i%40)
		out[i] = Example{Question: topic, Unit: encoder.Unit{Body: strings.Repeat("if else return func var ", 4) + topic + strings.Repeat(" for range", 5)}}
	}
	return out
}

func smallFit() FitOptions {
	o := DefaultFit()
	o.Codes, o.Epochs, o.Batch, o.Rate = 4, 12, 20, 0.05
	return o
}

// contrastOf is the share of questions whose own unit is the best of all.
func contrastOf(t *testing.T, r Reranker, examples []Example) float64 {
	t.Helper()
	var units []encoder.Unit
	for _, e := range examples {
		units = append(units, e.Unit)
	}
	right := 0.0
	for i, e := range examples {
		scores := score(t, r, e.Question, units)
		if scores[i] == slices.Max(scores) {
			right++
		}
	}
	return right / float64(len(examples))
}

func TestFit(t *testing.T) {
	enc := newWords()
	var phases []string
	o := smallFit()
	o.Progress = func(phase string, _, _ int) { phases = append(phases, phase) }
	codes, err := Fit(t.Context(), enc, puzzles(200), o)
	if err != nil {
		t.Fatal(err)
	}
	if enc.runs.Load() != 200 || len(slices.Compact(phases)) != 2 {
		t.Errorf("%d runs of the transformer in phases %q", enc.runs.Load(), slices.Compact(phases))
	}
	again, err := Fit(t.Context(), enc, puzzles(200), smallFit())
	if err != nil || !slices.Equal(again.values, codes.values) {
		t.Errorf("the same input gives other codes (%v)", err)
	}
	// What was learned: the common words are passed over.
	states, err := enc.UnitStates(t.Context(), &puzzles(1)[0].Unit)
	if err != nil {
		t.Fatal(err)
	}
	topic, most := 20, 0.0
	attention := codes.attention(states)
	for k := range codes.Card.Codes {
		most = max(most, attention[k*states.Tokens()+topic])
	}
	if equal := 1 / float64(states.Tokens()); most < 2*equal {
		t.Errorf("attention to the word that matters is %.3f, that of equal shares %.3f", most, equal)
	}
	p, err := NewPoly(codes, enc, NewCache(0), 2)
	if err != nil {
		t.Fatal(err)
	}
	if right := contrastOf(t, p, puzzles(40)); right < 0.9 {
		t.Errorf("%.2f of the questions find their unit", right)
	}
	if n := enc.runs.Load(); contrastOf(t, p, puzzles(40)) < 0.9 || enc.runs.Load() != n {
		t.Error("units are read again")
	}
	if codes.Card.Pairs != 200 || codes.Card.Model != "hashed" || codes.Model() != "hashed" {
		t.Errorf("card %+v", codes.Card)
	}
}

// TestGradient compares the gradient with differences of the loss.
func TestGradient(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	o := smallFit()
	o.Seed = seed
	f := &polyFit{opts: o, rng: rand.New(rand.NewPCG(seed, 0))}
	enc := newWords()
	if err := f.read(t.Context(), enc, puzzles(6)); err != nil {
		t.Fatal(err)
	}
	width := enc.Dimensions()
	f.codes = &Codes{Card: Card{Width: width, Codes: o.Codes, Temperature: o.Temperature}, values: make([]float32, o.Codes*width)}
	for i := range f.codes.values {
		f.codes.values[i] = float32(f.rng.NormFloat64())
	}
	batch := []int{0, 1, 2, 3, 4, 5}
	run := func() (loss float64, units []*attended) {
		scores := make([][]float64, len(batch))
		for i := range scores {
			scores[i] = make([]float64, len(batch))
		}
		for j := range batch {
			units = append(units, f.attend(batch, j, scores))
		}
		loss = contrast(scores, o.Sharpness)
		for j, u := range units {
			f.back(u, batch, j, scores)
		}
		return loss, units
	}
	_, units := run()
	for range 40 {
		d := f.rng.IntN(len(f.codes.values))
		want := 0.0
		for _, u := range units {
			want += float64(u.gradient[d])
		}
		const step = 1e-2
		value := f.codes.values[d]
		f.codes.values[d] = value + step
		above, _ := run()
		f.codes.values[d] = value - step
		below, _ := run()
		f.codes.values[d] = value
		if got := (above - below) / (2 * step); math.Abs(got-want) > 0.02*math.Abs(want)+2e-3 {
			t.Errorf("gradient %d is %.5f, the loss changes by %.5f", d, want, got)
		}
	}
}

func TestFitErrors(t *testing.T) {
	for name, change := range map[string]func(*FitOptions){
		"codes": func(o *FitOptions) { o.Codes = 0 }, "epochs": func(o *FitOptions) { o.Epochs = -1 },
		"batch": func(o *FitOptions) { o.Batch = 1000 }, "rate": func(o *FitOptions) { o.Rate = math.NaN() },
		"temperature": func(o *FitOptions) { o.Temperature = 0 }, "sharpness": func(o *FitOptions) { o.Sharpness = -1 },
	} {
		o := smallFit()
		change(&o)
		if _, err := Fit(t.Context(), newWords(), puzzles(40), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, newWords(), puzzles(40), smallFit()); !errors.Is(err, context.Canceled) {
		t.Errorf("training after the end: %v", err)
	}
	if _, err := Fit(t.Context(), newWords(), make([]Example, 40), smallFit()); err == nil || !strings.Contains(err.Error(), "0 states") {
		t.Errorf("units without states: %v", err)
	}
	broken := newWords()
	broken.fail = errors.New("broken")
	if _, err := Fit(t.Context(), broken, puzzles(40), smallFit()); !errors.Is(err, broken.fail) {
		t.Errorf("a broken model: %v", err)
	}
}

// someCodes are codes for the transformer of the tests.
func someCodes() *Codes {
	id := newWords().Identity()
	c := &Codes{Card: Card{Model: id.Model, Revision: id.Revision, Tokenizer: id.Tokenizer, Width: 48, Codes: 2, Temperature: 0.1}}
	r := rand.New(rand.NewPCG(1, 2))
	for range c.Card.Codes * c.Card.Width {
		c.values = append(c.values, float32(r.NormFloat64()))
	}
	return c
}

func TestPolyFile(t *testing.T) {
	c := someCodes()
	c.Card.HeldOut = Measure{Questions: 3, Interval: [2]float64{-0.1, 0.2}}
	data, err := c.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "codes")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	back, err := ReadPoly(path)
	if err != nil || back.Card != c.Card || !slices.Equal(back.values, c.values) || back.checksum() != c.checksum() {
		t.Fatalf("codes come back as %+v (%v)", back, err)
	}
	for i := range data {
		changed := slices.Clone(data)
		changed[i] ^= 1
		if _, err := ParsePoly(changed); err == nil {
			t.Fatalf("codes with byte %d changed are taken", i)
		}
		if _, err := ParsePoly(data[:i]); err == nil {
			t.Fatalf("codes cut at %d are taken", i)
		}
	}
	next := slices.Clone(data)
	next[7] = '2'
	if _, err := ParsePoly(next); err == nil || !strings.Contains(err.Error(), `version "02"`) {
		t.Errorf("codes of the next version: %v", err)
	}
	if _, err := ReadPoly(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("codes that are not there: %v", err)
	}
	for name, change := range map[string]func(*Card){
		"model": func(c *Card) { c.Model = "" }, "width": func(c *Card) { c.Width = 0 }, "codes": func(c *Card) { c.Codes = 3 },
		"temperature": func(c *Card) { c.Temperature = -1 },
	} {
		bad := *c
		change(&bad.Card)
		data, err := bad.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePoly(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPolyFits(t *testing.T) {
	enc := newWords()
	if _, err := NewPoly(someCodes(), enc, NewCache(0), 1); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*Card){
		func(c *Card) { c.Model = "other" }, func(c *Card) { c.Revision = "2" }, func(c *Card) { c.Tokenizer = "other" },
	} {
		c := someCodes()
		change(&c.Card)
		if _, err := NewPoly(c, enc, NewCache(0), 1); err == nil || !strings.Contains(err.Error(), "codes are of") {
			t.Errorf("codes of %+v fit: %v", c.Card, err)
		}
	}
	if !sameWeights("abc+onnxruntime-1.26.0", "abc+onnxruntime-1.27.0") || sameWeights("abc+x", "abd+x") {
		t.Error("revisions are compared with their runtime")
	}
	c := someCodes()
	c.Card.Width, c.values = 24, c.values[:48]
	p, err := NewPoly(c, enc, NewCache(0), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Score(t.Context(), "x", bodies("a b"), make([]float64, 1)); err == nil || !strings.Contains(err.Error(), "want 24 values") {
		t.Errorf("states of another width: %v", err)
	}
}

func FuzzParsePoly(f *testing.F) {
	data, err := someCodes().Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParsePoly(data); err == nil {
			c.attention(encoder.States{Width: c.Card.Width, Values: make([]float32, c.Card.Width)})
		}
	})
}
