package static

import (
	"encoding/binary"
	"math"
)

// block is how many values of a row are summed at a time: their accumulators fit in registers. The dimensions of
// a model are a multiple of it.
const block = 16

// A term is one row to be summed and its coefficient.
type term struct {
	row  uint32 // where the row starts in the table, in bytes
	coef uint32 // 0 to 255
}

// The masks that part packed bytes into lanes.
const (
	evenBytes = 0x00ff00ff00ff00ff
	evenWords = 0x0000ffff0000ffff
)

// sumRows writes the sum of coef*value over the terms into dst, for the first len(dst) values of each row. Values
// are stored with a bias of 128, as bytes from 1 to 255.
//
// Eight values are multiplied by two multiplications of 64 bits: even and odd bytes in lanes of 16 bits, where a
// product of two bytes fits, then widened into lanes of 32 bits, where 65,536 products fit. Sums of integers are
// the same on every platform, which sums of floats are not.
func sumRows(table []byte, terms []term, dst []int32) {
	bias := int32(0)
	for _, t := range terms {
		bias += int32(t.coef)
	}
	bias *= 128
	for at := 0; at < len(dst); at += block {
		var a0, a1, a2, a3, b0, b1, b2, b3 uint64
		for _, t := range terms {
			row := table[int(t.row)+at:]
			row = row[:block:block]
			coef := uint64(t.coef)
			x := binary.LittleEndian.Uint64(row)
			y := binary.LittleEndian.Uint64(row[8:])
			p := (x & evenBytes) * coef
			q := (x >> 8 & evenBytes) * coef
			a0 += p & evenWords
			a1 += q & evenWords
			a2 += p >> 16 & evenWords
			a3 += q >> 16 & evenWords
			p = (y & evenBytes) * coef
			q = (y >> 8 & evenBytes) * coef
			b0 += p & evenWords
			b1 += q & evenWords
			b2 += p >> 16 & evenWords
			b3 += q >> 16 & evenWords
		}
		out := dst[at:]
		out = out[:block:block]
		spreadLanes(out[:8], bias, a0, a1, a2, a3)
		spreadLanes(out[8:], bias, b0, b1, b2, b3)
	}
}

// spreadLanes writes the eight sums of four accumulators in the order of the bytes they came from.
func spreadLanes(out []int32, bias int32, even, odd, even2, odd2 uint64) {
	_ = out[7]
	out[0] = int32(uint32(even)) - bias
	out[1] = int32(uint32(odd)) - bias
	out[2] = int32(uint32(even2)) - bias
	out[3] = int32(uint32(odd2)) - bias
	out[4] = int32(uint32(even>>32)) - bias
	out[5] = int32(uint32(odd>>32)) - bias
	out[6] = int32(uint32(even2>>32)) - bias
	out[7] = int32(uint32(odd2>>32)) - bias
}

// terms writes the rows and coefficients of the features into dst and returns those that count. Coefficients are
// weight times scale of the row, relative to the largest of the text, in 255 steps.
func (m *Model) terms(features []Feature, scales []byte, dst []term) []term {
	most := float32(0)
	for i := range features {
		features[i].Weight *= scaleOf(scales, features[i].ID)
		most = max(most, features[i].Weight)
	}
	if most == 0 {
		return dst[:0]
	}
	inverse := 255 / most
	n := 0
	for _, f := range features {
		scaled := float32(f.Weight * inverse) // the conversion forbids a fused multiply-add
		if coef := uint32(scaled + 0.5); coef > 0 {
			dst[n] = term{f.ID * uint32(m.stride), coef}
			n++
		}
	}
	return dst[:n]
}

// normalize writes sums, scaled to length one, into dst. All-zero sums give the zero vector.
func normalize(sums []int32, dst []float32) {
	var square float64 // exact: below 2^53 for the sums that bagLimit rows can give
	for _, s := range sums {
		square += float64(int64(s) * int64(s))
	}
	if square == 0 {
		clear(dst)
		return
	}
	inverse := 1 / math.Sqrt(square)
	for i, s := range sums {
		dst[i] = float32(float64(s) * inverse)
	}
}
