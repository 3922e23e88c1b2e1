package onnx

import (
	"math"
	"slices"
	"testing"
)

func TestPool(t *testing.T) {
	states := []float32{1, 2, 9, 5, 6, 9} // two tokens of three dimensions
	for _, test := range []struct {
		how  Pooling
		keep int
		want []float32
	}{
		{Mean, 2, []float32{0.6, 0.8}},
		{Mean, 3, []float32{float32(3 / math.Sqrt(106)), float32(4 / math.Sqrt(106)), float32(9 / math.Sqrt(106))}},
		{CLS, 1, []float32{1}},
		{CLS, 2, []float32{float32(1 / math.Sqrt(5)), float32(2 / math.Sqrt(5))}},
		{Last, 2, []float32{float32(5 / math.Sqrt(61)), float32(6 / math.Sqrt(61))}},
	} {
		got := make([]float32, test.keep)
		if err := pool(test.how, states, 3, got); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, test.want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
			t.Errorf("%s of %d dimensions: %v, want %v", test.how, test.keep, got, test.want)
		}
	}
	for _, bad := range [][]float32{{0, 0}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}} {
		if err := pool(Mean, bad, 2, make([]float32, 2)); err == nil {
			t.Errorf("the mean of %v is no error", bad)
		}
	}
}
