//go:build cgo

package chunk

// #include "tree.h"
// #include <stdlib.h>
import "C"

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	// Its init comes before ours, and it brings the C library that tree.c calls.
	sitter "github.com/tree-sitter/go-tree-sitter"
)

// The library's interface, which tree.h declares again, must be the one that was linked.
var (
	_ [unsafe.Sizeof(C.TSNode{})]byte       = [unsafe.Sizeof(sitter.Node{})]byte{}
	_ [unsafe.Sizeof(C.TSTreeCursor{})]byte = [unsafe.Sizeof(sitter.TreeCursor{})]byte{}
	_ [15]byte                              = [sitter.LANGUAGE_VERSION]byte{}
)

func init() {
	// The binding sends every allocation of the library through a Go callback, which halves its speed.
	C.chunk_count_allocations()
}

// grammar is a tree-sitter grammar with the rules for its nodes, resolved once.
type grammar struct {
	load      func() unsafe.Pointer // returns the language
	separator string                // between owner and name
	rules     map[string]rule       // by kind of node
	leaf      []string              // kinds to report without their children; anonymous tokens in quotes
	prune     []string              // kinds to stay out of
	scan      *scanSyntax           // for text with errors; nil when the language has no braces
	mask      func([]byte) []byte   // what to parse in place of a text, of the same length; nil when the text itself
	newline   bool                  // its scanner goes on for ever where a word ends the text, so one more line end is read
	clauses   bool                  // neighbouring functions of one name are clauses of one function
	exported  func(t *treeCutter, d *declaration) bool

	once    sync.Once
	ptr     unsafe.Pointer
	policy  []C.uint8_t
	bySym   []*rule
	symbols []string
	fields  map[string]C.uint16_t
	parsers sync.Pool
}

// errorSymbol is the symbol of a node that holds text the grammar could not read.
const errorSymbol = 0xffff

func (g *grammar) resolve() {
	g.ptr = g.load()
	n := int(C.chunk_symbol_count(g.ptr))
	g.policy = make([]C.uint8_t, n)
	g.symbols = make([]string, n)
	g.bySym = make([]*rule, n)
	for i := range n {
		name := C.GoString(C.chunk_symbol_name(g.ptr, C.uint16_t(i)))
		if !C.chunk_symbol_named(g.ptr, C.uint16_t(i)) {
			name = "'" + name + "'"
		}
		g.symbols[i] = name
		if r, ok := g.rules[name]; ok {
			g.policy[i] |= C.CHUNK_EMIT
			g.bySym[i] = &r
		}
		if slices.Contains(g.leaf, name) {
			g.policy[i] |= C.CHUNK_LEAF
		}
		if slices.Contains(g.prune, name) {
			g.policy[i] |= C.CHUNK_PRUNE
		}
	}
	g.fields = map[string]C.uint16_t{}
	for i := C.uint32_t(1); i <= C.chunk_field_count(g.ptr); i++ {
		g.fields[C.GoString(C.chunk_field_name(g.ptr, C.uint16_t(i)))] = C.uint16_t(i)
	}
}

// chunkParser is a parser with the list of nodes of its last walk.
type chunkParser = C.chunk_parser

// tree is a parsed text. It is freed when nothing refers to it any more.
type tree struct {
	ptr *C.TSTree
}

func newTree(ptr *C.TSTree) *tree {
	t := &tree{ptr}
	runtime.AddCleanup(t, func(ptr *C.TSTree) { C.chunk_tree_delete(ptr) }, ptr)
	return t
}

// pooledParser is a parser that is freed when the pool drops it.
type pooledParser struct{ ptr *chunkParser }

// borrow calls use with a parser of the grammar, whose list of nodes is valid until use returns, and reports whether
// the grammar fits the library.
func (g *grammar) borrow(use func(p *chunkParser)) bool {
	g.once.Do(g.resolve)
	p, _ := g.parsers.Get().(*pooledParser)
	if p == nil {
		p = &pooledParser{C.chunk_parser_new(g.ptr)}
		if p.ptr == nil {
			return false
		}
		runtime.AddCleanup(p, func(ptr *chunkParser) { C.chunk_parser_delete(ptr) }, p.ptr)
	}
	use(p.ptr)
	g.parsers.Put(p)
	runtime.KeepAlive(p)
	return true
}

