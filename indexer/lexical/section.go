package lexical

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"lsp/indexer/bitset"
)

// The layout of a section, all integers little endian:
//
//	header      magic "LEXS", u16 format version, u16 tokenizer version,
//	            u32 documents, u32 terms, u32 frequency values, u32 dictionary blocks,
//	            u64 bytes of dictionary, u64 bytes of postings,
//	            u32 documents that have the field, u64 words, each for all fields
//	values      u32 frequencies value, common ones first; postings name them by rank
//	blocks      u64 offset of postings, u32 offset of dictionary: one entry per dictionaryBlock terms
//	lengths     u8 length code for each field of each document
//	dictionary  terms in the order of their bytes: u8 bytes shared with the term before (0 at the start of a
//	            block), u8 bytes that follow, those, uvarint documents;
//	            then for a single document: uvarint document, uvarint rank; else: uvarint bytes of postings
//	postings    for each term of several documents:
//	            for every full block of 128: u32 last document, u32 end of the block after this table;
//	            the full blocks: u8 bits of a gap, u8 bits of a rank, 128 gaps, 128 ranks, packed from the lowest bit;
//	            the rest: uvarint gap and uvarint rank of each;
//	            a gap counts the documents skipped since the one before
//	padding     8 bytes, so that packed integers can be read eight bytes at a time
const (
	formatVersion   = 2
	dictionaryBlock = 16
	postingBlock    = 128
	skipEntry       = 8
	indexEntry      = 12
	padding         = 8
	headerSize      = 40 + NumFields*(4+8)
	sectionMagic    = "LEXS"
)

// ErrVersion is reported by Open for a section that another version of the format or of the tokenizer wrote. The
// section is to be built again.
var ErrVersion = errors.New("written by another version")

// ErrCorrupt is reported for bytes that are not a section, or that are found damaged while they are searched.
var ErrCorrupt = errors.New("corrupt lexical section")

// Section reads an encoded section in place. It is immutable and safe for concurrent use as long as the bytes
// are neither changed nor unmapped.
type Section struct {
	documents  uint32
	terms      uint32
	totals     Totals
	values     []uint32
	blocks     []byte
	lengths    []byte
	dictionary []byte
	postings   []byte // with the padding
}

// Open reads the header of a section. Everything else is checked when it is read: whatever the bytes are, queries
// neither panic nor loop, but may report ErrCorrupt. Damage that leaves the structure intact is not found;
// the file that holds the section has a checksum for that.
func Open(data []byte) (*Section, error) {
	if len(data) < headerSize || string(data[:4]) != sectionMagic {
		return nil, fmt.Errorf("open lexical section of %d bytes: no header: %w", len(data), ErrCorrupt)
	}
	le := binary.LittleEndian
	if format, tokenizer := le.Uint16(data[4:]), le.Uint16(data[6:]); format != formatVersion || tokenizer != TokenizerVersion {
		return nil, fmt.Errorf("open lexical section of format %d, tokenizer %d: %w", format, tokenizer, ErrVersion)
	}
	s := &Section{documents: le.Uint32(data[8:]), terms: le.Uint32(data[12:])}
	values, blocks := uint64(le.Uint32(data[16:])), uint64(le.Uint32(data[20:]))
	dictionary, postings := le.Uint64(data[24:]), le.Uint64(data[32:])
	s.totals.Documents = s.documents
	for f := range NumFields {
		s.totals.Present[f] = le.Uint32(data[40+4*f:])
		s.totals.Lengths[f] = le.Uint64(data[40+4*NumFields+8*f:])
	}
	rest := data[headerSize:]
	size := uint64(len(rest))
	if dictionary > size || postings > size ||
		values*4+blocks*indexEntry+uint64(s.documents)*NumFields+dictionary+postings+padding != size ||
		blocks != (uint64(s.terms)+dictionaryBlock-1)/dictionaryBlock || s.documents > maxDocuments {
		return nil, fmt.Errorf("open lexical section of %d bytes: sizes do not add up: %w", len(data), ErrCorrupt)
	}
	take := func(n uint64) []byte {
		part := rest[:n:n]
		rest = rest[n:]
		return part
	}
	s.values = make([]uint32, values)
	for i, table := 0, take(values*4); i < len(s.values); i++ {
		s.values[i] = le.Uint32(table[4*i:])
	}
	s.blocks = take(blocks * indexEntry)
	s.lengths = take(uint64(s.documents) * NumFields)
	s.dictionary = take(dictionary)
	s.postings = rest
	return s, nil
}

// Documents returns the number of documents, dead ones included.
func (s *Section) Documents() int { return int(s.documents) }

// NumTerms returns the number of distinct terms.
func (s *Section) NumTerms() int { return int(s.terms) }

// Lengths returns how many words each field of a document has, as ranking sees it: exact below 32, rounded down
// by at most a sixteenth above.
func (s *Section) Lengths(doc uint32) (lengths [NumFields]uint32) {
	for f, code := range s.lengths[int(doc)*NumFields:][:NumFields] {
		lengths[f] = codeLengths[code]
	}
	return lengths
}

// Totals sums up the documents in alive; nil stands for all. It looks at the lengths of the live or of the dead
// documents, whichever are fewer, so callers may keep the result for as long as alive does not change.
func (s *Section) Totals(alive bitset.Set) Totals {
	if alive == nil {
		return s.totals
	}
	live := s.countMembers(alive)
	t := Totals{Documents: uint32(live)}
	if live <= int(s.documents)/2 {
		s.eachDocument(alive, 0, func(doc uint32) {
			for f, n := range s.Lengths(doc) {
				t.Lengths[f] += uint64(n)
				if n > 0 {
					t.Present[f]++
				}
			}
		})
		return t
	}
	t.Lengths, t.Present = s.totals.Lengths, s.totals.Present
	s.eachDocument(alive, ^uint64(0), func(doc uint32) {
		for f, n := range s.Lengths(doc) {
			t.Lengths[f] -= uint64(n)
			if n > 0 {
				t.Present[f]--
			}
		}
	})
	return t
}

// words returns the i-th word of the set flipped by flip, without bits beyond the last document.
func (s *Section) word(set bitset.Set, i int, flip uint64) uint64 {
	w := set[i] ^ flip
	if rest := int(s.documents) - 64*i; rest < 64 {
		w &= 1<<rest - 1
	}
	return w
}

func (s *Section) numWords() int { return (int(s.documents) + 63) / 64 }

func (s *Section) countMembers(set bitset.Set) (n int) {
	for i := range s.numWords() {
		n += bits.OnesCount64(s.word(set, i, 0))
	}
	return n
}

// eachDocument calls do for the members of the set, or with flip of all ones for the documents not in it.
func (s *Section) eachDocument(set bitset.Set, flip uint64, do func(doc uint32)) {
	for i := range s.numWords() {
		for w := s.word(set, i, flip); w != 0; w &= w - 1 {
			do(uint32(64*i + bits.TrailingZeros64(w)))
		}
	}
}

// fits reports whether the set has room for all documents of the section.
func (s *Section) fits(set bitset.Set) bool { return set == nil || len(set) >= s.numWords() }
