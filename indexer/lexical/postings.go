package lexical

import (
	"encoding/binary"

	"lsp/indexer/bitset"
)

// cursor reads the postings of one term in one section, block by block. Damage stops it and sets corrupt.
type cursor struct {
	s       *Section
	info    termInfo
	full    int // full blocks; the tail is block number full
	block   int // the block in docs, -1 before the first
	n       int // postings in docs
	pos     int // the current one
	decoded bool
	corrupt bool
	docs    [postingBlock]uint32
	ranks   [postingBlock]uint32
}

// open puts the cursor before the first posting of a term.
func (c *cursor) open(s *Section, info termInfo) {
	c.s, c.info = s, info
	c.full = int(info.documents) / postingBlock
	c.block, c.n, c.pos, c.decoded, c.corrupt = -1, 0, 0, false, false
}

// blocks returns the number of blocks, the tail included.
func (c *cursor) blocks() int { return (int(c.info.documents) + postingBlock - 1) / postingBlock }

// last returns the highest document a full block may have.
func (c *cursor) last(block int) uint32 {
	return binary.LittleEndian.Uint32(c.info.postings[block*skipEntry:])
}

// seek moves to the first posting at or after a document, never backwards, and returns false if there is none.
func (c *cursor) seek(doc uint32) bool {
	if c.pos < c.n && c.docs[c.n-1] >= doc {
		for c.docs[c.pos] < doc {
			c.pos++
		}
		return true
	}
	block := c.block + 1
	if block < c.full && c.last(block) < doc {
		block = c.skip(block, doc)
	}
	for ; block < c.blocks(); block++ {
		if !c.load(block) {
			return false
		}
		if c.docs[c.n-1] >= doc {
			for c.docs[c.pos] < doc {
				c.pos++
			}
			return true
		}
	}
	c.pos = c.n
	return false
}

// skip returns the first full block after the given one that ends at or after a document, or the tail.
func (c *cursor) skip(block int, doc uint32) int {
	step := 1
	low, high := block, block+step
	for high < c.full && c.last(high) < doc {
		low, step = high, step*2
		high = low + step
	}
	high = min(high, c.full)
	for low+1 < high {
		if middle := (low + high) / 2; c.last(middle) < doc {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// load decodes the documents of a block and stands at its first posting. Every document it gives is one of the
// section, and they ascend.
func (c *cursor) load(block int) bool {
	c.block, c.pos, c.n, c.decoded = block, 0, 0, false
	ok := true
	switch {
	case c.info.documents == 1:
		c.docs[0], c.ranks[0], c.n, c.decoded = c.info.document, c.info.rank, 1, true
	case block < c.full:
		ok = c.loadFull(block)
	default:
		ok = c.loadTail()
	}
	if !ok {
		c.fail()
	}
	return ok
}

func (c *cursor) fail() {
	c.corrupt = true
	c.n, c.pos, c.block = 0, 0, c.blocks()
}

// body returns the bytes of a full block with its two widths, and padding behind them; nil if it is damaged.
func (c *cursor) body(block int) []byte {
	p := c.info.postings
	area := p[c.full*skipEntry:]
	start := uint32(0)
	if block > 0 {
		start = binary.LittleEndian.Uint32(p[(block-1)*skipEntry+4:])
	}
	end := binary.LittleEndian.Uint32(p[block*skipEntry+4:])
	if uint64(end)+padding > uint64(len(area)) || uint64(start)+2 > uint64(end) {
		return nil
	}
	b := area[start : end+padding]
	if b[0] > 32 || b[1] > 32 || int(end-start) != 2+16*(int(b[0])+int(b[1])) {
		return nil
	}
	return b
}

func (c *cursor) loadFull(block int) bool {
	b := c.body(block)
	if b == nil {
		return false
	}
	unpack(&c.docs, b[2:], b[0])
	next := uint64(0)
	if block > 0 {
		next = uint64(c.last(block-1)) + 1
	}
	for i, gap := range c.docs {
		next += uint64(gap)
		c.docs[i] = uint32(next)
		next++
	}
	c.n = postingBlock
	return next-1 == uint64(c.last(block)) && next <= uint64(c.s.documents)
}

func (c *cursor) loadTail() bool {
	p := c.info.postings[:len(c.info.postings)-padding]
	next := uint64(0)
	rest := p
	if c.full > 0 {
		next = uint64(c.last(c.full-1)) + 1
		end := uint64(binary.LittleEndian.Uint32(p[(c.full-1)*skipEntry+4:])) + uint64(c.full*skipEntry)
		if end > uint64(len(p)) {
			return false
		}
		rest = p[end:]
	}
	n := int(c.info.documents) % postingBlock
	limit := uint64(c.s.documents)
	for i := range n {
		gap, size := shortUvarint(rest)
		if size <= 0 || gap >= limit {
			return false
		}
		rest = rest[size:]
		rank, size := shortUvarint(rest)
		if size <= 0 || rank >= uint64(len(c.s.values)) {
			return false
		}
		rest = rest[size:]
		if next += gap; next >= limit {
			return false
		}
		c.docs[i], c.ranks[i] = uint32(next), uint32(rank)
		next++
	}
	c.n, c.decoded = n, true
	return true
}

// shortUvarint is binary.Uvarint with the common case inlined.
func shortUvarint(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return binary.Uvarint(b)
}

// decodeRanks makes ranks of the current block valid: every one names a value of the section.
func (c *cursor) decodeRanks() bool {
	if c.decoded {
		return true
	}
	b := c.body(c.block)
	unpack(&c.ranks, b[2+16*int(b[0]):], b[1])
	limit := uint32(len(c.s.values))
	for _, rank := range c.ranks {
		if rank >= limit {
			c.fail()
			return false
		}
	}
	c.decoded = true
	return true
}

// frequencies returns the counts of the current posting, 0 if the block is damaged.
func (c *cursor) frequencies() frequencies {
	if !c.decodeRanks() {
		return 0
	}
	return frequencies(c.s.values[c.ranks[c.pos]])
}

// count returns how many documents in alive have the term. Blocks without dead documents are not decoded.
func (c *cursor) count(alive bitset.Set) uint32 {
	if alive == nil {
		return c.info.documents
	}
	n := uint32(0)
	first := uint32(0)
	for block := range c.blocks() {
		if block < c.full {
			last := c.last(block)
			if last >= first && last < c.s.documents && allAlive(alive, first, last) {
				n, first = n+postingBlock, last+1
				continue
			}
		}
		if !c.load(block) {
			return n
		}
		for _, doc := range c.docs[:c.n] {
			n += uint32(alive[doc>>6] >> (doc & 63) & 1)
		}
		first = c.docs[c.n-1] + 1
	}
	return n
}

// allAlive reports whether every document from first to last is in the set.
func allAlive(set bitset.Set, first, last uint32) bool {
	low, high := ^uint64(0)<<(first&63), ^uint64(0)>>(63-last&63)
	if first>>6 == last>>6 {
		return set[first>>6]&(low&high) == low&high
	}
	if set[first>>6]&low != low || set[last>>6]&high != high {
		return false
	}
	for _, w := range set[first>>6+1 : last>>6] {
		if w != ^uint64(0) {
			return false
		}
	}
	return true
}
