package onnx

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNewBatch(t *testing.T) {
	b := newBatch([]int64{7, 8, 9}, []int64{5})
	if !slices.Equal(b.ids, []int64{7, 8, 9, 5, 0, 0}) || !slices.Equal(b.mask, []int64{1, 1, 1, 1, 0, 0}) || len(b.types) != 6 {
		t.Errorf("batch %+v", b)
	}
	values := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	var got [][]float32
	err := b.states("states", values, []int64{2, 3, 2}, func(text int, states []float32, width int) error {
		if text != len(got) || width != 2 {
			t.Errorf("text %d of width %d", text, width)
		}
		got = append(got, states)
		return nil
	})
	if err != nil || len(got) != 2 || !slices.Equal(got[0], values[:6]) || !slices.Equal(got[1], values[6:8]) {
		t.Errorf("states %v (%v)", got, err)
	}
	for _, shape := range [][]int64{{2, 3}, {1, 3, 2}, {2, 4, 2}, {2, 3, 0}, nil} {
		if err := b.states("states", values, shape, nil); err == nil {
			t.Errorf("states of shape %v are taken", shape)
		}
	}
}

// TestByLength checks that every text is in one group, and that no group is too large or fills up too much.
func TestByLength(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		texts := make([][]int64, r.IntN(60))
		for i := range texts {
			texts[i] = make([]int64, 1+r.IntN(100))
		}
		size := 1 + r.IntN(20)
		var seen []int
		for _, group := range byLength(texts, size) {
			longest := 0
			for _, i := range group {
				longest = max(longest, len(texts[i]))
			}
			for _, i := range group {
				if filled := longest - len(texts[i]); filled*paddingShare > longest {
					t.Fatalf("%d of %d ids are filled up", filled, longest)
				}
			}
			if len(group) == 0 || len(group) > size {
				t.Fatalf("a group of %d texts, want at most %d", len(group), size)
			}
			seen = append(seen, group...)
		}
		slices.Sort(seen)
		for i, text := range seen {
			if i != text {
				t.Fatalf("texts %v of %d are in groups", seen, len(texts))
			}
		}
	}
}
