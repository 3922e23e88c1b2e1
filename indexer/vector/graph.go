package vector

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sort"
	"sync"

	"lsp/indexer/bitset"
)

const (
	graphMagic   = "VGRF"
	graphVersion = 1
	maxLevels    = 32
)

// Graph is an immutable hierarchical navigable small world (Malkov and Yashunin, "Efficient and robust approximate nearest
// neighbor search using Hierarchical Navigable Small World graphs", 2018) over the slots of a section. It holds no vectors. Any
// number of goroutines may use it at the same time.
//
// Its bytes, all numbers little-endian u32:
//
//	header    64 bytes: "VGRF", version, slots, checksum of the section, levels, length of the whole, CRC-32C of all that follows,
//	          slot where searches enter (a node of the highest level), zeros
//	levels    nodes and edges of each level, from level 0
//	level     for each level: its nodes ascending (left out for level 0, which has all slots),
//	          where the edges of each node begin, and of the last one end; then the edges, as slots
//
// Every slot can be reached from the entry on level 0.
type Graph struct {
	data     []byte
	slots    int
	entry    uint32
	checksum uint32 // of the section
	levels   []graphLevel
	walkers  sync.Pool
}

// graphLevel is one level of a graph, as views of its bytes.
type graphLevel struct {
	nodes  []byte // nil for level 0
	starts []byte
	edges  []byte
}

func word(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }

// OpenGraph returns the graph stored in data, which must have been built over the section. The bytes are checked completely and
// must not change while the graph is in use.
func OpenGraph(data []byte, s *Section) (*Graph, error) {
	g := &Graph{data: data}
	if err := g.parse(); err != nil {
		return nil, fmt.Errorf("open vector graph of %d bytes: %w", len(data), err)
	}
	if err := g.fits(s); err != nil {
		return nil, fmt.Errorf("open vector graph of %d bytes: %w", len(data), err)
	}
	return g, nil
}

func (g *Graph) parse() error {
	if len(g.data) < headerSize || string(g.data[:4]) != graphMagic {
		return fmt.Errorf("no header: %w", ErrCorrupt)
	}
	header, body := g.data[:headerSize], g.data[headerSize:]
	if v := word(header, 1); v != graphVersion {
		return fmt.Errorf("format version %d, must be %d: %w", v, graphVersion, ErrCorrupt)
	}
	if uint64(word(header, 5)) != uint64(len(g.data)) {
		return fmt.Errorf("header says %d bytes: %w", word(header, 5), ErrCorrupt)
	}
	if sum := crc32.Checksum(g.data[28:], castagnoli); sum != word(header, 6) {
		return fmt.Errorf("checksum %08x, must be %08x: %w", sum, word(header, 6), ErrCorrupt)
	}
	for _, b := range header[32:] {
		if b != 0 {
			return fmt.Errorf("reserved header bytes in use: %w", ErrCorrupt)
		}
	}
	g.slots, g.checksum, g.entry = int(word(header, 2)), word(header, 3), word(header, 7)
	levels := int64(word(header, 4))
	if levels > maxLevels || int64(len(body)) < 8*levels || (levels == 0) != (g.slots == 0) {
		return fmt.Errorf("%d levels over %d slots: %w", levels, g.slots, ErrCorrupt)
	}
	sizes, body := body[:8*levels], body[8*levels:]
	for i := range int(levels) {
		var err error
		if body, err = g.parseLevel(i, int64(word(sizes, 2*i)), int64(word(sizes, 2*i+1)), body); err != nil {
			return fmt.Errorf("level %d: %w", i, err)
		}
	}
	if len(body) != 0 {
		return fmt.Errorf("%d bytes after the last level: %w", len(body), ErrCorrupt)
	}
	if levels > 0 && g.node(int(levels)-1, g.entry) < 0 {
		return fmt.Errorf("entry %d is not on level %d: %w", g.entry, levels-1, ErrCorrupt)
	}
	return nil
}

// parseLevel cuts a level off body, checks that its numbers are in bounds and in order, and returns the rest.
func (g *Graph) parseLevel(level int, nodes, edges int64, body []byte) ([]byte, error) {
	words := nodes + 1 + edges
	if level > 0 {
		words += nodes
	}
	if nodes < 1 || nodes > int64(g.slots) || level == 0 && nodes != int64(g.slots) || 4*words > int64(len(body)) {
		return nil, fmt.Errorf("%d nodes and %d edges in %d bytes: %w", nodes, edges, len(body), ErrCorrupt)
	}
	var l graphLevel
	if level > 0 {
		l.nodes, body = body[:4*nodes], body[4*nodes:]
		for i := range int(nodes) {
			if node := word(l.nodes, i); int64(node) >= int64(g.slots) || i > 0 && node <= word(l.nodes, i-1) {
				return nil, fmt.Errorf("node %d is slot %d: %w", i, node, ErrCorrupt)
			}
		}
	}
	l.starts, body = body[:4*(nodes+1)], body[4*(nodes+1):]
	l.edges, body = body[:4*edges], body[4*edges:]
	previous := uint32(0)
	for i := range int(nodes) + 1 {
		start := word(l.starts, i)
		if i == 0 && start != 0 || start < previous || int64(start) > edges || i == int(nodes) && int64(start) != edges {
			return nil, fmt.Errorf("edges of node %d start at %d of %d: %w", i, start, edges, ErrCorrupt)
		}
		previous = start
	}
	for i := range int(edges) {
		if slot := word(l.edges, i); int64(slot) >= int64(g.slots) {
			return nil, fmt.Errorf("edge %d to slot %d of %d: %w", i, slot, g.slots, ErrCorrupt)
		}
	}
	g.levels = append(g.levels, l)
	return body, nil
}

