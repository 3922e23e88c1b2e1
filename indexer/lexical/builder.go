package lexical

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"io"
	"math"
	"slices"
)

// Builder collects documents and encodes them as a section, of some gigabytes of text at most. Its tables are kept from one section to the next,
// so that building allocates next to nothing per document. It is not safe for concurrent use.
type Builder struct {
	analyzer analyzer
	terms    termTable
	words    wordTable
	lengths  []byte // length codes, NumFields per document
	totals   Totals
	postings []posting // in document order
	starts   []uint32  // index of each document's first posting
	docs     []uint32  // postings by term, while encoding: documents
	freqs    []uint32  // and their frequencies
}

// posting is one term of one document; terms carry how many there are of them.
type posting struct {
	term        uint32
	frequencies frequencies
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder {
	b := &Builder{}
	b.terms.init()
	b.words.init()
	return b
}

// Reset forgets all documents and keeps the memory.
func (b *Builder) Reset() {
	b.terms.reset()
	b.words.reset()
	b.lengths, b.postings, b.starts = b.lengths[:0], b.postings[:0], b.starts[:0]
	b.totals = Totals{}
}

// Len returns the number of documents added.
func (b *Builder) Len() int { return len(b.starts) }

// Add adds a document and returns its number, which counts from 0. The strings are not kept.
func (b *Builder) Add(d *Document) uint32 {
	doc := uint32(len(b.starts))
	b.starts = append(b.starts, uint32(len(b.postings)))
	b.totals.Documents++
	for f := range Field(NumFields) {
		code := lengthCode(b.addField(d[f], f, doc+1))
		b.lengths = append(b.lengths, code)
		b.totals.Lengths[f] += uint64(codeLengths[code])
		if code > 0 {
			b.totals.Present[f]++
		}
	}
	return doc
}

// addField counts the terms of one field and returns its length in words.
func (b *Builder) addField(text string, f Field, mark uint32) (length uint32) {
	one := frequencies(1) << (f * frequencyBits)
	skip := uint32(0)
	if f == Body || f == Comment {
		skip = shortTerm
	}
	for pos := 0; ; {
		start, end, kind := nextWord(text, pos)
		if kind == noWord {
			return length
		}
		pos = end
		for _, e := range b.lookUp(text[start:end], kind) {
			if e&skip != 0 {
				continue
			}
			length += e >> 31
			b.count(e&termMask, f, one, mark)
		}
	}
}

// count adds one occurrence of a term in a field of the document whose number is mark-1.
func (b *Builder) count(term uint32, f Field, one frequencies, mark uint32) {
	t := &b.terms.entries[term]
	if t.mark != mark {
		t.mark, t.posting = mark, uint32(len(b.postings))
		t.documents++
		b.postings = append(b.postings, posting{term, one})
		return
	}
	if p := &b.postings[t.posting]; p.frequencies.of(f) < highest(f) {
		p.frequencies += one
	}
}

// A word's terms are term numbers with two flags.
const (
	countedTerm = 1 << 31 // counts in the length of the field
	shortTerm   = 1 << 30 // is left out of bodies and comments: single characters there are variables and counters
	termMask    = shortTerm - 1
)

// lookUp returns the terms of a word. The same identifiers come again and again in code: each is taken apart
// once and its terms are remembered.
func (b *Builder) lookUp(word string, kind wordKind) []uint32 {
	if kind != asciiWord || len(word) > maxWord {
		b.words.scratch = b.appendTerms(b.words.scratch[:0], word, kind)
		return b.words.scratch
	}
	slot, found := b.words.find(word)
	if !found {
		from := len(b.words.terms)
		b.words.terms = b.appendTerms(b.words.terms, word, kind)
		b.words.insert(slot, word, from)
		return b.words.terms[from:]
	}
	w := &b.words.entries[b.words.slots[slot]-1]
	return b.words.terms[w.terms : w.terms+uint32(w.count)]
}

func (b *Builder) appendTerms(dst []uint32, word string, kind wordKind) []uint32 {
	b.analyzer.analyze(word, kind)
	for _, t := range b.analyzer.tokens {
		e := b.terms.intern(b.analyzer.term(t))
		if t.kind == part {
			e |= countedTerm
		}
		if t.short {
			e |= shortTerm
		}
		dst = append(dst, e)
	}
	return dst
}

// Bytes encodes the documents added so far. The same documents in the same order always give the same bytes.
func (b *Builder) Bytes() []byte { return b.AppendTo(nil) }

// WriteTo writes what Bytes returns.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b.Bytes())
	return int64(n), err
}

