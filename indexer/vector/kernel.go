package vector

import (
	"encoding/binary"
	"math/bits"
	"slices"
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
	whole := 0
	var sum int32
	if hasKernels {
		if whole = len(q) &^ 15; whole > 0 {
			sum = dotBytesAVX2(&q[0], &row[:whole][0], whole)
		}
	}
	return sum + dotBytesPortable(q[whole:], row[whole:])
}

func dotBytesPortable(q []int16, row []byte) int32 {
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

// strongWeight is what a differing bit counts in addition where the query is strong.
const strongWeight = 2

// codeQuery is a query as two bits a dimension, to be compared with stored codes of one: the sign of the centred component, and
// whether its magnitude is above the median. Weights of one and three are close to the best two magnitudes for a
// normal distribution, and order the stored codes much better than signs alone.
type codeQuery struct {
	words  int
	sign   []uint64 // both padded with zeros to a multiple of four words
	strong []uint64
}

func newCodeQuery(query, mean []float32) *codeQuery {
	words := (len(query) + 63) / 64
	padded := (words + 3) &^ 3
	c := &codeQuery{words: words, sign: make([]uint64, padded), strong: make([]uint64, padded)}
	magnitudes := make([]float32, len(query))
	for i, x := range query {
		magnitudes[i] = max(x-mean[i], mean[i]-x)
	}
	slices.Sort(magnitudes)
	median := magnitudes[len(query)/2]
	for i, x := range query {
		if x > mean[i] {
			c.sign[i/64] |= 1 << (i % 64)
		}
		if max(x-mean[i], mean[i]-x) > median {
			c.strong[i/64] |= 1 << (i % 64)
		}
	}
	return c
}

// distances writes the distance of the query to each of the codes that follow one another in rows.
func (c *codeQuery) distances(rows []byte, out []uint16) {
	if hasKernels && c.words%2 == 0 && len(out) > 0 {
		rows = rows[:8*c.words*len(out)]
		distancesAVX2(&out[0], len(out), &rows[0], c.words, &c.sign[0], &c.strong[0])
		return
	}
	c.distancesPortable(rows, out)
}

func (c *codeQuery) distancesPortable(rows []byte, out []uint16) {
	sign, strong := c.sign[:c.words], c.strong[:c.words]
	for i := range out {
		all, heavy := 0, 0
		for w, word := range sign {
			differ := word ^ binary.LittleEndian.Uint64(rows[8*w:])
			all += bits.OnesCount64(differ)
			heavy += bits.OnesCount64(differ & strong[w])
		}
		out[i] = uint16(all + strongWeight*heavy)
		rows = rows[8*c.words:]
	}
}
