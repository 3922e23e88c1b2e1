package onnx

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
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
		pool(test.how, states, 3, got)
		if err := normalise(got); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, test.want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }) {
			t.Errorf("%s of %d dimensions: %v, want %v", test.how, test.keep, got, test.want)
		}
	}
	for _, bad := range [][]float32{{0, 0}, {float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}} {
		if err := normalise(slices.Clone(bad)); err == nil {
			t.Errorf("scaling %v is no error", bad)
		}
	}
}

// TestRaise checks that cosines of raised vectors are inner products, but for a factor.
func TestRaise(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	draw := func(most float64) []float32 {
		v := make([]float32, 6)
		for d := range v[:5] {
			v[d] = float32(r.NormFloat64())
		}
		if err := normalise(v); err != nil {
			t.Fatal(err)
		}
		length := most * r.Float64()
		for d := range v {
			v[d] *= float32(length)
		}
		return v
	}
	const longest = 7.5
	for range 100 {
		question, code := draw(3), draw(longest)
		want := dot(question, code) / math.Sqrt(dot(question, question)) / longest
		if err := errors.Join(normalise(question), raise(code, longest)); err != nil {
			t.Fatal(err)
		}
		if got := dot(question, code); math.Abs(got-want) > 1e-5 || math.Abs(dot(code, code)-1) > 1e-5 {
			t.Errorf("cosine %v of a vector of squared length %v, want %v and 1", got, dot(code, code), want)
		}
	}
	long := []float32{30, 40, 0}
	if err := raise(long, 10); err != nil || math.Abs(float64(long[0])-0.6) > 1e-6 || long[2] != 0 {
		t.Errorf("a vector longer than the longest became %v (%v)", long, err)
	}
	zero := []float32{0, 0, 0}
	if err := raise(zero, 10); err != nil || zero[2] != 1 {
		t.Errorf("a vector without length became %v (%v)", zero, err)
	}
	if err := raise([]float32{float32(math.NaN()), 0}, 1); err == nil {
		t.Error("no error for what is no number")
	}
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// encodeMean is the reverse of decodeMean.
func encodeMean(mean []float32) []byte {
	most := float32(0)
	for _, x := range mean {
		most = max(most, x, -x)
	}
	scale := most / math.MaxInt8
	b := binary.LittleEndian.AppendUint32(nil, math.Float32bits(scale))
	for _, x := range mean {
		value := int8(0)
		if scale > 0 {
			value = int8(math.Round(float64(x / scale)))
		}
		b = append(b, byte(value))
	}
	return b
}

func TestMean(t *testing.T) {
	want := []float32{0.127, -0.05, 0, 0.001}
	got, err := decodeMean(encodeMean(want), len(want))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a-b)) <= 0.0005001 }) {
		t.Errorf("mean %v, want about %v", got, want)
	}
	if got, err := decodeMean(encodeMean(make([]float32, 2)), 2); err != nil || got[0] != 0 || got[1] != 0 {
		t.Errorf("mean %v, %v; want zeros", got, err)
	}
	for _, bad := range [][]byte{nil, {0, 0, 0, 0}, {0, 0, 0xc0, 0x7f, 1}, {0, 0, 0x80, 0xbf, 1}} {
		if mean, err := decodeMean(bad, 1); err == nil {
			t.Errorf("%v is the mean %v, want an error", bad, mean)
		}
	}
}
