package vector

import (
	"math/rand/v2"
	"testing"
)

func TestScanQuick(t *testing.T) {
	vectors, mean := clustered(1, 10000, 256)
	s := build(t, vectors, mean)
	rng := rand.New(rand.NewPCG(7, 7))
	found, all := 0, 0
	for range 100 {
		q := near(rng, vectors[rng.IntN(len(vectors))], 0.7)
		want := nearest(vectors, nil, q, 10)
		hits, err := Search(t.Context(), []Source{{Section: s}}, q, 10, Options{})
		if err != nil {
			t.Fatal(err)
		}
		in := map[int]bool{}
		for _, h := range hits {
			in[int(h.Unit)] = true
		}
		for _, w := range want {
			all++
			if in[w] {
				found++
			}
		}
	}
	t.Logf("recall %.4f", float64(found)/float64(all))
}
