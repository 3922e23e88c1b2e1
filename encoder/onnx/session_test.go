//go:build cgo

package onnx

import (
	"math"
	"testing"
)

func TestMeanState(t *testing.T) {
	got, err := meanState([]float32{1, 2, 5, 6}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(float64(got[0])-0.6) > 1e-6 || math.Abs(float64(got[1])-0.8) > 1e-6 {
		t.Errorf("mean state %v, want 0.6 and 0.8", got)
	}
	for _, bad := range [][]float32{{0, 0}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}} {
		if v, err := meanState(bad, 1); err == nil {
			t.Errorf("mean of %v is %v, want an error", bad, v)
		}
	}
}
