package vector

import (
	"math"

	"lsp/indexer/bitset"
)

// edge leads to a slot that has a similarity to something.
type edge struct {
	similarity float32
	slot       uint32
}

// worse orders edges: by similarity, and of equal ones the higher slot is the worse.
func worse(a, b edge) bool {
	return a.similarity < b.similarity || a.similarity == b.similarity && a.slot > b.slot
}

// edgeHeap is a binary heap of edges with the worst on top, or the best if best is set.
type edgeHeap struct {
	list []edge
	best bool
}

func (h *edgeHeap) above(a, b edge) bool {
	if h.best {
		return worse(b, a)
	}
	return worse(a, b)
}

func (h *edgeHeap) push(e edge) {
	h.list = append(h.list, e)
	i := len(h.list) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !h.above(e, h.list[parent]) {
			break
		}
		h.list[i] = h.list[parent]
		i = parent
	}
	h.list[i] = e
}

// replace puts e in the place of the top.
func (h *edgeHeap) replace(e edge) {
	i, n := 0, len(h.list)
	for {
		child := 2*i + 1
		if child >= n {
			break
		}
		if child+1 < n && h.above(h.list[child+1], h.list[child]) {
			child++
		}
		if !h.above(h.list[child], e) {
			break
		}
		h.list[i] = h.list[child]
		i = child
	}
	h.list[i] = e
}

func (h *edgeHeap) pop() edge {
	top, last := h.list[0], len(h.list)-1
	e := h.list[last]
	h.list = h.list[:last]
	if last > 0 {
		h.replace(e)
	}
	return top
}

// maxVisits is a budget that no walk uses up.
const maxVisits = math.MaxInt32

// walker is the reusable memory of a walk through a graph that is finished or being built.
type walker struct {
	section    *Section
	query      narrowQuery
	neighbours func(level int, slot uint32, dst []uint32) []uint32
	visited    bitset.Set
	frontier   edgeHeap
	results    []edge // what the last beam found, in no order
	near       []uint32
	visits     int
}

// begin prepares for a query.
func (w *walker) begin(s *Section, q narrowQuery) {
	w.section, w.query, w.visits = s, q, 0
	w.frontier.best = true
}

// similarity returns that of the query and a stored vector, by its bytes.
func (w *walker) similarity(slot uint32) float32 {
	w.visits++
	return w.section.approximate(w.query, slot)
}

// descend goes from neighbour to nearer neighbour as long as there is one.
func (w *walker) descend(level int, at edge) edge {
	for {
		best := at
		w.near = w.neighbours(level, at.slot, w.near[:0])
		for _, slot := range w.near {
			if e := (edge{w.similarity(slot), slot}); worse(best, e) {
				best = e
			}
		}
		if best == at {
			return at
		}
		at = best
	}
}

// beam is algorithm 2 of the paper: a best-first walk that ends when nothing it could visit next is better than the ef results it
// has. Slots of units that are not allowed are walked through but are no results. It returns false if it visited more than
// budget slots.
func (w *walker) beam(level int, start edge, ef int, allow bitset.Set, budget int) bool {
	if words := (w.section.slots + 63) / 64; cap(w.visited) < words {
		w.visited = make(bitset.Set, words)
	} else {
		w.visited = w.visited[:words]
		clear(w.visited)
	}
	results := edgeHeap{list: w.results[:0]}
	w.frontier.list = append(w.frontier.list[:0], start)
	w.visited.Add(start.slot)
	if allow == nil || allow.Has(w.section.Unit(start.slot)) {
		results.push(start)
	}
	for limit := w.visits + budget; len(w.frontier.list) > 0 && w.visits < limit; {
		at := w.frontier.pop()
		if len(results.list) == ef && worse(at, results.list[0]) {
			w.frontier.list = w.frontier.list[:0]
			break
		}
		w.near = w.neighbours(level, at.slot, w.near[:0])
		for _, slot := range w.near {
			if w.visited.Has(slot) {
				continue
			}
			w.visited.Add(slot)
			e := edge{w.similarity(slot), slot}
			if len(results.list) == ef && worse(e, results.list[0]) {
				continue
			}
			w.frontier.push(e)
			if allow != nil && !allow.Has(w.section.Unit(slot)) {
				continue
			}
			if len(results.list) < ef {
				results.push(e)
			} else {
				results.replace(e)
			}
		}
	}
	w.results = results.list
	return len(w.frontier.list) == 0
}
