package lexical

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"lsp/indexer/bitset"
)

// Search returns the k best documents for a query: best first, equal scores by source and document. Documents
// without any term of the query are not found. See Scorer for several calls on one query.
func Search(ctx context.Context, sources []Source, q Query, p Params, k int) ([]Hit, error) {
	s, err := NewScorer(sources, q, p)
	if err != nil {
		return nil, err
	}
	return s.Search(ctx, k)
}

// window is how many documents are scored at a time: their sums stay in the first level cache.
const window = 4096

// searcher is the working memory of one search.
//
// It works by MaxScore (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995) on windows of
// documents: terms are sorted by the most they can contribute; those that even together cannot lift a
// document into the results are not read but looked up for the documents that the other terms lead to.
type searcher struct {
	*Scorer
	order   []int    // terms by ascending bound
	reach   []uint64 // reach[i]: what the first i of order can contribute together
	cursors []*cursor
	top     topHits
	sums    [window]uint32
	touched [window / 64]uint64 // documents with a sum
	found   []uint32            // candidates of the window
}

var searchers = sync.Pool{New: func() any { return new(searcher) }}

var cursors = sync.Pool{New: func() any { return new(cursor) }}

func newCursor() *cursor { return cursors.Get().(*cursor) }

// freeCursor gives a cursor back; it must not keep mapped bytes in sight.
func freeCursor(c *cursor) {
	c.s, c.info = nil, termInfo{}
	cursors.Put(c)
}

// Search returns the k best documents that are alive and allowed: best first, equal scores by source and
// document.
func (s *Scorer) Search(ctx context.Context, k int) ([]Hit, error) {
	if k <= 0 || len(s.terms) == 0 {
		return nil, ctx.Err()
	}
	r := searchers.Get().(*searcher)
	r.Scorer, r.top = s, topHits{k: k}
	defer func() {
		r.Scorer, r.top = nil, topHits{}
		searchers.Put(r)
	}()
	r.order, r.reach = r.order[:0], append(r.reach[:0], 0)
	for i := range s.terms {
		r.order = append(r.order, i)
	}
	slices.SortFunc(r.order, func(x, y int) int {
		return cmp.Or(cmp.Compare(s.terms[x].bound, s.terms[y].bound), cmp.Compare(x, y))
	})
	for i, t := range r.order {
		r.reach = append(r.reach, r.reach[i]+uint64(s.terms[t].bound))
	}
	for i := range s.sources {
		if err := r.searchSource(ctx, i); err != nil {
			return nil, fmt.Errorf("search source %d: %w", i, err)
		}
	}
	return r.top.sorted(), nil
}

func (r *searcher) searchSource(ctx context.Context, source int) error {
	section := r.sources[source].Section
	for range r.terms {
		r.cursors = append(r.cursors, newCursor())
	}
	defer func() {
		for _, c := range r.cursors {
			freeCursor(c)
		}
		r.cursors = r.cursors[:0]
	}()
	for i, t := range r.terms {
		r.cursors[i].open(section, t.infos[source])
	}
	mask := r.masks[source]
	for low := uint32(0); low < section.documents; low += window {
		if err := ctx.Err(); err != nil {
			return err
		}
		high := uint32(min(uint64(low)+window, uint64(section.documents)))
		if mask != nil && !anyMember(mask, low, high) {
			continue
		}
		lookedUp := r.lookedUp()
		if lookedUp == len(r.order) {
			return nil
		}
		r.searchWindow(source, low, high, lookedUp)
		for _, c := range r.cursors {
			if c.corrupt {
				return ErrCorrupt
			}
		}
		if high == section.documents {
			break // low+window might overflow
		}
	}
	return nil
}

// anyMember reports whether the set has a member in [low, high); low is a multiple of the word size.
func anyMember(set bitset.Set, low, high uint32) bool {
	for _, w := range set[low/64 : (high+63)/64] {
		if w != 0 {
			return true
		}
	}
	return false
}

// lookedUp returns how many terms of order need only be looked up.
func (r *searcher) lookedUp() int {
	n := 0
	for n < len(r.order) && r.reach[n+1] <= uint64(r.top.threshold) {
		n++
	}
	return n
}

// searchWindow offers the documents of a window to the results.
func (r *searcher) searchWindow(source int, low, high uint32, lookedUp int) {
	for _, t := range r.order[lookedUp:] {
		r.accumulate(t, source, low, high)
	}
	r.collect(low, r.reach[lookedUp])
	for n := lookedUp - 1; n >= 0 && len(r.found) > 0; n-- {
		r.refine(r.order[n], source, low, r.reach[n])
	}
	for _, doc := range r.found {
		r.top.offer(source, doc, r.sums[doc-low])
		r.sums[doc-low] = 0
	}
}

