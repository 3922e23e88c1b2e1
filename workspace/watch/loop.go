package watch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"lsp/workspace"
)

const (
	// tick bounds the time between two looks at the clock.
	tick = 30 * time.Second
	// lateness is by how much a tick must be late to mean that the machine slept.
	lateness = 15 * time.Second
)

// watcher is the Watcher. All fields below commands belong to the loop.
type watcher struct {
	opts   Options
	report func(Batch)
	ctx    context.Context // cancelled by Close
	cancel context.CancelFunc
	closed sync.WaitGroup // the loop and the deliverer

	commands chan func()

	src       source // nil when polling
	detail    string // why src is nil although it was wanted
	trees     []*tree
	refs      map[string]int // how many trees watch a directory
	ready     []Batch        // waiting for the callback
	reconcile time.Time      // when the next reconciliation is due
	lastWall  time.Time      // wall clock when the loop last ran
}

func start(opts Options, src source, detail string, report func(Batch)) *watcher {
	ctx, cancel := context.WithCancel(context.Background())
	now := opts.Clock.Now()
	w := &watcher{
		opts: opts, report: report, ctx: ctx, cancel: cancel, commands: make(chan func()),
		src: src, detail: detail, refs: map[string]int{}, lastWall: now.Round(0),
	}
	w.reconcile = now.Add(w.reconcileDelay())
	out := make(chan Batch)
	w.closed.Add(2)
	go w.run(out)
	go w.deliver(out)
	return w
}

func (w *watcher) reconcileDelay() time.Duration {
	return time.Duration(float64(w.opts.Reconcile) * (0.9 + 0.2*rand.Float64()))
}

func (w *watcher) deliver(out <-chan Batch) {
	defer w.closed.Done()
	for b := range out {
		w.report(b)
		if b.Rescan {
			_ = w.do(func() { w.scanned(b.Root) }) // fails only when closed
		}
	}
}

// scanned notes that the caller has compared a root.
func (w *watcher) scanned(root string) {
	if at := w.find(root); at >= 0 {
		w.trees[at].unsettled = true
	}
}

// run is the loop.
func (w *watcher) run(out chan<- Batch) {
	defer w.closed.Done()
	defer close(out)
	var events <-chan fsnotify.Event
	var failures <-chan error
	if w.src != nil {
		events, failures = w.src.Events(), w.src.Errors()
	}
	timer := w.opts.Clock.NewTimer(tick)
	defer timer.Stop()
	for {
		var sink chan<- Batch
		var next Batch
		if len(w.ready) > 0 {
			sink, next = out, w.ready[0]
		}
		select {
		case <-w.ctx.Done():
			return
		case command := <-w.commands:
			command()
		case event, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			w.handle(event)
		case err, ok := <-failures:
			if !ok {
				failures = nil
				continue
			}
			w.fail(err)
		case sink <- next:
			w.ready = w.ready[1:]
		case <-timer.C():
		}
		timer.Reset(w.runDue())
	}
}

// runDue does everything that is due and returns the time until the next.
func (w *watcher) runDue() time.Duration {
	now := w.opts.Clock.Now()
	w.noticeSleep(now)
	if !now.Before(w.reconcile) {
		w.rescanAll(Reconcile)
		w.reconcile = now.Add(w.reconcileDelay())
	}
	next := now.Add(tick)
	if w.reconcile.Before(next) {
		next = w.reconcile
	}
	for _, t := range w.trees {
		if at, ok := w.runTree(t, now); ok && at.Before(next) {
			next = at
		}
	}
	return max(0, next.Sub(now))
}

// runTree does what is due for one root and returns when there is more.
func (w *watcher) runTree(t *tree, now time.Time) (next time.Time, ok bool) {
	if w.needsScan(t) && !now.Before(t.scanDue) {
		w.scan(t)
	}
	if due, ok := t.pending.due(w.opts.Quiet, w.opts.MaxDelay); ok && !now.Before(due) {
		if t.renewing {
			w.renew(t)
		}
		w.ready = append(w.ready, t.pending.take(t.root.Path))
	}
	next, ok = t.pending.due(w.opts.Quiet, w.opts.MaxDelay)
	if w.needsScan(t) && (!ok || t.scanDue.Before(next)) {
		next, ok = t.scanDue, true
	}
	return next, ok
}

