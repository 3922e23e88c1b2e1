package lexical

import (
	"math/rand/v2"
	"testing"

	"lsp/indexer/bitset"
)

// TestAddMatching holds that the documents which match are those that a search finds, whatever the fields that count.
func TestAddMatching(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	for _, size := range []int{1, 128, 700} {
		s := build(t, corpus(random, size))
		for range 20 {
			q, p := randomQuery(random), DefaultParams()
			for i := range q.Terms {
				q.Terms[i].Weight = 1
			}
			p.Weight[random.IntN(NumFields)] = 0
			if random.IntN(2) == 0 {
				p.Weight = [NumFields]float64{Name: 1}
			}
			want := bitset.New(size)
			for _, hit := range searchBy(t, s, q, p) {
				want.Add(hit.Document)
			}
			got := bitset.New(size)
			if err := AddMatching(s, q, p, got); err != nil {
				t.Fatal(err)
			}
			got.AndNot(want)
			if n := got.Count(); n > 0 {
				t.Fatalf("%d documents match that are not found", n)
			}
			if err := AddMatching(s, q, p, got); err != nil {
				t.Fatal(err)
			}
			if want.AndNot(got); want.Count() > 0 {
				t.Fatalf("%d documents are found that do not match", want.Count())
			}
		}
	}
	s := build(t, corpus(random, 200))
	if err := AddMatching(s, Analyze("bax"), DefaultParams(), bitset.New(64)); err == nil {
		t.Error("a set without room is taken")
	}
	if err := AddMatching(s, Analyze("bax"), Params{}, bitset.New(200)); err == nil {
		t.Error("parameters that no search takes are taken")
	}
}

// searchBy returns all that a search finds.
func searchBy(t *testing.T, s *Section, q Query, p Params) []Hit {
	t.Helper()
	hits, err := Search(t.Context(), []Source{{Section: s}}, q, p, s.Documents())
	if err != nil {
		t.Fatal(err)
	}
	return hits
}
