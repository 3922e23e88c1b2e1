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
	g       *grammar
	nodes   []node
	exports map[string]bool // names exported apart from their declaration
	access  map[int]access  // by node of a type, how far its members' access was followed
}

// access is what the members of a type are declared with from a node on.
type access struct {
	node   int
	public bool
}

// accessAt returns whether members are public at node n in the list of members, which words between them change.
// Members ask in order, so each list is read once.
func (t *treeCutter) accessAt(n, list int, public bool, word func(c int) (changes, public bool)) bool {
	a, ok := t.access[list]
	if !ok {
		a = access{list + 1, public}
	}
	for ; a.node <= n && a.node < t.next(list); a.node = t.next(a.node) {
		if changes, public := word(a.node); changes {
			a.public = public
		}
	}
	if t.access == nil {
		t.access = map[int]access{}
	}
	t.access[list] = a
	return a.public
}

// rule says what a kind of node declares: one of wrap, scope, plain and prefix, or a kind of unit.
type rule struct {
	kind    Kind
	wrap    bool     // holds a declaration and belongs to it: decorators, export, template parameters
	scope   bool     // no unit, but owns what it holds: namespace, impl block
	plain   bool     // reported for the rules of others, with its named children
	prefix  bool     // belongs to the next sibling that is a declaration: attribute, decorator
	comment bool     // a comment, which may stand between prefixes and what they belong to
	rest    bool     // a scope that holds the siblings after it
	name    string   // field that holds the name; "name" when empty
	body    string   // field that holds the body; "body" when empty
	bodies  []string // kinds of node that are the body where the grammar gives it no field
	// adjust completes a declaration in the language's own way and may refuse it by returning false; its children
	// are visited all the same.
	adjust func(t *treeCutter, d *declaration) bool
	// prefixes tells of a node of a kind that may be something else whether it is a prefix; nil when none is.
	prefixes func(t *treeCutter, n int) bool
}

// scope is what surrounds a node.
type scope struct {
	owner    string
	outer    int  // node of the innermost owner, 0 when there is none
	inType   bool // the innermost owner is a type
	inFunc   bool // somewhere inside a function
	exported bool // a wrapper said so
	test     bool // a scope said so
	private  bool // a scope said so
	wrapper  int  // node of the outermost wrapper around the next declaration, 0 when there is none
	head     int  // one more than where the signature begins in a wrapper that is part of it; 0 when none is
	depth    int  // of the recursion over nodes
	prefix   int  // first of the prefix nodes before the declaration or its wrapper, 0 when there is none
}

// ended is the scope without what applies to the next declaration only.
func (s scope) ended() scope {
	s.wrapper, s.head, s.prefix = 0, 0, 0
	return s
}