// noticeSleep compares wall clocks: timers may stop while the machine sleeps,
// the wall clock does not.
func (w *watcher) noticeSleep(now time.Time) {
	wall := now.Round(0)
	if wall.Sub(w.lastWall) > tick+lateness {
		w.rescanAll(Woke)
	}
	w.lastWall = wall
}

// rescanAll asks for a rescan of every root, before which all watches are
// renewed and what is polled is scanned.
func (w *watcher) rescanAll(reason Reason) {
	for _, t := range w.trees {
		t.staleRules, t.renewing = true, true
		t.pending.rescanFor(reason, w.opts.Clock.Now())
	}
}

// fail handles an error of the source.
func (w *watcher) fail(err error) {
	if errors.Is(err, fsnotify.ErrEventOverflow) {
		w.rescanAll(Overflow)
		return
	}
	w.opts.OnError(fmt.Errorf("watch files: %w", err))
}

// do runs f in the loop and waits for it.
func (w *watcher) do(f func()) error {
	done := make(chan struct{})
	select {
	case w.commands <- func() { f(); close(done) }:
		<-done
		return nil
	case <-w.ctx.Done():
		return ErrClosed
	}
}

func (w *watcher) Add(root workspace.Root, rules *workspace.Rules) error {
	var err error
	if closed := w.do(func() { err = w.add(root, rules) }); closed != nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("watch %q: %w", root.Path, err)
	}
	return nil
}

func (w *watcher) add(root workspace.Root, rules *workspace.Rules) error {
	if w.find(root.Path) >= 0 {
		return ErrWatched
	}
	info, err := os.Stat(root.Path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("not a directory")
	}
	t := newTree(root, rules)
	w.trees = append(w.trees, t)
	w.begin(t)
	return nil
}

func (w *watcher) find(path string) int {
	return slices.IndexFunc(w.trees, func(t *tree) bool { return t.root.Path == path })
}

func (w *watcher) Remove(root workspace.Root) error {
	var err error
	closed := w.do(func() {
		at := w.find(root.Path)
		if at < 0 {
			err = ErrNotWatched
			return
		}
		w.unwatchAll(w.trees[at])
		w.trees = slices.Delete(w.trees, at, at+1)
		w.ready = slices.DeleteFunc(w.ready, func(b Batch) bool { return b.Root == root.Path })
	})
	if closed != nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("stop watching %q: %w", root.Path, err)
	}
	return nil
}

func (w *watcher) Poke() {
	go func() {
		_ = w.do(func() {
			for _, t := range w.trees {
				w.poke(t)
			}
		})
	}()
}

// poke scans a polled root, whose differences are then known, and asks for a
// rescan of a watched one, of which no earlier state is kept.
func (w *watcher) poke(t *tree) {
	now := w.opts.Clock.Now()
	if w.src != nil {
		t.staleRules, t.renewing = true, true
		t.pending.rescanFor(Poked, now)
	} else {
		w.scan(t)
	}
	t.pending.demand(Poked, now)
}

func (w *watcher) Mode() Mode {
	mode := Mode{Kind: Polling, Detail: w.detail}
	_ = w.do(func() {
		if w.src == nil {
			return
		}
		mode.Kind = Notify
		mode.Watched = len(w.refs)
		for _, t := range w.trees {
			mode.Unwatched += len(t.unwatched)
			if t.lost != nil {
				mode.Detail = t.lost.Error()
			}
		}
		if mode.Unwatched > 0 {
			mode.Kind = Mixed
		}
	})
	return mode
}

func (w *watcher) Close() error {
	w.cancel()
	w.closed.Wait()
	if w.src == nil {
		return nil
	}
	if err := w.src.Close(); err != nil {
		return fmt.Errorf("stop notifications: %w", err)
	}
	return nil
}
