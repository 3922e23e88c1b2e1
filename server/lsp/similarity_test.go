package main

import (
	"image/color"
	"testing"
)

func TestHeatMap(t *testing.T) {
	m := heatMap([][]float64{{1, -0.3}, {0.5, 1}})
	for _, test := range []struct {
		x, y int
		want color.RGBA
	}{
		{0, 0, shade(1)}, {399, 399, shade(1)}, {400, 0, shade(0)}, {0, 400, shade(0.5)}, {799, 799, shade(1)},
		{810, 5, shade(0)}, {830, 0, shade(1)}, // the gap before the scale, and its top
	} {
		if got := m.At(test.x, test.y); got != test.want {
			t.Errorf("colour at %d, %d is %v, want %v", test.x, test.y, got, test.want)
		}
	}
	large := make([][]float64, 1500)
	for i := range large {
		large[i] = make([]float64, len(large))
	}
	if got := heatMap(large).Bounds(); got.Dy() != len(large) {
		t.Errorf("picture of 1500 texts is %v, want a pixel a row", got)
	}
}

func TestShade(t *testing.T) {
	last := 3 * 256
	for x := 0.0; x <= 1; x += 0.01 {
		c := shade(x)
		sum := int(c.R) + int(c.G) + int(c.B)
		if sum > last || c.A != 255 {
			t.Fatalf("the colour of %.2f is %v, lighter than the one before it", x, c)
		}
		last = sum
	}
	if shade(-1) != shade(0) || shade(2) != shade(1) {
		t.Error("colours beyond the scale are not those of its ends")
	}
}

func TestCosine(t *testing.T) {
	for _, test := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 0}, []float32{0, 1}, 0},
		{[]float32{1, 0}, []float32{1.0000001, 0}, 1},
		{[]float32{-1, 0}, []float32{1.0000001, 0}, -1},
		{[]float32{0, 0}, []float32{1, 0}, 0},
	} {
		if got := cosine(test.a, test.b); got != test.want {
			t.Errorf("cosine of %v and %v is %v, want %v", test.a, test.b, got, test.want)
		}
	}
}
