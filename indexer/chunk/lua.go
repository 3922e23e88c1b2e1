//go:build cgo

package chunk

import (
	"strings"

	lua "github.com/tree-sitter-grammars/tree-sitter-lua/bindings/go"
)

var luaBackend backend = &grammar{
	load:      lua.Language,
	separator: ".",
	rules: map[string]rule{
		"function_declaration": {kind: Function, adjust: luaFunction},
		"variable_declaration": {wrap: true, adjust: headInWrapper},
		"assignment_statement": {kind: Closure, adjust: luaAssigned},
		"field":                {kind: Closure, body: "value", adjust: luaField},
		"function_call":        {kind: Test, adjust: luaTest},
		"variable_list":        {plain: true},
		"expression_list":      {plain: true},
		"function_definition":  {plain: true},
		"arguments":            {plain: true},
		"table_constructor":    {plain: true},
	},
	prune:    []string{"binary_expression", "string", "parameters"},
	exported: luaExported,
}

// luaName splits M.Stack:push into owner and name.
func (d *declaration) luaName(t *treeCutter, r Range) bool {
	text := view(t.src, r)
	if text == "" || strings.ContainsAny(text, "[(\n, ") {
		d.Name = ""
		return false
	}
	if cut := strings.LastIndexAny(text, ".:"); cut >= 0 {
		d.Owner = t.join(d.Owner, text[:cut])
		if text[cut] == ':' {
			d.Kind = Method
		}
		r.Start += cut + 1
	}
	d.NameRange = r
	d.Name = view(t.src, r)
	return d.Name != ""
}

func luaFunction(t *treeCutter, d *declaration) bool {
	name := t.field(d.node, "name")
	if name < 0 {
		return false
	}
	d.body = orSelf(d.body, d.node)
	if shut := strings.IndexByte(view(t.src, Range{int(t.nodes[name].end), d.Body.End}), ')'); shut >= 0 {
		d.head.End = int(t.nodes[name].end) + shut + 1
	}
	return d.luaName(t, t.rangeOf(name))
}

// orSelf returns the body or, when a function holds no statement, the node itself.
func orSelf(body, node int) int {
	if body < 0 {
		return node
	}
	return body
}

func luaAssigned(t *treeCutter, d *declaration) bool {
	names, values := t.child(d.node, "variable_list"), t.child(d.node, "expression_list")
	if names < 0 || values < 0 || values+1 >= t.next(values) {
		return false
	}
	value := values + 1
	if t.kind(value) == "table_constructor" {
		d.luaName(t, t.rangeOf(names))
		return false
	}
	if t.kind(value) != "function_definition" || !d.luaName(t, t.rangeOf(names)) {
		return false
	}
	d.luaValue(t, value)
	return true
}

// luaValue takes a function's body for the declaration's; the signature ends with its parameters.
func (d *declaration) luaValue(t *treeCutter, value int) {
	d.body = orSelf(t.field(value, "body"), value)
	d.head.End = int(t.nodes[value].end)
	if shut := strings.IndexByte(t.text(value), ')'); shut >= 0 {
		d.head.End = int(t.nodes[value].start) + shut + 1
	}
}

func luaField(t *treeCutter, d *declaration) bool {
	if d.body < 0 || t.kind(d.body) != "function_definition" || d.Name == "" || strings.ContainsAny(d.Name, "\"'[(") {
		d.Name = ""
		return false
	}
	d.luaValue(t, d.body)
	return true
}

func luaTest(t *treeCutter, d *declaration) bool {
	verb, arguments := d.Name, t.child(d.node, "arguments")
	d.Name = ""
	suite := verb == "describe" || verb == "context"
	if arguments < 0 || !suite && verb != "it" && verb != "test" {
		return false
	}
	title, value := t.child(arguments, "string"), t.child(arguments, "function_definition")
	if title < 0 || value < 0 {
		return false
	}
	r := t.rangeOf(title)
	d.NameRange = Range{r.Start + 1, max(r.Start+1, r.End-1)}
	d.Name = view(t.src, d.NameRange)
	d.body = value
	d.head.End = r.End
	d.inner.test = true
	return !suite
}

func luaExported(t *treeCutter, d *declaration) bool {
	return !d.scope.inFunc && d.Kind != Test && !strings.HasPrefix(view(t.src, d.Body), "local ") && !strings.HasPrefix(d.Name, "_")
}
