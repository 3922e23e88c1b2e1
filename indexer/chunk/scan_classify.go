package chunk

// classify recognises what the tokens [from, to) before a body declare.
func (s *scanner) classify(from, to int) (found, bool) {
	depth := 0
	for i := from; i < to; i++ {
		w := s.word(i)
		switch w {
		case "(", "[":
			depth++
			continue
		case ")", "]":
			depth--
			continue
		case "=":
			if s.syntax.bound && depth == 0 {
				return s.boundTo(from, i, to)
			}
			if depth == 0 && s.assigns(i) && !s.syntax.accessors {
				return found{}, false
			}
		}
		if depth > 0 || s.tokens[i].kind != wordToken {
			continue
		}
		if i > from && (s.word(i-1) == "." || s.word(i-1) == "@") {
			continue
		}
		if kind, ok := s.syntax.types[w]; ok && s.named(s.skipAttributes(i+1, to), to) {
			if s.returnsRecord(i, to) || s.syntax.functions[s.word(i+1)] || s.hasAssignment(i, to) {
				continue
			}
			return s.typeNamed(i, to, kind)
		}
		switch {
		case s.syntax.scopes[w]:
			return s.scopeNamed(i, to)
		case s.syntax.functions[w] && i+1 < to:
			return s.functionNamed(i+1, to)
		case s.syntax.constructors[w]:
			kind := Constructor
			if w == "deinit" || w == "subscript" {
				kind = Method
			}
			return found{kind: kind, name: i, last: i}, true
		case controls[w] && i == from:
			return found{}, false
		}
	}
	if s.syntax.accessors {
		return s.accessor(from, to)
	}
	if s.syntax.bare && (len(s.blocks) == 0 || !s.blocks[len(s.blocks)-1].body) {
		return s.bare(from, to)
	}
	return found{}, false
}

// afterTemplate returns the token after the template parameters at token i.
func (s *scanner) afterTemplate(i, to int) int {
	for s.syntax.preprocessor && i < to && s.word(i) == "template" {
		i = s.skipArguments(i+1, to) + 1
	}
	return i
}

// skipArguments returns the token that closes the angle bracket at token i, or i-1 when there is none.
func (s *scanner) skipArguments(i, to int) int {
	depth := 0
	for j := i; j < to; j++ {
		switch s.word(j) {
		case "<":
			depth++
		case ">":
			if depth--; depth <= 0 {
				return j
			}
		default:
			if depth == 0 {
				return i - 1
			}
		}
	}
	return i - 1
}

// skipAttributes returns the token after the attributes in square brackets at token i.
func (s *scanner) skipAttributes(i, to int) int {
	for i < to && s.word(i) == "[" {
		i = s.closing(i, to) + 1
	}
	return i
}

// named reports whether token i is an identifier that can be the name of a declaration.
func (s *scanner) named(i, to int) bool {
	return i < to && s.tokens[i].kind == wordToken && !controls[s.word(i)]
}

// typeNamed reads the name after the word that declares a type: the next one, or the last of a run such as
// "enum class Name" and "class EXPORT Name".
func (s *scanner) typeNamed(word, to int, kind Kind) (found, bool) {
	i := s.skipAttributes(word+1, to)
	if k, ok := s.syntax.types[s.word(i)]; ok && s.named(i+1, to) {
		if s.word(word) != "enum" && s.word(word) != "mixin" {
			kind = k
		}
		i++
	}
	for s.syntax.preprocessor && s.named(i+1, to) && s.word(i+1) != "final" && s.word(i+1) != "where" {
		i++
	}
	return found{kind: kind, name: i, last: i}, true
}

// returnsRecord reports whether the struct at token i is only the type of a function: struct node *f(…) {
func (s *scanner) returnsRecord(i, to int) bool {
	if !s.syntax.bare || !s.syntax.preprocessor {
		return false
	}
	for j := i + 2; j < to; j++ {
		switch s.word(j) {
		case ":":
			return false
		case "(":
			return true
		}
	}
	return false
}

// scopeNamed reads the name of a namespace, an extension or an implementation, of which the last is the type's.
func (s *scanner) scopeNamed(word, to int) (found, bool) {
	d := found{kind: Class, scope: true, name: word + 1, last: word + 1}
	if s.word(word) == "namespace" || s.word(word) == "mod" || s.word(word) == "extern" {
		d.kind = Module
	}
	depth := 0
	seen := false
	for i := word + 1; i < to; i++ {
		switch w := s.word(i); {
		case w == "<":
			depth++
		case w == ">":
			depth--
		case depth > 0:
		case w == "for" || w == "on": // impl Trait for Type, extension X on Type
			seen = false
		case w == "where" || w == ":" && s.word(i+1) != ":" && s.word(i-1) != ":":
			return d, seen
		case s.tokens[i].kind == wordToken && !seen:
			d.name, d.last, seen = i, i, true
		case s.tokens[i].kind == wordToken && (s.word(i-1) == ":" || s.word(i-1) == "."): // a::b, a.b
			d.last = i
		}
	}
	return d, seen
}

