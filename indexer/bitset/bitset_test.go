package bitset_test

import (
	"math/rand/v2"
	"testing"

	"lsp/indexer/bitset"
)

func TestCountRange(t *testing.T) {
	const n = 300
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		set := bitset.New(n)
		for range rng.IntN(n) {
			set.AddRange(uint32(rng.IntN(n)), uint32(rng.IntN(n)))
			set.Remove(uint32(rng.IntN(n)))
		}
		from, to := uint32(rng.IntN(n+1)), uint32(rng.IntN(n+1))
		want := 0
		for i := from; i < to; i++ {
			if set.Has(i) {
				want++
			}
		}
		if got := set.CountRange(from, to); got != want {
			t.Fatalf("%d members from %d to %d of %x, want %d", got, from, to, set, want)
		}
	}
}
