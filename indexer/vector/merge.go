package vector

import (
	"fmt"

	"lsp/indexer/bitset"
)

// Part is a segment that goes into a merge.
type Part struct {
	Section *Section   // its vectors; nil if it has none
	Units   int        // number of units of the segment, with vectors or without
	Keep    bitset.Set // the units that stay, with room for Units; nil keeps all
}

// Merge returns a builder that holds the vectors of all kept units, part after part. Kept units are numbered anew from 0 in order,
// whether they have vectors or not. The builder's bytes equal those of adding the same vectors in that order afresh.
func Merge(dims int, mean []float32, parts []Part) (*Builder, error) {
	b, err := NewBuilder(dims, mean)
	if err != nil {
		return nil, err
	}
	base := uint32(0)
	for i, p := range parts {
		if base, err = b.addPart(p, base); err != nil {
			return nil, fmt.Errorf("merge part %d: %w", i, err)
		}
	}
	return b, nil
}

// addPart adds the kept units of p as base, base+1, ... and returns the next free number.
func (b *Builder) addPart(p Part, base uint32) (uint32, error) {
	if p.Section != nil && p.Section.unitBound > p.Units {
		return 0, fmt.Errorf("section has unit %d, segment only %d units", p.Section.unitBound-1, p.Units)
	}
	if p.Keep != nil && len(p.Keep)*64 < p.Units {
		return 0, fmt.Errorf("set of kept units has room for %d of %d", len(p.Keep)*64, p.Units)
	}
	slot := uint32(0)
	for unit := range uint32(p.Units) {
		if !p.Keep.Has(unit) {
			continue
		}
		if p.Section != nil {
			from, to := p.Section.slotsFrom(unit, slot)
			for slot = from; slot < to; slot++ {
				if err := b.AddRow(base, p.Section, slot); err != nil {
					return 0, err
				}
			}
		}
		base++
	}
	return base, nil
}
