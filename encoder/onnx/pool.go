package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
)

// pool makes one vector from the states of n tokens, each width values long. It keeps the first len(dst) of them, which
// must not be more than width.
func pool(how Pooling, states []float32, width int, dst []float32) {
	switch how {
	case CLS:
		copy(dst, states)
	case Last:
		copy(dst, states[len(states)-width:])
	default:
		for d := range dst {
			sum := 0.0
			for at := d; at < len(states); at += width {
				sum += float64(states[at])
			}
			dst[d] = float32(sum / float64(len(states)/width))
		}
	}
}

// raise makes a vector of length one of a vector of code, of which the last value has room, so that its cosine with the
// vector of a question, whose last value is 0, is their inner product by the length of the question and the longest vector
// of code (Bachrach et al., Speeding Up the Xbox Recommender System Using a Euclidean Transformation, 2014).
func raise(v []float32, longest float64) error {
	square := 0.0
	n := len(v) - 1
	for _, x := range v[:n] {
		square += float64(x) * float64(x)
	}
	if math.IsNaN(square) || math.IsInf(square, 0) {
		return fmt.Errorf("the model gave a vector of squared length %v", square)
	}
	scale := 1 / max(longest, math.Sqrt(square))
	for d, x := range v[:n] {
		v[d] = float32(float64(x) * scale)
	}
	v[n] = float32(math.Sqrt(max(0, 1-square*scale*scale)))
	return nil
}

// normalise scales v to length one.
func normalise(v []float32) error {
	square := 0.0
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if !(square > 0) || math.IsInf(square, 0) {
		return fmt.Errorf("the model gave a vector of squared length %v", square)
	}
	scale := 1 / math.Sqrt(square)
	for d, x := range v {
		v[d] = float32(float64(x) * scale)
	}
	return nil
}

// meanHeader is the length of the scale before the values of an encoded mean.
const meanHeader = 4

// decodeMean reads the centring mean of vectors of dims values: a float32 scale, little endian, and one int8 a
// dimension.
func decodeMean(b []byte, dims int) ([]float32, error) {
	if len(b) != meanHeader+dims {
		return nil, fmt.Errorf("centring mean of %d bytes, want %d for %d dimensions", len(b), meanHeader+dims, dims)
	}
	scale := math.Float32frombits(binary.LittleEndian.Uint32(b))
	if !(scale >= 0 && scale <= 1) {
		return nil, fmt.Errorf("centring mean has the scale %v", scale)
	}
	mean := make([]float32, dims)
	for i, x := range b[meanHeader:] {
		mean[i] = scale * float32(int8(x))
	}
	return mean, nil
}
