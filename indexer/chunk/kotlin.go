//go:build cgo

package chunk

import (
	"strings"

	kotlin "github.com/tree-sitter-grammars/tree-sitter-kotlin/bindings/go"
)

var kotlinBackend backend = &grammar{
	load:      kotlin.Language,
	newline:   true,
	scan:      kotlinSyntax,
	separator: ".",
	rules: map[string]rule{
		"class_declaration":     {kind: Class, bodies: []string{"class_body", "enum_class_body"}, adjust: kotlinClass},
		"object_declaration":    {kind: Class, bodies: []string{"class_body"}, adjust: kotlinClass},
		"companion_object":      {scope: true, adjust: kotlinCompanion},
		"function_declaration":  {kind: Function, bodies: []string{"function_body"}, adjust: kotlinFunction},
		"secondary_constructor": {kind: Constructor, bodies: []string{"block"}, adjust: kotlinConstructor},
		"property_declaration":  {kind: Closure, adjust: kotlinProperty},
		"type_alias":            {kind: Type, name: "type"},
		"variable_declaration":  {plain: true},
		"modifiers":             {plain: true},
		"getter":                {plain: true},
		"class_body":            {plain: true},
		"block_comment":         {comment: true},
		"line_comment":          {comment: true},
	},
	prune:    []string{"function_value_parameters", "binary_expression", "string_literal", "value_arguments", "import"},
	exported: kotlinExported,
}

func kotlinClass(t *treeCutter, d *declaration) bool {
	head := t.src[d.Body.Start:max(d.Body.Start, d.NameRange.Start)]
	switch {
	case hasToken(head, "interface"):
		d.Kind = Interface
	case hasToken(head, "enum"):
		d.Kind = Enum
	case hasToken(head, "data"), hasToken(head, "value"):
		d.Kind = Struct
	}
	return skipAnnotations(t, d)
}

// kotlinCompanion owns its functions by its name; without one they belong to the class.
func kotlinCompanion(_ *treeCutter, d *declaration) bool {
	d.inner.inType = true
	d.Kind = Class
	return false
}

func kotlinFunction(t *treeCutter, d *declaration) bool {
	skipAnnotations(t, d)
	// The receiver of an extension function is its owner when nothing else is.
	if before := view(t.src, Range{d.head.Start, max(d.head.Start, d.NameRange.Start)}); d.Owner == "" && strings.HasSuffix(before, ".") {
		receiver := strings.TrimRight(strings.TrimSuffix(before, "."), "?")
		receiver = strings.TrimPrefix(receiver[strings.LastIndex(receiver, "fun ")+1:], "un ")
		if _, rest, ok := strings.Cut(receiver, "> "); ok && strings.HasPrefix(receiver, "<") {
			receiver = rest
		}
		d.Owner, _, _ = strings.Cut(receiver, "<")
		d.Kind = Method
	}
	return true
}

func kotlinConstructor(t *treeCutter, d *declaration) bool {
	at := strings.Index(t.text(d.node), "constructor")
	if at < 0 {
		return false
	}
	d.NameRange = Range{d.Body.Start + at, d.Body.Start + at + len("constructor")}
	d.Name = view(t.src, d.NameRange)
	return skipAnnotations(t, d)
}

// kotlinProperty accepts a property with a lambda, or with accessors long enough to be read as a function.
func kotlinProperty(t *treeCutter, d *declaration) bool {
	variable := t.child(d.node, "variable_declaration")
	d.Name = ""
	if variable < 0 || variable+1 >= t.next(variable) {
		return false
	}
	value := t.child(d.node, "lambda_literal", "getter", "setter")
	if value < 0 || t.lineCount(t.rangeOf(value)) < minMacroLines || d.scope.inFunc && t.lineCount(d.Body) < minNestedLines {
		return false
	}
	d.setName(t, variable+1)
	d.body = value
	d.head.End = int(t.nodes[value].start)
	if t.kind(value) != "lambda_literal" && d.scope.inType {
		d.Kind = Method
	}
	return skipAnnotations(t, d)
}

func kotlinExported(t *treeCutter, d *declaration) bool {
	head := t.src[d.Body.Start:max(d.Body.Start, d.NameRange.Start)]
	return !d.scope.inFunc && !hasToken(head, "private") && !hasToken(head, "internal") && !hasToken(head, "protected")
}
