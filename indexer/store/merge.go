package store

import (
	"context"
	"fmt"

	"lsp/indexer/bitset"
	"lsp/indexer/lexical"
	"lsp/indexer/vector"
)

// Part is a segment that goes into a merge with what of it is still seen.
type Part struct {
	Segment *Segment
	Units   bitset.Set // live units, nil for all
	Files   bitset.Set // live file records, nil for all
}

// Merge returns the bytes of one segment that shows what the parts show together, in their order. Records of
// deleted paths are kept only when keepDeleted is set, which the caller does as long as there are segments below.
// The parts must have one identity and must not share a live path.
func Merge(ctx context.Context, id Identity, mean []float32, parts []Part, keepDeleted bool) ([]byte, error) {
	b, err := NewBuilder(id, mean)
	if err != nil {
		return nil, err
	}
	var lex []lexical.MergeSource
	var vec []vector.Part
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b.copyRecords(p, keepDeleted)
		lex = append(lex, lexical.MergeSource{Section: p.Segment.lexical, Keep: p.Units})
		vec = append(vec, vector.Part{Section: p.Segment.vectors, Units: p.Segment.Units(), Keep: p.Units})
	}
	vectors, err := vector.Merge(id.Dimensions, mean, vec)
	if err != nil {
		return nil, fmt.Errorf("merge vectors: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	postings, err := lexical.Merge(nil, lex)
	if err != nil {
		return nil, fmt.Errorf("merge postings: %w", err)
	}
	return b.encode(postings, vectors.Bytes()), nil
}

func (b *Builder) copyRecords(p Part, keepDeleted bool) {
	s := p.Segment
	for f := range uint32(s.Files()) {
		if !p.Files.Has(f) {
			continue
		}
		file := s.File(f)
		if file.Flags&Deleted != 0 && !keepDeleted {
			continue
		}
		b.AddFile(file)
		for u := file.First; u < file.End; u++ {
			if p.Units.Has(u) {
				unit := s.Unit(u)
				b.addRecord(&unit)
			}
		}
	}
}
