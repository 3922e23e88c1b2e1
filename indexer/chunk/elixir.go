//go:build cgo

package chunk

import (
	"strings"

	elixir "github.com/tree-sitter/tree-sitter-elixir/bindings/go"
)

var elixirBackend backend = &grammar{
	load:      elixir.Language,
	separator: ".",
	clauses:   true,
	rules: map[string]rule{
		"call":            {kind: Function, adjust: elixirCall},
		"unary_operator":  {prefix: true},
		"arguments":       {plain: true},
		"do_block":        {plain: true},
		"binary_operator": {plain: true},
		"source":          {plain: true},
	},
	prune:    []string{"string", "list", "map", "tuple", "sigil", "charlist"},
	exported: elixirExported,
}

// elixirCall accepts the macros that define modules, functions and tests.
func elixirCall(t *treeCutter, d *declaration) bool {
	target, arguments := t.field(d.node, "target"), t.child(d.node, "arguments")
	if target < 0 || arguments < 0 || arguments+1 >= t.next(arguments) {
		return false
	}
	first := arguments + 1
	block := t.child(d.node, "do_block")
	verb := t.text(target)
	switch verb {
	case "defmodule", "defprotocol", "defimpl":
		d.Kind = Class
		if verb == "defprotocol" {
			d.Kind = Interface
		}
		d.setName(t, first)
		t.moduledoc(d, block)
	case "def", "defp", "defdelegate", "defguard", "defguardp":
		if !t.elixirName(d, first) {
			return false
		}
	case "defmacro", "defmacrop":
		d.Kind = Macro
		if !t.elixirName(d, first) {
			return false
		}
	case "test", "property", "describe":
		if t.kind(first) != "string" || block < 0 {
			return false
		}
		d.Kind = Test
		r := t.rangeOf(first)
		d.NameRange = Range{r.Start + 1, max(r.Start+1, r.End-1)}
		d.Name = view(t.src, d.NameRange)
		d.inner.test = true
	default:
		return false
	}
	d.head = t.rangeOf(d.node)
	d.body = block
	if block >= 0 {
		d.head.End = int(t.nodes[block].start)
	} else if t.child(arguments, "keywords") >= 0 {
		d.body = arguments
		d.head.End = int(t.nodes[t.child(arguments, "keywords")].start)
	}
	t.attributes(d)
	return verb != "describe"
}

// elixirName finds the name in the head of a function: name, name(…), and both before "when".
func (t *treeCutter) elixirName(d *declaration, head int) bool {
	r := t.rangeOf(head)
	text := view(t.src, r)
	end := strings.IndexFunc(text, func(c rune) bool { return c == '(' || c == ' ' || c == ',' || c == '\n' })
	if end < 0 {
		end = len(text)
	}
	d.NameRange = Range{r.Start, r.Start + end}
	d.Name = text[:end]
	return end > 0
}

// attributes takes @doc, @spec and the like before a definition for part of it, and the text of @doc for its
// documentation. Other attributes before them are not the definition's.
func (t *treeCutter) attributes(d *declaration) {
	node := d.node
	d.Body.Start = int(t.nodes[node].start)
	if d.scope.prefix == 0 {
		return
	}
	start, doc := -1, -1
	for c := d.scope.prefix; c < node; c = t.next(c) {
		text := t.text(c)
		if t.kind(c) != "unary_operator" {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(text, "@"), " ")
		switch name {
		case "doc", "spec", "impl", "deprecated", "since", "tag":
			if start < 0 {
				start = c
			}
			if name == "doc" {
				doc = c
			}
		default:
			start, doc = -1, -1
		}
	}
	if start < 0 {
		return
	}
	if doc < 0 {
		d.Body.Start = int(t.nodes[start].start)
		return
	}
	if text, ok := elixirString(t.text(doc)); ok {
		d.Documentation = text
	}
	d.from = int(t.nodes[start].start)
	if doc == start {
		d.Body.Start = int(t.nodes[t.next(doc)].start)
		return
	}
	d.Body.Start = d.from
	d.cutOut(t, t.rangeOf(doc))
}

// moduledoc takes the documentation of a module out of its body.
func (t *treeCutter) moduledoc(d *declaration, block int) {
	if block < 0 {
		return
	}
	for c := block + 1; c < t.next(block); c = t.next(c) {
		if text := t.text(c); t.kind(c) == "unary_operator" && strings.HasPrefix(text, "@moduledoc") {
			if doc, ok := elixirString(text); ok {
				d.Documentation = doc
				hole := t.rangeOf(c)
				d.cutOut(t, Range{t.indented(hole.Start), hole.End})
			}
			return
		}
	}
}

// elixirString returns the text of the string that an attribute holds.
func elixirString(attribute string) (string, bool) {
	quote := strings.IndexByte(attribute, '"')
	if quote < 0 {
		return "", false
	}
	return cleanDocstring([]byte(attribute[quote:]))
}

func elixirExported(t *treeCutter, d *declaration) bool {
	target := t.field(d.node, "target")
	return d.Kind != Test && target >= 0 && !strings.HasSuffix(t.text(target), "p")
}
