//go:build cgo

package chunk

import (
	"maps"
	"strings"

	csharp "github.com/tree-sitter/tree-sitter-c-sharp/bindings/go"
	c "github.com/tree-sitter/tree-sitter-c/bindings/go"
	cpp "github.com/tree-sitter/tree-sitter-cpp/bindings/go"
)

// A macro with parameters is a unit when its definition has at least this many lines.
const minMacroLines = 3

var (
	cBackend   backend = cGrammar(&grammar{load: c.Language, scan: cSyntax, separator: "."}, nil, "compound_statement")
	cppBackend backend = cGrammar(&grammar{load: cpp.Language, scan: cppSyntax, separator: "::"}, map[string]rule{
		"class_specifier":      {kind: Class, adjust: cRecord},
		"template_declaration": {wrap: true, adjust: headInWrapper},
		"namespace_definition": {scope: true, adjust: namespace},
		"concept_definition":   {kind: Type},
		"qualified_identifier": {plain: true},
		"operator_cast":        {plain: true},
		"lambda_expression":    {plain: true},
		"init_declarator":      {kind: Closure, name: "declarator", body: "value", adjust: cppLambda},
		"access_specifier":     {plain: true},
		"template_type":        {plain: true},
		"reference_declarator": {plain: true},
	}, "template_argument_list")
)

func cGrammar(g *grammar, more map[string]rule, prune ...string) *grammar {
	g.rules = map[string]rule{
		"function_definition":      {kind: Function, name: "declarator", adjust: cFunction},
		"struct_specifier":         {kind: Struct, adjust: cRecord},
		"union_specifier":          {kind: Type, adjust: cRecord},
		"enum_specifier":           {kind: Enum, adjust: cRecord},
		"type_definition":          {wrap: true, adjust: cTypedef},
		"preproc_function_def":     {kind: Macro, body: "value", adjust: cMacro},
		"declaration":              {wrap: true, adjust: cDeclaration},
		"field_declaration":        {wrap: true, adjust: cDeclaration},
		"function_declarator":      {plain: true},
		"pointer_declarator":       {plain: true},
		"parenthesized_declarator": {plain: true},
		"field_declaration_list":   {plain: true},
		"declaration_list":         {plain: true},
		"translation_unit":         {plain: true},
	}
	maps.Copy(g.rules, more)
	g.mask = withoutMacros
	g.prune = append(prune, "binary_expression", "string_literal", "initializer_list", "parameter_list",
		"preproc_include", "preproc_def", "concatenated_string")
	g.exported = cExported
	return g
}

// cFunction finds the name inside the declarators around it. A name qualified outside a class is a method's.
func cFunction(t *treeCutter, d *declaration) bool {
	d.Name, d.NameRange = "", Range{}
	at := t.field(d.node, "declarator")
	declared := false // a declarator with parameters was passed; without one the text was misread
	for at >= 0 {
		declared = declared || t.kind(at) == "function_declarator" || t.kind(at) == "operator_cast"
		switch kind := t.kind(at); kind {
		case "identifier", "field_identifier", "destructor_name", "operator_name", "type_identifier", "template_function", "template_method":
			d.setName(t, at)
			d.Name, _, _ = strings.Cut(d.Name, "<")
			d.NameRange.End = d.NameRange.Start + len(d.Name)
			if kind == "operator_name" {
				d.setName(t, at)
			}
			at = -1
		case "operator_cast":
			d.NameRange = Range{int(t.nodes[at].start), int(t.nodes[at].end)}
			if open := strings.IndexByte(t.text(at), '('); open > 0 {
				d.NameRange.End = d.NameRange.Start + open
			}
			d.Name = view(t.src, d.NameRange)
			at = -1
		case "qualified_identifier":
			d.qualified(t, at)
			at = -1
		case "parenthesized_declarator":
			at++
			if at >= len(t.nodes) {
				at = -1
			}
		default:
			inner := t.field(at, "declarator")
			if inner < 0 {
				inner = t.child(at, "parenthesized_declarator", "function_declarator", "pointer_declarator", "identifier", "field_identifier", "qualified_identifier", "destructor_name", "operator_name")
			}
			at = inner
		}
	}
	if last := d.Owner[strings.LastIndexByte(d.Owner, ':')+1:]; d.Kind == Method && d.Name != "" && d.Name == last {
		d.Kind = Constructor
	}
	t.cTest(d)
	if !declared || cKeywords[d.Name] || strings.ContainsAny(d.Name, "\n\t{") {
		d.Name = ""
	}
	return d.Name != ""
}

// cKeywords are names that only a misread text gives a function.
var cKeywords = map[string]bool{"if": true, "while": true, "for": true, "switch": true, "return": true, "sizeof": true, "else": true}

