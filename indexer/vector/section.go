package vector

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"sort"
)

const (
	sectionMagic   = "VSEC"
	sectionVersion = 1
	headerSize     = 64
	planeAlign     = 64

	// MaxDims is the largest number of dimensions of a vector.
	MaxDims = 4096
)

// ErrCorrupt is wrapped by every error that says that bytes are not a section or a graph, or not the expected one.
var ErrCorrupt = errors.New("corrupt vector data")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// layout is where the planes of a section begin.
type layout struct {
	dims, slots         int
	words, nibbles      int // per slot: words of bits, bytes of nibbles
	mean, units, bits   int
	scales, bytes, nibs int
	size                int
}

func alignPlane(n int) int { return (n + planeAlign - 1) &^ (planeAlign - 1) }

// layoutOf computes the layout of a section; ok is false if it would not fit an int.
func layoutOf(dims int, slots uint32) (l layout, ok bool) {
	perSlot := int64(4 + 8*((dims+63)/64) + 4 + dims + (dims+1)/2)
	if int64(slots)*perSlot > math.MaxInt-1<<20 {
		return layout{}, false
	}
	l = layout{dims: dims, slots: int(slots), words: (dims + 63) / 64, nibbles: (dims + 1) / 2}
	l.mean = headerSize
	l.units = alignPlane(l.mean + 4*dims)
	l.bits = alignPlane(l.units + 4*l.slots)
	l.scales = alignPlane(l.bits + 8*l.words*l.slots)
	l.bytes = alignPlane(l.scales + 4*l.slots)
	l.nibs = alignPlane(l.bytes + dims*l.slots)
	l.size = l.nibs + l.nibbles*l.slots
	return l, true
}

// Section is an immutable set of vectors. Any number of goroutines may use it at the same time.
type Section struct {
	layout
	data      []byte
	mean      []float32
	checksum  uint32
	distinct  int // units with at least one vector
	unitBound int // one more than the highest unit
}

// Open returns a reader of a section's bytes, which must not change while it is in use. It checks the structure (header,
// lengths, unit order, scales) but does not read the vectors themselves; [Section.Verify] does. Dims is the number of dimensions
// that the caller's model has; a section of another number is refused.
func Open(data []byte, dims int) (*Section, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("open vector section: %d dimensions, must be 1 to %d", dims, MaxDims)
	}
	if len(data) < headerSize || string(data[:4]) != sectionMagic {
		return nil, fmt.Errorf("open vector section of %d bytes: no header: %w", len(data), ErrCorrupt)
	}
	le := binary.LittleEndian
	if v := le.Uint32(data[4:]); v != sectionVersion {
		return nil, fmt.Errorf("open vector section: format version %d, must be %d: %w", v, sectionVersion, ErrCorrupt)
	}
	if d := le.Uint32(data[8:]); d != uint32(dims) {
		return nil, fmt.Errorf("open vector section: has %d dimensions, must have %d: %w", d, dims, ErrCorrupt)
	}
	l, ok := layoutOf(dims, le.Uint32(data[12:]))
	if !ok || l.size != len(data) || le.Uint64(data[16:]) != uint64(len(data)) {
		return nil, fmt.Errorf("open vector section: %d bytes do not hold %d vectors: %w", len(data), le.Uint32(data[12:]), ErrCorrupt)
	}
	for _, b := range data[28:headerSize] {
		if b != 0 {
			return nil, fmt.Errorf("open vector section: reserved header bytes in use: %w", ErrCorrupt)
		}
	}
	s := &Section{layout: l, data: data, checksum: le.Uint32(data[24:])}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("open vector section: %w", err)
	}
	return s, nil
}

