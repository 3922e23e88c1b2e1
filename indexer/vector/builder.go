package vector

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// maxFine is the largest magnitude of a 12-bit component: the largest whose byte still fits an int8.
const maxFine = 2039

// maxScale is the largest scale of a vector whose components are finite.
const maxScale = math.MaxFloat32 / maxFine

// Builder collects vectors and writes them as a section. It is not safe for concurrent use.
type Builder struct {
	dims int
	mean []float32
	last uint32   // unit of the last slot
	n    uint32   // vectors added
	same *Section // the last section that AddRow found to have the same mean

	units, bits, scales, bytes, nibs []byte
}

// NewBuilder returns a builder of sections of dims-dimensional vectors. Mean is the model's mean vector, which centres the one-bit
// codes; nil stands for zero. All sections searched together must come from the same model.
func NewBuilder(dims int, mean []float32) (*Builder, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("new vector builder: %d dimensions, must be 1 to %d", dims, MaxDims)
	}
	if mean != nil && len(mean) != dims {
		return nil, fmt.Errorf("new vector builder: mean of %d dimensions for vectors of %d", len(mean), dims)
	}
	b := &Builder{dims: dims, mean: make([]float32, dims)}
	copy(b.mean, mean)
	for i, m := range b.mean {
		if !finite(m) {
			return nil, fmt.Errorf("new vector builder: mean of dimension %d is %v", i, m)
		}
	}
	return b, nil
}

// Len returns the number of vectors added.
func (b *Builder) Len() int { return int(b.n) }

// Reset removes all vectors and keeps the memory for the next ones.
func (b *Builder) Reset() {
	b.n, b.last, b.same = 0, 0, nil
	b.units, b.bits, b.scales, b.bytes, b.nibs = b.units[:0], b.bits[:0], b.scales[:0], b.bytes[:0], b.nibs[:0]
}

// Add appends a vector of a unit. Units must not decrease from one call to the next; the vectors of one unit are added one after
// another. A vector with a component that is not finite is refused and nothing is added.
func (b *Builder) Add(unit uint32, v []float32) error {
	if len(v) != b.dims {
		return fmt.Errorf("add vector of unit %d: %d dimensions, must be %d", unit, len(v), b.dims)
	}
	var largest float32
	for i, x := range v {
		if !finite(x) {
			return fmt.Errorf("add vector of unit %d: component %d is %v", unit, i, x)
		}
		largest = max(largest, x, -x)
	}
	if err := b.addUnit(unit); err != nil {
		return err
	}
	scale := largest / maxFine
	b.scales = binary.LittleEndian.AppendUint32(b.scales, math.Float32bits(scale))
	b.bits = appendCode(b.bits, v, b.mean)
	var nibble byte
	for i, x := range v {
		fine := quantise(x, scale, maxFine)
		high := (fine + 8) >> 4
		b.bytes = append(b.bytes, byte(high))
		low := byte(fine-high<<4) & 15
		if i&1 == 0 {
			nibble = low
			if i == b.dims-1 {
				b.nibs = append(b.nibs, nibble)
			}
			continue
		}
		b.nibs = append(b.nibs, nibble|low<<4)
	}
	return nil
}

// AddRow appends a vector that is stored in another section, bit for bit, under a unit number of this one. The section must be of
// the same dimensions and mean.
func (b *Builder) AddRow(unit uint32, from *Section, slot uint32) error {
	if from.dims != b.dims {
		return fmt.Errorf("add row of unit %d: section has %d dimensions, must have %d", unit, from.dims, b.dims)
	}
	if int64(slot) >= int64(from.slots) {
		return fmt.Errorf("add row of unit %d: slot %d of a section of %d", unit, slot, from.slots)
	}
	if b.same != from && !slices.Equal(b.mean, from.mean) {
		return fmt.Errorf("add row of unit %d: section has another mean", unit)
	}
	b.same = from
	if err := b.addUnit(unit); err != nil {
		return err
	}
	b.scales = binary.LittleEndian.AppendUint32(b.scales, math.Float32bits(from.scale(slot)))
	b.bits = append(b.bits, from.code(slot)...)
	b.bytes = append(b.bytes, from.row(slot)...)
	b.nibs = append(b.nibs, from.nibbleRow(slot)...)
	return nil
}