// qualified splits a name such as Matrix<T>::at into owner and name.
func (d *declaration) qualified(t *treeCutter, n int) {
	text := t.text(n)
	depth, cut := 0, -1
	for i := 0; i+1 < len(text) && !strings.HasPrefix(text[i:], "operator"); i++ {
		switch {
		case text[i] == '<':
			depth++
		case text[i] == '>':
			depth--
		case depth == 0 && text[i] == ':' && text[i+1] == ':':
			cut = i
			i++
		}
	}
	if cut < 0 {
		d.setName(t, n)
		return
	}
	start := int(t.nodes[n].start) + cut + 2
	for start < int(t.nodes[n].end) && isSpace(t.src[start]) {
		start++
	}
	d.NameRange = Range{start, int(t.nodes[n].end)}
	d.Name = view(t.src, d.NameRange)
	d.Kind = Method
	d.Owner = t.join(d.Owner, withoutArguments(strings.TrimPrefix(text[:cut], "::")))
}

// withoutArguments removes template arguments from a qualified name.
func withoutArguments(name string) string {
	if !strings.ContainsAny(name, "< \n") {
		return name
	}
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '<':
			depth++
		case r == '>':
			depth--
		case depth == 0 && r != ' ' && r != '\n' && r != '\t':
			b.WriteRune(r)
		}
	}
	return b.String()
}

// testMacros declare test functions: TEST(Suite, Name) and the like.
var testMacros = map[string]bool{"TEST": true, "TEST_F": true, "TEST_P": true, "TYPED_TEST": true, "TEST_CASE": true,
	"SCENARIO": true, "BOOST_AUTO_TEST_CASE": true, "BENCHMARK": true, "START_TEST": true}

// cTest names a test by the arguments of the macro that declares it.
func (t *treeCutter) cTest(d *declaration) {
	if !testMacros[d.Name] {
		return
	}
	rest := t.src[d.NameRange.End:min(d.Body.End, d.NameRange.End+200)]
	open := strings.IndexByte(string(rest), '(')
	shut := strings.IndexByte(string(rest), ')')
	if open < 0 || shut <= open+1 {
		return
	}
	d.NameRange = Range{d.NameRange.End + open + 1, d.NameRange.End + shut}
	d.Name = view(t.src, d.NameRange)
	d.Kind, d.Flags = Test, d.Flags|IsTest
}

// cPrototype makes a unit of the declaration of a function with documentation.
func (t *treeCutter) cPrototype(n int, s scope) {
	at := t.field(n, "declarator")
	for at >= 0 && t.kind(at) != "function_declarator" {
		at = t.child(at, "function_declarator", "pointer_declarator", "reference_declarator")
	}
	if s.inFunc || at < 0 || t.child(at, "parenthesized_declarator") >= 0 { // that would be a pointer to a function
		return
	}
	d := declaration{node: n, from: -1, body: -1, scope: s, head: t.rangeOf(n), Unit: Unit{Kind: Function, Owner: s.owner, Flags: Declaration}}
	if d.Body = d.head; s.wrapper > 0 {
		d.Body = t.rangeOf(s.wrapper)
		d.head.Start = d.Body.Start
	}
	if s.inType {
		d.Kind = Method
	}
	d.Body.Start = t.macrosBefore(d.Body.Start)
	if t.docAbove(d.Body.Start).Len() > 0 && cFunction(t, &d) {
		t.unit(&d)
	}
}

// cRecord accepts a struct, union, class or enumeration with a body. One without a name is named by its typedef.
func cRecord(t *treeCutter, d *declaration) bool {
	if d.body < 0 {
		d.Name = ""
		return false
	}
	if d.scope.wrapper > 0 && d.Name == "" && t.kind(d.scope.wrapper) == "type_definition" {
		for c := d.scope.wrapper + 1; c < t.next(d.scope.wrapper); c = t.next(c) {
			if t.kind(c) == "type_identifier" {
				d.setName(t, c)
			}
		}
		head := Range{int(t.nodes[d.scope.wrapper].start), int(t.nodes[d.body].start)}
		d.Signature = strings.TrimSpace(t.signature(head) + " " + d.Name)
	}
	d.Name = withoutArguments(d.Name)
	if len(d.Name) != d.NameRange.Len() {
		d.NameRange.End = d.NameRange.Start + len(d.Name)
		d.Name = view(t.src, d.NameRange)
	}
	return true
}

// cTypedef gives a typedef to the record that it defines.
func cTypedef(t *treeCutter, d *declaration) bool { return headInWrapper(t, d) }

// cDeclaration gives a declaration to the record or lambda in it only when it is of that alone. The declaration of a
// function is a unit when it has documentation, as in headers: the definition elsewhere often has none.
func cDeclaration(t *treeCutter, d *declaration) bool {
	t.cPrototype(d.node, d.scope)
	if t.child(d.node, "init_declarator") < 0 {
		d.inner = d.inner.ended()
		return true
	}
	return headInWrapper(t, d)
}

