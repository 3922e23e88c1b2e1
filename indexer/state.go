package indexer

import (
	"slices"
	"time"

	"lsp/indexer/bitset"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// layer is a segment of the state with what of it is not shadowed by another one. The state keeps one reference
// to the segment.
type layer struct {
	segment *store.Segment
	units   bitset.Set      // live units
	files   bitset.Set      // live file records
	dead    int             // units that are not live
	entry   *store.Entry    // nil as long as the segment is in memory only
	totals  *lexical.Totals // of the live units, nil when they changed
	counts  *liveCounts     // of what is live, nil when it changed
	shared  bool            // units and files were published and must be copied before a change

	coverage coverages // of the segment, in the second set of vectors
}

func newLayer(s *store.Segment) *layer {
	return &layer{segment: s, units: bitset.Full(s.Units()), files: bitset.Full(s.Files())}
}

// kill marks a file record and its units as shadowed.
func (l *layer) kill(file uint32) {
	if !l.files.Has(file) {
		return
	}
	if l.shared {
		l.units, l.files, l.shared = l.units.Clone(), l.files.Clone(), false
	}
	first, end := l.segment.FileUnits(file)
	l.files.Remove(file)
	l.units.RemoveRange(first, end)
	l.dead += int(end - first)
	l.totals, l.counts = nil, nil
}

// alive returns the live units, nil for all.
func (l *layer) alive() bitset.Set {
	if l.dead == 0 {
		return nil
	}
	return l.units
}

// place says where the newest record of a path is.
type place struct {
	layer     *layer
	file      uint32
	indexedAt int64
	deleted   bool
}

// state is what epochs are made of. Only the publishing goroutine touches it.
type state struct {
	layers     []*layer          // disk, in the order of their arrival
	where      map[string]place  // newest record of every path, deleted ones included
	overlays   map[string]*layer // unsaved buffers by path; each segment holds one file
	complete   bool              // all files were looked at
	reconciled time.Time
	head       string
	number     uint64
	vectors    *VectorSet // of a second encoder, nil when there is none
}

func newState() *state {
	return &state{where: map[string]place{}, overlays: map[string]*layer{}}
}

// push puts a segment on the stack. Of two records of a path the one that was read later is seen, whatever the
// order of arrival: a slow bulk run never hides a newer edit.
func (s *state) push(l *layer) {
	s.layers = append(s.layers, l)
	for f := range uint32(l.segment.Files()) {
		s.claim(l, f)
	}
}

func (s *state) claim(l *layer, f uint32) {
	file := l.segment.File(f)
	old, known := s.where[file.Path]
	if known && old.indexedAt > file.IndexedAt {
		l.kill(f)
		return
	}
	if known {
		old.layer.kill(old.file)
	}
	// The path is a view into the segment that holds the record: the map's key must not outlive it.
	delete(s.where, file.Path)
	s.where[file.Path] = place{layer: l, file: f, indexedAt: file.IndexedAt, deleted: file.Flags&store.Deleted != 0}
}

// replace puts merged in place of those of the layers that went into it that are still on the stack, and reports
// whether there were any. Whatever was shadowed or forgotten meanwhile is dead in it.
func (s *state) replace(old []*layer, merged *layer) bool {
	at := slices.IndexFunc(s.layers, func(l *layer) bool { return slices.Contains(old, l) })
	if at < 0 {
		return false
	}
	for f := range uint32(merged.segment.Files()) {
		path := merged.segment.FilePath(f)
		p, known := s.where[path]
		if !known || !slices.Contains(old, p.layer) {
			merged.kill(f)
			continue
		}
		delete(s.where, path)
		s.where[path] = place{layer: merged, file: f, indexedAt: p.indexedAt, deleted: p.deleted}
	}
	gone := s.layers[at]
	s.layers[at] = merged
	s.remove(gone)
	s.layers = slices.DeleteFunc(s.layers, func(l *layer) bool {
		if !slices.Contains(old, l) {
			return false
		}
		s.remove(l)
		return true
	})
	return true
}

// remove forgets what is still known of a layer, which are deletions that a merge dropped, and lets it go.
func (s *state) remove(l *layer) {
	for f := range uint32(l.segment.Files()) {
		path := l.segment.FilePath(f)
		if p, known := s.where[path]; known && p.layer == l {
			delete(s.where, path)
		}
	}
	l.segment.Release()
}

// setOverlay shows an unsaved buffer in place of the file on disk; nil shows the file again.
func (s *state) setOverlay(path string, l *layer) {
	if old := s.overlays[path]; old != nil {
		delete(s.overlays, path)
		old.segment.Release()
	}
	if l != nil {
		s.overlays[l.segment.FilePath(0)] = l
	}
}

// epoch makes the next immutable epoch of the state.
func (s *state) epoch() *Epoch {
	s.number++
	e := &Epoch{
		Number: s.number, Complete: s.complete, Layers: make([]Layer, 0, len(s.layers)+len(s.overlays)), Vectors: s.vectors.retain(),
	}
	e.refs.Store(1)
	at := make(map[*layer]int, len(s.layers))
	for i, l := range s.layers {
		at[l] = i
		l.shared = true
		if l.totals == nil {
			t := l.segment.Lexical().Totals(l.alive())
			l.totals = &t
		}
		if l.counts == nil {
			l.counts = new(liveCounts)
		}
		e.Layers = append(e.Layers, Layer{
			Segment: l.segment, Alive: l.alive(), Files: l.files, Totals: *l.totals, counts: l.counts, coverage: &l.coverage,
		})
		l.segment.Retain()
	}
	cloned := map[int]bool{}
	for _, path := range sortedKeys(s.overlays) {
		o := s.overlays[path]
		if p, ok := s.where[path]; ok {
			i := at[p.layer]
			x := &e.Layers[i]
			if !cloned[i] {
				x.Alive, x.Files, cloned[i] = p.layer.units.Clone(), p.layer.files.Clone(), true
			}
			first, end := p.layer.segment.FileUnits(p.file)
			x.Alive.RemoveRange(first, end)
			x.Files.Remove(p.file)
		}
		e.Layers = append(e.Layers, Layer{
			Segment: o.segment, Files: o.files, Totals: o.segment.Lexical().Totals(nil), Overlay: true,
			counts: new(liveCounts), coverage: &o.coverage,
		})
		o.segment.Retain()
	}
	for i := range cloned {
		e.Layers[i].Totals = e.Layers[i].Segment.Lexical().Totals(e.Layers[i].Alive)
		e.Layers[i].counts = new(liveCounts)
	}
	return e
}

// close lets all segments go.
func (s *state) close() {
	for _, l := range s.layers {
		l.segment.Release()
	}
	for _, l := range s.overlays {
		l.segment.Release()
	}
	s.vectors.release()
	s.layers, s.overlays, s.where, s.vectors = nil, nil, nil, nil
}

// inherit takes over from the state that s replaces what does not belong to stored segments: unsaved buffers, the second
// set of vectors, and the count of epochs.
func (s *state) inherit(from *state) {
	s.number, s.overlays, s.vectors = from.number, from.overlays, from.vectors
	from.overlays, from.vectors = nil, nil
}

// setVectors replaces the second set of vectors. The state takes over the reference; nil is for none.
func (s *state) setVectors(v *VectorSet) {
	s.vectors.release()
	s.vectors = v
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// dropShadowed lets go of layers in memory of which nothing is seen any more.
func (s *state) dropShadowed() {
	s.layers = slices.DeleteFunc(s.layers, func(l *layer) bool {
		if l.entry != nil || l.files.Count() > 0 {
			return false
		}
		l.segment.Release()
		return true
	})
}