func (b *Builder) addUnit(unit uint32) error {
	if unit < b.last || unit == math.MaxUint32 {
		return fmt.Errorf("add vector of unit %d after unit %d: units must ascend", unit, b.last)
	}
	if _, ok := layoutOf(b.dims, b.n+1); !ok || b.n == math.MaxUint32-1 {
		return fmt.Errorf("add vector of unit %d: section of %d vectors is full", unit, b.n)
	}
	b.last = unit
	b.n++
	b.units = binary.LittleEndian.AppendUint32(b.units, unit)
	return nil
}

// Bytes returns the section as new bytes.
func (b *Builder) Bytes() []byte {
	l, _ := layoutOf(b.dims, b.n)
	buf := bytes.NewBuffer(make([]byte, 0, l.size))
	b.WriteTo(buf) // a buffer never fails
	return buf.Bytes()
}

// Section returns the collected vectors as an open section with bytes of its own.
func (b *Builder) Section() (*Section, error) { return Open(b.Bytes(), b.dims) }

// WriteTo writes the section. The same vectors added in the same order give the same bytes.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	l, _ := layoutOf(b.dims, b.n)
	mean := make([]byte, 0, 4*b.dims)
	for _, m := range b.mean {
		mean = binary.LittleEndian.AppendUint32(mean, math.Float32bits(m))
	}
	planes := [][]byte{mean, b.units, b.bits, b.scales, b.bytes, b.nibs}
	starts := []int{l.mean, l.units, l.bits, l.scales, l.bytes, l.nibs}
	var gap [planeAlign]byte
	sum := crc32.New(castagnoli)
	emit := func(w io.Writer) (n int64, err error) {
		for i, p := range planes {
			end := l.size
			if i+1 < len(starts) {
				end = starts[i+1]
			}
			for _, part := range [][]byte{p, gap[:end-starts[i]-len(p)]} {
				m, err := w.Write(part)
				n += int64(m)
				if err != nil {
					return n, fmt.Errorf("write vector section: %w", err)
				}
			}
		}
		return n, nil
	}
	if _, err := emit(sum); err != nil {
		return 0, err
	}
	le := binary.LittleEndian
	header := make([]byte, headerSize)
	copy(header, sectionMagic)
	le.PutUint32(header[4:], sectionVersion)
	le.PutUint32(header[8:], uint32(b.dims))
	le.PutUint32(header[12:], b.n)
	le.PutUint64(header[16:], uint64(l.size))
	le.PutUint32(header[24:], sum.Sum32())
	n, err := w.Write(header)
	if err != nil {
		return int64(n), fmt.Errorf("write vector section: %w", err)
	}
	m, err := emit(w)
	return int64(n) + m, err
}

// appendCode appends one bit a dimension, set where v is above the mean, in whole little-endian words.
func appendCode(dst []byte, v, mean []float32) []byte {
	for len(v) > 0 {
		n := min(64, len(v))
		var word uint64
		for i, x := range v[:n] {
			if x > mean[i] {
				word |= 1 << i
			}
		}
		dst = binary.LittleEndian.AppendUint64(dst, word)
		v, mean = v[n:], mean[n:]
	}
	return dst
}

// quantise returns x/scale rounded to the nearest whole number of magnitude at most limit, 0 for scale 0.
func quantise(x, scale float32, limit int) int {
	if scale == 0 {
		return 0
	}
	q := int(math.Round(float64(x) / float64(scale)))
	return max(-limit, min(limit, q))
}