// functionNamed reads the name after func, fn, fun, def or function: a word, an operator, or a receiver and a word.
func (s *scanner) functionNamed(i, to int) (found, bool) {
	depth := 0
	name := -1
	for j := i; j < to; j++ {
		w := s.word(j)
		switch {
		case w == "<" && name >= 0 || w == "<" && j == i:
			depth++
		case w == ">" && depth > 0:
			depth--
		case depth > 0:
		case w == "(" || name >= 0 && (w == ":" || w == "="):
			if name < 0 {
				if w == "(" && j > i { // an operator
					return found{kind: Function, name: i, last: j - 1}, true
				}
				return found{}, false
			}
			return found{kind: Function, name: name, last: name}, true
		case s.tokens[j].kind == wordToken:
			if name < 0 || s.word(j-1) == "." {
				name = j
			} else {
				return found{kind: Function, name: name, last: name}, true
			}
		}
	}
	return found{kind: Function, name: max(name, i), last: max(name, i)}, name >= 0
}

// accessor recognises a computed property: var name: Type {
func (s *scanner) accessor(from, to int) (found, bool) {
	for i := from; i+2 < to; i++ {
		if s.word(i) == "var" && s.tokens[i+1].kind == wordToken && s.word(i+2) == ":" {
			n := len(s.blocks)
			if n > 0 && (s.blocks[n-1].body || s.blocks[n-1].kind == Interface) || s.hasAssignment(i, to) {
				return found{}, false
			}
			return found{kind: Function, name: i + 1, last: i + 1}, true
		}
	}
	return found{}, false
}

// boundTo recognises name = (…) => { and name = function (…) { by the tokens on both sides of the equals sign.
func (s *scanner) boundTo(from, equals, to int) (found, bool) {
	if equals == from || s.tokens[equals-1].kind != wordToken || equals+1 >= to {
		return found{}, false
	}
	arrow := to-2 > equals && s.word(to-2) == "=" && s.word(to-1) == ">"
	value := equals + 1
	if s.word(value) == "async" {
		value++
	}
	if !arrow && s.word(value) != "function" && s.word(value) != "class" {
		return found{}, false
	}
	kind := Closure
	if s.word(value) == "class" {
		kind = Class
	}
	return found{kind: kind, name: equals - 1, last: equals - 1}, true
}

// bare recognises name(…) before a body. What may follow the bracket are qualifiers; before it may stand macros with
// brackets of their own.
func (s *scanner) bare(from, to int) (found, bool) {
	for i := from; i < to; i++ {
		switch s.word(i) {
		case "=":
			if s.assigns(i) {
				return found{}, false
			}
		case "@": // an annotation
			if i++; s.word(i+1) == "(" {
				i = s.closing(i+1, to)
			}
			continue
		case "[":
			i = s.closing(i, to)
			continue
		case "get": // a getter without brackets
			if s.syntax.separator == "." && s.named(i+1, to) && i+2 == to && s.syntax.interpolation == '{' {
				return found{kind: Function, name: i + 1, last: i + 1}, true
			}
		}
		if s.word(i) != "(" || i == from {
			continue
		}
		end := s.closing(i, to)
		name := s.beforeArguments(from, i-1)
		if op := s.operator(from, name); op >= 0 {
			return found{kind: Function, name: op, last: name}, true
		}
		if s.tokens[name].kind == wordToken && !controls[s.word(name)] && !s.wordFollows(end+1, to) {
			return s.qualifiedName(from, name), true
		}
		if s.tokens[name].kind == wordToken && controls[s.word(name)] && name == from {
			return found{}, false
		}
		i = end
	}
	return found{}, false
}

// beforeArguments returns the token before the type parameters that end at token i, or i when none do.
func (s *scanner) beforeArguments(from, i int) int {
	if s.word(i) != ">" {
		return i
	}
	depth := 0
	for j := i; j > from; j-- {
		switch s.word(j) {
		case ">":
			depth++
		case "<":
			if depth--; depth == 0 && s.tokens[j-1].kind == wordToken && s.word(j-1) != "operator" {
				return j - 1
			}
		}
	}
	return i
}

// qualifiers may stand between the brackets of a function and its body.
var qualifiers = words("const", "noexcept", "override", "final", "throws", "async", "sync", "where", "volatile", "try", "requires", "mutable")

// wordFollows reports whether a word that is no qualifier stands at token i: the brackets before it were a macro's.
func (s *scanner) wordFollows(i, to int) bool {
	if i >= to || s.tokens[i].kind != wordToken {
		return false
	}
	w := s.word(i)
	if qualifiers[w] {
		return false
	}
	// An upper-case word before the body is a macro too, as in f(int a) NOEXCEPT {
	return i != to-1 || !s.upper(i)
}

// qualifiedName takes A::B before ::name, or A before .name, for the owner.
func (s *scanner) qualifiedName(from, name int) found {
	d := found{kind: Function, name: name, last: name}
	if name-1 >= from && s.word(name-1) == "~" {
		d.name = name - 1
	}
	i := d.name
	for i-3 >= from && s.word(i-1) == ":" && s.word(i-2) == ":" && s.tokens[i-3].kind == wordToken {
		i -= 3
	}
	if i-2 >= from && i == d.name && s.word(i-1) == "." && s.tokens[i-2].kind == wordToken {
		return d // a named constructor, owned by the class around it
	}
	if i < d.name {
		d.owner = view(s.src, Range{int(s.tokens[i].start), int(s.tokens[d.name].start)})
		d.owner = d.owner[:len(d.owner)-2]
		d.kind = Method
	}
	return d
}

// operator returns the token of the word operator shortly before token i, or -1.
func (s *scanner) operator(from, i int) int {
	for j := i; j >= from && j > i-4; j-- {
		if s.word(j) == "operator" {
			return j
		}
	}
	return -1
}
