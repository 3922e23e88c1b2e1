package indexer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lsp/indexer/store"
	"lsp/workspace"
)

// Sizes of the segments that bulk work makes, in bytes of source. The first of each worker is small, so that
// something can be found early on.
const (
	firstSeal = 2 << 20
	laterSeal = 24 << 20
)

// ErrDeclined is returned by Reconcile when the user did not want so many files to be indexed.
var ErrDeclined = errors.New("indexing was declined")

// ErrInterrupted is returned by Reconcile when Rebuild put an end to it. What was done is forgotten.
var ErrInterrupted = errors.New("indexing was interrupted")

// bulkState is what is known of the look at all files.
type bulkState struct {
	mu     sync.Mutex              // held while one is running
	stopMu sync.Mutex              // guards stop and why
	stop   context.CancelCauseFunc // of the one that is running, or ran last
	why    error                   // why none may begin now, nil when it may

	running     atomic.Bool
	done, total atomic.Int64

	consent atomic.Int32 // to a first index of many files: one of the following

	pauseMu sync.Mutex
	resumed chan struct{} // closed when work may go on
	paused  atomic.Bool
}

// What a person said when asked whether to make a first index of many files. It holds until the index is closed.
const (
	unasked int32 = iota
	agreed
	refused
)

func (b *bulkState) init() {
	b.resumed = make(chan struct{})
	close(b.resumed)
}

// interrupt ends the run that is under way, waits for its end and keeps others from beginning until allow.
func (b *bulkState) interrupt(why error) {
	b.stopMu.Lock()
	b.why = why
	if b.stop != nil {
		b.stop(why)
	}
	b.stopMu.Unlock()
	b.mu.Lock()
	//lint:ignore SA2001 the lock is held as long as a run is under way: taking it waits for the end
	b.mu.Unlock()
}

// allow lets runs begin again after an interrupt.
func (b *bulkState) allow() {
	b.stopMu.Lock()
	defer b.stopMu.Unlock()
	b.why = nil
}

// begin tells interrupt how to end the run that is beginning, or returns why it must not begin.
func (b *bulkState) begin(stop context.CancelCauseFunc) error {
	b.stopMu.Lock()
	defer b.stopMu.Unlock()
	b.stop = stop
	return b.why
}

// Pause stops bulk work until Resume. Edits of open files, and of few others, are still followed.
func (x *Index) Pause() {
	b := &x.bulk
	b.pauseMu.Lock()
	defer b.pauseMu.Unlock()
	if !b.paused.Swap(true) {
		b.resumed = make(chan struct{})
	}
	x.cfg.OnChange()
}

// Resume lets bulk work go on.
func (x *Index) Resume() {
	b := &x.bulk
	b.pauseMu.Lock()
	defer b.pauseMu.Unlock()
	if b.paused.Swap(false) {
		close(b.resumed)
	}
	x.cfg.OnChange()
}

// Progress returns how many of how many files the present or last bulk run has done.
func (x *Index) Progress() (done, total int) {
	return int(x.bulk.done.Load()), int(x.bulk.total.Load())
}

// Rebuild forgets everything that is indexed, on disk too, except unsaved buffers. Call Reconcile afterwards. A
// process that does not write the index cannot rebuild it.
func (x *Index) Rebuild() error {
	x.rebuilding.Lock()
	defer x.rebuilding.Unlock()
	switch {
	case x.closed.Load():
		return ErrClosed
	case !x.writer.Load():
		return fmt.Errorf("rebuild: %w", store.ErrLocked)
	}
	x.bulk.interrupt(ErrInterrupted)
	defer x.bulk.allow()
	x.bulk.consent.Store(agreed) // who asks for it wants it
	x.edits.follow()
	if err := x.apply(func(s *state) {
		next := newState()
		next.inherit(s)
		s.close()
		*s = *next
	}); err != nil {
		return err
	}
	return x.Flush(x.ctx)
}

// breathe lets searches go first and waits while work is paused.
func (x *Index) breathe(ctx context.Context) error {
	x.cfg.Yield(ctx)
	return x.bulk.awaitResume(ctx)
}

