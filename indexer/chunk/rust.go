//go:build cgo

package chunk

import (
	"strings"

	rust "github.com/tree-sitter/tree-sitter-rust/bindings/go"
)

var rustBackend backend = &grammar{
	load:      rust.Language,
	scan:      rustSyntax,
	separator: "::",
	rules: map[string]rule{
		"source_file":          {plain: true, adjust: rustCrate},
		"attribute_item":       {prefix: true},
		"line_comment":         {comment: true},
		"block_comment":        {comment: true},
		"function_item":        {kind: Function, adjust: rustFunction},
		"struct_item":          {kind: Struct},
		"enum_item":            {kind: Enum},
		"union_item":           {kind: Type},
		"type_item":            {kind: Type, body: "type"},
		"trait_item":           {kind: Interface},
		"impl_item":            {scope: true, name: "type", adjust: rustImpl},
		"mod_item":             {scope: true, adjust: rustModule},
		"macro_definition":     {kind: Macro, adjust: rustMacro},
		"let_declaration":      {kind: Closure, name: "pattern", body: "value", adjust: rustClosure},
		"closure_expression":   {plain: true},
		"visibility_modifier":  {plain: true},
		"declaration_list":     {plain: true},
		"foreign_mod_item":     {plain: true},
		"inner_attribute_item": {plain: true},
	},
	prune:    []string{"token_tree", "parameters", "use_declaration", "binary_expression", "string_literal", "type_arguments", "array_expression"},
	exported: rustExported,
}

// rustCrate takes the //! comments at the top for the documentation of the file.
func rustCrate(t *treeCutter, _ *declaration) bool {
	end := 0
	for _, start := range t.lines {
		line := strings.TrimLeft(view(t.src, Range{int(start), t.lineEnd(int(start))}), " \t")
		if strings.HasPrefix(line, "//!") {
			end = t.lineEnd(int(start))
		} else if end > 0 || line != "" && !strings.HasPrefix(line, "//") && !strings.HasPrefix(line, "#!") {
			break
		}
	}
	if end > 0 {
		text := t.cleanComment(Range{0, end})
		t.file.Documentation = text
	}
	return true
}

// attributes returns the source before the declaration proper.
func (d *declaration) attributes(t *treeCutter) string {
	return view(t.src, Range{d.Body.Start, max(d.Body.Start, int(t.nodes[d.node].start))})
}

func rustFunction(t *treeCutter, d *declaration) bool {
	if a := d.attributes(t); strings.Contains(a, "test]") || strings.Contains(a, "test(") {
		d.Flags |= IsTest
	}
	return true
}

func rustImpl(_ *treeCutter, d *declaration) bool {
	d.Name, _, _ = strings.Cut(d.Name, "<")
	d.Kind = Class // what it holds are methods
	return true
}

func rustModule(t *treeCutter, d *declaration) bool {
	d.Kind = Module
	if d.Name == "tests" || strings.Contains(d.attributes(t), "cfg(test)") {
		d.inner.test = true
	}
	return true
}

func rustMacro(t *treeCutter, d *declaration) bool {
	d.body = d.node
	d.head.End = d.NameRange.End
	return true
}

func rustClosure(t *treeCutter, d *declaration) bool {
	if d.body < 0 || t.kind(d.body) != "closure_expression" || t.lineCount(d.Body) < minNestedLines || strings.ContainsAny(d.Name, "( ") {
		d.Name = ""
		return false
	}
	t.bodyOf(d, d.body)
	return true
}

// rustExported looks for pub; what a trait declares and what its implementations hold is as visible as the trait.
func rustExported(t *treeCutter, d *declaration) bool {
	if d.scope.inFunc {
		return false
	}
	if t.child(d.node, "visibility_modifier") >= 0 {
		return true
	}
	if d.Kind == Macro {
		return strings.Contains(d.attributes(t), "macro_export")
	}
	outer := d.scope.outer
	return outer > 0 && (t.kind(outer) == "trait_item" && t.child(outer, "visibility_modifier") >= 0 ||
		t.kind(outer) == "impl_item" && t.field(outer, "trait") >= 0)
}
