package vector

import (
	"errors"
	"fmt"
	"slices"
)

// fits reports why the index cannot be that of the section.
func (c *Coder) fits(s *Section) error {
	if c.section == nil || c.section.slots != s.slots || c.section.checksum != s.checksum {
		return errors.New("coder/hnsw index belongs to another section")
	}
	return nil
}

// walkCoder searches the coder/hnsw index of a source. It returns why it could not.
func (s *searcher) walkCoder(source int) (reason string) {
	src := s.sources[source]
	if src.Coder == nil {
		return "no coder/hnsw index"
	}
	wanted := s.best.limit
	if s.units[source] < src.Section.distinct {
		wanted = wanted * src.Section.distinct / s.units[source]
	}
	slots, err := src.Coder.search(s.query, min(wanted, src.Section.slots))
	if err != nil {
		return err.Error()
	}
	slots = slices.DeleteFunc(slots, func(slot uint32) bool { return !src.Allow.Has(src.Section.Unit(slot)) })
	if need := min(s.k, s.units[source]); len(slots) < need {
		return fmt.Sprintf("coder/hnsw found %d vectors of %d", len(slots), need)
	}
	for _, slot := range slots {
		s.offer(source, src.Section, slot)
	}
	s.stats.Engines[source] = EngineCoder
	s.best.dropped = true
	return ""
}
