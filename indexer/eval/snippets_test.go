package eval_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer/eval"
	"lsp/indexer/search"
)

// fruits are what the snippets of the tests are about: one each.
var fruits = []string{"apple", "banana", "cherry", "damson", "elderberry", "fig", "grape"}

func fruitSnippets() []eval.Snippet {
	var snippets []eval.Snippet
	for i, fruit := range fruits {
		s := eval.Snippet{
			Query: "peel the " + fruit, Language: "go", Extension: ".go", Repository: "example/fruits",
			Unit: encoder.Unit{Name: "f", Signature: "func f()", Body: fmt.Sprintf("func f() { peel(%q) }", fruit)},
		}
		if i%3 == 0 {
			s.Language, s.Extension, s.Unit.Signature, s.Unit.Body = "python", ".py", "def f()", fmt.Sprintf("peel(%q)", fruit)
		}
		snippets = append(snippets, s)
	}
	return snippets
}

func TestRunSnippets(t *testing.T) {
	for _, mode := range modes {
		var phases []string
		r, err := eval.RunSnippets(t.Context(), fruitSnippets(), eval.SnippetOptions{
			Options: eval.Options{Encoder: encoder.NewHashed(256), Mode: mode, Progress: func(phase string, _, _ int) {
				phases = append(phases, phase)
			}},
			Distractors: 3, Questions: 5,
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Questions != 5 || r.Functions != 7 || r.Distractors != 3 || r.Mode != mode || len(r.Rerank) != 0 || len(r.PerQuery) != 5 {
			t.Errorf("%s: %+v", mode, r)
		}
		if r.MRR != 1 || r.NDCG != 1 {
			t.Errorf("%s: every function has a word of its own, but MRR is %v and NDCG %v", mode, r.MRR, r.NDCG)
		}
		for _, q := range r.PerQuery {
			if q.Rank != 1 || len(q.Hits) != 4 || !q.Hits[0] || q.Repository != "example/fruits" {
				t.Errorf("%s: %+v", mode, q)
			}
		}
		if !slices.Contains(phases, "index") || !slices.Contains(phases, "questions") {
			t.Errorf("%s: phases %q", mode, phases)
		}
	}
}

// opposite judges the units best that have least in common with the question.
type opposite struct{ err error }

func (opposite) Name() string    { return "opposite" }
func (opposite) Weight() float64 { return 100 }
func (opposite) Close() error    { return nil }

func (o opposite) Score(_ context.Context, query string, units []encoder.Unit, scores []float64) (int, error) {
	word := query[strings.LastIndexByte(query, ' ')+1:]
	for i, u := range units {
		if !strings.Contains(u.Body, "peel") {
			return i, fmt.Errorf("unit %q is not the text of a snippet", u.Body)
		}
		scores[i] = float64(i % 2)
		if strings.Contains(u.Body, word) {
			scores[i] = -1
		}
	}
	return len(units), o.err
}

// indifferent finds all units equally good.
type indifferent struct{ opposite }

func (indifferent) Name() string { return "indifferent" }

func (indifferent) Score(_ context.Context, _ string, units []encoder.Unit, _ []float64) (int, error) {
	return len(units), nil
}

func TestRunSnippetsReranked(t *testing.T) {
	options := eval.SnippetOptions{
		Options: eval.Options{
			Encoder: encoder.NewHashed(256), Mode: search.Dense, Rerankers: []search.Rerank{{Model: indifferent{}}, {Model: opposite{}}},
		},
		Distractors: 3, Questions: 100,
	}
	r, err := eval.RunSnippets(t.Context(), fruitSnippets(), options)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rerank) != 2 || r.Questions != 7 || r.MRR != 1 || r.Rerank[1].Name != "opposite" {
		t.Fatalf("%+v", r)
	}
	if i := r.Rerank[0]; i.Name != "indifferent" || i.MRR != 1 || i.NDCG != 1 || i.MRRInterval != [2]float64{} {
		t.Errorf("a reranker without an opinion: %+v", i)
	}
	j := r.Rerank[1]
	if want := 1 / math.Log2(8); j.MRR != 0.25 || math.Abs(j.NDCG-want) > 1e-9 {
		t.Errorf("the right function was put last of 4 and of 7, but MRR is %v and NDCG %v, want 0.25 and %v", j.MRR, j.NDCG, want)
	}
	if j.MRRInterval != [2]float64{-0.75, -0.75} || j.NDCGInterval[0] >= 0 || j.NDCGInterval[1] >= 0 {
		t.Errorf("intervals %v and %v", j.MRRInterval, j.NDCGInterval)
	}
	for _, q := range r.PerQuery {
		if q.Rank != 4 || slices.Contains(q.Hits[:3], true) {
			t.Errorf("%+v", q)
		}
	}
}

func TestRunSnippetsErrors(t *testing.T) {
	options := eval.SnippetOptions{Options: eval.Options{Encoder: encoder.NewHashed(64)}, Distractors: 3, Questions: 2}
	if _, err := eval.RunSnippets(t.Context(), fruitSnippets()[:1], options); err == nil {
		t.Error("one snippet makes no benchmark, but there is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := eval.RunSnippets(ctx, fruitSnippets(), options); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	options.Distractors = 0
	if _, err := eval.RunSnippets(t.Context(), fruitSnippets(), options); err == nil {
		t.Error("no error without distractors")
	}
}
