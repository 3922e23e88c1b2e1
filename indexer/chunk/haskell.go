//go:build cgo

package chunk

import (
	"strings"

	haskell "github.com/tree-sitter/tree-sitter-haskell/bindings/go"
)

var haskellBackend backend = &grammar{
	load:      haskell.Language,
	separator: ".",
	clauses:   true,
	rules: map[string]rule{
		"haskell":               {plain: true, adjust: haskellModule},
		"header":                {plain: true},
		"exports":               {plain: true},
		"declarations":          {plain: true},
		"class_declarations":    {plain: true},
		"instance_declarations": {plain: true},
		"haddock":               {comment: true},
		"signature":             {prefix: true},
		"function":              {kind: Function, adjust: haskellFunction},
		"bind":                  {kind: Function, adjust: haskellFunction},
		"data_type":             {kind: Struct, adjust: haskellType},
		"newtype":               {kind: Type, adjust: haskellType},
		"type_synomym":          {kind: Type, adjust: haskellType},
		"class":                 {kind: Interface, adjust: haskellClass},
		"instance":              {scope: true, adjust: haskellInstance},
		"infix":                 {plain: true},
	},
	prune:    []string{"patterns", "literal", "list", "import"},
	exported: haskellExported,
}

// haskellModule takes the comment above the module's head for the documentation of the file and notes its exports.
func haskellModule(t *treeCutter, d *declaration) bool {
	header := t.child(d.node, "header")
	if header < 0 {
		return true
	}
	t.file.Documentation = t.cleanComment(t.docAbove(int(t.nodes[header].start)))
	if list := t.field(header, "exports"); list >= 0 {
		t.exports = map[string]bool{}
		for c := list + 1; c < t.next(list); c = t.next(c) {
			name, _, _ := strings.Cut(t.text(c), " ")
			name, _, _ = strings.Cut(name, "(")
			t.exports[name] = true
		}
	}
	return true
}

// haskellFunction accepts an equation. The type signature before it is its signature and part of it.
func haskellFunction(t *treeCutter, d *declaration) bool {
	node := d.node
	name := t.field(node, "name")
	if name < 0 {
		infix := t.child(node, "infix")
		if infix < 0 {
			return false
		}
		if name = t.field(infix, "operator"); name < 0 {
			return false
		}
		d.setName(t, name)
	}
	d.body = node
	d.head = t.rangeOf(node)
	d.head.End = d.head.Start + len(firstLine(view(t.src, d.head)))
	if eq := strings.Index(view(t.src, d.head), " ="); eq > 0 {
		d.head.End = d.head.Start + eq
	}
	d.Body = t.rangeOf(node)
	if d.scope.prefix > 0 {
		for c := d.scope.prefix; c < node; c = t.next(c) {
			if n := t.field(c, "name"); t.kind(c) == "signature" && n >= 0 && strings.Trim(t.text(n), "()") == d.Name {
				d.Body.Start = int(t.nodes[c].start)
				d.head = t.rangeOf(c)
			}
		}
	}
	d.Body.End = d.Body.Start + len(strings.TrimRight(view(t.src, d.Body), " \t\r\n"))
	return true
}

func haskellType(t *treeCutter, d *declaration) bool {
	text := view(t.src, d.Body)
	d.Body.End = d.Body.Start + len(strings.TrimRight(text, " \t\r\n"))
	if eq := strings.IndexByte(text, '='); eq > 0 {
		d.head.End = min(d.head.End, d.Body.Start+eq)
	}
	return true
}

// haskellClass ends the signature of a class at where.
func haskellClass(t *treeCutter, d *declaration) bool {
	if at := strings.Index(view(t.src, d.Body), " where"); at > 0 {
		d.head.End = d.Body.Start + at
	}
	return haskellType(t, d)
}

func haskellInstance(t *treeCutter, d *declaration) bool {
	if patterns := t.field(d.node, "patterns"); patterns >= 0 {
		d.Name = t.text(patterns)
	}
	d.Kind = Class
	return true
}

func haskellExported(t *treeCutter, d *declaration) bool {
	return !d.scope.inFunc && (t.exports == nil || d.scope.inType || t.exports[d.Name])
}
