package lexical

import (
	"fmt"

	"lsp/indexer/bitset"
)

// AddMatching adds to the set, which must have room for all documents of the section, those that have a term of the query in a
// field that p gives a weight, whatever they would score.
func AddMatching(s *Section, q Query, p Params, set bitset.Set) error {
	if err := p.check(); err != nil {
		return err
	}
	if !s.fits(set) {
		return fmt.Errorf("match terms: the set has no room for %d documents", s.documents)
	}
	counted := p.counted()
	c := newCursor()
	defer freeCursor(c)
	for _, term := range q.Terms {
		info, found, err := s.lookUp(term.Text)
		if err != nil {
			return fmt.Errorf("match %q: %w", term.Text, err)
		}
		if !found {
			continue
		}
		c.open(s, info)
		for block := range c.blocks() {
			if !c.load(block) || !c.decodeRanks() {
				return fmt.Errorf("match %q: %w", term.Text, ErrCorrupt)
			}
			for i, doc := range c.docs[:c.n] {
				if frequencies(s.values[c.ranks[i]])&counted != 0 {
					set.Add(doc)
				}
			}
		}
	}
	return nil
}
