package indexer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lsp/indexer/store"
	"lsp/indexer/vector"
	"lsp/workspace"
)

const (
	// commitDelay is how long changes are gathered before they are written together.
	commitDelay = 300 * time.Millisecond
	// followInterval is how often a follower looks for news of the writer and for its end.
	followInterval = 300 * time.Millisecond

	// largeSegment is the size in bytes from which a segment is written at once, on its own.
	largeSegment = 1 << 20
	// mergeBelow is the size in bytes of segments that are merged once there are manySmall of them.
	mergeBelow = 8 << 20
	manySmall  = 6
	// mostLayers is the number of segments above which the smallest are merged whatever their size.
	mostLayers = 14
	// deadShare is the share of dead units from which a segment is rewritten.
	deadShare = 0.3
)

// maintenance is one goroutine that keeps the store as small and as durable as it should be. Queries and edits
// never wait for it.
func (x *Index) maintenance() {
	defer x.wg.Done()
	for {
		select {
		case <-x.maintain:
		case reply := <-x.flushes:
			reply <- x.tidy()
			continue
		case <-x.ctx.Done():
			return
		}
		timer := time.NewTimer(commitDelay)
		select {
		case <-timer.C:
			_ = x.tidy() // which reports
		case reply := <-x.flushes:
			reply <- x.tidy()
		case <-x.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// Flush makes everything that is published durable, except unsaved buffers. A process that does not write has
// nothing to do: the writer finds what it needs itself.
func (x *Index) Flush(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case x.flushes <- reply:
	case <-ctx.Done():
		return fmt.Errorf("write the index of %s: %w", x.path, ctx.Err())
	case <-x.ctx.Done():
		return ErrClosed
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return fmt.Errorf("write the index of %s: %w", x.path, ctx.Err())
	}
}

// tidy brings the store up to date and reports how that went.
func (x *Index) tidy() error {
	err := x.update()
	if errors.Is(err, store.ErrLost) {
		err = errors.Join(err, x.startOver())
	}
	switch {
	case x.ctx.Err() != nil:
		return ErrClosed
	case errors.Is(err, context.Canceled):
		return nil // Close put an end to what it need not wait for
	}
	x.report(writeIndex, err)
	return err
}

// update writes what is in memory only and commits; then it merges until nothing needs it, and builds graphs.
func (x *Index) update() error {
	ctx := x.background
	if !x.writer.Load() {
		if err := x.compact(ctx); err != nil {
			return err
		}
		return x.buildGraphs(ctx)
	}
	if err := x.persist(x.ctx); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return errors.Join(err, x.compact(ctx))
	}
	for ctx.Err() == nil {
		merged, err := x.merge(ctx, mergeGroup, x.write)
		if err != nil {
			return err
		}
		if !merged {
			return x.buildGraphs(ctx)
		}
		if err := x.commit(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// persist writes the segments that are in memory, small ones together, and commits.
func (x *Index) persist(ctx context.Context) error {
	if _, err := x.merge(ctx, inMemory, x.write); err != nil {
		return err
	}
	return x.commit()
}

// compact merges segments in memory when there are many, where nothing can be written.
func (x *Index) compact(ctx context.Context) error {
	_, err := x.merge(ctx, func(layers []*layer) []*layer {
		small := slices.DeleteFunc(inMemory(layers), func(l *layer) bool { return l.segment.Size() >= mergeBelow })
		if len(small) < manySmall {
			return nil
		}
		return small
	}, hold)
	return err
}

// inMemory chooses the layers that are not stored.
func inMemory(layers []*layer) []*layer {
	return slices.DeleteFunc(slices.Clone(layers), func(l *layer) bool { return l.entry != nil })
}

// merge replaces the layers that choose picks by one segment that shows the same, which keep turns into a layer, and
// reports whether there were any.
func (x *Index) merge(ctx context.Context, choose func([]*layer) []*layer, keep func([]byte) (*layer, error)) (bool, error) {
	var old []*layer
	var parts []store.Part
	keepDeleted := true
	err := x.inspect(func(s *state) {
		old = choose(s.layers)
		// A follower does not know what the writer will store below.
		keepDeleted = len(old) < len(s.layers) || !x.writer.Load() || x.reading()
		for _, l := range old {
			l.segment.Retain()
			parts = append(parts, store.Part{Segment: l.segment, Units: l.units.Clone(), Files: l.files.Clone()})
		}
	})
	if err != nil || len(old) == 0 {
		return false, err
	}
	defer func() {
		for _, p := range parts {
			p.Segment.Release()
		}
	}()
	data, err := store.Merge(ctx, x.id, x.cfg.Encoder.Mean(), parts, keepDeleted)
	if err != nil {
		return false, err
	}
	l, err := keep(data)
	if err != nil {
		return false, err
	}
	for _, o := range old {
		if o.entry != nil {
			x.dir.Abandon(o.entry.Name)
		}
	}
	used := false
	if err = x.apply(func(s *state) { used = s.replace(old, l) }); !used {
		if l.entry != nil {
			x.dir.Abandon(l.entry.Name)
		}
		l.segment.Release()
	}
	return true, err
}

// reading reports whether files are being read whose records may be older than a deletion that is published
// already. As long as that is so the deletion must stay: without it they would show the file again.
func (x *Index) reading() bool {
	x.edits.mu.Lock()
	defer x.edits.mu.Unlock()
	return x.edits.flying != 0 || x.edits.sweeping != 0 || x.bulk.running.Load()
}

// mergeGroup chooses stored layers to be merged, none when all is well.
func mergeGroup(layers []*layer) []*layer {
	var small []*layer
	for _, l := range layers {
		if l.entry == nil {
			continue
		}
		if n := l.segment.Units(); n > 0 && float64(l.dead) > deadShare*float64(n) {
			return []*layer{l}
		}
		if l.segment.Size() < mergeBelow {
			small = append(small, l)
		}
	}
	if len(small) >= manySmall {
		return small
	}
	if len(layers) <= mostLayers {
		return nil
	}
	stored := slices.DeleteFunc(slices.Clone(layers), func(l *layer) bool { return l.entry == nil })
	slices.SortStableFunc(stored, func(a, b *layer) int { return a.segment.Size() - b.segment.Size() })
	if len(stored) < 2 {
		return nil
	}
	return stored[:max(2, len(stored)/2)]
}

// commit makes the manifest name the stored segments of the state, if it does not yet, and removes what it no
// longer names.
func (x *Index) commit() error {
	old := x.manifest.Load()
	next := *old
	next.Segments = nil
	err := x.inspect(func(s *state) {
		for _, l := range s.layers {
			if l.entry != nil {
				next.Segments = append(next.Segments, *l.entry)
			}
		}
		next.Complete, next.Reconciled, next.Head = s.complete, s.reconciled, s.head
	})
	if err != nil {
		return err
	}
	if next.Same(old) {
		return nil
	}
	next.Generation++
	if err := x.dir.Commit(&next); err != nil {
		return err
	}
	x.manifest.Store(&next)
	if _, err := x.dir.Collect(&next); err != nil {
		x.log.Warn("cannot clean the index folder", "error", err)
	}
	x.cfg.OnChange()
	return nil
}

// graphUnits is the number of vectors below which a segment is scanned whatever the engine: a scan of so few is
// faster than any graph.
const graphUnits = 256

// buildGraphs gives segments a graph where the engine wants one. Until it is ready they are scanned.
func (x *Index) buildGraphs(ctx context.Context) error {
	least := graphUnits
	switch x.cfg.Engine {
	case vector.EngineScan:
		return nil
	case vector.EngineAuto, "":
		least = vector.GraphThreshold
	}
	epoch, release := x.Acquire()
	defer release()
	for _, l := range epoch.Layers {
		s := l.Segment
		if l.Overlay || s.Vectors().Len() < least {
			continue
		}
		if x.cfg.Engine == vector.EngineCoder {
			if s.Coder() == nil {
				c, err := vector.BuildCoder(ctx, s.Vectors())
				if err != nil {
					return fmt.Errorf("build coder/hnsw index over %s: %w", s.Label(), err)
				}
				s.SetCoder(c)
			}
			continue
		}
		if s.Graph() == nil {
			g, err := x.dir.Graph(s, func() (*vector.Graph, error) {
				return vector.BuildGraph(ctx, s.Vectors(), vector.GraphParams{})
			})
			if g != nil { // else it could not be made; it may also be that it could not be stored
				s.SetGraph(g)
				x.cfg.OnChange()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// follow lets a follower see what the writer commits, and makes it the writer when there is none.
func (x *Index) follow() {
	defer x.wg.Done()
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		if x.writer.Load() {
			select {
			case <-x.lost:
			case <-x.ctx.Done():
				return
			}
		}
		select {
		case <-ticker.C:
		case <-x.ctx.Done():
			return
		}
		if err := x.catchUp(); !errors.Is(err, ErrClosed) {
			x.report(followWriter, err)
		}
	}
}

// catchUp takes the lock if it is free and loads the manifest if it is new.
func (x *Index) catchUp() error {
	locked, err := x.dir.TryLock()
	if err != nil {
		return err
	}
	m, err := x.readManifest()
	switch {
	case err == nil && !m.Same(x.manifest.Load()):
		err = x.reload()
	case errors.Is(err, fs.ErrNotExist):
		err = nil // nothing committed yet
	}
	x.foreign.Store(!locked && errors.Is(err, store.ErrMismatch))
	if errors.Is(err, ErrClosed) || !locked {
		if x.foreign.Load() {
			err = fmt.Errorf("another process writes this index with another version or model: %w", err)
		}
		return err
	}
	return x.takeOver(err)
}

// takeOver makes this process, which got the lock, the writer. A damaged index is thrown away; what this process
// knows is written anew.
func (x *Index) takeOver(damage error) error {
	if damage != nil {
		x.distrust(damage)
		if err := x.dir.Discard(); err != nil {
			return err
		}
		if err := x.unstore(); err != nil {
			return err
		}
	}
	x.writer.Store(true)
	x.log.Info("this process now writes the index")
	if x.cfg.OnTakeover != nil {
		x.cfg.OnTakeover()
	}
	wake(x.maintain)
	x.cfg.OnChange()
	return nil
}

// unstore makes all layers ones that are to be written, after what was stored of them is gone. They stay mapped.
func (x *Index) unstore() error {
	x.manifest.Store(x.blank())
	return x.apply(func(s *state) {
		for _, l := range s.layers {
			l.entry = nil
		}
		s.complete = false
		s.dropShadowed()
	})
}

// startOver is for a writer that lost its folder: it becomes a follower that knows everything and has stored nothing.
func (x *Index) startOver() error {
	x.writer.Store(false)
	if err := x.unstore(); err != nil {
		return err
	}
	err := x.dir.Reopen()
	wake(x.lost)
	return err
}

// reload replaces the stored segments of the state by those of a newer manifest. What is in memory only stays.
func (x *Index) reload() error {
	mapped := map[string]*store.Segment{}
	err := x.inspect(func(s *state) {
		for _, l := range s.layers {
			if l.entry != nil {
				l.segment.Retain()
				mapped[l.entry.Name] = l.segment
			}
		}
	})
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range mapped {
			s.Release()
		}
	}()
	m, segments, err := x.stored(mapped)
	if err != nil {
		return err
	}
	next := x.stack(m, segments)
	err = x.apply(func(s *state) {
		for _, l := range s.layers {
			if l.entry == nil {
				l.segment.Retain()
				next.push(newLayer(l.segment))
			}
		}
		next.inherit(s)
		s.close()
		*s = *next
		s.dropShadowed()
		x.manifest.Store(m)
	})
	if err != nil {
		next.close()
	}
	return err
}

// awaitWriter waits while another process makes the first index of the root, which is then shared. One of another
// version or model makes nothing that could be shared.
func (x *Index) awaitWriter(ctx context.Context) error {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for !x.writer.Load() && !x.foreign.Load() && !x.manifest.Load().Complete {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// headOf returns what HEAD of the root's repository points at: a branch or a commit, "" outside git.
func headOf(root workspace.Root) string {
	if root.GitDir == "" {
		return ""
	}
	data, err := os.ReadFile(filepath.Join(root.GitDir, "HEAD"))
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSpace(string(data)), "ref: refs/heads/")
}
