package static

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The vocabulary lives in the model file as it is used: nothing is built when a model is loaded.
//
// Ids are given in four runs: words and sub-words, pairs of neighbouring words, hashBuckets ids for runes that no
// entry covers, so that a word in any script keeps a vector of its own, and last one id that every unit has.
const (
	hashBuckets = 256       // ids for runes outside the vocabulary
	maxIDs      = 1<<20 - 2 // an id and one more fit in the 20 bits a slot has for them
	maxPieces   = 16        // sub-words of one word; the rest of a longer one is dropped
	noID        = ^uint32(0)
)

// A vocabulary maps words to ids. All slices alias the model file.
type vocabulary struct {
	text    []byte // the words, one after the other
	offsets []byte // uint32 each: where word i starts in text; one more for the end of the last
	slots   []byte // uint32 each, open addressing: tag<<20 | id+1, 0 when free
	pairs   []byte // uint64 each, open addressing: (first+1)<<40 | second<<20 | pair, 0 when free
	words   uint32 // number of words
	pairIDs uint32 // number of pairs
	stop    uint32 // words below this id are stop words: no pair holds them, and pairs reach across them
}

// ids is the number of ids that tokenizing can give.
func (v *vocabulary) ids() int { return int(v.words+v.pairIDs) + hashBuckets + 1 }

// unit is the id that every unit has and no question. The less a unit says, the more its vector is that of this id:
// without it, a line with one word of a question would be nearer to the question than the function it asks for.
func (v *vocabulary) unit() uint32 { return v.words + v.pairIDs + hashBuckets }

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

// hashStep extends the hash of a prefix by one byte (FNV-1a).
func hashStep(h uint64, b byte) uint64 { return (h ^ uint64(b)) * hashPrime }

// hashOf is the hash of a word before spreading.
func hashOf(word string) uint64 {
	h := uint64(hashSeed)
	for i := range len(word) {
		h = hashStep(h, word[i])
	}
	return h
}

