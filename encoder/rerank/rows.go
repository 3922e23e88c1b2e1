package rerank

import (
	"encoding/binary"
	"fmt"
	"math"

	"lsp/encoder"
)

// rows are vectors with each value in eight bits.
type rows struct {
	width  int
	scales []float32 // of each row: what its values are multiplied with
	values []int8
}

func (r *rows) count() int { return len(r.scales) }

func (r *rows) row(i int) []int8 { return r.values[i*r.width:][:r.width] }

// quantise rounds the values of each state, which is scaled to length one if unit is set. A state of length zero stays
// one.
func quantise(s encoder.States, unit bool) *rows {
	n := s.Tokens()
	r := &rows{width: s.Width, scales: make([]float32, n), values: make([]int8, n*s.Width)}
	for i := range n {
		square, most := 0.0, 0.0
		for _, x := range s.Row(i) {
			square += float64(x) * float64(x)
			most = max(most, math.Abs(float64(x)))
		}
		if !(most > 0) || math.IsInf(square, 0) {
			continue
		}
		row := r.row(i)
		for d, x := range s.Row(i) {
			row[d] = int8(math.Round(float64(x) / most * math.MaxInt8))
		}
		length := 1.0
		if unit {
			length = math.Sqrt(square)
		}
		r.scales[i] = float32(most / math.MaxInt8 / length)
	}
	return r
}

// states are the rows with their values in full.
func (r *rows) states() encoder.States {
	s := encoder.States{Width: r.width, Values: make([]float32, len(r.values))}
	for i, x := range r.values {
		s.Values[i] = float32(x) * r.scales[i/r.width]
	}
	return s
}

// maxWidth bounds a row.
const maxWidth = 1 << 16

// encode gives the rows as bytes: the width, the scales, the values.
func (r *rows) encode() []byte {
	b := make([]byte, 0, 4+4*len(r.scales)+len(r.values))
	b = binary.LittleEndian.AppendUint32(b, uint32(r.width))
	for _, s := range r.scales {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
	}
	for _, v := range r.values {
		b = append(b, byte(v))
	}
	return b
}

// decodeRows reads what encode wrote.
func decodeRows(b []byte) (*rows, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("rows of %d bytes", len(b))
	}
	width := int(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if width < 1 || width > maxWidth || len(b)%(4+width) != 0 {
		return nil, fmt.Errorf("rows of %d values in %d bytes", width, len(b))
	}
	n := len(b) / (4 + width)
	r := &rows{width: width, scales: make([]float32, n), values: make([]int8, n*width)}
	for i := range r.scales {
		r.scales[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if s := float64(r.scales[i]); math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("row %d has the scale %v", i, s)
		}
	}
	for i, v := range b[4*n:] {
		r.values[i] = int8(v)
	}
	return r, nil
}

// dot8 is the inner product of two rows of the same length.
func dot8(a, b []int8) int32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 int32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += int32(x[0]) * int32(y[0])
		s1 += int32(x[1]) * int32(y[1])
		s2 += int32(x[2]) * int32(y[2])
		s3 += int32(x[3]) * int32(y[3])
	}
	for ; i < len(a); i++ {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}

// encodeVector gives a vector as bytes.
func encodeVector(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// decodeVector reads a vector of n values.
func decodeVector(b []byte, n int) ([]float32, error) {
	if len(b) != 4*n {
		return nil, fmt.Errorf("vector of %d bytes, want %d values", len(b), n)
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if x := float64(v[i]); math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("value %d of a vector is %v", i, x)
		}
	}
	return v, nil
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}
