package watch

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"lsp/workspace"
)

// A bench is a watcher on a fake clock and a fake source (nil for polling).
type bench struct {
	t       *testing.T
	clock   *fakeClock
	src     *fakeSource
	watcher *watcher
	batches chan Batch
	root    workspace.Root

	mu     sync.Mutex
	errors []error // guarded by mu
}

func newBench(t *testing.T, src *fakeSource, files ...string) *bench {
	t.Helper()
	b := &bench{t: t, clock: newFakeClock(), src: src, batches: make(chan Batch, 100)}
	opts := Options{Clock: b.clock, OnError: func(err error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.errors = append(b.errors, err)
	}}.withDefaults()
	var s source
	if src != nil {
		s = src
	}
	b.watcher = start(opts, s, "", func(batch Batch) { b.batches <- batch })
	t.Cleanup(func() { must(t, b.watcher.Close()) })
	top := tempTree(t, files...)
	root, err := workspace.FindRoot(top)
	must(t, err)
	b.root = root
	must(t, b.watcher.Add(root, workspace.LoadRules(root, workspace.RuleOptions{})))
	return b
}

func (b *bench) path(rel string) string { return filepath.Join(b.root.Path, filepath.FromSlash(rel)) }

func (b *bench) send(rel string, op fsnotify.Op) {
	b.src.events <- fsnotify.Event{Name: b.path(rel), Op: op}
	b.sync()
}

// sync returns when the loop is done with what it got before.
func (b *bench) sync() {
	for range 2 { // a turn of the loop is over when the next command is taken
		must(b.t, b.watcher.do(func() {}))
	}
}

// advance lets time pass and returns when the loop has seen it.
func (b *bench) advance(d time.Duration) {
	b.clock.Advance(d)
	b.sync()
}

func (b *bench) next() Batch {
	b.t.Helper()
	select {
	case batch := <-b.batches:
		return batch
	case <-time.After(deadline):
		b.t.Fatal("no batch came")
		return Batch{}
	}
}

// quiet checks that nothing is waiting to be reported.
func (b *bench) quiet(when string) {
	b.t.Helper()
	waiting := 0
	must(b.t, b.watcher.do(func() { waiting = len(b.watcher.ready) }))
	if waiting > 0 || len(b.batches) > 0 {
		b.t.Errorf("%s: a batch came", when)
	}
}

func TestDebounce(t *testing.T) {
	b := newBench(t, newFakeSource(), "a.go", "b.go")
	b.send("a.go", fsnotify.Write)
	b.advance(40 * time.Millisecond)
	b.send("b.go", fsnotify.Write)
	b.advance(40 * time.Millisecond)
	b.quiet("40 ms after the last event")
	b.advance(10 * time.Millisecond)
	if got, want := b.next(), (Batch{Root: b.root.Path, Changed: []string{b.path("a.go"), b.path("b.go")}}); !reflect.DeepEqual(got, want) {
		t.Errorf("batch %+v, want %+v", got, want)
	}
	// Without a pause the batch ends after the greatest delay.
	b.send("a.go", fsnotify.Write)
	for range 4 {
		b.advance(30 * time.Millisecond)
		b.send("a.go", fsnotify.Write)
	}
	b.quiet("120 ms after the first event")
	b.advance(30 * time.Millisecond)
	b.next()
	b.send("a.go", fsnotify.Chmod)
	b.send("none.go", fsnotify.Create)
	b.advance(time.Second)
	b.quiet("after a mode change and the creation of what is gone already")
}

func TestRescans(t *testing.T) {
	for _, c := range []struct {
		name   string
		cause  func(b *bench)
		reason Reason
	}{
		{"overflow", func(b *bench) { b.src.errors <- fsnotify.ErrEventOverflow; b.sync(); b.advance(50 * time.Millisecond) }, Overflow},
		{"reconciliation", func(b *bench) {
			for range 23 { // until it is due for sure
				b.advance(29 * time.Second)
			}
			b.advance(50 * time.Millisecond) // until its batch is, which may be of the last step
		}, Reconcile},
		{"sleep", func(b *bench) { b.advance(50 * time.Second); b.advance(50 * time.Millisecond) }, Woke},
		{"poke", func(b *bench) { b.watcher.Poke() }, Poked},
		{"moved directory", func(b *bench) { b.send("d", fsnotify.Rename); b.advance(50 * time.Millisecond) }, Moved},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, newFakeSource(), "a.go", "d/e/f.go")
			all := b.src.watched()
			if len(all) != 3 {
				t.Fatalf("watched %q", all)
			}
			must(t, b.src.Remove(b.path("d"))) // as if the system had lost it
			c.cause(b)
			if got := b.next(); !got.Rescan || got.Reason != c.reason {
				t.Errorf("batch %+v, want a rescan for %s", got, c.reason)
			}
			if got := b.src.watched(); !slices.Equal(got, all) {
				t.Errorf("afterwards watched %q, want %q", got, all)
			}
			if len(b.errors) > 0 {
				t.Errorf("errors %v", b.errors)
			}
		})
	}
}

func TestSourceError(t *testing.T) {
	b := newBench(t, newFakeSource())
	cause := errors.New("read failed")
	b.src.errors <- cause
	b.sync()
	b.advance(time.Second)
	b.quiet("after an error")
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.errors) != 1 || !errors.Is(b.errors[0], cause) {
		t.Errorf("errors %v", b.errors)
	}
}

