package train

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"lsp/encoder/static"
)

// Near-duplicates are found by minhash over shingles of words: each function keeps the least hash under minhashes
// permutations, grouped in bands; functions that share a band are near-duplicates. With 8 bands of 4, functions
// whose sets of shingles overlap by 0.85 are found with probability 0.998, by 0.5 with 0.4.
// (Broder, On the resemblance and containment of documents, 1997.)
const (
	shingle    = 4 // words
	bands      = 8
	bandHashes = 4
	minhashes  = bands * bandHashes
)

// A fingerprint is one key per band.
type fingerprint [bands]uint64

// fingerprintOf returns the keys of a function's text without its documentation. Its own name does not count, nor
// does anything between the words.
func fingerprintOf(body, name string) fingerprint {
	var own map[string]bool
	if name != "" {
		own = make(map[string]bool)
		static.Words(name, func(w []byte) { own[string(w)] = true })
	}
	var window [shingle]uint64
	var least [minhashes]uint64
	for i := range least {
		least[i] = math.MaxUint64
	}
	n := 0
	static.Words(body, func(w []byte) {
		if own[string(w)] {
			return
		}
		h := uint64(14695981039346656037)
		for _, b := range w {
			h = (h ^ uint64(b)) * 1099511628211
		}
		copy(window[:], window[1:])
		window[shingle-1] = h
		if n++; n < shingle {
			return
		}
		mixed := uint64(0)
		for _, x := range window {
			mixed = mix(mixed*31 + x)
		}
		for i := range least {
			least[i] = min(least[i], mix(mixed+uint64(i)*0x9e3779b97f4a7c15))
		}
	})
	if n < shingle { // too short for shingles: the words as they are
		h := uint64(0)
		for _, x := range window {
			h = mix(h*31 + x)
		}
		for i := range least {
			least[i] = mix(h + uint64(i))
		}
	}
	var f fingerprint
	for i := range f {
		h := uint64(i)
		for _, x := range least[i*bandHashes : (i+1)*bandHashes] {
			h = mix(h ^ x)
		}
		f[i] = h
	}
	return f
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// A duplicateSet remembers fingerprints: 8 keys of 8 bytes a function, whatever their length.
type duplicateSet map[uint64]struct{}

// seen reports whether a near-duplicate was added before.
func (s duplicateSet) seen(f fingerprint) bool {
	for _, key := range f {
		if _, ok := s[key]; ok {
			return true
		}
	}
	return false
}

func (s duplicateSet) add(f fingerprint) {
	for _, key := range f {
		s[key] = struct{}{}
	}
}

// A duplicateFilter remembers fingerprints in a fixed amount of memory (Bloom, Space/Time Trade-offs in Hash Coding
// with Allowable Errors, 1970). It never forgets one. Of functions that are new it takes a few for duplicates, so that
// they are dropped needlessly: 2 in 100,000 when it holds a million functions, 2 % when it holds 8 million.
type duplicateFilter struct{ bits []uint64 }

const (
	filterBits   = 1 << 30
	filterHashes = 4
)

func newDuplicateFilter() *duplicateFilter { return &duplicateFilter{make([]uint64, filterBits/64)} }

// places calls yield with the bits of a key until it returns false.
func (d *duplicateFilter) places(key uint64, yield func(word int, bit uint64) bool) {
	step := mix(key) | 1
	for range filterHashes {
		key += step
		if place := key % filterBits; !yield(int(place/64), 1<<(place%64)) {
			return
		}
	}
}

// seen reports whether a near-duplicate was added before.
func (d *duplicateFilter) seen(f fingerprint) bool {
	for _, key := range f {
		all := true
		d.places(key, func(word int, bit uint64) bool {
			all = d.bits[word]&bit != 0
			return all
		})
		if all {
			return true
		}
	}
	return false
}

func (d *duplicateFilter) add(f fingerprint) {
	for _, key := range f {
		d.places(key, func(word int, bit uint64) bool {
			d.bits[word] |= bit
			return true
		})
	}
}

// addFunctions adds the functions of an evaluation file, JSON lines with a field "text" of source code, so that
// copies of them are never trained on.
func (s duplicateSet) addFunctions(path string, cut func(text string) []Record) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read functions to keep out: %w", err)
	}
	defer f.Close()
	dec := json.NewDecoder(bufio.NewReader(f))
	for n := 1; ; n++ {
		var line struct {
			Text string `json:"text"`
		}
		if err := dec.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read functions to keep out from %s: line %d: %w", path, n, err)
		}
		functions := cut(line.Text)
		for _, r := range functions {
			s.add(fingerprintOf(r.Body, r.Name))
		}
		if len(functions) == 0 { // not even a broken function was found in it
			s.add(fingerprintOf(line.Text, ""))
		}
	}
}
