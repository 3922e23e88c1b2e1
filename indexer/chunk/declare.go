//go:build cgo

package chunk

// #include "tree.h"
import "C"

import (
	"bytes"
)

// node is what the walk reports of a node of the tree; next is the index of the node after its last descendant.
type node = C.chunk_node

// treeCutter makes units of the nodes of a tree, in pre-order.
type treeCutter struct {
	*cutter
	g     *grammar
	nodes []node
}

// rule says what a kind of node declares. Exactly one of wrap, scope and a kind of unit applies.
type rule struct {
	kind  Kind
	wrap  bool   // holds a declaration and belongs to it: decorators, export, template parameters
	scope bool   // no unit, but owns what it holds: namespace, impl block
	plain bool   // reported for the rules of others only
	name  string // field that holds the name; "name" when empty
	body  string // field that holds the body; "body" when empty
	// adjust completes a declaration in the language's own way and may refuse it by returning false; its children
	// are visited all the same.
	adjust func(t *treeCutter, d *declaration) bool
}

// scope is what surrounds a node.
type scope struct {
	owner    string
	outer    int  // node of the innermost owner, 0 when there is none
	inType   bool // the innermost owner is a type
	inFunc   bool // somewhere inside a function
	exported bool // the language's mark for it was seen on a wrapper
	wrapper  int  // node of the outermost wrapper around the next declaration, 0 when there is none
	head     int  // where the signature begins in a wrapper that is part of it; 0 when none is
}

// declaration is a unit being made of a node.
type declaration struct {
	Unit
	node  int
	body  int   // node of the body, -1 when there is none
	head  Range // source of the signature
	scope scope
	inner scope // for what the node holds
}

func (t *treeCutter) rangeOf(n int) Range { return Range{int(t.nodes[n].start), int(t.nodes[n].end)} }
func (t *treeCutter) text(n int) string   { return view(t.src, t.rangeOf(n)) }
func (t *treeCutter) next(n int) int      { return int(t.nodes[n].next) }

// kind returns the name of the node's kind; anonymous tokens are in quotes.
func (t *treeCutter) kind(n int) string {
	if s := int(t.nodes[n].symbol); s < len(t.g.symbols) {
		return t.g.symbols[s]
	}
	return "ERROR"
}

// field returns the first child of n in the field, or -1.
func (t *treeCutter) field(n int, name string) int {
	id, ok := t.g.fields[name]
	if !ok {
		return -1
	}
	for c := n + 1; c < t.next(n); c = t.next(c) {
		if t.nodes[c].field == id {
			return c
		}
	}
	return -1
}

// child returns the first child of n of one of the kinds, or -1.
func (t *treeCutter) child(n int, kinds ...string) int {
	for c := n + 1; c < t.next(n); c = t.next(c) {
		k := t.kind(c)
		for _, want := range kinds {
			if k == want {
				return c
			}
		}
	}
	return -1
}

func (t *treeCutter) children(n int, s scope) {
	for c := n + 1; c < t.next(n); c = t.next(c) {
		t.visit(c, s)
	}
}

func (t *treeCutter) visit(n int, s scope) {
	var r *rule
	if sym := int(t.nodes[n].symbol); sym < len(t.g.bySym) {
		r = t.g.bySym[sym]
	}
	if r == nil || r.plain {
		if r != nil && r.adjust != nil {
			r.adjust(t, &declaration{node: n, scope: s, inner: s})
		}
		s.wrapper, s.head = 0, 0
		t.children(n, s)
		return
	}
	if r.wrap {
		if s.wrapper == 0 {
			s.wrapper = n
		}
		if r.adjust != nil {
			d := declaration{node: n, scope: s, inner: s}
			r.adjust(t, &d)
			s = d.inner
		}
		t.children(n, s)
		return
	}
	t.declare(n, r, s)
}

// declare makes a unit of the node, if it is one, and visits what the node holds.
func (t *treeCutter) declare(n int, r *rule, s scope) {
	d := declaration{node: n, scope: s, inner: s, Unit: Unit{Kind: r.kind, Owner: s.owner, Body: t.rangeOf(n)}}
	d.inner.wrapper, d.inner.head = 0, 0
	if s.wrapper > 0 {
		d.Body = t.rangeOf(s.wrapper)
	}
	d.head = t.rangeOf(n)
	if s.head > 0 {
		d.head.Start = s.head - 1
	}
	if f := t.field(n, orDefault(r.name, "name")); f >= 0 {
		d.setName(t, f)
	}
	if d.body = t.field(n, orDefault(r.body, "body")); d.body >= 0 {
		d.head.End = int(t.nodes[d.body].start)
	}
	wanted := !r.scope
	if d.Kind == Function && s.inType {
		d.Kind = Method
	}
	if r.adjust != nil && !r.adjust(t, &d) {
		wanted = false
	}
	if d.Name != "" {
		d.inner.owner = t.join(d.Owner, d.Name)
		d.inner.outer = n
		d.inner.inType = d.Kind.IsType() || r.scope
		d.inner.inFunc = s.inFunc || d.Kind.IsCallable() && !r.scope
	}
	if wanted && d.Name != "" && t.worth(&d) {
		t.unit(&d)
	}
	t.children(n, d.inner)
}

func orDefault(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// setName takes the text of the node for the name.
func (d *declaration) setName(t *treeCutter, n int) {
	d.NameRange = t.rangeOf(n)
	d.Name = t.text(n)
}

// worth reports whether a declaration is long enough for a unit of its own: callables without a body stay with their
// type or module, short ones inside a function with that function.
func (t *treeCutter) worth(d *declaration) bool {
	if !d.Kind.IsCallable() {
		return true
	}
	return d.body >= 0 && (!d.scope.inFunc || d.scope.inType || t.lineCount(d.Body) >= minNestedLines)
}

func (t *treeCutter) join(owner, name string) string {
	switch {
	case owner == "":
		return name
	case name == "":
		return owner
	}
	return owner + t.g.separator + name
}

// unit completes and adds the declaration.
func (t *treeCutter) unit(d *declaration) {
	doc := t.docAbove(d.Body.Start)
	d.Range = Range{min(doc.Start, d.Body.Start), d.Body.End}
	if d.Documentation == "" && doc.Len() > 0 {
		d.Documentation = t.cleanComment(doc)
	}
	d.head.End = max(d.head.End, d.head.Start)
	d.Signature = signature(t.src, d.head)
	if t.g.exported != nil && t.g.exported(t, d) {
		d.Flags |= Exported
	}
	t.add(d.Unit)
}

// signature folds the head of a declaration without what only introduces the body.
func signature(src []byte, head Range) string {
	text := bytes.TrimRight(src[head.Start:head.End], " \t\r\n")
	for _, end := range []string{"{", "=>", ":", "=", ";", " do", ","} {
		if bytes.HasSuffix(text, []byte(end)) {
			text = text[:len(text)-len(end)]
			break
		}
	}
	return fold(text, Range{0, len(text)})
}

// cutOut removes a piece of the body from the unit's text.
func (d *declaration) cutOut(t *treeCutter, hole Range) {
	d.Parts = t.subtract(d.parts(), []Range{hole})
}