func cMacro(t *treeCutter, d *declaration) bool {
	d.Body.End = d.Body.Start + len(strings.TrimRight(view(t.src, d.Body), " \t\r\n"))
	return t.lineCount(d.Body) >= minMacroLines
}

// cExported excludes static functions, private members and everything in unnamed namespaces.
func cExported(t *treeCutter, d *declaration) bool {
	if d.scope.inFunc || d.Kind == Test {
		return false
	}
	head := t.src[d.head.Start:max(d.head.Start, d.NameRange.Start)]
	if !d.scope.inType {
		return !hasToken(head, "static")
	}
	public := t.kind(d.scope.outer) != "class_specifier"
	list := t.field(d.scope.outer, "body")
	if list < 0 {
		return public
	}
	return t.accessAt(d.node, list, public, func(c int) (bool, bool) {
		return t.kind(c) == "access_specifier", t.text(c) == "public"
	})
}

// namespace owns what it holds; one without a name hides it.
func namespace(_ *treeCutter, d *declaration) bool {
	d.Kind = Module
	d.inner.private = d.scope.private || d.Name == ""
	return true
}

func cppLambda(t *treeCutter, d *declaration) bool {
	if d.body < 0 || t.kind(d.body) != "lambda_expression" || t.lineCount(d.Body) < minNestedLines {
		d.Name = ""
		return false
	}
	t.bodyOf(d, d.body)
	return true
}

var csharpBackend backend = &grammar{
	load:      csharp.Language,
	scan:      csharpSyntax,
	separator: ".",
	rules: map[string]rule{
		"namespace_declaration":             {scope: true, adjust: namespace},
		"file_scoped_namespace_declaration": {rest: true},
		"class_declaration":                 {kind: Class, adjust: csharpHead},
		"struct_declaration":                {kind: Struct, adjust: csharpHead},
		"record_declaration":                {kind: Struct, adjust: csharpHead},
		"interface_declaration":             {kind: Interface, adjust: csharpHead},
		"enum_declaration":                  {kind: Enum, adjust: csharpHead},
		"delegate_declaration":              {kind: Type, adjust: csharpHead},
		"method_declaration":                {kind: Method, adjust: csharpMember},
		"constructor_declaration":           {kind: Constructor, adjust: csharpMember},
		"destructor_declaration":            {kind: Method, adjust: csharpMember},
		"operator_declaration":              {kind: Method, name: "operator", adjust: csharpMember},
		"property_declaration":              {kind: Method, adjust: csharpProperty},
		"indexer_declaration":               {kind: Method, name: "parameters", body: "accessors", adjust: csharpIndexer},
		"local_function_statement":          {kind: Function, adjust: csharpMember},
		"accessor_list":                     {plain: true},
	},
	prune:    []string{"binary_expression", "string_literal", "initializer_expression", "using_directive", "interpolated_string_expression"},
	exported: csharpExported,
}

// csharpHead makes the signature begin after the attributes.
func csharpHead(t *treeCutter, d *declaration) bool {
	for c := d.node + 1; c < t.next(d.node) && t.kind(c) == "attribute_list"; c = t.next(c) {
		d.head.Start = int(t.nodes[c].end)
		switch text := t.text(c); {
		case strings.HasPrefix(text, "[Fact"), strings.HasPrefix(text, "[Test"), strings.HasPrefix(text, "[Theory"):
			d.Flags |= IsTest
		}
	}
	return true
}

func csharpMember(t *treeCutter, d *declaration) bool {
	if d.body >= 0 && t.kind(d.body) == "arrow_expression_clause" {
		d.head.End = int(t.nodes[d.body].start)
	}
	return csharpHead(t, d)
}

// csharpProperty accepts a property whose accessors have bodies.
func csharpProperty(t *treeCutter, d *declaration) bool {
	if list := t.field(d.node, "accessors"); list >= 0 {
		d.body = list
		d.head.End = int(t.nodes[list].start)
	} else if value := t.field(d.node, "value"); value >= 0 && t.kind(value) == "arrow_expression_clause" {
		d.body = value
		d.head.End = int(t.nodes[value].start)
	}
	csharpHead(t, d)
	return d.body >= 0 && t.lineCount(t.rangeOf(d.body)) >= minMacroLines
}

func csharpIndexer(t *treeCutter, d *declaration) bool {
	if at := strings.LastIndex(view(t.src, Range{d.Body.Start, d.NameRange.Start}), "this"); at >= 0 {
		d.NameRange = Range{d.Body.Start + at, d.Body.Start + at + len("this")}
		d.Name = view(t.src, d.NameRange)
	}
	csharpHead(t, d)
	return d.body >= 0 && t.lineCount(d.Body) >= minMacroLines
}

func csharpExported(t *treeCutter, d *declaration) bool {
	if d.scope.inFunc {
		return false
	}
	head := t.src[d.head.Start:max(d.head.Start, d.NameRange.Start)]
	return hasToken(head, "public") || d.scope.inType && t.kind(d.scope.outer) == "interface_declaration"
}