// AppendTo appends what Bytes returns to dst.
func (b *Builder) AppendTo(dst []byte) []byte {
	order := b.terms.sorted()
	// Gather the postings of each term: ends[t] runs from the start of term t's range to its end.
	ends := make([]uint32, len(b.terms.entries))
	sum := uint32(0)
	for _, t := range order {
		ends[t] = sum
		sum += b.terms.entries[t].documents
	}
	docs, freqs := b.scratch(len(b.postings))
	table := newFrequencyTable()
	for doc := range b.starts {
		for _, p := range b.documentPostings(doc) {
			at := ends[p.term]
			ends[p.term]++
			docs[at], freqs[at] = uint32(doc), table.count(p.frequencies)
		}
	}
	ranks := table.rank()
	for i, n := range freqs {
		freqs[i] = ranks[n]
	}
	e := newEncoder(b.totals, b.lengths, table.values)
	e.postings = make([]byte, 0, len(docs)+len(docs)/2)
	e.dictionary = make([]byte, 0, 12*len(order))
	for _, t := range order {
		from, to := ends[t]-b.terms.entries[t].documents, ends[t]
		e.add(b.terms.text(t), docs[from:to], freqs[from:to])
	}
	return e.appendTo(dst)
}

// scratch returns room for n documents and their frequencies.
func (b *Builder) scratch(n int) (docs, freqs []uint32) {
	b.docs, b.freqs = slices.Grow(b.docs[:0], n)[:n], slices.Grow(b.freqs[:0], n)[:n]
	return b.docs, b.freqs
}

func (b *Builder) documentPostings(doc int) []posting {
	end := len(b.postings)
	if doc+1 < len(b.starts) {
		end = int(b.starts[doc+1])
	}
	return b.postings[b.starts[doc]:end]
}

// termTable numbers distinct terms: open addressing over an arena.
type termTable struct {
	seed    maphash.Seed
	slots   []uint32 // term number + 1
	entries []termEntry
	arena   []byte
}

// termEntry is one distinct term and where the builder stands with it.
type termEntry struct {
	hash      uint32
	text      uint32 // offset in the arena
	mark      uint32 // last document that has it, + 1
	posting   uint32 // its posting in that document
	documents uint32
	length    uint8
}

const initialSlots = 1 << 10

func (t *termTable) init() {
	t.seed = maphash.MakeSeed()
	t.slots = make([]uint32, initialSlots)
}

func (t *termTable) reset() {
	t.slots = emptySlots(t.slots, len(t.entries))
	t.entries, t.arena = t.entries[:0], t.arena[:0]
}

func (t *termTable) text(term uint32) []byte {
	e := &t.entries[term]
	return t.arena[e.text : e.text+uint32(e.length)]
}

// intern returns the number of a term.
func (t *termTable) intern(text []byte) uint32 {
	hash := uint32(maphash.Bytes(t.seed, text))
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		n := t.slots[i] - 1
		if t.entries[n].hash == hash && bytes.Equal(t.text(n), text) {
			return n
		}
	}
	n := uint32(len(t.entries))
	t.slots[i] = n + 1
	t.entries = append(t.entries, termEntry{hash: hash, text: uint32(len(t.arena)), length: uint8(len(text))})
	t.arena = append(t.arena, text...)
	if len(t.entries)*2 > len(t.slots) {
		t.slots = grow(t.slots, len(t.entries), func(n int) uint32 { return t.entries[n].hash })
	}
	return n
}

// sorted returns the terms that occur, in the order of their bytes.
func (t *termTable) sorted() []uint32 {
	type keyed struct {
		key  uint64 // the first eight bytes
		term uint32
	}
	keys := make([]keyed, 0, len(t.entries))
	for n := range t.entries {
		if t.entries[n].documents == 0 {
			continue // only in bodies, where it is left out
		}
		var prefix [8]byte
		copy(prefix[:], t.text(uint32(n)))
		keys = append(keys, keyed{binary.BigEndian.Uint64(prefix[:]), uint32(n)})
	}
	slices.SortFunc(keys, func(x, y keyed) int {
		if c := cmp.Compare(x.key, y.key); c != 0 {
			return c
		}
		return bytes.Compare(t.text(x.term), t.text(y.term))
	})
	order := make([]uint32, len(keys))
	for i, k := range keys {
		order[i] = k.term
	}
	return order
}

