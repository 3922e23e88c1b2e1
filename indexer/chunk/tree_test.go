//go:build cgo

package chunk

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// TestMemoryLimit stops a parse that asks for more memory than it may have, and the parser stays usable.
func TestMemoryLimit(t *testing.T) {
	text := longPython(2000)
	f := Chunk(context.Background(), "a.py", text, Options{MaxMemory: 1 << 10, Keep: true})
	checkUnits(t, text, f)
	if f.Fallback == "" || f.State != nil {
		t.Errorf("fallback %q, state %v", f.Fallback, f.State)
	}
	f = Chunk(context.Background(), "a.py", text, Options{})
	checkUnits(t, text, f)
	if f.Fallback != "" {
		t.Errorf("fallback %q after the limit was lifted", f.Fallback)
	}
}

// TestStopped stops parses ever nearer to their end, where the parser balances the tree of a long list, and holds that it
// reads the next text all the same.
func TestStopped(t *testing.T) {
	long := []byte("x = [" + strings.Repeat("1,\n", 30_000) + "]\n")
	low, high := time.Microsecond, time.Minute
	for range 24 {
		limit := (low + high) / 2
		if f := Chunk(context.Background(), "a.py", long, Options{MaxTime: limit}); f.Fallback != "" {
			low = limit
		} else {
			high = limit
		}
		if f := Chunk(context.Background(), "b.py", []byte("def f():\n    pass\n"), Options{}); f.Fallback != "" {
			t.Fatalf("after a parse of at most %v: %s", limit, f.Fallback)
		}
	}
}

// TestGrammars verifies that every grammar fits the library and has every kind of node that its rules name, but for
// the family of JavaScript, whose members share one table.
func TestGrammars(t *testing.T) {
	for _, l := range languages {
		g, ok := l.backend.(*grammar)
		if !ok {
			continue
		}
		if !g.borrow(func(*chunkParser) {}) {
			t.Errorf("the grammar of %s does not fit the library", l.name)
			continue
		}
		if l.name == "javascript" || l.name == "typescript" || l.name == "tsx" {
			continue
		}
		have := map[string]bool{}
		for _, s := range g.symbols {
			have[s] = true
		}
		for kind := range g.rules {
			if !have[kind] {
				t.Errorf("%s has no node of kind %s", l.name, kind)
			}
		}
		for _, kind := range append(g.prune, g.leaf...) {
			if !have[kind] {
				t.Errorf("%s has no node of kind %s to stay out of", l.name, kind)
			}
		}
	}
}

// TestDeep reads text nested so deeply that recursion over it would exhaust the stack.
func TestDeep(t *testing.T) {
	const n = 60_000
	for path, text := range map[string][]byte{
		"a.js":    bytes.Join([][]byte{bytes.Repeat([]byte("f(\n"), n), bytes.Repeat([]byte(")\n"), n)}, nil),
		"a.py":    bytes.Join([][]byte{[]byte("x = "), bytes.Repeat([]byte("[\n"), n), bytes.Repeat([]byte("]\n"), n)}, nil),
		"a.rs":    []byte(strings.Repeat("mod a {\n", n) + strings.Repeat("}\n", n)),
		"a.swift": []byte(strings.Repeat("class A {\n", n) + strings.Repeat("}\n", n)),
		"b.dart":  []byte("x = " + strings.Repeat("{}", 20*n)),
	} {
		checkUnits(t, text, Chunk(context.Background(), path, text, Options{}))
	}
}
