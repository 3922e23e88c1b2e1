package vector

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"

	"lsp/indexer/bitset"
)

// connect makes every slot reachable from the entry on level 0: thinning out can cut a node off, and many equal vectors do. A lost
// node gets an edge from the node with the fewest edges among the nearest that are reachable. Those edges may exceed 2M.
func (b *graphBuilder) connect(ctx context.Context) error {
	if b.section.slots == 0 {
		return nil
	}
	w := b.workers[0]
	reached := bitset.New(b.section.slots)
	b.flood(reached, b.order[0])
	for i, slot := range b.order {
		if reached.Has(slot) {
			continue
		}
		if i%maxBatch == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w.begin(b.section, b.section.widen(slot, w.values))
		w.beam(0, edge{w.similarity(b.order[0]), b.order[0]}, b.m, nil, maxVisits)
		slices.SortFunc(w.results, nearestFirst)
		host := slices.MinFunc(w.results, func(a, c edge) int {
			return len(b.layers[0].edges[a.slot]) - len(b.layers[0].edges[c.slot])
		})
		b.layers[0].edges[host.slot] = append(b.layers[0].edges[host.slot], edge{host.similarity, slot})
		b.flood(reached, slot)
	}
	return nil
}

// flood adds to reached what level 0 leads to from a slot.
func (b *graphBuilder) flood(reached bitset.Set, from uint32) {
	reached.Add(from)
	for stack := []uint32{from}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, e := range b.layers[0].edges[at] {
			if !reached.Has(e.slot) {
				reached.Add(e.slot)
				stack = append(stack, e.slot)
			}
		}
	}
}

// encode returns the graph's bytes.
func (b *graphBuilder) encode() []byte {
	le := binary.LittleEndian
	data := make([]byte, headerSize)
	for _, l := range b.layers {
		edges := 0
		for _, list := range l.edges {
			edges += len(list)
		}
		data = le.AppendUint32(data, uint32(len(l.edges)))
		data = le.AppendUint32(data, uint32(edges))
	}
	for _, l := range b.layers {
		lists := l.edges
		if l.index != nil {
			nodes := slices.Sorted(maps.Keys(l.index))
			lists = lists[:0:0]
			for _, slot := range nodes {
				data = le.AppendUint32(data, slot)
				lists = append(lists, *l.of(slot))
			}
		}
		start := uint32(0)
		for _, list := range lists {
			data = le.AppendUint32(data, start)
			start += uint32(len(list))
		}
		data = le.AppendUint32(data, start)
		for _, list := range lists {
			for _, e := range list {
				data = le.AppendUint32(data, e.slot)
			}
		}
	}
	copy(data, graphMagic)
	le.PutUint32(data[4:], graphVersion)
	le.PutUint32(data[8:], uint32(b.section.slots))
	le.PutUint32(data[12:], b.section.checksum)
	le.PutUint32(data[16:], uint32(len(b.layers)))
	le.PutUint32(data[20:], uint32(len(data)))
	if len(b.order) > 0 {
		le.PutUint32(data[28:], b.order[0])
	}
	le.PutUint32(data[24:], crc32.Checksum(data[28:], castagnoli))
	return data
}
