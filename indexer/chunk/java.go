//go:build cgo

package chunk

import (
	"strings"

	java "github.com/tree-sitter/tree-sitter-java/bindings/go"
)

var javaBackend backend = &grammar{
	load:      java.Language,
	scan:      javaSyntax,
	separator: ".",
	rules: map[string]rule{
		"class_declaration":               {kind: Class, adjust: skipAnnotations},
		"interface_declaration":           {kind: Interface, adjust: skipAnnotations},
		"annotation_type_declaration":     {kind: Interface, adjust: skipAnnotations},
		"enum_declaration":                {kind: Enum, adjust: skipAnnotations},
		"record_declaration":              {kind: Struct, adjust: skipAnnotations},
		"method_declaration":              {kind: Method, adjust: skipAnnotations},
		"constructor_declaration":         {kind: Constructor, adjust: skipAnnotations},
		"compact_constructor_declaration": {kind: Constructor, adjust: skipAnnotations},
		"field_declaration":               {wrap: true, adjust: headInWrapper},
		"local_variable_declaration":      {wrap: true, adjust: headInWrapper},
		"variable_declarator":             {kind: Closure, body: "value", adjust: javaLambda},
		"lambda_expression":               {plain: true},
		"modifiers":                       {plain: true},
	},
	prune:    []string{"formal_parameters", "binary_expression", "import_declaration", "array_initializer"},
	exported: javaExported,
}

// skipAnnotations makes the signature begin after the annotations at the front of the modifiers.
func skipAnnotations(t *treeCutter, d *declaration) bool {
	modifiers := t.child(d.node, "modifiers")
	if modifiers < 0 {
		return true
	}
	test := false
	for c := modifiers + 1; c < t.next(modifiers); c = t.next(c) {
		if k := t.kind(c); k == "marker_annotation" || k == "annotation" {
			if d.head.Start == int(t.nodes[c].start) {
				d.head.Start = int(t.nodes[c].end)
				for d.head.Start < d.head.End && isSpace(t.src[d.head.Start]) {
					d.head.Start++
				}
			}
			test = test || strings.HasPrefix(t.text(c), "@Test") || strings.HasPrefix(t.text(c), "@ParameterizedTest")
		}
	}
	if test {
		d.Flags |= IsTest
	}
	return true
}

func javaLambda(t *treeCutter, d *declaration) bool {
	if d.body < 0 || t.kind(d.body) != "lambda_expression" || t.lineCount(d.Body) < minNestedLines {
		d.Name = ""
		return false
	}
	t.bodyOf(d, d.body)
	d.head.End = int(t.nodes[d.body].start)
	return true
}

func javaExported(t *treeCutter, d *declaration) bool {
	head := t.src[d.Body.Start:max(d.Body.Start, d.NameRange.Start)]
	if d.scope.inFunc || hasToken(head, "private") || hasToken(head, "protected") {
		return false
	}
	return hasToken(head, "public") || d.scope.inType && t.kind(d.scope.outer) == "interface_declaration"
}
