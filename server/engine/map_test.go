package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"lsp/server/engine"
	"lsp/workspace"
)

// many writes n small functions into one file.
func many(n int) string {
	var b strings.Builder
	b.WriteString("package a\n")
	for i := range n {
		fmt.Fprintf(&b, "\n// f%d adds %d to what it is given.\nfunc f%d(x int) int { return x + %d }\n", i, i, i, i)
	}
	return b.String()
}

func (b *bench) mapped() *engine.Map {
	b.t.Helper()
	m, err := b.Map(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// TestMap: every function of the open folders once, in order and within the circle; the map is kept until the code
// changes, and the same code gives the same map.
func TestMap(t *testing.T) {
	b := start(t, engine.Config{})
	if m := b.mapped(); len(m.Functions) != 0 || m.Of != 0 {
		t.Fatalf("without a folder the map is %+v", m)
	}
	dir := folder(t, map[string]string{
		"z/a.go":     many(30),
		"b/b.go":     "package b\n\ntype T struct{}\n\nfunc (T) Close() {}\n",
		"out/c.go":   "package c\n\nfunc Left() {}\n",
		"notes.txt":  "no function\n",
		".git/HEAD":  "ref: refs/heads/main\n",
		".git/x":     "",
		"b/inner.go": "package b\n\nfunc Inner() {}\n",
	})
	b.open(filepath.Join(dir, "z"))
	b.open(filepath.Join(dir, "b"))
	if err := b.Flush(t.Context()); err != nil { // storing what was indexed makes another epoch of it
		t.Fatal(err)
	}
	m := b.mapped()
	if len(m.Functions) != 32 || m.Of != 32 || !m.Complete {
		t.Fatalf("%d of %d functions, complete %v; want 32", len(m.Functions), m.Of, m.Complete)
	}
	first := m.Functions[0]
	if first.Root != dir || first.Path != "b/b.go" || first.Name != "Close" || first.Owner != "T" || first.StartLine != 5 || first.EndLine != 5 {
		t.Errorf("the first function is %+v", first)
	}
	for _, f := range m.Functions {
		if r := math.Hypot(float64(f.X), float64(f.Y)); math.IsNaN(r) || r > 1.0001 {
			t.Errorf("%s lies at %v, %v", f.Name, f.X, f.Y)
		}
	}
	if b.mapped() != m {
		t.Error("an unchanged index has another map")
	}
	b.modify(workspace.Modification{
		Path: filepath.Join(dir, "b", "new.go"), Action: workspace.ActionOpen, Cause: workspace.CauseEditor,
		Text: "package b\n\nfunc Unsaved() {}\n",
	})
	b.wait()
	changed := b.mapped()
	if len(changed.Functions) != 33 {
		t.Errorf("%d functions with an unsaved one, want 33", len(changed.Functions))
	}
	b.modify(workspace.Modification{Path: filepath.Join(dir, "b", "new.go"), Action: workspace.ActionClose, Cause: workspace.CauseEditor})
	b.wait()
	if again := b.mapped(); !reflect.DeepEqual(again.Functions, m.Functions) {
		t.Error("the same code has another map")
	}
	if done, total := b.MapProgress(); total != 0 {
		t.Errorf("a map is still being made: %d of %d", done, total)
	}
}

// TestMapTogether: callers share one map, one who leaves does not disturb the others, and closing ends all.
func TestMapTogether(t *testing.T) {
	b := start(t, engine.Config{})
	b.open(folder(t, map[string]string{"a.go": many(400)}))
	var wg sync.WaitGroup
	maps := make([]*engine.Map, 8)
	for i := range maps {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%2 == 1 {
				cancel()
			}
			m, err := b.Map(ctx)
			if i%2 == 1 {
				if m == nil && !errors.Is(err, context.Canceled) {
					t.Errorf("left with %v", err)
				}
				return
			}
			if err != nil {
				t.Error(err)
			}
			maps[i] = m
		})
	}
	wg.Wait()
	for _, m := range maps {
		if m != nil && m != maps[0] {
			t.Error("callers got different maps")
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Map(context.Background()); err == nil {
		t.Error("a closed engine has a map")
	}
}

// TestSource reads what is indexed and nothing else.
func TestSource(t *testing.T) {
	outside := folder(t, map[string]string{"secret.go": "package secret\n"})
	dir := folder(t, map[string]string{
		"in/a.go": "package a\n", "in/.env": "KEY=1\n", "out/b.go": "package b\n", "in/gone.go": "package gone\n", ".git/HEAD": "ref: x\n",
		".gitignore": "ignored.go\n", "in/ignored.go": "package ignored\n",
	})
	if err := os.Symlink(filepath.Join(outside, "secret.go"), filepath.Join(dir, "in", "link.go")); err != nil {
		t.Logf("no links here: %v", err)
	}
	b := start(t, engine.Config{})
	b.open(filepath.Join(dir, "in"))
	if err := os.Remove(filepath.Join(dir, "in", "gone.go")); err != nil {
		t.Fatal(err)
	}
	b.modify(workspace.Modification{
		Path: filepath.Join(dir, "in", "a.go"), Action: workspace.ActionOpen, Cause: workspace.CauseEditor, Text: "package unsaved\n",
	})
	b.wait()
	for _, path := range []string{"in/a.go", filepath.Join(dir, "in", "a.go"), "in/../in/a.go"} {
		text, err := b.Source(t.Context(), dir, path)
		if err != nil || string(text) != "package unsaved\n" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	for path, want := range map[string]error{
		"in/gone.go":                           fs.ErrNotExist,
		"in/nothing.go":                        engine.ErrNotIndexed,
		"in/.env":                              engine.ErrNotIndexed,
		"in/ignored.go":                        engine.ErrNotIndexed,
		"in":                                   engine.ErrNotIndexed,
		"out/b.go":                             engine.ErrNotIndexed,
		"in/link.go":                           engine.ErrNotOpen,
		"../x.go":                              engine.ErrNotOpen,
		filepath.Join(outside, "secret.go"):    engine.ErrNotOpen,
		"in/../../../../../../../etc/passwd":   engine.ErrNotOpen,
		"in/a.go/../../../" + "outside/a.go":   engine.ErrNotOpen,
		"in/a.go\x00":                          nil,
		strings.Repeat("deep/", 2000) + "a.go": nil,
	} {
		text, err := b.Source(t.Context(), dir, path)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %q, error %v, want %v", path, text, err, want)
		}
	}
}
