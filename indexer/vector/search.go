package vector

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"lsp/indexer/bitset"
)

// Engine names a way to search.
type Engine string

const (
	EngineAuto  Engine = "auto"  // graphs where they are faster, else the scan; also the meaning of ""
	EngineScan  Engine = "scan"  // the staged scan of all sections
	EngineGraph Engine = "graph" // the graph of every section that has one, the scan of the others
	EngineCoder Engine = "coder" // github.com/coder/hnsw for every section that has one, the scan of the others
)

// NoSlot is the slot of a unit without vectors, see [Score].
const NoSlot = math.MaxUint32

// Source is a segment's part of a search.
type Source struct {
	Section *Section
	Graph   *Graph     // over the same section; may be nil
	Coder   *Coder     // over the same section; nil unless that engine is wanted
	Engine  Engine     // how to search this source; "" is what the options say
	Allow   bitset.Set // the units that may be found, with room for all of the section's; nil allows all
}

// Hit is a unit found.
type Hit struct {
	Source int     // index of its source
	Unit   uint32  // number of the unit in that source
	Slot   uint32  // its best slot
	Score  float32 // dot product of the query and the stored vector of that slot
}

// Options changes how to search; the zero value is right for queries.
type Options struct {
	Engine Engine
	// Exact scores every allowed vector at full stored precision, whatever the engine.
	Exact bool
	// Candidates is the number of closest bit codes that the scan scores; 0 means a number that grows with the index.
	Candidates int
	// Ef is the number of candidates a graph search keeps; 0 means DefaultEf.
	Ef int
	// Stats, if not nil, receives what the search did.
	Stats *Stats
}

// Stats tells what a search did.
type Stats struct {
	Compared  int        // codes compared by bits
	Scored    int        // rows scored by their bytes, in scans
	Visited   int        // rows scored by their bytes, in graphs
	Ranked    int        // rows scored at full precision
	Engines   []Engine   // the engine that served each source; "" for a source with nothing to find
	Fallbacks []Fallback // sources that the wanted engine did not serve
}

// Fallback is a source that was scanned although another engine was asked for.
type Fallback struct {
	Source int
	Wanted Engine
	Reason string
}

// Search returns the k units nearest to the query, best first and each with its best slot. It returns fewer only if fewer units
// with vectors are allowed. Ties are broken by source, then unit, then slot. Different sources must hold different units:
// what shadows what is told by Allow. Cancellation is noticed between stages and blocks of rows.
func Search(ctx context.Context, sources []Source, query []float32, k int, opts Options) ([]Hit, error) {
	s, err := newSearcher(ctx, sources, query, k, opts)
	if err != nil {
		return nil, fmt.Errorf("search vectors: %w", err)
	}
	hits, err := s.run()
	if opts.Stats != nil {
		*opts.Stats = s.stats
	}
	if err != nil {
		return nil, fmt.Errorf("search vectors: %w", err)
	}
	return hits, nil
}

// Score sets the score and best slot of given units, for example those another retrieval method found: the maximum over the unit's
// slots at full stored precision. The slot of a unit without vectors becomes [NoSlot] and its score 0. Allow is not looked at.
func Score(sources []Source, query []float32, refs []Hit) error {
	for i, src := range sources {
		if err := checkQuery(src.Section, query); err != nil {
			return fmt.Errorf("score vectors of source %d: %w", i, err)
		}
	}
	for i := range refs {
		ref := &refs[i]
		if ref.Source < 0 || ref.Source >= len(sources) {
			return fmt.Errorf("score vectors: reference to source %d of %d", ref.Source, len(sources))
		}
		ref.Slot, ref.Score = NoSlot, 0
		section := sources[ref.Source].Section
		if section == nil {
			continue
		}
		from, to := section.Slots(ref.Unit)
		for slot := from; slot < to; slot++ {
			if score := section.score(query, slot); slot == from || score > ref.Score {
				ref.Slot, ref.Score = slot, score
			}
		}
	}
	return nil
}

// score returns the dot product of the query and a stored vector at full stored precision.
func (s *Section) score(query []float32, slot uint32) float32 {
	return float32(dotFine(query, s.row(slot), s.nibbleRow(slot)) * float64(s.scale(slot)))
}

// checkQuery reports why a query cannot be compared with a section's vectors.
func checkQuery(s *Section, query []float32) error {
	if s != nil && s.dims != len(query) {
		return fmt.Errorf("query of %d dimensions for vectors of %d", len(query), s.dims)
	}
	for i, x := range query {
		if !finite(x) {
			return fmt.Errorf("component %d of the query is %v", i, x)
		}
	}
	return nil
}

// candidate is a slot with its score, approximate until the last stage.
type candidate struct {
	score  float32
	source uint32
	slot   uint32
}

// before orders candidates best first; slots ascend with units, so ties go by source, unit and slot.
func before(a, b candidate) int {
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	if c := cmp.Compare(a.source, b.source); c != 0 {
		return c
	}
	return cmp.Compare(a.slot, b.slot)
}

