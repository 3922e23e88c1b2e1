package indexer

import (
	"slices"
	"sync"
	"sync/atomic"

	"lsp/encoder"
	"lsp/indexer/bitset"
	"lsp/indexer/store"
)

// VectorSet is the second set of vectors of an epoch: those of another encoder than the one that the index was made
// with, as far as they are computed. Vectors lie in blocks under the content hash of their unit; Coverage tells where
// those of a layer's units are. A set is immutable.
type VectorSet struct {
	encoder encoder.Encoder
	number  uint64 // grows from one set to the next
	blocks  []*store.Block
	refs    atomic.Int64
}

// newVectorSet returns a set over blocks, of which it takes over one reference each.
func newVectorSet(enc encoder.Encoder, number uint64, blocks []*store.Block) *VectorSet {
	v := &VectorSet{encoder: enc, number: number, blocks: blocks}
	v.refs.Store(1)
	return v
}

// Encoder returns the encoder that made the vectors. It may have been closed meanwhile; then it returns errors.
func (v *VectorSet) Encoder() encoder.Encoder { return v.encoder }

// Blocks returns the blocks, which belong to the set.
func (v *VectorSet) Blocks() []*store.Block { return v.blocks }

// retain adds a reference; a nil set has none.
func (v *VectorSet) retain() *VectorSet {
	if v != nil {
		v.refs.Add(1)
	}
	return v
}

// release drops a reference; the last one lets the blocks go.
func (v *VectorSet) release() {
	if v != nil && v.refs.Add(-1) == 0 {
		for _, b := range v.blocks {
			b.Release()
		}
	}
}

// Coverage tells which units of a layer have vectors in a set and where. It is immutable.
type Coverage struct {
	Has bitset.Set // units with vectors in the set

	set    *VectorSet
	places []vectorPlace // by unit, of those in Has
	count  int           // of units in Has
}

// vectorPlace is an entry of a block of a set.
type vectorPlace struct{ block, entry uint32 }

// Entry returns the block and the entry in it that hold the vectors of a unit of Has.
func (c *Coverage) Entry(u uint32) (block int, entry uint32) {
	p := c.places[u]
	return int(p.block), p.entry
}

// Empty reports whether no unit has vectors in the set.
func (c *Coverage) Empty() bool { return c.count == 0 }

// Coverage returns what of a layer is in the epoch's second set of vectors, nil when there is none.
func (e *Epoch) Coverage(layer int) *Coverage {
	l := &e.Layers[layer]
	if e.Vectors == nil || l.coverage == nil {
		return nil
	}
	return l.coverage.of(l.Segment, e.Vectors)
}

// Covered returns how many of the live units have vectors in the second set, and how many live units there are.
func (e *Epoch) Covered() (done, total int) {
	e.coveredOnce.Do(func() {
		e.total = e.Units()
		for i, l := range e.Layers {
			if c := e.Coverage(i); c != nil {
				e.covered += live(c, l.Alive)
			}
		}
	})
	return e.covered, e.total
}

// live counts the covered units that are alive.
func live(c *Coverage, alive bitset.Set) int {
	if alive == nil || c.count == 0 {
		return c.count
	}
	both := c.Has.Clone()
	both.And(alive)
	return both.Count()
}

// coverages keeps the newest coverage of a segment, from which the next one is derived.
type coverages struct {
	mu     sync.Mutex
	newest *Coverage
}

// of returns the coverage of a segment, to which c belongs, in a set.
func (c *coverages) of(s *store.Segment, v *VectorSet) *Coverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest != nil && c.newest.set == v {
		return c.newest
	}
	next := derive(c.newest, s, v)
	if c.newest == nil || v.number > c.newest.set.number {
		c.newest = next
	}
	return next
}

// derive looks up the units of a segment in a set. What an earlier coverage found in blocks that are still there need
// not be looked up, and what it did not find is looked up in new blocks alone.
func derive(earlier *Coverage, s *store.Segment, v *VectorSet) *Coverage {
	n := s.Units()
	c := &Coverage{Has: bitset.New(n), set: v, places: make([]vectorPlace, n)}
	fresh := make([]int, 0, len(v.blocks)) // blocks that the earlier coverage did not know
	var moved []int                        // by block of the earlier set: its place in this one, -1 for none
	if earlier != nil {
		moved = make([]int, len(earlier.set.blocks))
		for i, b := range earlier.set.blocks {
			moved[i] = slices.Index(v.blocks, b)
		}
	}
	for i, b := range v.blocks {
		if earlier == nil || !slices.Contains(earlier.set.blocks, b) {
			fresh = append(fresh, i)
		}
	}
	all := make([]int, len(v.blocks))
	for i := range all {
		all[i] = i
	}
	find := func(u uint32, blocks []int) {
		h := s.Hash(u)
		for _, i := range blocks {
			if entry, ok := v.blocks[i].Find(h); ok {
				c.places[u] = vectorPlace{uint32(i), entry}
				c.Has.Add(u)
				c.count++
				return
			}
		}
	}
	for u := range uint32(n) {
		switch {
		case earlier == nil || !earlier.Has.Has(u):
			find(u, fresh)
		case moved[earlier.places[u].block] >= 0:
			c.places[u] = vectorPlace{uint32(moved[earlier.places[u].block]), earlier.places[u].entry}
			c.Has.Add(u)
			c.count++
		default:
			find(u, all)
		}
	}
	return c
}
