package vector

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// GraphParams changes how a graph is built; the zero value gives the documented defaults.
type GraphParams struct {
	M              int    // edges chosen for a new node; a node has at most 2M on level 0 and M above; 0 means 24
	EfConstruction int    // candidates looked at for them; 0 means 200
	Seed           uint64 // of the levels and the order of insertion
	Workers        int    // goroutines; 0 means 1. The graph does not depend on it
	// Progress, if not nil, is called now and then by the goroutine that called BuildGraph.
	Progress func(done, total int)
}

const (
	defaultM              = 24
	defaultEfConstruction = 200
	// maxBatch is how many nodes are inserted at once at most, and batchShare what part of the graph so far they may be. They do
	// not see each other's edges while they look for neighbours, only each other.
	maxBatch   = 256
	batchShare = 16
)

// graphBuilder inserts the slots of a section in batches. Within a batch all neighbours are chosen first, on the graph as it was
// before the batch, and linked then, node by node; both in parallel without the result depending on it.
type graphBuilder struct {
	section *Section
	m, ef   int
	order   []uint32 // slots in the order of insertion: nodes of higher levels first
	levels  []int    // number of levels above 0 of the slots in order
	layers  []buildLayer
	workers []*buildWorker
}

// buildLayer has the edges of a level's nodes.
type buildLayer struct {
	index map[uint32]int // position of a slot in edges; nil for level 0, where it is the slot
	edges [][]edge
}

func (l *buildLayer) of(slot uint32) *[]edge {
	if l.index == nil {
		return &l.edges[slot]
	}
	return &l.edges[l.index[slot]]
}

// buildWorker is the memory of one goroutine.
type buildWorker struct {
	walker
	values []int16       // of the node that is inserted
	taken  []narrowQuery // the neighbours chosen so far, 2M at most
	batch  []edge
	pool   []edge
}

// plan is the neighbours chosen for a new node on each of its levels.
type plan [][]edge

// BuildGraph builds a graph over a section. For equal sections and parameters it is equal, byte by byte, whatever the number of
// workers. It stops early with the context's error.
func BuildGraph(ctx context.Context, s *Section, p GraphParams) (*Graph, error) {
	b, err := newGraphBuilder(s, p)
	if err != nil {
		return nil, fmt.Errorf("build vector graph: %w", err)
	}
	for done := min(1, s.slots); done < s.slots; {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("build vector graph: stopped after %d of %d vectors: %w", done, s.slots, err)
		}
		size := min(max(1, min(done/batchShare, maxBatch)), s.slots-done)
		b.insert(done, size)
		done += size
		if p.Progress != nil {
			p.Progress(done, s.slots)
		}
	}
	if err := b.connect(ctx); err != nil {
		return nil, fmt.Errorf("build vector graph: %w", err)
	}
	return OpenGraph(b.encode(), s)
}

func newGraphBuilder(s *Section, p GraphParams) (*graphBuilder, error) {
	b := &graphBuilder{section: s, m: cmp.Or(p.M, defaultM), ef: cmp.Or(p.EfConstruction, defaultEfConstruction)}
	if b.m < 2 || b.m > 256 || b.ef < 1 || p.Workers < 0 {
		return nil, fmt.Errorf("%d edges, %d candidates or %d workers out of range", b.m, b.ef, p.Workers)
	}
	if int64(s.slots)*int64(2*b.m+4)*4 > math.MaxUint32 {
		return nil, fmt.Errorf("%d vectors with up to %d edges do not fit 4 GB", s.slots, 2*b.m)
	}
	b.ef = max(b.ef, b.m)
	b.rank(p.Seed)
	for range max(1, p.Workers) {
		w := &buildWorker{values: make([]int16, s.dims), taken: make([]narrowQuery, 2*b.m)}
		for i := range w.taken {
			w.taken[i].values = make([]int16, s.dims)
		}
		w.section, w.neighbours = s, b.neighbours
		b.workers = append(b.workers, w)
	}
	return b, nil
}

