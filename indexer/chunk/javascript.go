//go:build cgo

package chunk

import (
	"maps"
	"strings"

	javascript "github.com/tree-sitter/tree-sitter-javascript/bindings/go"
	typescript "github.com/tree-sitter/tree-sitter-typescript/bindings/go"
)

var (
	javascriptBackend backend = scriptGrammar(&grammar{load: javascript.Language})
	typescriptBackend backend = scriptGrammar(&grammar{load: typescript.LanguageTypescript})
	tsxBackend        backend = scriptGrammar(&grammar{load: typescript.LanguageTSX})
)

// scriptGrammar completes a grammar of the JavaScript family; rules for nodes that it lacks do nothing.
func scriptGrammar(g *grammar) *grammar {
	g.separator = "."
	g.scan = scriptSyntax
	g.rules = maps.Clone(scriptRules)
	g.prune = []string{"binary_expression", "template_string", "string", "regex", "formal_parameters", "import_statement",
		"type_annotation", "type_arguments", "type_parameters", "jsx_opening_element"}
	g.exported = scriptExported
	return g
}

var scriptRules = map[string]rule{
	"export_statement":               {wrap: true, adjust: scriptExport},
	"export_clause":                  {plain: true, adjust: scriptExportClause},
	"export_specifier":               {plain: true},
	"ambient_declaration":            {wrap: true, adjust: headInWrapper},
	"expression_statement":           {wrap: true, adjust: headInWrapper},
	"lexical_declaration":            {wrap: true, adjust: scriptVariables},
	"variable_declaration":           {wrap: true, adjust: scriptVariables},
	"decorator":                      {prefix: true},
	"program":                        {plain: true},
	"class_body":                     {plain: true},
	"object":                         {plain: true},
	"arguments":                      {plain: true},
	"member_expression":              {plain: true},
	"arrow_function":                 {plain: true},
	"function_expression":            {plain: true},
	"generator_function":             {plain: true},
	"class":                          {plain: true},
	"function_declaration":           {kind: Function},
	"generator_function_declaration": {kind: Function},
	"class_declaration":              {kind: Class},
	"abstract_class_declaration":     {kind: Class},
	"interface_declaration":          {kind: Interface},
	"type_alias_declaration":         {kind: Type, body: "value"},
	"enum_declaration":               {kind: Enum},
	"internal_module":                {scope: true},
	"module":                         {scope: true},
	"method_definition":              {kind: Method, adjust: scriptMethod},
	"variable_declarator":            {kind: Closure, body: "value", adjust: scriptBound},
	"public_field_definition":        {kind: Closure, body: "value", adjust: scriptBound},
	"field_definition":               {kind: Closure, name: "property", body: "value", adjust: scriptBound},
	"pair":                           {kind: Closure, name: "key", body: "value", adjust: scriptBound},
	"assignment_expression":          {kind: Closure, name: "left", body: "right", adjust: scriptAssigned},
	"call_expression":                {kind: Test, adjust: scriptTest},
}

// headInWrapper makes the signature begin where the outermost wrapper does.
func headInWrapper(t *treeCutter, d *declaration) bool {
	if d.scope.head == 0 {
		d.inner.head = int(t.nodes[d.node].start) + 1
	}
	return true
}

// scriptExport marks what an export statement holds; its signature begins after the decorators.
func scriptExport(t *treeCutter, d *declaration) bool {
	d.inner.exported = true
	start := int(t.nodes[d.node].start)
	for c := d.node + 1; c < t.next(d.node) && t.kind(c) == "decorator"; c = t.next(c) {
		start = int(t.nodes[c].end)
	}
	d.inner.head = start + 1
	return true
}

func scriptExportClause(t *treeCutter, d *declaration) bool {
	for c := d.node + 1; c < t.next(d.node); c = t.next(c) {
		if name := t.field(c, "name"); name >= 0 {
			t.export(t.text(name))
		}
	}
	return true
}

// scriptVariables lets the only variable of a statement have the whole statement.
func scriptVariables(t *treeCutter, d *declaration) bool {
	first := t.child(d.node, "variable_declarator")
	if first < 0 || t.next(first) < t.next(d.node) && t.kind(t.next(first)) == "variable_declarator" {
		d.inner = d.inner.ended()
		return true
	}
	return headInWrapper(t, d)
}

func scriptMethod(t *treeCutter, d *declaration) bool {
	if d.Name == "constructor" && d.scope.inType {
		d.Kind = Constructor
	}
	return true
}

