package eval_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer/eval"
	"lsp/indexer/search"
)

var modes = []search.Mode{search.Dense, search.Lexical, search.Hybrid}

func TestRunFunctions(t *testing.T) {
	functions := []eval.Function{
		{ID: 7, Text: "def read_lines(path):\n    \"\"\"Read the lines of a file.\"\"\"\n    return open(path).readlines()\n"},
		{ID: 3, Text: "def sort_numbers(numbers):\n    return sorted(numbers)\n"},
		{ID: 12, Text: "def broken(:\n"},
		{ID: 4, Text: "def sort_numbers(numbers):\n    return sorted(numbers)\n"},
	}
	queries := []eval.FunctionQuery{
		{ID: "a", Query: "read the lines of a file", Relevant: []int{7}},
		{ID: "b", Query: "sort numbers", Relevant: []int{3, 4}},
		{ID: "c", Query: "lang:cobol is words here: broken", Relevant: []int{12}},
	}
	for _, mode := range modes {
		steps := 0
		r, err := eval.RunFunctions(context.Background(), functions, queries, eval.Options{
			Encoder: encoder.NewHashed(128), Mode: mode, Explain: true, Progress: func(string, int, int) { steps++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.MRR != 1 || math.Abs(r.Recall1-2.5/3) > 1e-9 || r.Recall10 != 1 || r.Queries != 3 || r.Functions != 4 || r.Mode != mode {
			t.Errorf("%s: %+v", mode, r)
		}
		if len(r.PerQuery) != 3 || len(r.PerQuery[0].Results) == 0 || len(r.PerQuery[0].Results[0].Explanation) == 0 || steps == 0 {
			t.Errorf("%s: per question %+v", mode, r.PerQuery)
		}
	}
}

func TestRunRepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"src/io/copy.go":  "package io\n\n// Copy copies bytes until end of file.\nfunc Copy() {\n\tloop()\n}\n",
		"src/net/dial.go": "package net\n\n// Dial connects to an address.\nfunc Dial() {\n\tconnect()\n}\n",
		"other/copy.go":   "package other\n\n// Copy copies bytes until end of file.\nfunc Copy() {}\n",
	})
	queries, err := eval.ReadRepositoryQueries(strings.NewReader(`[
		{"query": "copy bytes until end of file", "category": "semantic", "relevant": [{"path": "src/io/copy.go", "start_line": 4, "end_line": 4}]},
		{"query": "Dial", "category": "symbol", "relevant": ["src/net/dial.go"], "secondary": ["src/gone.go"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range modes {
		r, err := eval.RunRepository(context.Background(), dir, "src", queries, eval.Options{Encoder: encoder.NewHashed(128), Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		half := 1 / (1 + 1/math.Log2(3))
		if r.ByCategory["semantic"] != 1 || math.Abs(r.ByCategory["symbol"]-half) > 1e-9 || math.Abs(r.NDCG-(1+half)/2) > 1e-9 {
			t.Errorf("%s: %+v", mode, r)
		}
		if r.Files != 2 || r.Functions != 2 || r.IndexMs <= 0 || len(r.PerQuery[1].Missed) != 1 {
			t.Errorf("%s: %+v", mode, r)
		}
		if got := r.PerQuery[0]; got.Found[0] != "io/copy.go:3 Copy" || got.Results != nil || r.Files10 != 0.75 {
			t.Errorf("%s: found %+v, %v of the targets in the first files", mode, got, r.Files10)
		}
		for _, retriever := range []string{"dense", "lexical", "paths", "together", "hybrid"} {
			if got := r.Recall100[retriever]; got != 0.75 {
				t.Errorf("%s: recall@100 of %s is %v, want 0.75 with one of three targets gone", mode, retriever, got)
			}
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"ndcg@10", "by_category", "queries", "functions", "index_ms", "query_p50_ms", "query_p99_ms", "recall@100"} {
			if !strings.Contains(string(text), `"`+key+`":`) {
				t.Errorf("no %s in %s", key, text)
			}
		}
	}
	if _, err := eval.RunRepository(context.Background(), dir, "nowhere", queries, eval.Options{Encoder: encoder.NewHashed(8)}); err == nil {
		t.Error("no error for a folder that is not there")
	}
}
