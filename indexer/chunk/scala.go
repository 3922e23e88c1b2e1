//go:build cgo

package chunk

import (
	"strings"

	scala "github.com/tree-sitter/tree-sitter-scala/bindings/go"
)

var scalaBackend backend = &grammar{
	load:      scala.Language,
	scan:      scalaSyntax,
	separator: ".",
	rules: map[string]rule{
		"class_definition":     {kind: Class, adjust: scalaHead},
		"object_definition":    {kind: Class, adjust: scalaHead},
		"package_object":       {kind: Class, adjust: scalaHead},
		"trait_definition":     {kind: Interface, adjust: scalaHead},
		"enum_definition":      {kind: Enum, adjust: scalaHead},
		"type_definition":      {kind: Type, body: "type"},
		"given_definition":     {kind: Class, adjust: scalaHead},
		"extension_definition": {scope: true, name: "parameters", adjust: scalaExtension},
		"function_definition":  {kind: Function, adjust: scalaHead},
		"val_definition":       {kind: Closure, name: "pattern", body: "value", adjust: scalaLambda},
		"annotation":           {plain: true},
		"lambda_expression":    {plain: true},
		"block_comment":        {comment: true},
	},
	prune:    []string{"parameters", "string", "interpolated_string", "import_declaration", "class_parameters", "type_arguments"},
	exported: scalaExported,
}

// scalaHead makes the signature begin after the annotations.
func scalaHead(t *treeCutter, d *declaration) bool {
	for c := d.node + 1; c < t.next(d.node) && t.kind(c) == "annotation"; c = t.next(c) {
		d.head.Start = int(t.nodes[c].end)
	}
	if before := t.src[d.head.Start:max(d.head.Start, d.NameRange.Start)]; d.Kind == Class && hasToken(before, "case") && hasToken(before, "class") {
		d.Kind = Struct
	}
	return true
}

// scalaExtension owns its functions by the type it extends.
func scalaExtension(_ *treeCutter, d *declaration) bool {
	_, typ, _ := strings.Cut(d.Name, ":")
	d.Name = strings.TrimSpace(strings.TrimSuffix(typ, ")"))
	d.Kind = Class
	return true
}

func scalaLambda(t *treeCutter, d *declaration) bool {
	if d.body < 0 || t.kind(d.body) != "lambda_expression" || t.lineCount(d.Body) < minNestedLines {
		d.Name = ""
		return false
	}
	return true
}

func scalaExported(t *treeCutter, d *declaration) bool {
	head := t.src[d.Body.Start:max(d.Body.Start, d.NameRange.Start)]
	return !d.scope.inFunc && !hasToken(head, "private") && !hasToken(head, "protected")
}