// searcher is the state of one search.
type searcher struct {
	ctx     context.Context
	sources []Source
	query   []float32
	k       int
	opts    Options
	narrow  narrowQuery
	units   []int // allowed units with vectors by source; an upper bound where units may lack vectors
	stats   Stats
	best    topList
}

func newSearcher(ctx context.Context, sources []Source, query []float32, k int, opts Options) (*searcher, error) {
	if k < 0 {
		return nil, fmt.Errorf("%d results asked for", k)
	}
	switch opts.Engine {
	case "":
		opts.Engine = EngineAuto
	case EngineAuto, EngineScan, EngineGraph, EngineCoder:
	default:
		return nil, fmt.Errorf("no engine %q", opts.Engine)
	}
	s := &searcher{ctx: ctx, sources: sources, query: query, k: k, opts: opts, units: make([]int, len(sources))}
	s.stats.Engines = make([]Engine, len(sources))
	for i, src := range sources {
		if err := checkSource(src, query); err != nil {
			return nil, fmt.Errorf("source %d: %w", i, err)
		}
		if src.Section == nil {
			continue
		}
		s.units[i] = src.Section.distinct
		if src.Allow != nil {
			s.units[i] = min(s.units[i], src.Allow.Count())
		}
	}
	s.k = min(k, s.allUnits())
	s.narrow = narrow(query)
	return s, nil
}

func checkSource(src Source, query []float32) error {
	if err := checkQuery(src.Section, query); err != nil || src.Section == nil {
		return err
	}
	if src.Allow != nil && len(src.Allow)*64 < src.Section.unitBound {
		return fmt.Errorf("set of allowed units has room for %d of %d", len(src.Allow)*64, src.Section.unitBound)
	}
	if src.Graph != nil {
		if err := src.Graph.fits(src.Section); err != nil {
			return err
		}
	}
	if src.Coder != nil {
		return src.Coder.fits(src.Section)
	}
	return nil
}

func (s *searcher) run() ([]Hit, error) {
	if err := s.ctx.Err(); err != nil || s.k == 0 {
		return nil, err
	}
	if s.opts.Exact {
		return s.exact()
	}
	return s.staged()
}

// staged collects approximate candidates from every source, ranks the best of them at full precision and keeps one a unit.
func (s *searcher) staged() ([]Hit, error) {
	s.best.reset(max(rankFactor*s.k, minRanked))
	scanned, err := s.searchGraphs()
	if err != nil {
		return nil, err
	}
	if err := s.scan(scanned); err != nil {
		return nil, err
	}
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	list := s.best.list
	s.stats.Ranked += len(list)
	for i, c := range list {
		list[i].score = s.sources[c.source].Section.score(s.query, c.slot)
	}
	hits := s.distinct(list)
	if len(hits) < s.k && len(hits) < s.allUnits() && s.best.dropped {
		return s.exact() // the vectors of few units crowd out the others
	}
	return hits, nil
}

// allUnits returns how many units may be found at most.
func (s *searcher) allUnits() int {
	n := 0
	for _, units := range s.units {
		n += units
	}
	return n
}

// distinct sorts candidates and returns the first k with different units.
func (s *searcher) distinct(list []candidate) []Hit {
	slices.SortFunc(list, before)
	hits := make([]Hit, 0, min(s.k, len(list)))
	type key struct{ source, unit uint32 }
	seen := make(map[key]bool, cap(hits))
	for _, c := range list {
		if len(hits) == s.k {
			break
		}
		unit := s.sources[c.source].Section.Unit(c.slot)
		if id := (key{c.source, unit}); !seen[id] {
			seen[id] = true
			hits = append(hits, Hit{Source: int(c.source), Unit: unit, Slot: c.slot, Score: c.score})
		}
	}
	return hits
}

// topList keeps the best candidates it is offered, in a heap with the worst on top.
type topList struct {
	list    []candidate
	limit   int
	dropped bool // something offered was not kept
}

func (t *topList) reset(limit int) {
	t.list, t.limit, t.dropped = t.list[:0], limit, false
}

// offer adds c if it is among the best.
func (t *topList) offer(c candidate) {
	if len(t.list) < t.limit {
		t.list = append(t.list, c)
		if len(t.list) == t.limit {
			for i := len(t.list)/2 - 1; i >= 0; i-- {
				t.down(i)
			}
		}
		return
	}
	t.dropped = true
	if before(c, t.list[0]) < 0 {
		t.list[0] = c
		t.down(0)
	}
}

func (t *topList) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.list) {
			return
		}
		if child+1 < len(t.list) && before(t.list[child], t.list[child+1]) < 0 {
			child++
		}
		if before(t.list[i], t.list[child]) >= 0 {
			return
		}
		t.list[i], t.list[child] = t.list[child], t.list[i]
		i = child
	}
}