// accumulate adds the contributions of a term to the sums of the documents from low on and before high.
func (r *searcher) accumulate(term, source int, low, high uint32) {
	c, t, mask := r.cursors[term], &r.terms[term], r.masks[source]
	lengths, values := c.s.lengths, c.s.values
	for more := c.seek(low); more && c.docs[c.pos] < high; more = c.seek(c.docs[c.n-1] + 1) {
		if !c.decodeRanks() {
			return
		}
		i := c.pos
		for ; i < c.n && c.docs[i] < high; i++ {
			doc := c.docs[i]
			if mask != nil && mask[doc>>6]>>(doc&63)&1 == 0 {
				continue
			}
			at := doc - low
			r.sums[at] += r.contribution(t, frequencies(values[c.ranks[i]]), lengths[int(doc)*NumFields:])
			r.touched[at>>6] |= 1 << (at & 63)
		}
		if i < c.n {
			c.pos = i
			return
		}
	}
}

// collect sets found to the documents of the window whose sums, with at most reach to come, pass the threshold. The
// sums of the others are set to 0 again.
func (r *searcher) collect(low uint32, reach uint64) {
	r.found = r.found[:0]
	least := uint32(1)
	if threshold := uint64(r.top.threshold); threshold > reach {
		least = uint32(threshold-reach) + 1
	}
	for i, word := range r.touched {
		for ; word != 0; word &= word - 1 {
			at := uint32(64*i + bits.TrailingZeros64(word))
			if r.sums[at] >= least {
				r.found = append(r.found, low+at)
			} else {
				r.sums[at] = 0
			}
		}
		r.touched[i] = 0
	}
}

// refine adds the contributions of a term to the candidates and drops those that can no longer pass.
func (r *searcher) refine(term, source int, low uint32, reach uint64) {
	c, t := r.cursors[term], &r.terms[term]
	kept := r.found[:0]
	more := true
	for _, doc := range r.found {
		if more = more && c.seek(doc); more && c.docs[c.pos] == doc {
			if q := c.frequencies(); q != 0 {
				r.sums[doc-low] += r.contribution(t, q, c.s.lengthsOf(doc))
			}
		}
		if uint64(r.sums[doc-low])+reach > uint64(r.top.threshold) {
			kept = append(kept, doc)
		} else {
			r.sums[doc-low] = 0
		}
	}
	r.found = kept
}

// topHits keeps the k best of the hits offered to it in ascending order of source and document.
type topHits struct {
	k         int
	threshold uint32      // sums must be above; 0 until there are k
	heap      []candidate // the worst first
}

type candidate struct {
	sum      uint32
	source   int
	document uint32
}

// worse reports whether x ranks below y.
func (x candidate) worse(y candidate) bool {
	if x.sum != y.sum {
		return x.sum < y.sum
	}
	if x.source != y.source {
		return x.source > y.source
	}
	return x.document > y.document
}

// offer takes a hit if it is among the k best so far. An equal score loses against what came before.
func (h *topHits) offer(source int, document, sum uint32) {
	if sum <= h.threshold {
		return
	}
	c := candidate{sum, source, document}
	if len(h.heap) < h.k {
		h.heap = append(h.heap, c)
		h.up(len(h.heap) - 1)
	} else {
		h.heap[0] = c
		h.down()
	}
	if len(h.heap) == h.k {
		h.threshold = h.heap[0].sum
	}
}

func (h *topHits) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.heap[i].worse(h.heap[parent]) {
			return
		}
		h.heap[i], h.heap[parent] = h.heap[parent], h.heap[i]
		i = parent
	}
}

func (h *topHits) down() {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h.heap) {
			return
		}
		if child+1 < len(h.heap) && h.heap[child+1].worse(h.heap[child]) {
			child++
		}
		if !h.heap[child].worse(h.heap[i]) {
			return
		}
		h.heap[i], h.heap[child] = h.heap[child], h.heap[i]
		i = child
	}
}

// sorted returns the hits, best first.
func (h *topHits) sorted() []Hit {
	slices.SortFunc(h.heap, func(x, y candidate) int {
		if x.worse(y) {
			return 1
		}
		return -1
	})
	hits := make([]Hit, len(h.heap))
	for i, c := range h.heap {
		hits[i] = Hit{Source: c.source, Document: c.document, Score: score(c.sum)}
	}
	return hits
}
