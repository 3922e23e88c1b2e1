//go:build cgo

package chunk

import (
	"strings"

	php "github.com/tree-sitter/tree-sitter-php/bindings/go"
)

var phpBackend backend = &grammar{
	load:      php.LanguagePHP,
	scan:      phpSyntax,
	separator: `\`,
	rules: map[string]rule{
		"class_declaration":          {kind: Class, adjust: phpHead},
		"interface_declaration":      {kind: Interface, adjust: phpHead},
		"trait_declaration":          {kind: Interface, adjust: phpHead},
		"enum_declaration":           {kind: Enum, adjust: phpHead},
		"function_definition":        {kind: Function, adjust: phpHead},
		"method_declaration":         {kind: Method, adjust: phpMethod},
		"namespace_definition":       {scope: true, adjust: namespace},
		"expression_statement":       {wrap: true, adjust: headInWrapper},
		"assignment_expression":      {kind: Closure, name: "left", body: "right", adjust: phpBound},
		"anonymous_function":         {plain: true},
		"arrow_function":             {plain: true},
		"enum_declaration_list":      {plain: true},
		"declaration_list":           {plain: true},
		"member_call_expression":     {plain: true},
		"function_call_expression":   {plain: true},
		"scoped_call_expression":     {plain: true},
		"namespace_use_declaration":  {plain: true},
		"object_creation_expression": {plain: true},
		"compound_statement":         {plain: true},
		"return_statement":           {plain: true},
		"property_declaration":       {plain: true},
		"const_declaration":          {plain: true},
		"program":                    {plain: true},
	},
	prune:    []string{"binary_expression", "string", "encapsed_string", "formal_parameters", "array_creation_expression"},
	exported: phpExported,
}

// phpHead makes the signature begin after the attributes.
func phpHead(t *treeCutter, d *declaration) bool {
	if list := t.field(d.node, "attributes"); list >= 0 {
		d.head.Start = int(t.nodes[list].end)
	}
	return true
}

func phpMethod(t *treeCutter, d *declaration) bool {
	if d.Name == "__construct" {
		d.Kind = Constructor
	}
	if strings.HasPrefix(d.Name, "test") && strings.HasSuffix(d.Owner, "Test") {
		d.Flags |= IsTest
	}
	return phpHead(t, d)
}

func phpBound(t *treeCutter, d *declaration) bool {
	if d.body < 0 || strings.ContainsAny(d.Name, "[(- ") || t.kind(d.body) != "anonymous_function" && t.kind(d.body) != "arrow_function" {
		d.Name = ""
		return false
	}
	t.bodyOf(d, d.body)
	d.NameRange.Start += len(d.Name) - len(strings.TrimPrefix(d.Name, "$"))
	d.Name = strings.TrimPrefix(d.Name, "$")
	return true
}

func phpExported(t *treeCutter, d *declaration) bool {
	head := t.src[d.head.Start:max(d.head.Start, d.NameRange.Start)]
	return !d.scope.inFunc && d.Kind != Closure && !hasToken(head, "private") && !hasToken(head, "protected")
}
