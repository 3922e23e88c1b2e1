package indexer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/workspace"
)

// fixture is a workspace in a temporary folder with an index over it.
type fixture struct {
	t    *testing.T
	root string
	dir  string
	enc  *encoder.Hashed
	*indexer.Index
}

func newFixture(t *testing.T, files map[string]string) *fixture {
	t.Helper()
	root, err := workspace.Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, root: root, dir: filepath.Join(t.TempDir(), "index"), enc: encoder.NewHashed(32)}
	for path, text := range files {
		f.write(path, text)
	}
	f.open()
	return f
}

func (f *fixture) open(changes ...func(*indexer.Config)) {
	f.t.Helper()
	f.Index = f.openAnother(changes...)
	f.t.Cleanup(func() { f.Index.Close() })
}

func (f *fixture) openAnother(changes ...func(*indexer.Config)) *indexer.Index {
	f.t.Helper()
	root := workspace.Root{Path: f.root}
	cfg := indexer.Config{
		Root: root, Dir: f.dir, Encoder: f.enc, Rules: workspace.LoadRules(root, workspace.RuleOptions{}), Workers: 2,
	}
	for _, change := range changes {
		change(&cfg)
	}
	x, err := indexer.Open(cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	return x
}

func (f *fixture) write(path, text string) {
	f.t.Helper()
	abs := filepath.Join(f.root, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// change notifies the index and waits until it shows the change.
func (f *fixture) change(changes ...indexer.Change) {
	f.t.Helper()
	if err := f.WaitFor(context.Background(), f.Notify(changes)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) reconcile() {
	f.t.Helper()
	if err := f.Reconcile(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// names returns the live units as path:name, counted.
func names(x *indexer.Index) map[string]int {
	e, release := x.Acquire()
	defer release()
	out := map[string]int{}
	for _, l := range e.Layers {
		for u := range uint32(l.Segment.Units()) {
			if l.Alive.Has(u) {
				unit := l.Segment.Unit(u)
				out[unit.Path+":"+unit.Name]++
			}
		}
	}
	return out
}

func (f *fixture) want(want ...string) {
	f.t.Helper()
	got := names(f.Index)
	for _, w := range want {
		if got[w] != 1 {
			f.t.Errorf("unit %q is there %d times, want once; have %v", w, got[w], got)
		}
	}
}

func (f *fixture) wantNot(unwanted ...string) {
	f.t.Helper()
	got := names(f.Index)
	for _, w := range unwanted {
		if got[w] != 0 {
			f.t.Errorf("unit %q is still there", w)
		}
	}
}

const twoFunctions = "package a\n\n// One is the first.\nfunc One() int { return 1 }\n\n// Two is the second.\nfunc Two() int { return 2 }\n"

func TestReconcileThenEdits(t *testing.T) {
	f := newFixture(t, map[string]string{"a/a.go": twoFunctions, "b.go": "package b\n\nfunc Bee() {}\n"})
	f.reconcile()
	f.want("a/a.go:One", "a/a.go:Two", "b.go:Bee")

	encoded := f.Status().Encoded
	f.change(indexer.Change{Path: "a/a.go", Buffer: true, Text: []byte(twoFunctions + "\nfunc Three() {}\n")})
	f.want("a/a.go:One", "a/a.go:Two", "a/a.go:Three")
	if n := f.Status().Encoded - encoded; n != 1 {
		t.Errorf("%d units were encoded after one function was added, want 1", n)
	}
	f.change(indexer.Change{Path: "a/a.go", Closed: true})
	f.wantNot("a/a.go:Three")

	f.write("a/a.go", "package a\n\nfunc Only() {}\n")
	if err := os.Remove(filepath.Join(f.root, "b.go")); err != nil {
		t.Fatal(err)
	}
	f.change(indexer.Change{Path: "a/a.go"}, indexer.Change{Path: "b.go"})
	f.want("a/a.go:Only")
	f.wantNot("a/a.go:One", "b.go:Bee")
}

// TestEndOfChangesIsTold holds that who asks for the status whenever it may have changed, and at no other time, learns
// in the end that no change is pending.
// TestBuffersAreJudgedLikeFiles: what would not be indexed in a file is not found in its buffer either, nor is what the
// buffer has replaced.
func TestBuffersAreJudgedLikeFiles(t *testing.T) {
	f := newFixture(t, map[string]string{"a.js": "function before() {}\n"})
	f.reconcile()
	show := func(text string) {
		t.Helper()
		f.change(indexer.Change{Path: "a.js", Buffer: true, Text: []byte(text)})
	}
	typed := "function typed() {}\n"
	for reason, text := range map[string]string{
		"huge":     strings.Repeat(typed, int(workspace.DefaultMaxSize)/len(typed)+1),
		"minified": strings.Repeat(strings.TrimSpace(typed), 1000),
		"binary":   typed + "\x00",
	} {
		show(text)
		if st := f.Status(); st.Units != 0 || st.Skipped[reason] != 1 {
			t.Errorf("a %s buffer: %d units, skipped %v", reason, st.Units, st.Skipped)
		}
		show(typed)
		f.want("a.js:typed")
		f.wantNot("a.js:before")
	}
	f.change(indexer.Change{Path: "a.js", Closed: true})
	f.want("a.js:before")
}

func TestEndOfChangesIsTold(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": twoFunctions})
	f.reconcile()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var x *indexer.Index
	var pending int
	told := make(chan struct{}, 1)
	f.open(func(c *indexer.Config) {
		c.OnChange = func() {
			mu.Lock()
			defer mu.Unlock()
			if x == nil {
				return // it is being opened
			}
			pending = x.Status().Pending
			select {
			case told <- struct{}{}:
			default:
			}
		}
	})
	mu.Lock()
	x = f.Index
	mu.Unlock()
	var many []indexer.Change
	for i := range 300 {
		many = append(many, indexer.Change{Path: fmt.Sprintf("gone%d.go", i)})
	}
	f.write("b.go", "package a\n\nfunc Bee() {}\n")
	for name, changes := range map[string][]indexer.Change{
		"buffer": {{Path: "a.go", Buffer: true, Text: []byte("package a\n\nfunc Typed() {}\n")}},
		"file":   {{Path: "b.go"}},
		"many":   many,
	} {
		f.change(changes...)
		for deadline := time.After(time.Minute); ; {
			mu.Lock()
			left := pending
			mu.Unlock()
			if left == 0 {
				break
			}
			select {
			case <-told:
			case <-deadline:
				t.Fatalf("%s: %d changes were pending when the status was last said to have changed", name, left)
			}
		}
	}
}

func TestReopenKeepsAndReusesAll(t *testing.T) {
	f := newFixture(t, map[string]string{"a/a.go": twoFunctions})
	f.reconcile()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	before := f.enc.Encoded()
	f.open()
	f.want("a/a.go:One", "a/a.go:Two")
	if err := os.Rename(filepath.Join(f.root, "a"), filepath.Join(f.root, "moved")); err != nil {
		t.Fatal(err)
	}
	f.reconcile()
	f.want("moved/a.go:One", "moved/a.go:Two")
	f.wantNot("a/a.go:One")
	if n := f.enc.Encoded() - before; n != 0 {
		t.Errorf("%d units were encoded after a folder was renamed, want none", n)
	}
}
