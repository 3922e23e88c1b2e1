package lexical

import (
	"bytes"
	"fmt"
	"math"

	"lsp/indexer/bitset"
)

// MergeSource is a section and the documents of it to keep; nil means all.
type MergeSource struct {
	Section *Section
	Keep    bitset.Set
}

// Merge appends to dst the section of the documents kept, in order, source after source. The bytes are those that
// a Builder would give for these documents in this order.
func Merge(dst []byte, sources []MergeSource) ([]byte, error) {
	m := merger{sources: make([]mergeReader, len(sources))}
	for i, source := range sources {
		if !source.Section.fits(source.Keep) {
			return nil, fmt.Errorf("merge section %d: its set has no room for %d documents", i, source.Section.documents)
		}
		if err := m.open(i, source); err != nil {
			return nil, err
		}
	}
	// Two passes: the first counts the frequencies values, which are stored by their rank.
	table := newFrequencyTable()
	for i := range m.sources {
		m.sources[i].countValues(table)
	}
	err := m.eachTerm(func(r *mergeReader, c *cursor) {
		for j, doc := range c.docs[:c.n] {
			if r.renumber == nil || r.renumber[doc] != dropped {
				table.counts[r.ranks[c.ranks[j]]]++
			}
		}
	}, nil)
	if err != nil {
		return nil, err
	}
	ranks := table.rankUsed()
	for i := range m.sources {
		r := &m.sources[i]
		for j, n := range r.ranks {
			r.ranks[j] = ranks[n]
		}
	}
	e := newEncoder(m.totals, m.lengths, table.values)
	var docs, freqs []uint32
	err = m.eachTerm(func(r *mergeReader, c *cursor) {
		for j, doc := range c.docs[:c.n] {
			if r.renumber == nil {
				doc += r.base
			} else if doc = r.renumber[doc]; doc == dropped {
				continue
			}
			docs, freqs = append(docs, doc), append(freqs, r.ranks[c.ranks[j]])
		}
	}, func(term []byte) {
		if len(docs) > 0 {
			e.add(term, docs, freqs)
		}
		docs, freqs = docs[:0], freqs[:0]
	})
	if err != nil {
		return nil, err
	}
	return e.appendTo(dst), nil
}

// dropped marks documents that are not kept.
const dropped = math.MaxUint32

// merger is the state of a merge.
type merger struct {
	sources []mergeReader
	totals  Totals
	lengths []byte
}

// mergeReader is one source of a merge.
type mergeReader struct {
	section  *Section
	base     uint32   // number of its first document in the result
	renumber []uint32 // new numbers of its documents; nil if all are kept
	ranks    []uint32 // numbers of its frequencies values in the result
	terms    dictionaryReader
	live     bool // terms stands at a term
}

// open adds the documents of a source.
func (m *merger) open(i int, source MergeSource) error {
	r := &m.sources[i]
	section := source.Section
	*r = mergeReader{section: section, base: m.totals.Documents}
	kept := section.Totals(source.Keep)
	if uint64(m.totals.Documents)+uint64(kept.Documents) > maxDocuments {
		return fmt.Errorf("merge section %d: more than %d documents", i, uint32(maxDocuments))
	}
	if source.Keep == nil || kept.Documents == section.documents {
		m.lengths = append(m.lengths, section.lengths...)
	} else {
		r.renumber = make([]uint32, section.documents)
		for j := range r.renumber {
			r.renumber[j] = dropped
		}
		next := r.base
		section.eachDocument(source.Keep, 0, func(doc uint32) {
			r.renumber[doc] = next
			next++
			m.lengths = append(m.lengths, section.lengthsOf(doc)[:NumFields]...)
		})
	}
	m.totals.Add(kept)
	return nil
}

// countValues numbers the section's frequencies values in the table, without counting any.
func (r *mergeReader) countValues(table *frequencyTable) {
	r.ranks = make([]uint32, len(r.section.values))
	for i, v := range r.section.values {
		n := table.count(frequencies(v))
		table.counts[n]--
		r.ranks[i] = n
	}
}

// rankUsed is rank without the values that no posting has.
func (t *frequencyTable) rankUsed() []uint32 {
	used := 0
	for _, n := range t.counts {
		if n > 0 {
			used++
		}
	}
	ranks := t.rank()
	t.values = t.values[:used] // the unused ones are last
	return ranks
}

// eachTerm walks the terms of all sources in order. For each term it calls block with every block of its postings
// in every source that has it, and then done.
func (m *merger) eachTerm(block func(*mergeReader, *cursor), done func(term []byte)) error {
	for i := range m.sources {
		r := &m.sources[i]
		r.terms = r.section.read(0)
		r.live = r.terms.next()
	}
	c := newCursor()
	defer freeCursor(c)
	var term []byte
	for {
		least := m.leastTerm()
		if least < 0 {
			break
		}
		term = append(term[:0], m.sources[least].terms.term...)
		for i := range m.sources {
			r := &m.sources[i]
			if !r.live || !bytes.Equal(r.terms.term, term) {
				continue
			}
			c.open(r.section, r.terms.info)
			for b := range c.blocks() {
				if !c.load(b) || !c.decodeRanks() {
					return fmt.Errorf("merge section %d at %q: %w", i, term, ErrCorrupt)
				}
				block(r, c)
			}
			r.live = r.terms.next()
		}
		if done != nil {
			done(term)
		}
	}
	for i := range m.sources {
		if err := m.sources[i].terms.err(); err != nil {
			return fmt.Errorf("merge section %d: %w", i, err)
		}
	}
	return nil
}

// leastTerm returns the first source whose term no other precedes, or -1 at the end.
func (m *merger) leastTerm() int {
	least := -1
	for i := range m.sources {
		if m.sources[i].live && (least < 0 || bytes.Compare(m.sources[i].terms.term, m.sources[least].terms.term) < 0) {
			least = i
		}
	}
	return least
}
