package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"lsp/workspace"
)

// fakeClock stands still unless it is advanced.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*fakeTimer
}

type fakeTimer struct {
	clock *fakeClock
	c     chan time.Time
	when  time.Time // zero when stopped
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) NewTimer(d time.Duration) Timer {
	t := &fakeTimer{clock: c, c: make(chan time.Time, 1)}
	c.mu.Lock()
	c.timers = append(c.timers, t)
	c.mu.Unlock()
	t.Reset(d)
	return t
}

func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for _, t := range c.timers {
		t.fire()
	}
}

func (t *fakeTimer) fire() {
	if !t.when.IsZero() && !t.clock.now.Before(t.when) {
		t.when = time.Time{}
		t.c <- t.clock.now
	}
}

func (t *fakeTimer) C() <-chan time.Time { return t.c }

func (t *fakeTimer) Reset(d time.Duration) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.drain()
	t.when = t.clock.now.Add(d)
	t.fire()
}

func (t *fakeTimer) Stop() {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.drain()
	t.when = time.Time{}
}

func (t *fakeTimer) drain() {
	select {
	case <-t.c:
	default:
	}
}

// fakeSource delivers what the test sends.
type fakeSource struct {
	events chan fsnotify.Event
	errors chan error

	mu     sync.Mutex
	dirs   map[string]bool // guarded by mu
	refuse func(dir string) error
}

func newFakeSource() *fakeSource {
	return &fakeSource{events: make(chan fsnotify.Event), errors: make(chan error), dirs: map[string]bool{}}
}

func (s *fakeSource) Add(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if err := s.refuse(dir); err != nil {
			return err
		}
	}
	s.dirs[dir] = true
	return nil
}

func (s *fakeSource) Remove(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dirs[dir] {
		return fsnotify.ErrNonExistentWatch
	}
	delete(s.dirs, dir)
	return nil
}

func (s *fakeSource) watched() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.dirs))
}

func (s *fakeSource) Events() <-chan fsnotify.Event { return s.events }
func (s *fakeSource) Errors() <-chan error          { return s.errors }
func (s *fakeSource) Close() error                  { return nil }

// scarceSource is the real source with few watches.
type scarceSource struct {
	source
	mu   sync.Mutex
	left int // guarded by mu
}

func (s *scarceSource) Add(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		return syscall.ENOSPC
	}
	s.left--
	return s.source.Add(dir)
}

// kinds are the ways to start a watcher that all must pass the same cases.
func kinds(t *testing.T) map[string]func(report func(Batch)) *watcher {
	opts := Options{
		Quiet: time.Millisecond, MaxDelay: 5 * time.Millisecond, PollMin: time.Millisecond, PollMax: 2 * time.Millisecond, Reconcile: time.Hour,
		OnError: func(err error) { t.Logf("watcher: %v", err) },
	}.withDefaults()
	real := func() source {
		src, err := newNotifySource()
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	return map[string]func(report func(Batch)) *watcher{
		"notify":  func(report func(Batch)) *watcher { return start(opts, real(), "", report) },
		"polling": func(report func(Batch)) *watcher { return start(opts, nil, "", report) },
		"mixed": func(report func(Batch)) *watcher {
			quiet := opts
			quiet.OnError = func(error) {}
			return start(quiet, &scarceSource{source: real(), left: 3}, "", report)
		},
	}
}

// A follower knows of the files under a root only what batches told it, as an
// index would.
type follower struct {
	t       *testing.T
	root    workspace.Root
	rules   *workspace.Rules
	watcher Watcher
	batches chan Batch

	known   map[string]string // content by path
	seen    map[string]bool   // every path that was ever in a list
	reasons map[Reason]bool   // of the batches that asked for a rescan
}

// deadline ends tests that wait for something that does not come.
const deadline = time.Minute

func follow(t *testing.T, top string, start func(report func(Batch)) *watcher) *follower {
	t.Helper()
	root, err := workspace.FindRoot(top)
	if err != nil {
		t.Fatal(err)
	}
	f := &follower{t: t, root: root, rules: workspace.LoadRules(root, workspace.RuleOptions{}), batches: make(chan Batch), seen: map[string]bool{}, reasons: map[Reason]bool{}}
	done := make(chan struct{})
	f.watcher = start(func(b Batch) {
		select {
		case f.batches <- b:
		case <-done:
		}
	})
	t.Cleanup(func() {
		close(done)
		if err := f.watcher.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := f.watcher.Add(root, f.rules); err != nil {
		t.Fatal(err)
	}
	f.known = f.disk()
	return f
}

// disk returns what a complete index would hold.
func (f *follower) disk() map[string]string {
	files := map[string]string{}
	// The follower has rules of its own: those it shares with the watcher may lag behind.
	_, err := workspace.Walk(context.Background(), workspace.LoadRules(f.root, workspace.RuleOptions{}), workspace.WalkOptions{}, func(e workspace.Entry) error {
		if content, err := os.ReadFile(e.Path); err == nil {
			files[e.Path] = string(content)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.t.Fatal(err)
	}
	return files
}

// count returns the size of disk at a fraction of its cost.
func (f *follower) count() int {
	counts, err := workspace.Walk(context.Background(), workspace.LoadRules(f.root, workspace.RuleOptions{}), workspace.WalkOptions{}, func(workspace.Entry) error { return nil })
	if err != nil {
		return 0 // the root is gone
	}
	return counts.Files
}

func (f *follower) apply(b Batch) {
	for _, path := range slices.Concat(b.Deleted, b.Created, b.Changed) {
		f.seen[path] = true
	}
	if b.Rescan {
		f.reasons[b.Reason] = true
		f.known = f.disk()
		return
	}
	for _, gone := range b.Deleted {
		maps.DeleteFunc(f.known, func(path, _ string) bool {
			return path == gone || strings.HasPrefix(path, gone+string(filepath.Separator))
		})
	}
	for _, path := range slices.Concat(b.Created, b.Changed) {
		if content, err := os.ReadFile(path); err == nil {
			f.known[path] = string(content)
		} else {
			delete(f.known, path)
		}
	}
}

// await applies batches until the condition holds.
func (f *follower) await(what string, holds func() bool) {
	f.t.Helper()
	timeout := time.After(deadline)
	for !holds() {
		select {
		case b := <-f.batches:
			f.apply(b)
		case <-timeout:
			f.t.Fatalf("waited in vain for %s\nknown: %q\ndisk:  %q\nmode: %+v", what, short(f.known), short(f.disk()), f.watcher.Mode())
		}
	}
}

// settle waits until the follower knows what is on disk.
func (f *follower) settle() {
	f.t.Helper()
	f.await("the state of the disk", func() bool { return f.count() == len(f.known) && maps.Equal(f.known, f.disk()) })
}

func (f *follower) path(rel string) string {
	return filepath.Join(f.root.Path, filepath.FromSlash(rel))
}

func short(files map[string]string) []string {
	names := slices.Sorted(maps.Keys(files))
	return names[:min(len(names), 50)]
}

func tempTree(t *testing.T, files ...string) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	top, err := workspace.Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	top = filepath.Join(top, "root") // so that the test may delete it
	if err := os.Mkdir(top, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		write(t, filepath.Join(top, name), name)
	}
	return top
}

func write(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=n", "-c", "user.email=e"}, args...)...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatal(fmt.Errorf("git %q: %w\n%s", args, err, out.String()))
	}
}