// awaitResume waits while work is paused.
func (b *bulkState) awaitResume(ctx context.Context) error {
	b.pauseMu.Lock()
	resumed := b.resumed
	b.pauseMu.Unlock()
	select {
	case <-resumed:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reconcile compares the index with all files of the root and brings it up to date. One runs at a time; what was
// done when ctx ends stays done. While another process is making the first index, Reconcile waits for it. After
// ErrDeclined neither it nor Notify looks at files until Rebuild is called or another process has indexed them.
func (x *Index) Reconcile(ctx context.Context) error {
	return x.exclusively(ctx, func(ctx context.Context) error {
		if err := x.awaitWriter(ctx); err != nil {
			return err
		}
		return x.reconcile(ctx)
	})
}

// exclusively does bulk work while no other is done. Close and Rebuild put an end to it.
func (x *Index) exclusively(ctx context.Context, work func(context.Context) error) error {
	b := &x.bulk
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := b.begin(cancel); err != nil {
		return err
	}
	b.running.Store(true)
	b.done.Store(0)
	b.total.Store(0)
	defer func() { b.running.Store(false); x.changed() }()
	err := work(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (x *Index) reconcile(ctx context.Context) error {
	var first bool // it was never compared with all files
	if err := x.inspect(func(s *state) { first = s.reconciled.IsZero() }); err != nil {
		return err
	}
	if first && x.bulk.consent.Load() == refused {
		return fmt.Errorf("index %s: %w", x.path, ErrDeclined)
	}
	head := headOf(x.cfg.Root)
	var todo []workspace.Entry
	counts, err := workspace.Walk(ctx, x.cfg.Rules, workspace.WalkOptions{}, func(e workspace.Entry) error {
		todo = append(todo, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look at the files of %s: %w", x.path, err)
	}
	old, gone, err := x.compare(todo)
	if err != nil {
		return err
	}
	if len(todo) == 0 && len(gone) > 0 {
		if err := x.vacant(); err != nil {
			return err
		}
	}
	found := int64(len(todo))
	todo = changed(todo, old)
	if first {
		if err := x.askFor(ctx, todo); err != nil {
			return err
		}
	}
	x.edits.follow()
	x.bulk.done.Store(found - int64(len(todo)))
	x.bulk.total.Store(found)
	x.cfg.OnChange()
	if err := x.process(ctx, todo, old); err != nil {
		return err
	}
	if err := x.drop(gone); err != nil {
		return err
	}
	x.statusMu.Lock()
	x.skipped = counts
	x.statusMu.Unlock()
	x.report(applyChanges, nil) // whatever was missed was found
	err = x.apply(func(s *state) {
		s.complete, s.head, s.reconciled = true, head, time.Now()
	})
	wake(x.maintain)
	return err
}

// askFor has a person asked whether to index the files that a first index still needs, if they are many. Changes on disk
// wait for the answer.
func (x *Index) askFor(ctx context.Context, todo []workspace.Entry) error {
	if x.cfg.Ask == nil || x.cfg.AskAbove <= 0 || len(todo) <= x.cfg.AskAbove || x.bulk.consent.Load() == agreed {
		return nil
	}
	var bytes int64
	for _, e := range todo {
		bytes += e.Size
	}
	x.edits.hold()
	yes := x.cfg.Ask(ctx, len(todo), bytes)
	if err := ctx.Err(); err != nil {
		return err // nobody has answered
	}
	if !yes {
		x.bulk.consent.Store(refused)
		x.edits.ignore()
		return fmt.Errorf("index %d files of %s: %w", len(todo), x.path, ErrDeclined)
	}
	x.bulk.consent.Store(agreed)
	return nil
}

// compare returns the records of the files found and the paths of records whose file was not found.
func (x *Index) compare(found []workspace.Entry) (old map[string]store.File, gone []string, err error) {
	old = make(map[string]store.File, len(found))
	err = x.inspect(func(s *state) {
		for _, e := range found {
			if p, ok := s.where[e.Rel]; ok {
				r := p.record()
				r.Path = e.Rel
				old[e.Rel] = r
			}
		}
		for path, p := range s.where {
			if _, ok := old[path]; !ok && !p.deleted {
				gone = append(gone, string([]byte(path)))
			}
		}
	})
	return old, gone, err
}

func changed(found []workspace.Entry, old map[string]store.File) []workspace.Entry {
	out := found[:0]
	for _, e := range found {
		if !unchanged(old[e.Rel], e) {
			out = append(out, e)
		}
	}
	return out
}

// drop publishes deletion records. Files that came back meanwhile have newer records, which stay.
func (x *Index) drop(gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	b, err := store.NewBuilder(x.id, x.cfg.Encoder.Mean())
	if err != nil {
		return err
	}
	at := x.now()
	for _, path := range gone {
		if _, reason, err := x.cfg.Rules.Check(path); err == nil && reason == workspace.NotSkipped {
			continue // it is there again
		}
		b.AddFile(store.File{Path: path, IndexedAt: at, Flags: store.Deleted})
	}
	return x.pushBytes(b.Bytes())
}

// process reads, chunks and encodes files with all workers and publishes segments as they fill.
func (x *Index) process(ctx context.Context, todo []workspace.Entry, old map[string]store.File) error {
	if len(todo) == 0 {
		return nil
	}
	siblings := &lenders{index: x}
	defer siblings.release()
	queue := make(chan workspace.Entry)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(queue)
		for _, e := range todo {
			select {
			case queue <- e:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range min(x.cfg.Workers, len(todo)) {
		group.Go(func() error { return x.processSome(ctx, queue, old, siblings) })
	}
	return group.Wait()
}

// processSome is one bulk worker. What it prepared is published even when it is stopped.
func (x *Index) processSome(ctx context.Context, queue <-chan workspace.Entry, old map[string]store.File, siblings *lenders) error {
	builder, err := store.NewBuilder(x.id, x.cfg.Encoder.Mean())
	if err != nil {
		return err
	}
	epoch, release := x.Acquire()
	defer release()
	p := x.preparer(builder, epoch, siblings)
	limit := int64(firstSeal)
	for e := range queue {
		if err := x.breathe(ctx); err != nil {
			return errors.Join(err, x.seal(builder))
		}
		if err := x.read(ctx, p, e, old[e.Rel]); err != nil {
			return errors.Join(err, x.seal(builder))
		}
		x.bulk.done.Add(1)
		if builder.SourceBytes() >= limit {
			if err := x.seal(builder); err != nil {
				return err
			}
			limit = laterSeal
		}
	}
	return x.seal(builder)
}

// seal publishes what a builder holds and empties it.
func (x *Index) seal(b *store.Builder) error {
	if b.Files() == 0 {
		return nil
	}
	defer b.Reset()
	return x.pushBytes(b.Bytes())
}

// push publishes a layer.
func (x *Index) push(l *layer) error {
	err := x.apply(func(s *state) {
		s.push(l)
		s.dropShadowed()
	})
	if err != nil {
		l.segment.Release()
	}
	wake(x.maintain)
	return err
}

// pushBytes publishes a segment. The writer stores a large one first, so that it does not stay in memory, unless it
// cannot: what is found must not depend on the disk.
func (x *Index) pushBytes(data []byte) error {
	if len(data) >= largeSegment && x.writer.Load() {
		l, err := x.write(data)
		if err == nil {
			return x.push(l)
		}
		x.report(writeIndex, err)
	}
	l, err := hold(data)
	if err != nil {
		return err
	}
	return x.push(l)
}

// write stores a segment and returns it as a layer.
func (x *Index) write(data []byte) (*layer, error) {
	seg, entry, err := x.dir.WriteSegment(data)
	if err != nil {
		return nil, err
	}
	l := newLayer(seg)
	l.entry = &entry
	return l, nil
}

// hold returns a segment in memory as a layer.
func hold(data []byte) (*layer, error) {
	seg, err := store.OpenSegment("memory", data)
	if err != nil {
		return nil, err
	}
	return newLayer(seg), nil
}
