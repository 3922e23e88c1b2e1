//go:build cgo

package chunk

import zig "github.com/tree-sitter-grammars/tree-sitter-zig/bindings/go"

var zigBackend backend = &grammar{
	load:      zig.Language,
	scan:      zigSyntax,
	separator: ".",
	rules: map[string]rule{
		"function_declaration": {kind: Function},
		"variable_declaration": {kind: Struct, adjust: zigContainer},
		"test_declaration":     {kind: Test, adjust: zigTest},
		"struct_declaration":   {scope: true, adjust: zigAnonymous},
		"source_file":          {plain: true, adjust: rustCrate},
	},
	prune:    []string{"binary_expression", "string", "parameters", "initializer_list"},
	exported: zigExported,
}

// zigContainer accepts a name bound to a struct, an enumeration or a union.
func zigContainer(t *treeCutter, d *declaration) bool {
	name := t.child(d.node, "identifier")
	value := t.child(d.node, "struct_declaration", "enum_declaration", "union_declaration", "opaque_declaration")
	if name < 0 || value < 0 {
		return false
	}
	switch t.kind(value) {
	case "enum_declaration":
		d.Kind = Enum
	case "union_declaration", "opaque_declaration":
		d.Kind = Type
	}
	d.setName(t, name)
	d.body = value
	d.head.End = int(t.nodes[value].start)
	return true
}

// zigAnonymous makes what a struct without a name holds methods of the function that returns it.
func zigAnonymous(_ *treeCutter, d *declaration) bool {
	d.inner.inType = true
	return false
}

func zigTest(t *treeCutter, d *declaration) bool {
	d.inner.test = true
	d.body = t.child(d.node, "block")
	if d.body >= 0 {
		d.head.End = int(t.nodes[d.body].start)
	}
	if name := t.child(d.node, "string", "identifier"); name >= 0 {
		d.setName(t, name)
		if t.kind(name) == "string" && d.NameRange.Len() >= 2 {
			d.NameRange = Range{d.NameRange.Start + 1, d.NameRange.End - 1}
			d.Name = view(t.src, d.NameRange)
		}
	}
	return d.body >= 0
}

func zigExported(t *treeCutter, d *declaration) bool {
	return d.Kind != Test && hasToken(t.src[d.Body.Start:max(d.Body.Start, d.NameRange.Start)], "pub")
}
