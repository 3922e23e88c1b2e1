package lexical

import (
	"encoding/binary"
	"math/bits"
)

// encoder writes a section. Terms are added in the order of their bytes.
type encoder struct {
	totals     Totals
	lengths    []byte
	values     []uint32
	terms      uint32
	blocks     []byte
	dictionary []byte
	postings   []byte
	previous   []byte // the last term
}

func newEncoder(totals Totals, lengths []byte, values []uint32) *encoder {
	return &encoder{totals: totals, lengths: lengths, values: values}
}

// add adds a term with its documents, ascending and at least one, and the rank of the frequencies in each.
func (e *encoder) add(term []byte, docs, ranks []uint32) {
	le := binary.LittleEndian
	shared := 0
	if e.terms%dictionaryBlock == 0 {
		e.blocks = le.AppendUint64(e.blocks, uint64(len(e.postings)))
		e.blocks = le.AppendUint32(e.blocks, uint32(len(e.dictionary)))
	} else {
		for shared < len(term) && shared < len(e.previous) && term[shared] == e.previous[shared] {
			shared++
		}
	}
	e.terms++
	e.previous = append(e.previous[:0], term...)
	d := append(e.dictionary, byte(shared), byte(len(term)-shared))
	d = append(d, term[shared:]...)
	d = binary.AppendUvarint(d, uint64(len(docs)))
	if len(docs) == 1 {
		d = binary.AppendUvarint(d, uint64(docs[0]))
		d = binary.AppendUvarint(d, uint64(ranks[0]))
	} else {
		start := len(e.postings)
		e.postings = appendPostings(e.postings, docs, ranks)
		d = binary.AppendUvarint(d, uint64(len(e.postings)-start))
	}
	e.dictionary = d
}

// appendPostings encodes the postings of one term.
func appendPostings(b []byte, docs, ranks []uint32) []byte {
	le := binary.LittleEndian
	full := len(docs) / postingBlock
	table := len(b)
	b = append(b, make([]byte, full*skipEntry)...)
	first := len(b)
	var gaps [postingBlock]uint32
	next := uint32(0) // the lowest document that may follow
	for i := range full {
		block := docs[i*postingBlock:][:postingBlock]
		for j, doc := range block {
			gaps[j] = doc - next
			next = doc + 1
		}
		blockRanks := (*[postingBlock]uint32)(ranks[i*postingBlock:])
		gapWidth, rankWidth := width(&gaps), width(blockRanks)
		b = append(b, gapWidth, rankWidth)
		b = pack(b, &gaps, gapWidth)
		b = pack(b, blockRanks, rankWidth)
		le.PutUint32(b[table+i*skipEntry:], next-1)
		le.PutUint32(b[table+i*skipEntry+4:], uint32(len(b)-first))
	}
	for i := full * postingBlock; i < len(docs); i++ {
		b = binary.AppendUvarint(b, uint64(docs[i]-next))
		b = binary.AppendUvarint(b, uint64(ranks[i]))
		next = docs[i] + 1
	}
	return b
}

// width returns the bits that the largest value needs.
func width(values *[postingBlock]uint32) uint8 {
	var all uint32
	for _, v := range values {
		all |= v
	}
	return uint8(bits.Len32(all))
}

// pack appends the values in w bits each, 16*w bytes.
func pack(b []byte, values *[postingBlock]uint32, w uint8) []byte {
	var buffer uint64
	filled := 0
	for _, v := range values {
		buffer |= uint64(v) << filled
		if filled += int(w); filled >= 32 {
			b = binary.LittleEndian.AppendUint32(b, uint32(buffer))
			buffer >>= 32
			filled -= 32
		}
	}
	return b
}

// unpack is the inverse of pack. The caller sees to it that padding bytes follow the packed ones.
func unpack(values *[postingBlock]uint32, b []byte, w uint8) {
	if w == 0 {
		*values = [postingBlock]uint32{}
		return
	}
	b = b[:16*int(w)+padding]
	mask := uint64(1)<<w - 1
	at := uint(0)
	for i := range values {
		values[i] = uint32(binary.LittleEndian.Uint64(b[at>>3:]) >> (at & 7) & mask)
		at += uint(w)
	}
}

// appendTo appends the section to dst.
func (e *encoder) appendTo(dst []byte) []byte {
	le := binary.LittleEndian
	dst = append(dst, sectionMagic...)
	dst = le.AppendUint16(dst, formatVersion)
	dst = le.AppendUint16(dst, TokenizerVersion)
	dst = le.AppendUint32(dst, e.totals.Documents)
	dst = le.AppendUint32(dst, e.terms)
	dst = le.AppendUint32(dst, uint32(len(e.values)))
	dst = le.AppendUint32(dst, uint32(len(e.blocks)/indexEntry))
	dst = le.AppendUint64(dst, uint64(len(e.dictionary)))
	dst = le.AppendUint64(dst, uint64(len(e.postings)))
	for _, n := range e.totals.Present {
		dst = le.AppendUint32(dst, n)
	}
	for _, n := range e.totals.Lengths {
		dst = le.AppendUint64(dst, n)
	}
	for _, v := range e.values {
		dst = le.AppendUint32(dst, v)
	}
	dst = append(dst, e.blocks...)
	dst = append(dst, e.lengths...)
	dst = append(dst, e.dictionary...)
	dst = append(dst, e.postings...)
	return append(dst, make([]byte, padding)...)
}
