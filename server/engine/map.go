package engine

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"lsp/indexer/layout"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// MaxMapped is the most functions on a map. Of more, those are shown whose texts have the lowest hashes: an even
// sample that hardly changes when the code does.
const MaxMapped = 100_000

// mapPatience is how long a map that nobody waits for is still worked on.
const mapPatience = 5 * time.Second

// mapSeed makes maps of the same code equal.
const mapSeed = 1

// Map shows the functions of the open folders in a plane: near each other means alike.
type Map struct {
	Functions []Mapped // by root, path and line
	Of        int      // functions there are, of which Functions may be a sample
	Complete  bool     // nothing known to be on disk was missing
	key       string
}

// Mapped is a function on a map.
type Mapped struct {
	Root      string
	Path      string // relative to the root, with forward slashes
	Name      string
	Owner     string
	StartLine int     // from 1
	EndLine   int     // included
	X, Y      float32 // within the unit circle
}

// atlas makes maps, one at a time, and keeps the last.
type atlas struct {
	mu      sync.Mutex
	current *Map
	making  *making
}

// making is a map that is being made for all who wait for it.
type making struct {
	waiters     int // guarded by the atlas, like progress
	done, total int
	cancel      context.CancelFunc
	finished    chan struct{} // closed when result and err are set
	result      *Map
	err         error
}

// Map returns the map of the present epochs. It is made in the background, for all who wait for it together, and
// kept until the next one. A map that is being made when the index changes is returned as it is.
func (e *Engine) Map(ctx context.Context) (*Map, error) {
	m, ready, err := e.joinMap()
	if err != nil || ready != nil {
		return ready, err
	}
	return e.atlas.wait(ctx, m)
}

// MapProgress tells how far the map is that is being made; total is 0 when none is.
func (e *Engine) MapProgress() (done, total int) {
	e.atlas.mu.Lock()
	defer e.atlas.mu.Unlock()
	if m := e.atlas.making; m != nil {
		return m.done, m.total
	}
	return 0, 0
}

// joinMap returns the present map, or one in the making with the caller counted as waiting.
func (e *Engine) joinMap() (*making, *Map, error) {
	key := e.mapKey()
	a := &e.atlas
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current != nil && a.current.key == key {
		return nil, a.current, nil
	}
	if a.making == nil {
		if err := e.beginMap(key); err != nil {
			return nil, nil, err
		}
	}
	a.making.waiters++
	return a.making, nil, nil
}

// beginMap has a map made in the background. The atlas is locked.
func (e *Engine) beginMap(key string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx.Err() != nil {
		return ErrClosed
	}
	ctx, cancel := context.WithCancel(e.ctx)
	a, m := &e.atlas, &making{cancel: cancel, finished: make(chan struct{}), total: 1}
	a.making = m
	e.wg.Go(func() {
		defer cancel()
		result, err := e.makeMap(ctx, key, m)
		a.mu.Lock()
		defer a.mu.Unlock()
		if m.result, m.err = result, err; err == nil {
			a.current = result
		}
		if a.making == m {
			a.making = nil
		}
		close(m.finished)
	})
	return nil
}

// wait waits for a map. One that nobody waits for any more is given up after a while: a client may ask again.
func (a *atlas) wait(ctx context.Context, m *making) (*Map, error) {
	select {
	case <-m.finished:
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.waiters--; m.waiters == 0 && a.making == m {
		time.AfterFunc(mapPatience, func() { a.giveUp(m) })
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("make the map: %w", err)
	}
	return m.result, m.err
}

// giveUp ends the making of a map that nobody waits for.
func (a *atlas) giveUp(m *making) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.waiters == 0 && a.making == m {
		m.cancel()
		a.making = nil
	}
}

// mapKey names what a map shows: roots, folders and epochs.
func (e *Engine) mapKey() string {
	var b bytes.Buffer
	for _, r := range e.sortedRoots() {
		if x := r.live(); x != nil {
			epoch, release := x.Acquire()
			fmt.Fprintf(&b, "%q %d %q\n", r.where.Path, epoch.Number, e.within(r))
			release()
		}
	}
	return b.String()
}