// declaration is a unit being made of a node.
type declaration struct {
	Unit
	node  int
	from  int   // where the unit begins when that is before Body and no comment: documentation in an attribute; else -1
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

// maxTreeDepth bounds the recursion over nodes. What is nested deeper belongs to the unit around it.
const maxTreeDepth = 1000

func (t *treeCutter) children(n int, s scope) {
	if s.depth++; s.depth > maxTreeDepth {
		return
	}
	prefix := 0
	for c := n + 1; c < t.next(n); c = t.next(c) {
		r := t.ruleOf(c)
		if r == nil && t.kind(c) == "comment" || r != nil && r.comment {
			continue
		}
		if r != nil && (r.prefix || r.prefixes != nil && r.prefixes(t, c)) {
			if prefix == 0 {
				prefix = c
			}
			continue
		}
		inner := s
		if prefix > 0 {
			inner.prefix = prefix
			prefix = 0
		}
		if r != nil && r.rest {
			d := declaration{node: c, scope: s, inner: s}
			if name := t.field(c, orDefault(r.name, "name")); name >= 0 {
				s.owner = t.join(s.owner, t.text(name))
			}
			if r.adjust != nil && r.adjust(t, &d) {
				s = d.inner
			}
		}
		t.visit(c, inner)
	}
}

func (t *treeCutter) ruleOf(n int) *rule {
	if sym := int(t.nodes[n].symbol); sym < len(t.g.bySym) {
		return t.g.bySym[sym]
	}
	return nil
}

func (t *treeCutter) visit(n int, s scope) {
	r := t.ruleOf(n)
	switch {
	case r == nil || r.rest:
		t.children(n, s.ended())
	case r.plain:
		if r.adjust != nil {
			r.adjust(t, &declaration{node: n, scope: s, inner: s})
		}
		t.children(n, s.ended())
	case r.wrap:
		if s.wrapper == 0 {
			s.wrapper = n
		}
		if r.adjust != nil {
			d := declaration{node: n, scope: s, inner: s}
			r.adjust(t, &d)
			s = d.inner
		}
		t.children(n, s)
	default:
		t.declare(n, r, s)
	}
}

// declare makes a unit of the node, if it is one, and visits what the node holds.
func (t *treeCutter) declare(n int, r *rule, s scope) {
	d := declaration{node: n, from: -1, scope: s, inner: s.ended(), Unit: Unit{Kind: r.kind, Owner: s.owner, Body: t.rangeOf(n)}}
	if s.wrapper > 0 {
		d.Body = t.rangeOf(s.wrapper)
	}
	if s.prefix > 0 {
		d.Body.Start = min(d.Body.Start, int(t.nodes[s.prefix].start))
	}
	d.Body.Start = t.macrosBefore(d.Body.Start)
	d.head = t.rangeOf(n)
	if s.head > 0 {
		d.head.Start = s.head - 1
	}
	if f := t.field(n, orDefault(r.name, "name")); f >= 0 {
		d.setName(t, f)
	}
	if d.body = t.field(n, orDefault(r.body, "body")); d.body < 0 && r.bodies != nil {
		d.body = t.child(n, r.bodies...)
	}
	if d.body >= 0 {
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
		d.inner.inType = d.Kind.IsType()
		d.inner.inFunc = s.inFunc || d.Kind.IsCallable() && !r.scope && d.Kind != Test
	}
	if d.inner.test {
		d.Flags |= IsTest
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
	start := d.Body.Start
	if d.from >= 0 {
		start = min(start, d.from)
	}
	doc := t.docAbove(start)
	d.Range = Range{min(doc.Start, start), d.Body.End}
	if d.Documentation == "" && doc.Len() > 0 {
		d.Documentation = t.cleanComment(doc)
	}
	if d.Documentation == "" && d.scope.prefix > 0 { // written between attributes and declaration
		if doc := t.docAbove(max(d.head.Start, d.Body.Start)); doc.Len() > 0 && doc.Start > d.Body.Start {
			d.Documentation = t.cleanComment(doc)
			d.cutOut(t, doc)
		}
	}
	d.head.End = max(d.head.End, d.head.Start)
	if d.Signature == "" {
		d.Signature = t.signature(d.head)
	}
	if !d.scope.private && t.g.exported != nil && t.g.exported(t, d) {
		d.Flags |= Exported
	}
	t.add(d.Unit)
}

// cutOut removes a piece of the body from the unit's text.
func (d *declaration) cutOut(t *treeCutter, hole Range) {
	d.Parts = t.subtract(d.parts(), []Range{hole})
}

// export remembers that a name at the top of the file is exported.
func (t *treeCutter) export(name string) {
	if t.exports == nil {
		t.exports = map[string]bool{}
	}
	t.exports[name] = true
}

// markExports sets the flag of the units whose names were exported apart from their declaration.
func (t *treeCutter) markExports() {
	if t.exports == nil {
		return
	}
	for i := range t.units {
		if u := &t.units[i]; u.Owner == "" && t.exports[u.Name] {
			u.Flags |= Exported
		}
	}
}

// mergeClauses joins the clauses of a function that is defined by several equations one after the other.
func (t *treeCutter) mergeClauses() {
	last := map[string]int{} // index of the newest unit of an owner
	kept := t.units[:0]
	for _, u := range t.units {
		if i, ok := last[u.Owner]; ok && u.Kind.IsCallable() {
			p := &kept[i]
			if p.Name == u.Name && p.Kind == u.Kind && u.Documentation == "" && u.Parts == nil && u.Range.Start >= p.Range.End &&
				len(bytes.TrimSpace(t.src[p.Range.End:u.Range.Start])) == 0 {
				if p.Parts != nil {
					p.Parts[len(p.Parts)-1].End = u.Body.End
				}
				p.Range.End, p.Body.End = u.Range.End, u.Body.End
				continue
			}
		}
		last[u.Owner] = len(kept)
		kept = append(kept, u)
	}
	t.units = kept
}
