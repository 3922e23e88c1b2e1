//go:build !windows

package vector

import (
	"context"
	"fmt"
	"math/rand"
	"sync"

	"github.com/coder/hnsw"
)

// Coder is an index of github.com/coder/hnsw over the slots of a section, for comparison. Release 0.6.1 returns wrong, unsorted and
// changing answers and panics when an existing key is added, so it is fenced in: it is built once from distinct keys and never
// changed, a panic becomes an error, and what it finds is only ever a list of candidates, which the search filters, scores by the
// section's own rows and sorts.
type Coder struct {
	graph   *hnsw.Graph[uint32]
	section *Section
	mu      sync.Mutex // searches one at a time: the library promises nothing
}

// BuildCoder builds an index over a section. It keeps a float32 copy of every vector in memory.
func BuildCoder(ctx context.Context, s *Section) (c *Coder, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("build coder/hnsw index: panic: %v", r)
		}
	}()
	g := hnsw.NewGraph[uint32]()
	g.Rng = rand.New(rand.NewSource(1))
	g.EfSearch = DefaultEf
	for slot := range uint32(s.slots) {
		if slot%maxBatch == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("build coder/hnsw index: stopped after %d of %d vectors: %w", slot, s.slots, ctx.Err())
		}
		g.Add(hnsw.MakeNode(slot, s.Row(slot, make([]float32, s.dims))))
	}
	return &Coder{graph: g, section: s}, nil
}

// search returns slots that may be near the query, without repetitions; all of them exist.
func (c *Coder) search(query []float32, k int) (slots []uint32, err error) {
	defer func() {
		if r := recover(); r != nil {
			slots, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := make(map[uint32]bool, k)
	for _, node := range c.graph.Search(query, k) {
		if int64(node.Key) < int64(c.section.slots) && !seen[node.Key] {
			seen[node.Key] = true
			slots = append(slots, node.Key)
		}
	}
	return slots, nil
}