// makeMap makes the map. Searches go before it.
func (e *Engine) makeMap(ctx context.Context, key string, m *making) (*Map, error) {
	result, components, err := e.mapped(ctx)
	if err != nil {
		return nil, fmt.Errorf("make the map: %w", err)
	}
	points, err := layout.Plane(ctx, components, layout.Options{Seed: mapSeed, Workers: max(1, runtime.GOMAXPROCS(0)/2), Progress: func(done, total int) {
		e.gate.yield(ctx)
		e.atlas.mu.Lock()
		defer e.atlas.mu.Unlock()
		m.done, m.total = done, total
	}})
	if err != nil {
		return nil, fmt.Errorf("make the map: %w", err)
	}
	for i, p := range points {
		result.Functions[i].X, result.Functions[i].Y = p.X, p.Y
	}
	result.key = key
	return result, nil
}

// mapUnit is a function with a vector.
type mapUnit struct {
	root string
	seg  *store.Segment
	unit uint32
	hash store.Hash
}

// mapped lists the functions of a map, without their places, and reduces their vectors.
func (e *Engine) mapped(ctx context.Context) (*Map, *layout.Components, error) {
	views, complete, release := e.views(ctx)
	defer release()
	units := mapUnits(views)
	result := &Map{Of: len(units), Complete: complete}
	if len(units) > MaxMapped {
		slices.SortFunc(units, func(a, b mapUnit) int {
			return cmp.Or(bytes.Compare(a.hash[:], b.hash[:]), compareMapUnits(a, b))
		})
		units = units[:MaxMapped]
	}
	slices.SortFunc(units, compareMapUnits)
	result.Functions = make([]Mapped, len(units))
	paths := map[string]string{} // one copy of each
	for i, u := range units {
		path := u.seg.FilePath(u.seg.FileOf(u.unit))
		if _, known := paths[path]; !known {
			paths[path] = string([]byte(path)) // not the memory of the segment, which may be unmapped
		}
		unit, lines := u.seg.Unit(u.unit).Clone(), u.seg.Lines(u.unit)
		result.Functions[i] = Mapped{
			Root: u.root, Path: paths[path], Name: unit.Name, Owner: unit.Owner,
			StartLine: int(lines.Start) + 1, EndLine: int(lines.End) + 1,
		}
	}
	components, err := layout.Reduce(ctx, layout.Vectors{
		N: len(units), Dims: e.encoder.Dimensions(),
		Row: func(i int, dst []float32) {
			section := units[i].seg.Vectors()
			slot, _ := section.Slots(units[i].unit)
			section.Row(slot, dst)
		},
	})
	return result, components, err
}

// mapUnits are the functions with vectors in the views.
func mapUnits(views []search.View) []mapUnit {
	var units []mapUnit
	for _, v := range views {
		for _, l := range v.Epoch.Layers {
			for u := range uint32(l.Segment.Units()) {
				if !l.Segment.Kind(u).IsCallable() || !l.Alive.Has(u) {
					continue
				}
				if v.Within != "" && !isWithin(l.Segment.FilePath(l.Segment.FileOf(u)), v.Within) {
					continue
				}
				if from, to := l.Segment.Vectors().Slots(u); from < to {
					units = append(units, mapUnit{v.Root, l.Segment, u, l.Segment.Hash(u)})
				}
			}
		}
	}
	return units
}

func compareMapUnits(a, b mapUnit) int {
	return cmp.Or(
		cmp.Compare(a.root, b.root),
		cmp.Compare(a.seg.FilePath(a.seg.FileOf(a.unit)), b.seg.FilePath(b.seg.FileOf(b.unit))),
		cmp.Compare(a.seg.Lines(a.unit).Start, b.seg.Lines(b.unit).Start),
		cmp.Compare(a.unit, b.unit),
	)
}
