//go:build cgo

package chunk

import (
	"strings"

	ruby "github.com/tree-sitter/tree-sitter-ruby/bindings/go"
)

var rubyBackend backend = &grammar{
	load:      ruby.Language,
	separator: "::",
	rules: map[string]rule{
		"class":            {kind: Class},
		"module":           {kind: Class},
		"singleton_class":  {scope: true, name: "value", adjust: rubySingleton},
		"method":           {kind: Function, adjust: rubyMethod},
		"singleton_method": {kind: Function, adjust: rubyMethod},
		"assignment":       {kind: Closure, name: "left", body: "right", adjust: rubyBound},
		"call":             {kind: Test, adjust: rubyTest, prefixes: rubySignature},
		"lambda":           {plain: true},
		"body_statement":   {plain: true},
		"argument_list":    {plain: true},
		"block":            {plain: true},
		"do_block":         {plain: true},
	},
	prune:    []string{"binary", "string_array", "symbol_array", "method_parameters", "heredoc_body", "hash", "array"},
	exported: rubyExported,
}

// rubySignature recognises the types that Sorbet has written before a method: sig { void }.
func rubySignature(t *treeCutter, n int) bool {
	method := t.field(n, "method")
	return method >= 0 && t.text(method) == "sig" && t.field(n, "block") >= 0
}

func rubySingleton(_ *treeCutter, d *declaration) bool {
	d.Name = ""
	return false
}

func rubyMethod(t *treeCutter, d *declaration) bool {
	if d.body < 0 {
		d.body = d.node // a method without statements
		d.head.End = d.Body.Start + len(firstLine(view(t.src, d.Body)))
	}
	if d.Name == "initialize" && d.scope.inType {
		d.Kind = Constructor
	}
	if strings.HasPrefix(d.Name, "test_") {
		d.Flags |= IsTest
	}
	return true
}

// rubyBound accepts a lambda bound to a name, and a constant bound to a new class.
func rubyBound(t *treeCutter, d *declaration) bool {
	if d.body < 0 || strings.ContainsAny(d.Name, "[(, \n") {
		d.Name = ""
		return false
	}
	d.head.End = d.Body.Start + len(firstLine(view(t.src, d.Body)))
	value := t.text(d.body)
	switch {
	case t.kind(d.body) == "lambda", strings.HasPrefix(value, "lambda "), strings.HasPrefix(value, "proc "), strings.HasPrefix(value, "Proc.new"):
		return t.lineCount(d.Body) >= minNestedLines
	case strings.HasPrefix(value, "Struct.new"), strings.HasPrefix(value, "Data.define"):
		d.Kind = Struct
		return true
	case strings.HasPrefix(value, "Class.new"):
		d.Kind = Class
		return true
	}
	d.Name = ""
	return false
}

// rubyTest accepts the blocks of test frameworks; those that describe own the others.
func rubyTest(t *treeCutter, d *declaration) bool {
	method, block := t.field(d.node, "method"), t.field(d.node, "block")
	if method < 0 || block < 0 {
		return false
	}
	verb := t.text(method)
	suite := verb == "describe" || verb == "context" || verb == "feature"
	if !suite && verb != "it" && verb != "test" && verb != "specify" && verb != "scenario" {
		return false
	}
	arguments := t.field(d.node, "arguments")
	if arguments < 0 || arguments+1 >= t.next(arguments) {
		return false
	}
	d.NameRange = t.rangeOf(arguments + 1)
	if t.kind(arguments+1) == "string" && d.NameRange.Len() >= 2 {
		d.NameRange.Start++
		d.NameRange.End--
	}
	d.Name = view(t.src, d.NameRange)
	d.body = block
	d.head.End = int(t.nodes[block].start)
	d.inner.test = true
	return !suite
}

// rubyExported follows the bare word private up to the end of the class body.
func rubyExported(t *treeCutter, d *declaration) bool {
	if d.scope.inFunc || d.Kind == Test || strings.HasPrefix(d.Name, "_") {
		return false
	}
	public := true
	if d.scope.outer > 0 {
		if list := t.field(d.scope.outer, "body"); list >= 0 {
			public = t.accessAt(d.node, list, true, func(c int) (bool, bool) {
				if t.kind(c) != "identifier" {
					return false, false
				}
				word := t.text(c)
				return word == "private" || word == "protected" || word == "public", word == "public"
			})
		}
	}
	return public && !strings.HasPrefix(view(t.src, Range{t.lineStart(d.Body.Start), d.Body.Start}), "private")
}