// TestScarceWatches runs out of watches, polls the rest, and gets them later.
func TestScarceWatches(t *testing.T) {
	src := newFakeSource()
	scarce := true
	src.refuse = func(dir string) error {
		if scarce && filepath.Base(dir) == "e" {
			return syscall.ENOSPC
		}
		return nil
	}
	b := newBench(t, src, "a.go", "d/e/f.go", "d/g.go")
	b.advance(time.Second)
	if got := b.next(); !got.Rescan || got.Reason != LostWatches {
		t.Errorf("batch %+v, want a rescan for lost watches", got)
	}
	if mode := b.watcher.Mode(); mode != (Mode{Kind: Mixed, Watched: 2, Unwatched: 1, Detail: syscall.ENOSPC.Error()}) {
		t.Errorf("mode %+v", mode)
	}
	write(t, b.path("d/e/new.go"), "polled")
	write(t, b.path("d/h.go"), "not polled, since it is watched")
	b.advance(2 * time.Second)
	b.advance(50 * time.Millisecond)
	if got, want := b.next().Created, []string{b.path("d/e/new.go")}; !slices.Equal(got, want) {
		t.Errorf("created %q, want %q", got, want)
	}
	src.mu.Lock()
	scarce = false
	src.mu.Unlock()
	b.watcher.Poke()
	if got := b.next(); got.Reason != Poked || len(got.Deleted) > 0 {
		t.Errorf("batch %+v", got)
	}
	if mode := b.watcher.Mode(); mode != (Mode{Kind: Notify, Watched: 3}) {
		t.Errorf("mode %+v", mode)
	}
}

func TestPollInterval(t *testing.T) {
	b := newBench(t, nil, "a.go")
	var intervals []time.Duration
	last := b.clock.Now()
	for range 12 {
		must(t, b.watcher.do(func() { intervals = append(intervals, b.watcher.trees[0].scanDue.Sub(last)) }))
		b.advance(intervals[len(intervals)-1])
		last = b.clock.Now()
	}
	if intervals[0] != time.Second || intervals[3] <= intervals[1] || intervals[11] != 30*time.Second {
		t.Errorf("intervals while nothing happens: %v", intervals)
	}
	b.quiet("while nothing happens")
	write(t, b.path("b.go"), "x")
	b.advance(30 * time.Second)
	b.advance(50 * time.Millisecond)
	if got := b.next(); got.Rescan || !slices.Equal(got.Created, []string{b.path("b.go")}) {
		t.Errorf("batch %+v", got)
	}
	must(t, b.watcher.do(func() {
		if every := b.watcher.trees[0].scanEvery; every != time.Second {
			t.Errorf("interval after a change: %v", every)
		}
	}))
	if mode := b.watcher.Mode(); mode != (Mode{Kind: Polling}) {
		t.Errorf("mode %+v", mode)
	}
	b.watcher.Poke()
	if got, want := b.next(), (Batch{Root: b.root.Path, Reason: Poked}); !reflect.DeepEqual(got, want) {
		t.Errorf("poked without a change: %+v", got)
	}
}

// TestBusyCallback lets batches queue up while the callback does not return.
func TestBusyCallback(t *testing.T) {
	b := newBench(t, newFakeSource(), "a.go")
	b.batches = make(chan Batch) // the callback blocks until the test takes the batch
	for i := range 5 {
		write(t, b.path(fmt.Sprintf("f%d.go", i)), "x")
		b.send(fmt.Sprintf("f%d.go", i), fsnotify.Create)
		b.advance(50 * time.Millisecond)
	}
	for i := range 5 {
		if got, want := b.next().Created, []string{b.path(fmt.Sprintf("f%d.go", i))}; !slices.Equal(got, want) {
			t.Errorf("batch %d creates %q, want %q", i, got, want)
		}
	}
}

func TestPending(t *testing.T) {
	now := time.Unix(0, 0)
	sep := string(filepath.Separator)
	for _, c := range []struct {
		name string
		do   func(p *pending)
		want Batch
	}{
		{"created and changed", func(p *pending) { p.file("f", created, now); p.file("f", changed, now) }, Batch{Created: []string{"f"}}},
		{"deleted and back", func(p *pending) { p.file("f", deleted, now); p.file("f", created, now) }, Batch{Changed: []string{"f"}}},
		{"created and deleted", func(p *pending) { p.file("f", created, now); p.file("f", deleted, now) }, Batch{Deleted: []string{"f"}}},
		{"changed and replaced", func(p *pending) { p.file("f", changed, now); p.file("f", created, now) }, Batch{Changed: []string{"f"}}},
		{"directory deleted", func(p *pending) {
			p.file("d"+sep+"f", changed, now)
			p.file("de", changed, now)
			p.dir("d", now)
		}, Batch{Changed: []string{"de"}, Deleted: []string{"d"}}},
		{"directory deleted and a file in its place", func(p *pending) { p.dir("d", now); p.file("d", created, now) }, Batch{Created: []string{"d"}, Deleted: []string{"d"}}},
		{"greatest reason", func(p *pending) { p.rescanFor(Overflow, now); p.rescanFor(Poked, now) }, Batch{Rescan: true, Reason: Overflow}},
	} {
		var p pending
		c.do(&p)
		if got := p.take(""); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if _, ok := p.due(1, 1); ok {
			t.Errorf("%s: something is left", c.name)
		}
	}
}

func TestNames(t *testing.T) {
	for reason := Changes; reason <= Overflow; reason++ {
		if s := reason.String(); s == "" || s == "unknown" {
			t.Errorf("reason %d has no name", reason)
		}
	}
	for _, kind := range []Kind{Auto, Notify, Polling, Mixed} {
		w := New(Options{Kind: kind}, func(Batch) {})
		if mode := w.Mode(); kind == Polling && mode.Kind != Polling || mode.Kind.String() == "auto" {
			t.Errorf("a watcher of kind %s has mode %+v", kind, mode)
		}
		must(t, w.Close())
		must(t, w.Close())
	}
}