// Bytes returns the graph's own bytes, which must not be changed.
func (g *Graph) Bytes() []byte { return g.data }

// Len returns the number of slots of the graph.
func (g *Graph) Len() int { return g.slots }

// fits reports why the graph cannot have been built over the section.
func (g *Graph) fits(s *Section) error {
	if s == nil || g.slots != s.slots || g.checksum != s.checksum {
		return fmt.Errorf("graph of %d vectors belongs to another section: %w", g.slots, ErrCorrupt)
	}
	return nil
}

// node returns the number of a slot among the nodes of a level, negative if it is none.
func (g *Graph) node(level int, slot uint32) int {
	if level == 0 {
		if int64(slot) >= int64(g.slots) {
			return -1
		}
		return int(slot)
	}
	nodes := g.levels[level].nodes
	count := len(nodes) / 4
	node := sort.Search(count, func(i int) bool { return word(nodes, i) >= slot })
	if node == count || word(nodes, node) != slot {
		return -1
	}
	return node
}

// neighbours appends the slots that a node of a level links to.
func (g *Graph) neighbours(level int, slot uint32, dst []uint32) []uint32 {
	l, node := &g.levels[level], g.node(level, slot)
	if node < 0 {
		return dst
	}
	edges := l.edges[4*int(word(l.starts, node)) : 4*int(word(l.starts, node+1))]
	for ; len(edges) >= 4; edges = edges[4:] {
		dst = append(dst, binary.LittleEndian.Uint32(edges))
	}
	return dst
}

// search finds ef slots near the query whose units are allowed; ok is false if the filter made it visit more than budget rows.
// The caller returns the walker to the pool.
func (g *Graph) search(s *Section, q narrowQuery, ef int, allow bitset.Set, budget int) (w *walker, ok bool) {
	w, _ = g.walkers.Get().(*walker)
	if w == nil {
		w = new(walker)
	}
	w.begin(s, q)
	w.neighbours = g.neighbours
	at := edge{w.similarity(g.entry), g.entry}
	for level := len(g.levels) - 1; level > 0; level-- {
		at = w.descend(level, at)
	}
	return w, w.beam(0, at, ef, allow, budget)
}

// Constants of graph searches.
const (
	// DefaultEf is the number of candidates a graph search keeps unless told otherwise.
	DefaultEf = 500
	// GraphThreshold is the number of vectors in a section from which EngineAuto prefers its graph. The scan's time grows with the
	// number of vectors and a graph's hardly does: ten nearest of 240,000 real functions take 1.6 ms and 1.1 ms, of 316,000 2.2 ms
	// and 1.2 ms, with recall 0.9995 and 0.9985. But for that millisecond two cores build the graph of 316,000 for more than a
	// minute, at each merge again, so it pays where it saves several: by those figures the scan of a million takes some 7 ms.
	GraphThreshold = 1000000
	// minSelectivity is the share of units that must be allowed for a graph to be walked: below it, most of what a walk visits
	// would be thrown away and the scan, which skips those rows, is faster.
	minSelectivity = 0.2
)

// searchGraphs offers the results of the sources whose graphs are to be used, and returns the sources left to scan.
func (s *searcher) searchGraphs() (scanned []int, err error) {
	for i, src := range s.sources {
		if s.units[i] == 0 {
			continue
		}
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		var reason string
		wanted := cmp.Or(src.Engine, s.opts.Engine)
		switch wanted {
		case EngineAuto:
			if src.Graph != nil && src.Section.slots >= GraphThreshold {
				reason = s.walk(i)
			} else {
				scanned = append(scanned, i)
				continue
			}
		case EngineGraph:
			reason = s.walk(i)
		case EngineCoder:
			reason = s.walkCoder(i)
		default:
			scanned = append(scanned, i)
			continue
		}
		if reason != "" {
			s.stats.Fallbacks = append(s.stats.Fallbacks, Fallback{Source: i, Wanted: wanted, Reason: reason})
			scanned = append(scanned, i)
		}
	}
	return scanned, nil
}

// walk searches the graph of a source. It returns why it could not.
func (s *searcher) walk(source int) (reason string) {
	src := s.sources[source]
	if src.Graph == nil {
		return "no graph"
	}
	if float64(s.units[source]) < minSelectivity*float64(src.Section.distinct) {
		return fmt.Sprintf("filter allows %d of %d units", s.units[source], src.Section.distinct)
	}
	ef := s.opts.Ef
	if ef <= 0 {
		ef = DefaultEf
	}
	ef = max(ef, s.best.limit)
	allow, budget := src.Allow, maxVisits
	if s.units[source] == src.Section.distinct {
		allow = nil
	} else {
		budget = 64*ef + src.Section.slots/16
	}
	w, ok := src.Graph.search(src.Section, s.narrow, ef, allow, budget)
	defer src.Graph.walkers.Put(w)
	s.stats.Visited += w.visits
	if !ok {
		return fmt.Sprintf("filter allows too little near the query: %d rows visited", w.visits)
	}
	s.stats.Engines[source] = EngineGraph
	for _, e := range w.results {
		s.best.offer(candidate{score: e.similarity, source: uint32(source), slot: e.slot})
	}
	s.best.dropped = s.best.dropped || len(w.results) < src.Section.slots
	return ""
}
