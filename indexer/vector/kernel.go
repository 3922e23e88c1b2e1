package vector

import (
	"encoding/binary"
	"math/bits"
)

// fine returns component i of a stored row as its 12-bit number.
func fine(row, nibs []byte, i int) int {
	nibble := nibs[i>>1] >> (4 * uint(i&1))
	return int(int8(row[i]))<<4 + int(int8(nibble<<4)>>4)
}

// dotFine returns the dot product of a query with a stored row at full precision, before scaling. The sum is rounded the same
// way on every machine: products are converted explicitly, which forbids fused multiply-add.
func dotFine(q []float32, row, nibs []byte) float64 {
	var even, odd float64
	i := 0
	for ; i+1 < len(q); i += 2 {
		pair := nibs[i>>1]
		a := int(int8(row[i]))<<4 + int(int8(pair<<4)>>4)
		b := int(int8(row[i+1]))<<4 + int(int8(pair)>>4)
		even += float64(float64(q[i]) * float64(a))
		odd += float64(float64(q[i+1]) * float64(b))
	}
	if i < len(q) {
		even += float64(float64(q[i]) * float64(fine(row, nibs, i)))
	}
	return even + odd
}

// dotBytes returns the dot product of 12-bit numbers with a row of signed bytes. With at most MaxDims dimensions the sum stays below
// 2^30.
func dotBytes(q []int16, row []byte) int32 {
	var a, b, c, d int32
	for len(q) >= 8 && len(row) >= 8 {
		a += int32(q[0])*int32(int8(row[0])) + int32(q[4])*int32(int8(row[4]))
		b += int32(q[1])*int32(int8(row[1])) + int32(q[5])*int32(int8(row[5]))
		c += int32(q[2])*int32(int8(row[2])) + int32(q[6])*int32(int8(row[6]))
		d += int32(q[3])*int32(int8(row[3])) + int32(q[7])*int32(int8(row[7]))
		q, row = q[8:], row[8:]
	}
	for i, x := range q {
		a += int32(x) * int32(int8(row[i]))
	}
	return a + b + c + d
}

// differing returns in how many bits two codes differ.
func differing(code []uint64, row []byte) int {
	n := 0
	for i, w := range code {
		n += bits.OnesCount64(w ^ binary.LittleEndian.Uint64(row[8*i:]))
	}
	return n
}
