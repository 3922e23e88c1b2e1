package lexical

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestCommonest compares with counting the live documents of all terms, over several sections some of whose documents are dead.
func TestCommonest(t *testing.T) {
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 6))
		sources, _ := spread(t, random, corpus(random, 400))
		counts := map[string]uint32{}
		for _, source := range sources {
			err := source.Section.Terms("", func(term []byte, _ uint32) bool {
				counts[string(term)] = 0
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for term := range counts {
			q := Query{Terms: []Term{{Text: term, Weight: 1}}}
			p := Params{K1: 1}
			for f := range p.Weight {
				p.Weight[f] = 1
			}
			hits, err := Search(t.Context(), sources, q, p, 10_000)
			if err != nil {
				t.Fatal(err)
			}
			counts[term] = uint32(len(hits))
			if n, err := CountDocuments(sources, term); err != nil || int(n) != len(hits) {
				t.Fatalf("seed %d: %d documents have %q, %d are found: %v", seed, n, term, len(hits), err)
			}
		}
		for _, prefix := range []string{"", "b", "ca", "nothing"} {
			var want []TermCount
			var live uint64
			for term, n := range counts {
				if strings.HasPrefix(term, prefix) {
					want = append(want, TermCount{term, n})
					live += uint64(n)
				}
			}
			slices.SortFunc(want, compareCounts)
			got, sum, err := Commonest(sources, prefix, 3)
			if err != nil || !slices.Equal(got, want[:min(3, len(want))]) {
				t.Errorf("seed %d, prefix %q: %v, %v, want the first of %v", seed, prefix, got, err, want[:min(5, len(want))])
			}
			if sum < live || sum > 2*live {
				t.Errorf("seed %d, prefix %q: a sum of %d documents, %d of them live", seed, prefix, sum, live)
			}
		}
	}
}