// rank orders the slots by a hash and gives each its levels: one more for every factor M by which the hash is smaller than it could
// be. So one slot in M has a level above 0, and nodes of higher levels come first.
func (b *graphBuilder) rank(seed uint64) {
	n := b.section.slots
	hashes := make([]uint64, n)
	b.order, b.levels = make([]uint32, n), make([]int, n)
	for slot := range hashes {
		hashes[slot], b.order[slot] = mix(seed+uint64(slot)), uint32(slot)
	}
	slices.SortFunc(b.order, func(a, c uint32) int {
		return cmp.Or(cmp.Compare(hashes[a], hashes[c]), cmp.Compare(a, c))
	})
	if n == 0 {
		return
	}
	b.layers = []buildLayer{{edges: make([][]edge, n)}}
	for i, slot := range b.order {
		level := 0
		for bound := ^uint64(0) / uint64(b.m); hashes[slot] < bound && level < maxLevels-1; bound /= uint64(b.m) {
			level++
		}
		b.levels[i] = level
		for len(b.layers) <= level {
			b.layers = append(b.layers, buildLayer{index: map[uint32]int{}})
		}
		for l := 1; l <= level; l++ {
			layer := &b.layers[l]
			layer.index[slot] = len(layer.edges)
			layer.edges = append(layer.edges, nil)
		}
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (b *graphBuilder) neighbours(level int, slot uint32, dst []uint32) []uint32 {
	for _, e := range *b.layers[level].of(slot) {
		dst = append(dst, e.slot)
	}
	return dst
}

// parallel calls f for 0 to n-1, spread over the workers.
func (b *graphBuilder) parallel(n int, f func(w *buildWorker, i int)) {
	if len(b.workers) == 1 || n == 1 {
		for i := range n {
			f(b.workers[0], i)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for _, w := range b.workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(w, i)
			}
		})
	}
	group.Wait()
}

// backEdge is an edge to be added to a node that a new one has chosen.
type backEdge struct {
	level int
	from  uint32
	edge
}

// insert adds the nodes order[first:first+size].
func (b *graphBuilder) insert(first, size int) {
	plans := make([]plan, size)
	b.parallel(size, func(w *buildWorker, i int) { plans[i] = b.choose(w, first, first+i) })
	var back []backEdge
	for i, p := range plans {
		slot := b.order[first+i]
		for level, edges := range p {
			*b.layers[level].of(slot) = edges
			for _, e := range edges {
				back = append(back, backEdge{level, e.slot, edge{e.similarity, slot}})
			}
		}
	}
	slices.SortStableFunc(back, func(a, c backEdge) int {
		return cmp.Or(cmp.Compare(a.level, c.level), cmp.Compare(a.from, c.from))
	})
	var groups [][]backEdge
	for len(back) > 0 {
		n := 1
		for n < len(back) && back[n].level == back[0].level && back[n].from == back[0].from {
			n++
		}
		groups = append(groups, back[:n])
		back = back[n:]
	}
	b.parallel(len(groups), func(w *buildWorker, i int) { b.link(w, groups[i]) })
}

// choose finds the neighbours of the node at order[at] in the graph of the nodes before first and among the batch from there on.
func (b *graphBuilder) choose(w *buildWorker, first, at int) plan {
	slot := b.order[at]
	w.begin(b.section, b.section.widen(slot, w.values))
	w.batch = w.batch[:0]
	for _, other := range b.order[first:at] {
		w.batch = append(w.batch, edge{w.similarity(other), other})
	}
	level := len(b.layers) - 1
	position := edge{w.similarity(b.order[0]), b.order[0]}
	for ; level > b.levels[at]; level-- {
		position = w.descend(level, position)
	}
	p := make(plan, level+1)
	for ; level >= 0; level-- {
		w.beam(level, position, b.ef, nil, maxVisits)
		w.pool = append(w.pool[:0], w.results...)
		w.pool = append(w.pool, w.batch...) // they all have this level, as higher ones come first
		slices.SortFunc(w.pool, nearestFirst)
		position = nearestOf(w.results)
		p[level] = w.diverse(w.pool, b.m)
	}
	return p
}

func nearestFirst(a, b edge) int {
	return cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(a.slot, b.slot))
}

func nearestOf(list []edge) edge { return slices.MinFunc(list, nearestFirst) }

// diverse is algorithm 4 of the paper: of the candidates, nearest first, it takes up to limit, but none that is nearer to
// one already taken than to the node itself. What it leaves out is reached through what it took.
func (w *buildWorker) diverse(candidates []edge, limit int) []edge {
	taken := make([]edge, 0, limit)
next:
	for _, c := range candidates {
		for i := range taken {
			if w.section.approximate(w.taken[i], c.slot) >= c.similarity {
				continue next
			}
		}
		next := &w.taken[len(taken)]
		*next = w.section.widen(c.slot, next.values)
		taken = append(taken, c)
		if len(taken) == limit {
			break
		}
	}
	return taken
}

// link adds edges to one node and thins its edges out if they become too many.
func (b *graphBuilder) link(w *buildWorker, add []backEdge) {
	edges := b.layers[add[0].level].of(add[0].from)
	for _, e := range add {
		*edges = append(*edges, e.edge)
	}
	limit := b.m
	if add[0].level == 0 {
		limit = 2 * b.m
	}
	if len(*edges) > limit {
		slices.SortFunc(*edges, nearestFirst)
		*edges = w.diverse(*edges, limit)
	}
}

// widen returns a stored vector as a query.
func (s *Section) widen(slot uint32, values []int16) narrowQuery {
	row, nibs := s.row(slot), s.nibbleRow(slot)
	for i := range values {
		values[i] = int16(fine(row, nibs, i))
	}
	return narrowQuery{values: values, scale: s.scale(slot)}
}
