package search_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/search"
)

// second is an encoder of the second tier that can be broken.
type second struct {
	*encoder.Hashed
	broken atomic.Bool
}

func newSecond(dimensions int) *second { return &second{Hashed: encoder.NewHashed(dimensions)} }

func (s *second) Identity() encoder.Identity {
	id := s.Hashed.Identity()
	id.Model = "second"
	return id
}

func (s *second) EncodeQuery(ctx context.Context, text string, dst []float32) error {
	if s.broken.Load() {
		return errors.New("the model is closed")
	}
	return s.Hashed.EncodeQuery(ctx, text, dst)
}

// cover adds a second tier that can read some files only, and waits until those are covered.
func (f *fixture) cover(enc encoder.Encoder, readable func(rel string) bool) {
	f.t.Helper()
	err := f.SetTier(&indexer.TierConfig{Encoder: enc, Workers: 2, Read: func(rel string) ([]byte, error) {
		if !readable(rel) {
			return nil, os.ErrPermission
		}
		return os.ReadFile(filepath.Join(f.root, filepath.FromSlash(rel)))
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.WaitTier(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

func every(string) bool { return true }

// even accepts the files of the function many with an even number.
func even(rel string) bool {
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(rel, "f"), ".go"))
	return err == nil && n%2 == 0
}

var tierQuestions = []string{
	"copy a reader until end of file", "ReadAll", "register a handler", "parse url", "split a command", "guide for servers", "sum",
}

// TestAgreeingTierChangesNothing has the second encoder say of every unit what the first one says, of all units and of some:
// both are on one scale, so the answers are those of the first alone, explanations apart, as long as meaning counts no more
// than there. Those for names are the same whatever the second encoder says.
func TestAgreeingTierChangesNothing(t *testing.T) {
	alone := newFixture(t, many(60), true)
	weights := search.DefaultWeights(encoder.NewHashed(64).Identity())
	weights.Second.Meaning, weights.Second.FileMeaning = 1, 1
	for what, readable := range map[string]func(string) bool{"all": every, "some": even} {
		f := newFixture(t, many(60), true)
		f.Searcher = search.New(encoder.NewHashed(64), search.Options{Weights: &weights})
		f.cover(newSecond(64), readable)
		for _, mode := range []search.Mode{search.Hybrid, search.Dense} {
			for _, q := range []string{"weighs grain3 and stores flour2", "mill the stored grain5", "where is flour1 kept?"} {
				req := search.Request{Query: q, Limit: 40, Mode: mode}
				f.likeAnswer(what+" "+q, f.search(req), alone.search(req))
			}
		}
		req := search.SimilarRequest{Path: "f2.go", Line: 4, Limit: 20}
		got, err := f.Similar(context.Background(), f.views(""), req)
		if err != nil {
			t.Fatal(err)
		}
		want, err := alone.Similar(context.Background(), alone.views(""), req)
		if err != nil {
			t.Fatal(err)
		}
		f.likeAnswer(what+" similar", got, want)
		other := newFixture(t, many(60), true)
		other.cover(newSecond(96), readable)
		for _, q := range []string{"Step7", "p7.Step7", "store2"} {
			req := search.Request{Query: q, Limit: 40}
			other.likeAnswer(what+" "+q, other.search(req), alone.search(req))
		}
	}
}

// TestTwoEncodersAreTrustedMore holds that the more units have vectors of both encoders, the more meaning counts.
func TestTwoEncodersAreTrustedMore(t *testing.T) {
	var shares []float64
	for _, readable := range []func(string) bool{func(string) bool { return false }, even, every} {
		f := newFixture(t, many(60), true)
		f.cover(newSecond(64), readable)
		best := f.search(search.Request{Query: "weighs grain3 and stores flour2", Explain: true}).Results[0]
		share := 0.0
		for _, c := range best.Explanation {
			if strings.HasPrefix(c.Name, "meaning") {
				share += c.Value / best.Score
			}
		}
		shares = append(shares, share)
	}
	if !(shares[0] < shares[1] && shares[1] < shares[2]) {
		t.Errorf("with no vectors of the second encoder, some and all, meaning is %v of the score", shares)
	}
}

// likeAnswer compares answers by results and scores, which may differ by rounding.
func (f *fixture) likeAnswer(what string, got, want *search.Response) {
	f.t.Helper()
	if got.Tier == nil || got.Tier.Model != "second" {
		f.t.Errorf("%s: the share of the tier is %+v", what, got.Tier)
	}
	scores := map[string]float64{}
	for _, r := range want.Results {
		scores[r.Path+r.Name] = r.Score
	}
	for i, r := range got.Results {
		if score, ok := scores[r.Path+r.Name]; !ok || math.Abs(score-r.Score) > 1e-5 || math.Abs(r.Score-want.Results[i].Score) > 1e-5 {
			f.t.Errorf("%s: result %d is %s with %v, want %s with %v", what, i, r.Name, r.Score, want.Results[i].Name, want.Results[i].Score)
		}
	}
	if len(got.Results) != len(want.Results) {
		f.t.Errorf("%s: %d results, want %d", what, len(got.Results), len(want.Results))
	}
}

// TestExplanationsSum asks with encoders that do not agree: what is explained is what counted, of both.
func TestExplanationsSum(t *testing.T) {
	for what, readable := range map[string]func(string) bool{"all": every, "some": even} {
		f := newFixture(t, many(60), false)
		f.cover(newSecond(96), readable)
		for _, mode := range []search.Mode{search.Hybrid, search.Dense} {
			resp := f.search(search.Request{Query: "weighs grain3 and stores flour2", Limit: 50, Mode: mode, All: true, Explain: true})
			for _, r := range resp.Results {
				sum := 0.0
				for _, c := range r.Explanation {
					sum += c.Value
				}
				if math.Abs(sum-r.Score) > 1e-9 {
					t.Errorf("%s, %s: %s has %v, its explanation sums up to %v: %v", what, mode, r.Name, r.Score, sum, r.Explanation)
				}
			}
		}
	}
}

// many returns files with functions that share some words with a question and some with each other.
func many(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		files[fmt.Sprintf("f%d.go", i)] = fmt.Sprintf(
			"package p%d\n\n// Step%d weighs grain%d and stores flour%d.\nfunc Step%d() { mill(%d); store%d() }\n", i, i, i%7, i%5, i, i, i%3)
	}
	return files
}

// TestBlend asks while half of the units have vectors of the second encoder: those are judged by both, the others by the
// first alone, and the explanation says by which.
func TestBlend(t *testing.T) {
	f := newFixture(t, many(100), false)
	f.cover(newSecond(96), even)
	req := search.Request{Query: "weighs grain3 and stores flour2", Limit: 150, All: true, Explain: true}
	resp := f.search(req)
	if resp.Tier == nil || resp.Tier.Done != 100 || resp.Tier.Total != 200 {
		t.Fatalf("the share of the tier is %+v", resp.Tier)
	}
	models := map[string]int{}
	for _, r := range resp.Results {
		for _, c := range r.Explanation {
			if model, ok := strings.CutPrefix(c.Name, "meaning by "); ok {
				models[model]++
				if !even(r.Path) && model == "second" {
					t.Errorf("%s was judged by %s, which has no vector of it", r.Path, model)
				}
			}
		}
	}
	if models["second"] == 0 || models["hashed"] == 0 {
		t.Errorf("who scored: %v, want both", models)
	}
	if again := f.search(req); f.fingerprint(again) != f.fingerprint(resp) {
		t.Error("the same question has another answer")
	}
}

// TestBlendDoesNotDependOnSegments asks two indexes whose units lie in other segments, with the same units covered.
func TestBlendDoesNotDependOnSegments(t *testing.T) {
	var answers []string
	for _, oneByOne := range []bool{false, true} {
		f := newFixture(t, many(60), oneByOne)
		f.cover(newSecond(96), even)
		answers = append(answers, f.fingerprint(f.search(search.Request{Query: "weighs grain3 and stores flour2", Limit: 50, Explain: true})))
	}
	if answers[0] != answers[1] {
		t.Errorf("answers differ:\n%s\n%s", answers[0], answers[1])
	}
}

// TestBlendWithFilters leaves few units, covered or not.
func TestBlendWithFilters(t *testing.T) {
	f := newFixture(t, many(60), true)
	f.cover(newSecond(96), even)
	resp := f.search(search.Request{Query: "weighs grain path:f1*.go kind:function", Limit: 50, All: true})
	got := names(resp)
	slices.Sort(got)
	var want []string
	for i := range 60 {
		if p := fmt.Sprintf("f%d.go", i); strings.HasPrefix(p, "f1") {
			want = append(want, fmt.Sprintf("%s:Step%d", p, i))
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

// TestBrokenSecondEncoder closes the encoder under its vectors: the first one answers as if there was no other.
func TestBrokenSecondEncoder(t *testing.T) {
	f := newFixture(t, corpus, true)
	before := map[string]string{}
	for _, q := range tierQuestions {
		before[q] = f.fingerprint(f.search(search.Request{Query: q, Limit: 20}))
	}
	enc := newSecond(96)
	f.cover(enc, every)
	enc.broken.Store(true)
	for _, q := range tierQuestions {
		resp := f.search(search.Request{Query: q, Limit: 20})
		if resp.Class == search.Identifier.String() {
			resp.Tier = nil // there is one; names do not need its encoder
		}
		if after := f.fingerprint(resp); after != before[q] {
			t.Errorf("%q: %s, want %s", q, after, before[q])
		}
	}
}

func TestCalibration(t *testing.T) {
	a, b := encoder.Calibration{Mean: 0.1, Deviation: 0.05}, encoder.Calibration{Mean: 0.6, Deviation: 0.1}
	for x, want := range map[float64]float64{0.1: 0.6, 0.2: 0.8, 0: 0.4} {
		if got := a.Move(x, b); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v moves to %v, want %v", x, got, want)
		}
	}
}
