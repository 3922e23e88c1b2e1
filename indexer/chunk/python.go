//go:build cgo

package chunk

import (
	"bytes"
	"strings"

	python "github.com/tree-sitter/tree-sitter-python/bindings/go"
)

var pythonBackend backend = &grammar{
	load:      python.Language,
	separator: ".",
	rules: map[string]rule{
		"module":               {plain: true, adjust: pythonModule},
		"decorated_definition": {wrap: true},
		"function_definition":  {kind: Function, adjust: pythonFunction},
		"class_definition":     {kind: Class, adjust: pythonClass},
		"block":                {plain: true},
		"expression_statement": {plain: true},
		"assignment":           {kind: Closure, name: "left", body: "right", adjust: pythonLambda},
	},
	// Functions and classes are statements, and only a lambda that is a whole right side has a name.
	prune: []string{"argument_list", "parameters", "binary_operator", "string", "list", "dictionary", "subscript", "attribute",
		"import_statement", "import_from_statement", "call", "comparison_operator", "boolean_operator", "lambda", "tuple",
		"return_statement", "raise_statement", "assert_statement", "augmented_assignment", "conditional_expression",
		"list_comprehension", "dictionary_comprehension", "generator_expression", "await", "yield", "type", "with_clause",
		"not_operator", "unary_operator", "named_expression", "parenthesized_expression", "expression_list", "pattern_list"},
	exported: pythonExported,
}

func pythonFunction(t *treeCutter, d *declaration) bool {
	t.docstring(d)
	if d.scope.inType && (d.Name == "__init__" || d.Name == "__new__") {
		d.Kind = Constructor
	}
	if strings.HasPrefix(d.Name, "test_") {
		d.Flags |= IsTest
	}
	return true
}

func pythonClass(t *treeCutter, d *declaration) bool {
	t.docstring(d)
	if bases := t.field(d.node, "superclasses"); bases >= 0 {
		switch text := t.text(bases); {
		case strings.Contains(text, "Enum") || strings.Contains(text, "Flag)"):
			d.Kind = Enum
		case strings.Contains(text, "Protocol"):
			d.Kind = Interface
		case strings.Contains(text, "TestCase"):
			d.Flags |= IsTest
		}
	}
	return true
}

// pythonLambda accepts an assignment of a lambda to a plain name.
func pythonLambda(t *treeCutter, d *declaration) bool {
	name := t.field(d.node, "left")
	if d.body < 0 || t.kind(d.body) != "lambda" || t.kind(name) != "identifier" {
		d.Name = ""
		return false
	}
	if colon := bytes.IndexByte(t.src[d.head.End:d.Body.End], ':'); colon >= 0 {
		d.head.End += colon
	}
	return true
}

// pythonModule takes the documentation of the file. The docstring stays in the module unit as well.
func pythonModule(t *treeCutter, d *declaration) bool {
	t.file.Documentation, _ = t.docstringIn(d.node)
	return true
}

// docstring takes the string that is the first statement of a body for the documentation and out of the text.
func (t *treeCutter) docstring(d *declaration) {
	if d.body < 0 {
		return
	}
	doc, hole := t.docstringIn(d.body)
	if hole.Len() > 0 {
		d.Documentation = doc
		hole.Start = t.indented(hole.Start)
		d.cutOut(t, hole)
	}
}

// docstringIn returns the text and the place of the string that is the first statement of a block; the range is empty
// when there is none.
func (t *treeCutter) docstringIn(block int) (string, Range) {
	statement := block + 1
	for statement < t.next(block) && t.kind(statement) == "comment" {
		statement = t.next(statement)
	}
	if statement >= t.next(block) || t.kind(statement) != "expression_statement" {
		return "", Range{}
	}
	text := statement + 1
	if text >= t.next(statement) || t.kind(text) != "string" || t.rangeOf(text) != t.rangeOf(statement) {
		return "", Range{}
	}
	doc, ok := cleanDocstring(t.src[t.nodes[text].start:t.nodes[text].end])
	if !ok {
		return "", Range{}
	}
	return doc, t.rangeOf(statement)
}

func pythonExported(_ *treeCutter, d *declaration) bool {
	return !d.scope.inFunc && pythonVisible(d.Owner, d.Name)
}
