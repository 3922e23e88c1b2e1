package indexer

import (
	"lsp/encoder"
	"lsp/indexer/store"
)

// Snapshot returns an epoch that shows one segment and nothing else, with the vectors of a second encoder in blocks, which
// it takes over, unless there are none. It belongs to no index.
func Snapshot(segment *store.Segment, second encoder.Encoder, blocks ...*store.Block) *Epoch {
	e := &Epoch{Number: 1, Complete: true, Layers: []Layer{
		{Segment: segment, Totals: segment.Lexical().Totals(nil), coverage: new(coverages)},
	}}
	if len(blocks) > 0 {
		e.Vectors = newVectorSet(second, 1, blocks)
	}
	return e
}