// wordTable remembers the terms of words as they are written.
type wordTable struct {
	seed    maphash.Seed
	slots   []uint32 // index of the entry + 1
	entries []wordEntry
	arena   []byte
	terms   []uint32
	scratch []uint32 // the terms of a word that is not remembered
	hash    uint32   // of the word last looked for
}

type wordEntry struct {
	hash   uint32
	text   uint32 // offset in the arena
	terms  uint32 // offset in wordTable.terms
	length uint16
	count  uint16
}

func (t *wordTable) init() {
	t.seed = maphash.MakeSeed()
	t.slots = make([]uint32, initialSlots)
}

func (t *wordTable) reset() {
	t.slots = emptySlots(t.slots, len(t.entries))
	t.entries, t.arena, t.terms = t.entries[:0], t.arena[:0], t.terms[:0]
}

// find returns the slot of a word, or the free one where insert may put it.
func (t *wordTable) find(word string) (slot uint32, found bool) {
	t.hash = uint32(maphash.String(t.seed, word))
	mask := uint32(len(t.slots) - 1)
	i := t.hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		e := &t.entries[t.slots[i]-1]
		if e.hash == t.hash && string(t.arena[e.text:e.text+uint32(e.length)]) == word {
			return i, true
		}
	}
	return i, false
}

// insert remembers the word that find has just missed; its terms are those from index from on.
func (t *wordTable) insert(slot uint32, word string, from int) {
	t.entries = append(t.entries, wordEntry{
		hash: t.hash, text: uint32(len(t.arena)), terms: uint32(from),
		length: uint16(len(word)), count: uint16(len(t.terms) - from),
	})
	t.arena = append(t.arena, word...)
	t.slots[slot] = uint32(len(t.entries))
	if len(t.entries)*2 > len(t.slots) {
		t.slots = grow(t.slots, len(t.entries), func(n int) uint32 { return t.entries[n].hash })
	}
}

// emptySlots returns slots without entries, as many as the last n entries needed, so that a builder does not go on
// clearing the tables of a large section for the small ones that follow.
func emptySlots(slots []uint32, n int) []uint32 {
	size := initialSlots
	for size < 2*n {
		size *= 2
	}
	slots = slots[:min(size, len(slots))]
	clear(slots)
	return slots
}

// grow returns twice as many slots, filled with entries 0 to n-1.
func grow(slots []uint32, n int, hash func(int) uint32) []uint32 {
	bigger := make([]uint32, 2*len(slots))
	mask := uint32(len(bigger) - 1)
	for entry := range n {
		i := hash(entry) & mask
		for bigger[i] != 0 {
			i = (i + 1) & mask
		}
		bigger[i] = uint32(entry) + 1
	}
	return bigger
}

// frequencyTable numbers the distinct frequencies values of a section. Few are common, so a posting names its
// value by rank of commonness in a few bits.
type frequencyTable struct {
	values []uint32 // by first occurrence; after rank: by rank
	counts []uint64
	slots  []uint32
}

func newFrequencyTable() *frequencyTable { return &frequencyTable{slots: make([]uint32, 256)} }

func hashFrequencies(v uint32) uint32 {
	v *= 0x9e3779b1
	return v ^ v>>15
}

// count notes an occurrence of the value and returns its number by first occurrence.
func (t *frequencyTable) count(q frequencies) uint32 {
	v := uint32(q)
	mask := uint32(len(t.slots) - 1)
	i := hashFrequencies(v) & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if n := t.slots[i] - 1; t.values[n] == v {
			t.counts[n]++
			return n
		}
	}
	t.values, t.counts = append(t.values, v), append(t.counts, 1)
	n := uint32(len(t.values))
	t.slots[i] = n
	if len(t.values)*2 > len(t.slots) {
		t.slots = grow(t.slots, len(t.values), func(n int) uint32 { return hashFrequencies(t.values[n]) })
	}
	return n - 1
}

// rank sorts the values, common ones first, and returns the rank of each number that count gave out.
func (t *frequencyTable) rank() []uint32 {
	order := make([]uint32, len(t.values))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(t.counts[y], t.counts[x]), cmp.Compare(t.values[x], t.values[y]))
	})
	ranks, values := make([]uint32, len(order)), make([]uint32, len(order))
	for rank, n := range order {
		ranks[n], values[rank] = uint32(rank), t.values[n]
	}
	t.values = values
	return ranks
}

// maxDocuments bounds a section, so that document numbers + 1 fit 32 bits.
const maxDocuments = math.MaxUint32 - 1