// scriptBound accepts a name bound to a function or class. An object literal owns the functions in it.
func scriptBound(t *treeCutter, d *declaration) bool {
	if d.body < 0 {
		return false
	}
	if strings.ContainsAny(d.Name, "{[\n") { // a pattern, not a name
		d.Name = ""
		return false
	}
	if len(d.Name) > 2 && (d.Name[0] == '\'' || d.Name[0] == '"') {
		d.Name = d.Name[1 : len(d.Name)-1]
		d.NameRange = Range{d.NameRange.Start + 1, d.NameRange.End - 1}
	}
	switch t.kind(d.body) {
	case "arrow_function", "function_expression", "generator_function":
		t.bodyOf(d, d.body)
		return true
	case "class":
		d.Kind = Class
		t.bodyOf(d, d.body)
		return true
	case "object":
		d.Kind = Class // the owner of its methods, but no unit
		return false
	case "call_expression": // memo(function …), useCallback(() => …), debounce(…)
		if arguments := t.field(d.body, "arguments"); arguments >= 0 && t.wrapsFunction(d.body) {
			first := arguments + 1
			if k := t.kind(min(first, len(t.nodes)-1)); first < t.next(arguments) && (k == "arrow_function" || k == "function_expression") {
				t.bodyOf(d, first)
				return true
			}
		}
	}
	d.Name = ""
	return false
}

// wrapsFunction reports whether a call may return the function that it is given, as memo and debounce do; methods of
// collections such as filter do not.
func (t *treeCutter) wrapsFunction(call int) bool {
	callee := t.field(call, "function")
	if callee < 0 || t.lineCount(t.rangeOf(call)) < minNestedLines {
		return false
	}
	name := t.text(callee)
	object, _, member := strings.Cut(name, ".")
	return !strings.ContainsAny(name, "( \n") && (!member || object != "" && object[0] >= 'A' && object[0] <= 'Z')
}

// bodyOf takes the body of the function or class at value for the declaration's.
func (t *treeCutter) bodyOf(d *declaration, value int) {
	d.head.End = int(t.nodes[value].end)
	if body := t.field(value, "body"); body >= 0 {
		d.body = body
		d.head.End = int(t.nodes[body].start)
	}
}

// scriptAssigned accepts a function or class assigned to a name or a property. The object before the property is the
// owner, except the objects that only export.
func scriptAssigned(t *treeCutter, d *declaration) bool {
	left := t.field(d.node, "left")
	if left < 0 || d.body < 0 {
		d.Name = ""
		return false
	}
	if t.kind(left) == "member_expression" {
		object, property := t.field(left, "object"), t.field(left, "property")
		if object < 0 || property < 0 {
			d.Name = ""
			return false
		}
		d.setName(t, property)
		owner := t.text(object)
		module := owner == "exports" || owner == "module.exports"
		switch {
		case owner == "module" && d.Name == "exports":
			t.exportObject(d.body)
			d.inner.exported = true
			d.scope.exported = true
		case module:
			d.scope.exported = true
		case strings.HasSuffix(owner, ".prototype"):
			d.Owner, d.Kind = strings.TrimSuffix(owner, ".prototype"), Method
		case len(owner) < 60 && !strings.ContainsAny(owner, "(\n"):
			d.Owner = t.join(d.Owner, owner)
		}
		if module && t.kind(d.body) == "identifier" {
			t.export(t.text(d.body))
		}
	}
	kind := d.Kind
	if !scriptBound(t, d) {
		return false
	}
	if kind == Method && d.Kind == Closure {
		d.Kind = Method
	}
	return true
}

// exportObject exports the names in an object literal, or the one name that stands in its place.
func (t *treeCutter) exportObject(value int) {
	if t.kind(value) == "identifier" {
		t.export(t.text(value))
	}
	for c := value + 1; c < t.next(value); c = t.next(c) {
		switch t.kind(c) {
		case "shorthand_property_identifier":
			t.export(t.text(c))
		case "pair":
			if v := t.field(c, "value"); v >= 0 && t.kind(v) == "identifier" {
				t.export(t.text(v))
			}
		}
	}
}

// scriptTest accepts it("…", () => …) and test("…", …) as tests; describe("…", …) owns those in it.
func scriptTest(t *treeCutter, d *declaration) bool {
	function, arguments := t.field(d.node, "function"), t.field(d.node, "arguments")
	if function < 0 || arguments < 0 {
		return false
	}
	verb, _, _ := strings.Cut(t.text(function), ".")
	suite := verb == "describe" || verb == "suite" || verb == "context"
	if !suite && verb != "it" && verb != "test" && verb != "specify" {
		return false
	}
	title := arguments + 1
	if title >= t.next(arguments) || t.kind(title) != "string" && t.kind(title) != "template_string" {
		return false
	}
	value := t.child(arguments, "arrow_function", "function_expression")
	if value < 0 {
		return false
	}
	r := t.rangeOf(title)
	d.NameRange = Range{r.Start + 1, max(r.Start+1, r.End-1)}
	d.Name = view(t.src, d.NameRange)
	t.bodyOf(d, value)
	d.head.End = int(t.nodes[title].end)
	d.inner.test = true
	return !suite
}

func scriptExported(t *treeCutter, d *declaration) bool {
	if d.scope.inFunc || d.Kind == Test || strings.HasPrefix(d.Name, "#") {
		return false
	}
	head := t.src[d.head.Start:max(d.head.Start, d.NameRange.Start)]
	return d.scope.exported && !hasToken(head, "private")
}