// spread finishes a hash: FNV's low bits depend on the low bits of the text alone.
func spread(h uint64) uint64 {
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// find returns the id of word, whose hash before spreading is h, or noID.
func (v *vocabulary) find(word []byte, h uint64) uint32 {
	h = spread(h)
	mask := uint32(len(v.slots)/4 - 1)
	tag := uint32(h>>52) << 20
	for i := uint32(h) & mask; ; i = (i + 1) & mask {
		slot := binary.LittleEndian.Uint32(v.slots[i*4:])
		if slot == 0 {
			return noID
		}
		if slot&^(1<<20-1) == tag {
			if id := slot&(1<<20-1) - 1; string(v.word(id)) == string(word) {
				return id
			}
		}
	}
}

// word returns the text of a word id.
func (v *vocabulary) word(id uint32) []byte {
	start := binary.LittleEndian.Uint32(v.offsets[id*4:])
	end := binary.LittleEndian.Uint32(v.offsets[id*4+4:])
	return v.text[start:end]
}

// pair returns the id of two neighbouring words, or noID.
func (v *vocabulary) pair(first, second uint32) uint32 {
	if len(v.pairs) == 0 {
		return noID
	}
	key := uint64(first+1)<<20 | uint64(second)
	mask := uint32(len(v.pairs)/8 - 1)
	for i := uint32(spread(key)) & mask; ; i = (i + 1) & mask {
		slot := binary.LittleEndian.Uint64(v.pairs[i*8:])
		if slot == 0 {
			return noID
		}
		if slot>>20 == key {
			return v.words + uint32(slot&(1<<20-1))
		}
	}
}

// pieces writes the ids of one lower-cased word into dst, which holds maxPieces, and returns how many there are.
// A word of the vocabulary is one id. Any other is cut greedily: at each place the longest entry that fits, and
// where not even one rune is known, the bucket of that rune.
func (v *vocabulary) pieces(word []byte, dst *[maxPieces]uint32) int {
	var prefix [maxWord + 1]uint64
	n := 0
	for start := 0; start < len(word) && n < maxPieces; n++ {
		rest := word[start:]
		prefix[0] = hashSeed
		for i, b := range rest {
			prefix[i+1] = hashStep(prefix[i], b)
		}
		end := len(rest)
		id := noID
		for ; end > 0; end-- {
			if end < len(rest) && !utf8.RuneStart(rest[end]) {
				continue
			}
			if id = v.find(rest[:end], prefix[end]); id != noID {
				break
			}
		}
		if id == noID {
			_, end = utf8.DecodeRune(rest)
			id = v.words + v.pairIDs + uint32(spread(prefix[end])%hashBuckets)
		}
		dst[n] = id
		start += end
	}
	return n
}

// check verifies everything that lookups rely on, so that they need no bounds of their own: tables are a power of
// two in size and have a free slot, ids exist, offsets ascend within the text.
func (v *vocabulary) check() error {
	if got, want := len(v.offsets), int(v.words+1)*4; got != want {
		return fmt.Errorf("word offsets: %d bytes, want %d for %d words", got, want, v.words)
	}
	if total := v.ids(); total > maxIDs {
		return fmt.Errorf("vocabulary: %d ids, want at most %d", total, maxIDs)
	}
	if v.stop > v.words {
		return fmt.Errorf("vocabulary: %d stop words, want at most all %d words", v.stop, v.words)
	}
	previous := uint32(0)
	for i := 0; i < len(v.offsets); i += 4 {
		offset := binary.LittleEndian.Uint32(v.offsets[i:])
		if offset < previous || int(offset) > len(v.text) {
			return fmt.Errorf("word offset %d: %d, want %d to %d", i/4, offset, previous, len(v.text))
		}
		previous = offset
	}
	if int(previous) != len(v.text) {
		return fmt.Errorf("words: %d bytes, want %d", len(v.text), previous)
	}
	return v.checkTables()
}

func (v *vocabulary) checkTables() error {
	if n := len(v.slots) / 4; n == 0 || n&(n-1) != 0 || len(v.slots)%4 != 0 {
		return fmt.Errorf("word table: %d bytes, want a power of two of 4-byte slots", len(v.slots))
	}
	used := uint32(0)
	for i := 0; i < len(v.slots); i += 4 {
		if slot := binary.LittleEndian.Uint32(v.slots[i:]) & (1<<20 - 1); slot != 0 {
			used++
			if slot > v.words {
				return fmt.Errorf("word table: slot %d holds word %d, want below %d", i/4, slot-1, v.words)
			}
		}
	}
	if used != v.words || int(used) >= len(v.slots)/4 {
		return fmt.Errorf("word table: %d of %d slots in use, want %d and one free", used, len(v.slots)/4, v.words)
	}
	if n := len(v.pairs) / 8; n&(n-1) != 0 || len(v.pairs)%8 != 0 || (n == 0) != (v.pairIDs == 0) {
		return fmt.Errorf("pair table: %d bytes for %d pairs, want a power of two of 8-byte slots", len(v.pairs), v.pairIDs)
	}
	used = 0
	for i := 0; i < len(v.pairs); i += 8 {
		if slot := binary.LittleEndian.Uint64(v.pairs[i:]); slot != 0 {
			used++
			if id := uint32(slot & (1<<20 - 1)); id >= v.pairIDs {
				return fmt.Errorf("pair table: slot %d holds pair %d, want below %d", i/8, id, v.pairIDs)
			}
		}
	}
	if used != v.pairIDs || (used > 0 && int(used) >= len(v.pairs)/8) {
		return fmt.Errorf("pair table: %d of %d slots in use, want %d and one free", used, len(v.pairs)/8, v.pairIDs)
	}
	return nil
}

// newVocabulary lays out the tables for words and pairs in the order of their ids. The first stop words are stop
// words; a pair names its two words by id.
func newVocabulary(words []string, stop int, pairs [][2]uint32) (*vocabulary, error) {
	if stop < 0 || stop > len(words) {
		return nil, fmt.Errorf("lay out vocabulary: %d stop words of %d words", stop, len(words))
	}
	if n := len(words) + len(pairs) + hashBuckets + 1; n > maxIDs {
		return nil, fmt.Errorf("lay out vocabulary: %d ids, want at most %d", n, maxIDs)
	}
	v := &vocabulary{words: uint32(len(words)), pairIDs: uint32(len(pairs)), stop: uint32(stop)}
	v.slots = make([]byte, 4*tableSize(len(words)))
	v.offsets = binary.LittleEndian.AppendUint32(nil, 0)
	for id, word := range words {
		if word == "" || len(word) > maxWord {
			return nil, fmt.Errorf("lay out vocabulary: word %d %q: %d bytes, want 1 to %d", id, word, len(word), maxWord)
		}
		v.text = append(v.text, word...)
		v.offsets = binary.LittleEndian.AppendUint32(v.offsets, uint32(len(v.text)))
		if err := v.placeWord(word, uint32(id)); err != nil {
			return nil, err
		}
	}
	if len(pairs) > 0 {
		v.pairs = make([]byte, 8*tableSize(len(pairs)))
	}
	for i, p := range pairs {
		if p[0] >= v.words || p[1] >= v.words || p[0] < v.stop || p[1] < v.stop {
			return nil, fmt.Errorf("lay out vocabulary: pair %d of words %d and %d, want %d to %d", i, p[0], p[1], stop, len(words)-1)
		}
		if v.pair(p[0], p[1]) != noID {
			return nil, fmt.Errorf("lay out vocabulary: pair %d of words %d and %d appears twice", i, p[0], p[1])
		}
		v.placePair(p, uint32(i))
	}
	return v, nil
}

func (v *vocabulary) placeWord(word string, id uint32) error {
	h := hashOf(word)
	if v.find([]byte(word), h) != noID {
		return fmt.Errorf("lay out vocabulary: word %d %q appears twice", id, word)
	}
	h = spread(h)
	mask := uint32(len(v.slots)/4 - 1)
	i := uint32(h) & mask
	for binary.LittleEndian.Uint32(v.slots[i*4:]) != 0 {
		i = (i + 1) & mask
	}
	binary.LittleEndian.PutUint32(v.slots[i*4:], uint32(h>>52)<<20|(id+1))
	return nil
}

func (v *vocabulary) placePair(p [2]uint32, index uint32) {
	key := uint64(p[0]+1)<<20 | uint64(p[1])
	mask := uint32(len(v.pairs)/8 - 1)
	i := uint32(spread(key)) & mask
	for binary.LittleEndian.Uint64(v.pairs[i*8:]) != 0 {
		i = (i + 1) & mask
	}
	binary.LittleEndian.PutUint64(v.pairs[i*8:], key<<20|uint64(index))
}

// tableSize is the power of two that leaves a table of n entries at most half full.
func tableSize(n int) int {
	size := 2
	for size < 2*n {
		size *= 2
	}
	return size
}
