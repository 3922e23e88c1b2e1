package search_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer/search"
)

// thesaurus is an encoder that knows some words which mean nearly the same.
type thesaurus struct {
	*encoder.Hashed
	near map[string][]encoder.NearWord
}

func (e thesaurus) NearWords(word string) []encoder.NearWord { return e.near[word] }

// TestNearWords holds that a unit is found by a word that means nearly the same as one of the query, that the word itself
// counts for more, that the explanation says what stood for what, and that a near word alone makes no guess an answer.
func TestNearWords(t *testing.T) {
	files := map[string]string{
		"a.go": "package p\n\nfunc one() {\n\tforward(the, request)\n}\n",
		"b.go": "package p\n\nfunc two() {\n\tforward(the, req)\n}\n",
		"c.go": "package p\n\nfunc three() {\n\tforward(the, quest)\n}\n",
		"d.go": "package p\n\nfunc four() {\n\tunrelated(lines)\n}\n",
	}
	enc := thesaurus{encoder.NewHashed(64), map[string][]encoder.NearWord{
		"request": {{Word: "requests", Cosine: 0.9}, {Word: "req", Cosine: 0.7}, {Word: "quest", Cosine: 0.3}},
	}}
	f := newFixtureOf(t, files, false, enc)
	resp := f.search(search.Request{Query: "forward the request", Mode: search.Lexical, Explain: true})
	if got, want := names(resp), []string{"a.go:one", "b.go:two", "c.go:three"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, r := range f.search(search.Request{Query: "forward the request", Explain: true}).Results {
		sum, said := 0.0, false
		for _, c := range r.Explanation {
			sum += c.Value
			said = said || strings.HasPrefix(c.Name, `word "req" for "request" in `)
		}
		if math.Abs(sum-r.Score) > 1e-9 {
			t.Errorf("%s: contributions sum up to %v, score %v", r.Name, sum, r.Score)
		}
		if said != (r.Name == "two") {
			t.Errorf("%s: %v", r.Name, r.Explanation)
		}
	}
	if resp := f.search(search.Request{Query: "how to request things"}); slices.Contains(names(resp), "b.go:two") {
		t.Errorf("a near word alone is an answer: %q", names(resp))
	}
	if got := names(f.search(search.Request{Query: "request"})); len(got) == 0 || got[0] != "a.go:one" {
		t.Errorf("a single word is looked up as it is; got %q", got)
	}
}
