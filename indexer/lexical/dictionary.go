package lexical

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

// termInfo is what the dictionary says of a term.
type termInfo struct {
	documents uint32 // that have it
	document  uint32 // if it is one: which,
	rank      uint32 // and the rank of its frequencies
	postings  []byte // if there are more: where they are, with the padding
}

// dictionaryReader walks the terms from the start of a block on.
type dictionaryReader struct {
	s       *Section
	rest    []byte // of the dictionary
	ordinal uint32 // of the next term
	offset  uint64 // of its postings
	term    []byte
	info    termInfo
	shared  int // bytes of term that are as in the term before
	corrupt bool
}

// read returns a reader that starts at a block.
func (s *Section) read(block int) dictionaryReader {
	r := dictionaryReader{s: s, ordinal: uint32(block) * dictionaryBlock}
	if r.ordinal >= s.terms {
		return r
	}
	entry := s.blocks[block*indexEntry:]
	r.offset = binary.LittleEndian.Uint64(entry)
	start := binary.LittleEndian.Uint32(entry[8:])
	if uint64(start) > uint64(len(s.dictionary)) {
		r.corrupt = true
		return r
	}
	r.rest = s.dictionary[start:]
	return r
}

// next reads a term into r.term and r.info. It returns false after the last one, or with r.corrupt set.
func (r *dictionaryReader) next() bool {
	if r.corrupt || r.ordinal >= r.s.terms {
		return false
	}
	if !r.readTerm() || !r.readInfo() {
		r.corrupt = true
		return false
	}
	r.ordinal++
	return true
}

func (r *dictionaryReader) readTerm() bool {
	if len(r.rest) < 2 {
		return false
	}
	shared, more := int(r.rest[0]), int(r.rest[1])
	if shared > len(r.term) || len(r.rest) < 2+more || r.ordinal%dictionaryBlock == 0 && shared != 0 {
		return false
	}
	r.shared = shared
	r.term = append(r.term[:shared], r.rest[2:2+more]...)
	r.rest = r.rest[2+more:]
	return true
}

func (r *dictionaryReader) readInfo() bool {
	documents, ok := r.uvarint()
	if !ok || documents == 0 || documents > uint64(r.s.documents) {
		return false
	}
	r.info = termInfo{documents: uint32(documents)}
	if documents == 1 {
		document, ok1 := r.uvarint()
		rank, ok2 := r.uvarint()
		r.info.document, r.info.rank = uint32(document), uint32(rank)
		return ok1 && ok2 && document < uint64(r.s.documents) && rank < uint64(len(r.s.values))
	}
	size, ok := r.uvarint()
	end := uint64(len(r.s.postings) - padding)
	if !ok || r.offset > end || size > end-r.offset || documents/postingBlock*skipEntry > size {
		return false
	}
	r.info.postings = r.s.postings[r.offset : r.offset+size+padding]
	r.offset += size
	return true
}

func (r *dictionaryReader) uvarint() (uint64, bool) {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		return 0, false
	}
	r.rest = r.rest[n:]
	return v, true
}

// firstTerm returns the term that starts a block, nil if it is damaged.
func (s *Section) firstTerm(block int) []byte {
	start := uint64(binary.LittleEndian.Uint32(s.blocks[block*indexEntry+8:]))
	if start+2 > uint64(len(s.dictionary)) {
		return nil
	}
	d := s.dictionary[start:]
	if size := int(d[1]); len(d) >= 2+size {
		return d[2 : 2+size]
	}
	return nil
}

// blockOf returns the last block that starts with a term not above the given one, or 0.
func (s *Section) blockOf(term []byte) int {
	n := len(s.blocks) / indexEntry
	return max(0, sort.Search(n, func(i int) bool { return bytes.Compare(s.firstTerm(i), term) > 0 })-1)
}

// lookUp finds a term. A term that no document has is not an error.
func (s *Section) lookUp(term string) (info termInfo, found bool, err error) {
	if s.terms == 0 {
		return termInfo{}, false, nil
	}
	key := []byte(term)
	r := s.read(s.blockOf(key))
	for range dictionaryBlock {
		if !r.next() {
			break
		}
		switch bytes.Compare(r.term, key) {
		case 0:
			return r.info, true, nil
		case 1:
			return termInfo{}, false, nil
		}
	}
	return termInfo{}, false, r.err()
}

func (r *dictionaryReader) err() error {
	if r.corrupt {
		return fmt.Errorf("read dictionary at term %d: %w", r.ordinal, ErrCorrupt)
	}
	return nil
}

// Terms calls yield with each term that starts with prefix, in the order of their bytes, and with the number of
// documents that have it, dead ones included, until yield returns false. Terms are stemmed and folded, as
// those of a Query are. The bytes are valid only during the call.
func (s *Section) Terms(prefix string, yield func(term []byte, documents uint32) bool) error {
	if s.terms == 0 {
		return nil
	}
	key := []byte(prefix)
	r := s.read(s.blockOf(key))
	for r.next() {
		if bytes.HasPrefix(r.term, key) {
			if !yield(r.term, r.info.documents) {
				return nil
			}
		} else if bytes.Compare(r.term, key) > 0 {
			return nil
		}
	}
	return r.err()
}

// Fuzzy calls yield with each term that at most maxEdits insertions, deletions or substitutions of bytes turn
// into the given one, in the order of their bytes, until yield returns false. It reads the whole dictionary, a
// matter of milliseconds. The bytes are valid only during the call.
func (s *Section) Fuzzy(term string, maxEdits int, yield func(term []byte, documents uint32, edits int) bool) error {
	if maxEdits < 0 || s.terms == 0 {
		return nil
	}
	// rows[i] is the row of the Levenshtein matrix after i bytes of the dictionary's term. Neighbouring terms
	// share their first bytes and so their first rows. From row dead on no entry is within maxEdits.
	rows := [][]int{make([]int, len(term)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	dead := maxInt
	for r := s.read(0); ; {
		if !r.next() {
			return r.err()
		}
		if dead <= r.shared {
			continue
		}
		dead = maxInt
		for i := r.shared; i < len(r.term); i++ {
			if i+1 == len(rows) {
				rows = append(rows, make([]int, len(term)+1))
			}
			if levenshteinRow(rows[i+1], rows[i], r.term[i], term) > maxEdits {
				dead = i + 1
				break
			}
		}
		if dead == maxInt {
			if edits := rows[len(r.term)][len(term)]; edits <= maxEdits && !yield(r.term, r.info.documents, edits) {
				return nil
			}
		}
	}
}

const maxInt = int(^uint(0) >> 1)

// levenshteinRow fills row from the one above it for one more byte c and returns its smallest entry.
func levenshteinRow(row, above []int, c byte, term string) (least int) {
	row[0] = above[0] + 1
	least = row[0]
	for j := range len(term) {
		cost := above[j]
		if term[j] != c {
			cost = 1 + min(cost, above[j+1], row[j])
		}
		row[j+1] = cost
		least = min(least, cost)
	}
	return least
}
