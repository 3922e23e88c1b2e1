package search_test

import (
	"context"
	"slices"
	"testing"

	"lsp/indexer/search"
)

// TestRetrieved holds that each retriever gives its best units first, as many as were asked for.
func TestRetrieved(t *testing.T) {
	s, views := openStandardLibrary(t)
	const query = "read a request from the network"
	for _, n := range []int{1, 5, 50} {
		got, err := s.Retrieved(context.Background(), views, search.Request{Query: query}, n)
		if err != nil {
			t.Fatal(err)
		}
		for by, mode := range map[search.Retriever]search.Mode{search.ByMeaning: search.Dense, search.ByWords: search.Lexical} {
			want, err := s.Search(context.Background(), views, search.Request{Query: query, Mode: mode, Limit: n, All: true})
			if err != nil {
				t.Fatal(err)
			}
			if a, b := places(got[by]), places(want.Results); !slices.Equal(a[:1], b[:1]) {
				t.Errorf("%d by %s: %q, want %q", n, by, a, b)
			}
		}
		for _, by := range search.Retrievers {
			if by != search.ByNames && len(got[by]) != n {
				t.Errorf("%d by %s: %d results", n, by, len(got[by]))
			}
		}
	}
	got, err := s.Retrieved(context.Background(), views, search.Request{Query: "ReadFull"}, 10)
	if err != nil || got[search.ByNames][0].Name != "ReadFull" {
		t.Errorf("names: %v, %v", places(got[search.ByNames]), err)
	}
}

func places(results []search.Result) []string { return names(&search.Response{Results: results}) }
