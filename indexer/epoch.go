package indexer

import (
	"sync"
	"sync/atomic"

	"lsp/indexer/bitset"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// Epoch is one immutable state of an index: a stack of segments in which upper files shadow lower ones, with the
// shadowed units already marked dead. A query runs on one epoch from start to end.
type Epoch struct {
	Number   uint64
	Layers   []Layer // disk first, unsaved buffers of this process last
	Complete bool    // nothing known to be on disk was missing when the epoch was published

	// Vectors is the set of a second encoder, nil when there is none. It may lack vectors of any units.
	Vectors *VectorSet

	coveredOnce    sync.Once
	covered, total int // units with vectors in the set, and all

	refs atomic.Int64
}

// Layer is a segment as an epoch sees it.
type Layer struct {
	Segment *store.Segment
	Alive   bitset.Set     // live units, nil when all are
	Files   bitset.Set     // live file records, nil when all are
	Totals  lexical.Totals // of the live units' postings
	Overlay bool           // holds an unsaved buffer

	counts   *liveCounts // shared by all epochs in which the same is live
	coverage *coverages  // shared by all epochs that show the segment
}

// Units returns the number of live units.
func (e *Epoch) Units() int {
	n := 0
	for _, l := range e.Layers {
		if l.Alive == nil {
			n += l.Segment.Units()
		} else {
			n += l.Alive.Count()
		}
	}
	return n
}

// Lookup returns the live record of a path: the layer and the file in it.
func (e *Epoch) Lookup(path string) (layer int, file uint32, ok bool) {
	for i := len(e.Layers) - 1; i >= 0; i-- {
		l := e.Layers[i]
		for f := range uint32(l.Segment.Files()) {
			if l.Files.Has(f) && l.Segment.FilePath(f) == path {
				return i, f, l.Segment.FileFlags(f)&store.Deleted == 0
			}
		}
	}
	return 0, 0, false
}

// find returns a unit with the given hash in any layer, dead or alive.
func (e *Epoch) find(h store.Hash) (store.Vectors, bool) {
	for i := len(e.Layers) - 1; i >= 0; i-- {
		if u, ok := e.Layers[i].Segment.Find(h); ok {
			return store.Vectors{From: e.Layers[i].Segment, Unit: u}, true
		}
	}
	return store.Vectors{}, false
}

// retain makes a new reference unless the last one is gone already.
func (e *Epoch) retain() bool {
	for {
		n := e.refs.Load()
		if n == 0 {
			return false
		}
		if e.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release drops a reference; the last one lets the segments go.
func (e *Epoch) release() {
	if e.refs.Add(-1) == 0 {
		for _, l := range e.Layers {
			l.Segment.Release()
		}
		e.Vectors.release()
	}
}
