package vector_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"

	"lsp/indexer/bitset"
	"lsp/indexer/vector"
)

func TestRoundTrip(t *testing.T) {
	for _, dims := range []int{1, 2, 7, 8, 63, 64, 65, 100, 256, 384, vector.MaxDims} {
		vectors, mean := clustered(uint64(dims), 20, dims)
		vectors[3] = make([]float32, dims) // no known word
		s := build(t, vectors, mean)
		if err := s.Verify(); err != nil {
			t.Fatal(err)
		}
		for slot, v := range vectors {
			largest := slices.Max(v)
			largest = max(largest, -slices.Min(v))
			for d, x := range s.Row(uint32(slot), make([]float32, dims)) {
				if math.Abs(float64(x-v[d])) > float64(largest)/2039*0.51 {
					t.Fatalf("%d dimensions: component %d of slot %d is %v, was %v", dims, d, slot, x, v[d])
				}
			}
		}
	}
}

func TestUnitsAndSlots(t *testing.T) {
	b := newBuilder(t, 3, nil)
	for _, unit := range []uint32{2, 2, 2, 5, 9, 9} {
		add(t, b, unit, []float32{1, 0, 0})
	}
	s := section(t, b)
	if s.Len() != 6 || s.Units() != 3 || s.UnitBound() != 10 || s.Dims() != 3 || s.Size() != len(s.Bytes()) {
		t.Errorf("%d vectors of %d units below %d", s.Len(), s.Units(), s.UnitBound())
	}
	for unit, want := range map[uint32][2]uint32{0: {0, 0}, 2: {0, 3}, 3: {3, 3}, 5: {3, 4}, 9: {4, 6}, 10: {6, 6}, math.MaxUint32: {6, 6}} {
		if from, to := s.Slots(unit); [2]uint32{from, to} != want {
			t.Errorf("unit %d has slots %d to %d, want %v", unit, from, to, want)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	other := newBuilder(t, 3, []float32{1, 0, 0})
	add(t, other, 0, []float32{1, 0, 0})
	wide := newBuilder(t, 4, nil)
	add(t, wide, 0, []float32{1, 0, 0, 0})
	b := newBuilder(t, 3, nil)
	add(t, b, 7, []float32{0, 1, 0})
	before := b.Bytes()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"not a number": {b.Add(8, []float32{0, nan, 0}), "component 1 is NaN"},
		"infinite":     {b.Add(8, []float32{0, 0, inf}), "component 2 is -Inf"},
		"short":        {b.Add(8, []float32{1}), "1 dimensions, must be 3"},
		"descending":   {b.Add(6, []float32{1, 0, 0}), "after unit 7"},
		"last number":  {b.Add(math.MaxUint32, []float32{1, 0, 0}), "units must ascend"},
		"other mean":   {b.AddRow(8, section(t, other), 0), "another mean"},
		"other width":  {b.AddRow(8, section(t, wide), 0), "4 dimensions"},
		"no slot":      {b.AddRow(8, section(t, b), 1), "slot 1 of a section of 1"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, test.err, test.want)
		}
	}
	if !bytes.Equal(before, b.Bytes()) {
		t.Error("what was refused changed the builder")
	}
	for _, err := range []error{
		second(vector.NewBuilder(0, nil)), second(vector.NewBuilder(vector.MaxDims+1, nil)),
		second(vector.NewBuilder(2, []float32{1})), second(vector.NewBuilder(1, []float32{nan})),
	} {
		if err == nil {
			t.Error("a builder of impossible parameters")
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestExtremes has components whose scale is at the ends of float32.
func TestExtremes(t *testing.T) {
	for _, x := range []float32{math.MaxFloat32, math.SmallestNonzeroFloat32, 1e-42, 1e-38} {
		b := newBuilder(t, 2, nil)
		add(t, b, 0, []float32{x, -x})
		row := section(t, b).Row(0, make([]float32, 2))
		if math.Abs(float64(row[0]-x)) > 1e-3*float64(x)+1e-41 || row[0] != -row[1] {
			t.Errorf("%v became %v", x, row)
		}
	}
}

// TestGolden holds the format still: the checksum covers every byte.
func TestGolden(t *testing.T) {
	b := newBuilder(t, 67, nil)
	for unit := range uint32(5) {
		v := make([]float32, 67)
		for d := range v {
			v[d] = float32((d*7+int(unit)*13)%31-15) / 64
		}
		add(t, b, unit*2, v)
	}
	const want = 0x281bca53
	if got := crc32.ChecksumIEEE(b.Bytes()); got != want {
		t.Errorf("checksum of the section is %#08x, was %#08x: raise the version if the format changed", got, want)
	}
}

func TestBuilderReset(t *testing.T) {
	b := newBuilder(t, 2, nil)
	add(t, b, 1, []float32{1, 0})
	first := b.Bytes()
	add(t, b, 3, []float32{0, 1})
	b.Reset()
	if b.Len() != 0 {
		t.Errorf("%d vectors after reset", b.Len())
	}
	add(t, b, 1, []float32{1, 0})
	if !bytes.Equal(first, b.Bytes()) {
		t.Error("a builder that was reset writes other bytes")
	}
}

type failingWriter struct{ room int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		return w.room, errors.New("disk full")
	}
	w.room -= len(p)
	return len(p), nil
}

func TestWriteToFails(t *testing.T) {
	b := newBuilder(t, 2, nil)
	add(t, b, 1, []float32{1, 0})
	for room := range len(b.Bytes()) {
		if n, err := b.WriteTo(&failingWriter{room}); err == nil || n > int64(room) {
			t.Fatalf("with room for %d bytes: %d written, error %v", room, n, err)
		}
	}
}

// TestMergeIsLikeFresh merges random segments, again and again, and compares with adding the surviving vectors afresh.
func TestMergeIsLikeFresh(t *testing.T) {
	for seed := range uint64(30) {
		rng := newRand(seed)
		dims := 1 + rng.IntN(90)
		mean := gaussian(rng, dims, 0.1)
		type unit [][]float32
		var live []unit
		merged := newBuilder(t, dims, mean)
		for range 4 {
			var parts []vector.Part
			var kept []unit
			for p := range 1 + rng.IntN(3) {
				units, s := live, section(t, merged)
				if p > 0 {
					b := newBuilder(t, dims, mean)
					units = nil
					for u := range rng.IntN(20) {
						var rows unit
						for range rng.IntN(4) {
							v := normalise(gaussian(rng, dims, 1))
							rows = append(rows, v)
							add(t, b, uint32(u), v)
						}
						units = append(units, rows)
					}
					s = section(t, b)
				}
				keep := bitset.New(len(units))
				for u := range units {
					if rng.IntN(3) > 0 {
						keep.Add(uint32(u))
						kept = append(kept, units[u])
					}
				}
				parts = append(parts, vector.Part{Section: s, Units: len(units), Keep: keep})
			}
			var err error
			if merged, err = vector.Merge(dims, mean, parts); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			live = kept
			fresh := newBuilder(t, dims, mean)
			for u, rows := range live {
				for _, v := range rows {
					add(t, fresh, uint32(u), v)
				}
			}
			if !bytes.Equal(fresh.Bytes(), merged.Bytes()) {
				t.Fatalf("seed %d: merged section differs from a fresh one", seed)
			}
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	b := newBuilder(t, 2, nil)
	add(t, b, 100, []float32{1, 0})
	s := section(t, b)
	for name, part := range map[string]vector.Part{
		"too few units":      {Section: s, Units: 100},
		"too few to be kept": {Section: s, Units: 101, Keep: bitset.New(64)},
	} {
		if _, err := vector.Merge(2, nil, []vector.Part{part}); err == nil {
			t.Errorf("%s: merged", name)
		}
	}
	if m, err := vector.Merge(2, nil, []vector.Part{{Units: 3}, {Section: s, Units: 101}}); err != nil || section(t, m).Unit(0) != 103 {
		t.Errorf("units without vectors were not counted: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	vectors, mean := clustered(1, 10, 5)
	good := build(t, vectors, mean).Bytes()
	nan := math.Float32bits(float32(math.NaN()))
	for name, change := range map[string]func(b []byte) []byte{
		"nothing":      func([]byte) []byte { return nil },
		"header only":  func(b []byte) []byte { return b[:64] },
		"cut":          func(b []byte) []byte { return b[:len(b)-1] },
		"longer":       func(b []byte) []byte { return append(b, 0) },
		"magic":        func(b []byte) []byte { b[0] = 'X'; return b },
		"version":      func(b []byte) []byte { b[4]++; return b },
		"dims":         func(b []byte) []byte { b[8]++; return b },
		"slots":        func(b []byte) []byte { b[12]++; return b },
		"many slots":   func(b []byte) []byte { copy(b[12:], "\xff\xff\xff\xff"); return b },
		"length":       func(b []byte) []byte { b[16]++; return b },
		"reserved":     func(b []byte) []byte { b[40] = 1; return b },
		"mean":         func(b []byte) []byte { binary.LittleEndian.PutUint32(b[64:], nan); return b },
		"unit order":   func(b []byte) []byte { b[128] = 9; return b },
		"highest unit": func(b []byte) []byte { copy(b[128+36:], "\xff\xff\xff\xff"); return b },
		"scale":        func(b []byte) []byte { binary.LittleEndian.PutUint32(b[320:], nan); return b },
		"sign":         func(b []byte) []byte { b[323] |= 0x80; return b },
	} {
		if _, err := vector.Open(change(bytes.Clone(good)), 5); !errors.Is(err, vector.ErrCorrupt) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := vector.Open(good, 0); err == nil {
		t.Error("opened with 0 dimensions")
	}
	bad := bytes.Clone(good)
	bad[len(bad)-1] ^= 1
	s, err := vector.Open(bad, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(); !errors.Is(err, vector.ErrCorrupt) {
		t.Errorf("a flipped bit in a row: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, dims := range []int{1, 5, 64} {
		vectors, mean := clustered(1, 6, dims)
		f.Add(build(f, vectors, mean).Bytes(), dims)
		f.Add(build(f, nil, mean).Bytes(), dims)
	}
	f.Fuzz(func(t *testing.T, data []byte, dims int) {
		s, err := vector.Open(data, dims)
		if err != nil {
			return
		}
		query := make([]float32, dims)
		query[0] = 1
		hits, err := vector.Search(t.Context(), []vector.Source{{Section: s}}, query, 3, vector.Options{})
		if err != nil || len(hits) != min(3, s.Units()) {
			t.Fatalf("%d hits among %d units: %v", len(hits), s.Units(), err)
		}
		if err := vector.Score([]vector.Source{{Section: s}}, query, hits); err != nil {
			t.Fatal(err)
		}
		b := newBuilder(t, dims, nil)
		for slot := range uint32(s.Len()) {
			if err := b.Add(s.Unit(slot), s.Row(slot, make([]float32, dims))); err != nil {
				t.Fatal(err)
			}
		}
	})
}