// treeMaxNodes bounds the list of one walk; what is beyond it becomes module units.
const treeMaxNodes = 4 << 20

// cut implements backend.
func (g *grammar) cut(ctx context.Context, c *cutter) (fallback string) {
	if len(c.src) == 0 {
		return ""
	}
	if ctx.Err() != nil {
		return "cancelled"
	}
	fits := g.borrow(func(p *chunkParser) {
		if g.mask != nil {
			c.read = g.mask(c.src)
		}
		ptr := g.parse(p, c)
		if ptr == nil {
			fallback = "beyond the limits of time and memory"
			return
		}
		var count C.uint32_t
		list := C.chunk_walk(p, ptr, &g.policy[0], C.uint32_t(len(g.policy)), treeMaxNodes, &count)
		t := treeCutter{cutter: c, g: g, nodes: unsafe.Slice((*node)(unsafe.Pointer(list)), int(count))}
		if count > 0 {
			t.visit(0, scope{})
			if g.clauses {
				t.mergeClauses()
			}
			if c.file.Damaged && g.scan != nil {
				c.recoverUnits(g.scan)
			}
			t.markExports()
		}
		if c.opts.Keep {
			c.file.State = &State{lang: c.lang, text: c.read, tree: newTree(ptr)}
		} else {
			C.chunk_tree_delete(ptr)
		}
	})
	if !fits {
		return "the grammar does not fit the library"
	}
	return fallback
}

// parse returns the tree of the text, which the caller owns, or nil beyond the limits. Reusing a previous tree gives
// the tree that a fresh parse gives as long as the grammar meets no error, but errors may be recovered from in
// another way; so a damaged text is parsed again from nothing.
func (g *grammar) parse(p *chunkParser, c *cutter) *C.TSTree {
	var damaged C.bool
	run := func(old *C.TSTree) *C.TSTree {
		return C.chunk_parse(p, (*C.char)(unsafe.Pointer(&c.read[0])), C.uint32_t(len(c.read)), C.bool(g.newline), old,
			C.uint64_t(c.opts.MaxTime.Microseconds()), C.uint64_t(c.opts.MaxMemory), &damaged)
	}
	if previous := c.opts.Previous; previous != nil && previous.lang == c.lang && previous.tree != nil {
		edited := C.chunk_edit(previous.tree.ptr, inputEdit(previous.text, c.read))
		runtime.KeepAlive(previous.tree)
		ptr := run(edited)
		C.chunk_tree_delete(edited)
		if ptr != nil && !damaged {
			return ptr
		}
		if ptr != nil {
			C.chunk_tree_delete(ptr)
		}
	}
	ptr := run(nil)
	c.file.Damaged = bool(damaged)
	return ptr
}

// inputEdit describes how text became from old: one replacement between their common beginning and end.
func inputEdit(old, text []byte) C.TSInputEdit {
	start := 0
	for n := min(len(old), len(text)); start < n && old[start] == text[start]; {
		start++
	}
	oldEnd, newEnd := len(old), len(text)
	for oldEnd > start && newEnd > start && old[oldEnd-1] == text[newEnd-1] {
		oldEnd, newEnd = oldEnd-1, newEnd-1
	}
	return C.TSInputEdit{
		start_byte: C.uint32_t(start), old_end_byte: C.uint32_t(oldEnd), new_end_byte: C.uint32_t(newEnd),
		start_point: point(old, start), old_end_point: point(old, oldEnd), new_end_point: point(text, newEnd),
	}
}

// point returns the row and the column in bytes of an offset.
func point(text []byte, offset int) C.TSPoint {
	head := text[:offset]
	return C.TSPoint{
		row:    C.uint32_t(bytes.Count(head, []byte{'\n'})),
		column: C.uint32_t(offset - bytes.LastIndexByte(head, '\n') - 1),
	}
}