// check validates the planes whose values later code relies on.
func (s *Section) check() error {
	s.mean = make([]float32, s.dims)
	for i := range s.mean {
		s.mean[i] = math.Float32frombits(binary.LittleEndian.Uint32(s.data[s.layout.mean+4*i:]))
		if !finite(s.mean[i]) {
			return fmt.Errorf("mean of dimension %d is not finite: %w", i, ErrCorrupt)
		}
	}
	for slot := range uint32(s.slots) {
		unit := s.Unit(slot)
		if unit == math.MaxUint32 || int64(unit) < int64(s.unitBound)-1 {
			return fmt.Errorf("unit %d of slot %d is out of order: %w", unit, slot, ErrCorrupt)
		}
		if int(unit) != s.unitBound-1 {
			s.distinct++
			s.unitBound = int(unit) + 1
		}
		if scale := s.scale(slot); !(scale >= 0 && scale <= maxScale) {
			return fmt.Errorf("scale %v of slot %d: %w", scale, slot, ErrCorrupt)
		}
	}
	return nil
}

// Verify reads the whole section and compares its checksum.
func (s *Section) Verify() error {
	if sum := crc32.Checksum(s.data[headerSize:], castagnoli); sum != s.checksum {
		return fmt.Errorf("verify vector section: checksum %08x, must be %08x: %w", sum, s.checksum, ErrCorrupt)
	}
	return nil
}

// Len returns the number of vectors.
func (s *Section) Len() int { return s.slots }

// Dims returns the number of dimensions of each vector.
func (s *Section) Dims() int { return s.dims }

// Units returns how many units have at least one vector.
func (s *Section) Units() int { return s.distinct }

// UnitBound returns one more than the highest unit that has a vector, 0 if none has. A bit set given with the section in a query
// must have room for the units below it.
func (s *Section) UnitBound() int { return s.unitBound }

// Size returns the number of bytes of the section.
func (s *Section) Size() int { return len(s.data) }

// Bytes returns the section's own bytes, which must not be changed.
func (s *Section) Bytes() []byte { return s.data }

// Unit returns the unit that the vector in a slot belongs to.
func (s *Section) Unit(slot uint32) uint32 {
	return binary.LittleEndian.Uint32(s.data[s.units+4*int(slot):])
}

// Slots returns the slots [from, to) of a unit's vectors; from == to if it has none.
func (s *Section) Slots(unit uint32) (from, to uint32) { return s.slotsFrom(unit, 0) }

// slotsFrom is Slots for a unit that is known to have no slot below hint. It gallops, so that ascending units cost little each.
func (s *Section) slotsFrom(unit, hint uint32) (from, to uint32) {
	n, step := s.slots, 1
	low := int(hint)
	high := low
	for high < n && s.Unit(uint32(high)) < unit {
		low = high + 1
		high += step
		step *= 2
	}
	high = min(high, n)
	low += sort.Search(high-low, func(i int) bool { return s.Unit(uint32(low+i)) >= unit })
	high = low
	for high < n && s.Unit(uint32(high)) == unit {
		high++
	}
	return uint32(low), uint32(high)
}

// Row writes the vector of a slot into dst, which must have room for Dims components, and returns that part of dst.
func (s *Section) Row(slot uint32, dst []float32) []float32 {
	dst = dst[:s.dims]
	row, nibs, scale := s.row(slot), s.nibbleRow(slot), s.scale(slot)
	for i := range dst {
		dst[i] = float32(fine(row, nibs, i)) * scale
	}
	return dst
}

// code returns the bits of a slot: words little-endian words.
func (s *Section) code(slot uint32) []byte {
	at := s.bits + 8*s.words*int(slot)
	return s.data[at : at+8*s.words]
}

// scale returns what a 12-bit component is to be multiplied by.
func (s *Section) scale(slot uint32) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(s.data[s.scales+4*int(slot):]))
}

// codes returns the bits of the vectors in the slots from one on.
func (s *Section) codes(from int) []byte { return s.data[s.bits+8*s.words*from:] }

func (s *Section) row(slot uint32) []byte {
	at := s.bytes + s.dims*int(slot)
	return s.data[at : at+s.dims]
}

func (s *Section) nibbleRow(slot uint32) []byte {
	at := s.nibs + s.nibbles*int(slot)
	return s.data[at : at+s.nibbles]
}

func finite(f float32) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }
