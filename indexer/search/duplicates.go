package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"lsp/indexer/chunk"
	"lsp/indexer/store"
)

// DuplicatesRequest asks for groups of units that do the same.
type DuplicatesRequest struct {
	Min      float32 `json:"min,omitempty"`      // cosine from which two units are near; 0 means DefaultDuplicate, 1 finds equal texts only
	MinLines int     `json:"minLines,omitempty"` // shorter units are left out; 0 means DefaultDuplicateLines
	Limit    int     `json:"limit,omitempty"`    // most groups returned; 0 means all
	Filter   Filter  `json:"filter"`
}

// Defaults of a DuplicatesRequest.
const (
	DefaultDuplicate      = 0.95
	DefaultDuplicateLines = 5
)

// minDuplicate bounds Min: below it groups would run together.
const minDuplicate = 0.5

// DuplicatesResponse holds the groups, those with most lines to save first.
type DuplicatesResponse struct {
	Groups   []DuplicateGroup `json:"groups"`
	Units    int              `json:"units"` // units that were compared
	Complete bool             `json:"complete"`
	TookMs   float64          `json:"tookMs"`
}

// DuplicateGroup is a set of units each of which is near at least one other.
type DuplicateGroup struct {
	Units []Result `json:"units"` // by root, path and line
	Least float32  `json:"least"` // lowest cosine among the pairs that hold the group together; 1 for equal texts
}

// Duplicates groups functions, or the kinds that the filter asks for, whose vectors are nearer than Min. Units of
// equal text are grouped by their hashes. The others are thrown into buckets by random hyperplanes (Charikar,
// "Similarity estimation techniques from rounding algorithms", 2002), so many times that a pair at Min shares a
// bucket with a probability of 0.99, and only units that share one are compared: the cost grows little faster than
// the number of units. Planes are drawn from a fixed seed, so the same units give the same groups.
// progress may be nil.
func (s *Searcher) Duplicates(ctx context.Context, views []View, req DuplicatesRequest, progress func(done, total int)) (*DuplicatesResponse, error) {
	begin := time.Now()
	if req.Min == 0 {
		req.Min = DefaultDuplicate
	}
	if req.Min < minDuplicate || req.Min > 1 {
		return nil, fmt.Errorf("find duplicates: least similarity %v is not between %v and 1", req.Min, minDuplicate)
	}
	if req.MinLines == 0 {
		req.MinLines = DefaultDuplicateLines
	}
	q := &Query{}
	if err := q.addFilter(req.Filter); err != nil {
		return nil, err
	}
	sources, err := gather(views)
	if err != nil {
		return nil, fmt.Errorf("find duplicates: %w", err)
	}
	if err := restrict(ctx, sources, q); err != nil {
		return nil, fmt.Errorf("find duplicates: %w", err)
	}
	g := newGrouping(sources, req)
	if req.Min < 1 {
		if err := g.decode(ctx); err != nil {
			return nil, fmt.Errorf("find duplicates: %w", err)
		}
		if err := g.compareAll(ctx, s.encoder.Mean(), progress); err != nil {
			return nil, fmt.Errorf("find duplicates: %w", err)
		}
	}
	return &DuplicatesResponse{
		Groups: g.groups(req.Limit), Units: len(g.units), Complete: complete(views), TookMs: milliseconds(time.Since(begin)),
	}, nil
}

// grouping is the state of finding groups: a forest over units.
type grouping struct {
	sources  []source
	min      float32
	units    []ref
	distinct []int     // indexes into units: the first of every text
	parent   []int     // union-find forest over units
	least    []float32 // of a root: the lowest cosine that joined its tree
	dims     int
	rows     []float32 // the vector of every distinct unit
	compared int       // pairs whose cosine was computed
}

// newGrouping lists the units in an order that does not depend on segments and joins those of equal text.
func newGrouping(sources []source, req DuplicatesRequest) *grouping {
	g := &grouping{sources: sources, min: req.Min}
	for i := range sources {
		s := &sources[i]
		for u := range uint32(s.seg.Units()) {
			k := s.seg.Kind(u)
			if !s.allow.Has(u) || len(req.Filter.Kinds) == 0 && (!k.IsCallable() || k == chunk.Test) {
				continue
			}
			if l := s.seg.Lines(u); int(l.End-l.Start)+1 >= req.MinLines {
				g.units = append(g.units, ref{i, u})
			}
		}
	}
	slices.SortFunc(g.units, func(a, b ref) int { return comparePlace(sources, a, b) })
	g.parent, g.least = make([]int, len(g.units)), make([]float32, len(g.units))
	first := make(map[store.Hash]int, len(g.units))
	for i, u := range g.units {
		g.parent[i], g.least[i] = i, 1
		h := sources[u.source].seg.Hash(u.unit)
		if j, seen := first[h]; seen {
			g.join(i, j, 1)
			continue
		}
		first[h] = i
		g.distinct = append(g.distinct, i)
	}
	return g
}

func (g *grouping) find(i int) int {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

func (g *grouping) join(i, j int, cosine float32) {
	i, j = g.find(i), g.find(j)
	if i == j {
		return
	}
	if j < i {
		i, j = j, i
	}
	g.parent[j] = i
	g.least[i] = min(g.least[i], g.least[j], cosine)
}

// Bounds of the bucketing.
const (
	missProbability = 0.01
	maxTables       = 48
	maxBucket       = 400 // in a fuller bucket every unit meets only as many that follow its tree
)

// compareAll compares the units that share a bucket in any table. With the number of units the number of buckets grows, so
// that each holds as many whatever their number is, and the work grows little more than that.
func (g *grouping) compareAll(ctx context.Context, mean []float32, progress func(done, total int)) error {
	n := len(g.distinct)
	if n < 2 {
		return nil
	}
	width := min(max(bits.Len(uint(n))-3, 2), 16)
	tables := tablesFor(g.min, mean, width)
	rnd := rand.New(rand.NewPCG(1, 2))
	codes := make([]uint32, n)
	order := make([]int, n)
	for t := range tables {
		if progress != nil {
			progress(t*n, tables*n)
		}
		if err := g.hash(ctx, codes, mean, width, rnd); err != nil {
			return err
		}
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(codes[a], codes[b]), cmp.Compare(a, b)) })
		for start := 0; start < n; {
			end := start + 1
			for end < n && codes[order[end]] == codes[order[start]] {
				end++
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			g.compareBucket(order[start:end])
			start = end
		}
	}
	if progress != nil {
		progress(tables*n, tables*n)
	}
	return nil
}

// tablesFor returns how often to throw into buckets so that a pair at the least cosine is missed rarely enough. The
// mean is taken off before, which lowers the cosine of a pair.
func tablesFor(least float32, mean []float32, width int) int {
	var m2 float64
	for _, x := range mean {
		m2 += float64(x) * float64(x)
	}
	centred := max(0, (float64(least)-m2)/max(1-m2, 1e-6))
	same := 1 - math.Acos(min(centred, 1))/math.Pi
	together := math.Pow(same, float64(width))
	if together >= 1 {
		return 1
	}
	return min(maxTables, int(math.Ceil(math.Log(missProbability)/math.Log(1-together))))
}

// decode sets the rows: of every distinct unit its first vector, that of all of it; zero where there is none.
func (g *grouping) decode(ctx context.Context) error {
	for _, s := range g.sources {
		g.dims = max(g.dims, s.seg.Vectors().Dims())
	}
	g.rows = make([]float32, len(g.distinct)*g.dims)
	for i, at := range g.distinct {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		section := g.sources[g.units[at].source].seg.Vectors()
		if slot, end := section.Slots(g.units[at].unit); slot < end && section.Dims() == g.dims {
			section.Row(slot, g.row(i))
		}
	}
	return nil
}

// row returns the vector of a distinct unit.
func (g *grouping) row(i int) []float32 { return g.rows[i*g.dims : (i+1)*g.dims] }

// hash sets the bucket of every distinct unit: one bit for the side of each of width random planes.
func (g *grouping) hash(ctx context.Context, codes []uint32, mean []float32, width int, rnd *rand.Rand) error {
	planes, offset := randomPlanes(rnd, width, g.dims, mean)
	for i := range codes {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		codes[i] = 0
		for p := range width {
			if dot(planes[p*g.dims:(p+1)*g.dims], g.row(i)) > offset[p] {
				codes[i] |= 1 << p
			}
		}
	}
	return nil
}

// randomPlanes draws planes through the mean.
func randomPlanes(rnd *rand.Rand, width, dims int, mean []float32) (planes, offset []float32) {
	planes, offset = make([]float32, width*dims), make([]float32, width)
	for i := range planes {
		planes[i] = float32(rnd.NormFloat64())
	}
	if len(mean) == dims {
		for p := range offset {
			offset[p] = dot(planes[p*dims:(p+1)*dims], mean)
		}
	}
	return planes, offset
}

// compareBucket joins the units of a bucket that are near. Units of one tree need no comparison: they stand together, and
// each unit is compared with those of the trees that follow its own.
func (g *grouping) compareBucket(bucket []int) {
	if len(bucket) < 2 {
		return
	}
	trees := make([]int, len(bucket))
	for i, a := range bucket {
		trees[i] = g.find(g.distinct[a])
	}
	sort.Sort(byTree{bucket, trees})
	next := 0 // the first unit of the tree that follows
	for i, a := range bucket {
		for next <= i || next < len(bucket) && trees[next] == trees[i] {
			next++
		}
		for _, b := range bucket[next:min(len(bucket), next+maxBucket)] {
			if g.find(g.distinct[a]) == g.find(g.distinct[b]) {
				continue
			}
			g.compared++
			if cosine := dot(g.row(a), g.row(b)); cosine >= g.min {
				g.join(g.distinct[a], g.distinct[b], min(cosine, 1))
			}
		}
	}
}

// byTree orders the units of a bucket by the trees that they were in, then by number.
type byTree struct{ units, trees []int }

func (t byTree) Len() int { return len(t.units) }

func (t byTree) Less(i, j int) bool {
	return t.trees[i] < t.trees[j] || t.trees[i] == t.trees[j] && t.units[i] < t.units[j]
}

func (t byTree) Swap(i, j int) {
	t.units[i], t.units[j] = t.units[j], t.units[i]
	t.trees[i], t.trees[j] = t.trees[j], t.trees[i]
}

func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// groups returns the trees of more than one unit, those whose repetition takes most lines first.
func (g *grouping) groups(limit int) []DuplicateGroup {
	members := map[int][]int{}
	for i := range g.units {
		root := g.find(i)
		members[root] = append(members[root], i)
	}
	type group struct{ root, saved int }
	var order []group
	for root, m := range members {
		if len(m) < 2 {
			continue
		}
		saved := 0
		for _, i := range m[1:] {
			l := g.sources[g.units[i].source].seg.Lines(g.units[i].unit)
			saved += int(l.End-l.Start) + 1
		}
		order = append(order, group{root, saved})
	}
	slices.SortFunc(order, func(a, b group) int { return cmp.Or(cmp.Compare(b.saved, a.saved), cmp.Compare(a.root, b.root)) })
	if limit > 0 {
		order = order[:min(len(order), limit)]
	}
	out := make([]DuplicateGroup, 0, len(order))
	for _, o := range order {
		group := DuplicateGroup{Least: g.least[o.root]}
		for _, i := range members[o.root] {
			u := g.units[i]
			res := describe(&g.sources[u.source], u.unit)
			res.Score, res.Confidence = float64(group.Least), Likely
			group.Units = append(group.Units, res)
		}
		out = append(out, group)
	}
	return out
}
