package chunk

import (
	"context"
	"strings"
)

// scanner finds declarations in source of languages with braces from tokens alone. It knows strings, comments and
// nesting but no expressions, so it reads damaged text as well as sound text.
type scanner struct {
	*cutter
	syntax *scanSyntax
	tokens []lexeme
	blocks []block
	first  int // first token of the statement that is being read, -1 between statements
	depth  int // open round and square brackets since the innermost block began
}

// block is an open brace.
type block struct {
	unit   int // index of its unit, -1 when it has none
	owner  string
	kind   Kind
	typ    bool // declares a type or owns what it holds
	body   bool // of a function, or below one
	depth  int  // of the scanner when it began
	first  int
	keep   bool // part of a statement that goes on after it: an initialiser
	opened int
}

// Bounds that keep the scanner's work in proportion to the text: tokens of the head of a declaration, of the
// attributes on lines of their own before it, and open braces above one.
const (
	maxHead       = 1000
	maxAttributes = 100
	maxBlocks     = 500
)

// scanBackend is the backend made of the scanner alone.
type scanBackend struct{ syntax *scanSyntax }

func (b scanBackend) cut(ctx context.Context, c *cutter) string {
	if ctx.Err() != nil {
		return "cancelled"
	}
	c.scan(b.syntax)
	return ""
}

// scan adds what the scanner finds.
func (c *cutter) scan(syntax *scanSyntax) {
	s := scanner{cutter: c, syntax: syntax, tokens: lex(c.src, syntax), first: -1}
	for i := range s.tokens {
		s.step(i)
	}
	for len(s.blocks) > 0 { // braces that were never closed
		s.close(len(c.src))
	}
	c.dropBodiless()
}

// dropBodiless removes the units whose end was not found. None is left by sound text.
func (c *cutter) dropBodiless() {
	kept := c.units[:0]
	for _, u := range c.units {
		if u.Range.Len() > 0 {
			kept = append(kept, u)
		}
	}
	c.units = kept
}

func (s *scanner) word(i int) string {
	if i < 0 || i >= len(s.tokens) {
		return ""
	}
	return view(s.src, Range{int(s.tokens[i].start), int(s.tokens[i].end)})
}

func (s *scanner) step(i int) {
	t := s.tokens[i]
	if t.newline && len(s.blocks) > 0 && s.blocks[len(s.blocks)-1].body && s.leftmost(i) {
		// A declaration at the left margin inside a function: a closing brace is missing above.
		for len(s.blocks) > 0 && s.blocks[len(s.blocks)-1].body {
			s.close(int(s.tokens[i-1].end))
		}
		s.first, s.depth = -1, 0
	}
	if t.newline && s.syntax.preprocessor && s.depth == 0 && s.first >= 0 && s.first == i-1 && s.tokens[s.first].newline && s.upper(s.first) {
		s.first = -1 // a macro on a line of its own
	}
	if t.newline && s.syntax.newlines && s.depth == 0 && s.first >= 0 && s.ends(i) {
		s.statement(i)
	}
	if t.kind != punctToken {
		if s.first < 0 {
			s.first = i
		}
		return
	}
	switch s.src[t.start] {
	case '(', '[':
		s.depth++
	case ')', ']':
		s.depth = max(0, s.depth-1)
	case '{':
		s.open(i)
		return
	case '}':
		if s.first >= 0 {
			s.statement(i)
		}
		s.close(int(t.end))
		return
	case ';':
		if s.depth == 0 {
			s.statement(i)
			return
		}
	case ':':
		if s.depth == 0 && s.first == i-1 && (s.word(s.first) == "public" || s.word(s.first) == "private" || s.word(s.first) == "protected") {
			s.first = -1
			return
		}
	}
	if s.first < 0 && s.src[t.start] != ',' {
		s.first = i
	}
}

// upper reports whether token i is a word without lower-case letters, as names of macros are.
func (s *scanner) upper(i int) bool {
	w := s.word(i)
	for j := 0; j < len(w); j++ {
		if w[j] >= 'a' && w[j] <= 'z' {
			return false
		}
	}
	return s.tokens[i].kind == wordToken
}

// leftmost reports whether token i is a word that begins a declaration, at the left margin.
func (s *scanner) leftmost(i int) bool {
	if t := s.tokens[i]; t.start > 0 && s.src[t.start-1] != '\n' || t.kind != wordToken {
		return false
	}
	w := s.word(i)
	_, typ := s.syntax.types[w]
	return typ || s.syntax.functions[w] || s.syntax.scopes[w] || modifiers[w]
}

// ends reports whether the statement before token i, the first of its line, is over.
func (s *scanner) ends(i int) bool {
	if i-s.first > maxAttributes {
		return true
	}
	switch s.word(i) {
	case "{", ".", "?", ":", "=", "-", "&", "|", "<", ">", "where", "throws", "async", "rethrows", "extends", "implements", "with", ")", "]", ",":
		return false
	}
	last := s.tokens[i-1]
	if last.kind == punctToken && strings.IndexByte("=,.:+-*/&|<?([", s.src[last.start]) >= 0 {
		return false
	}
	// Attributes and modifiers may stand on lines of their own.
	head := s.word(s.first)
	return head != "@" && !modifiers[head] || s.declares(s.first, i)
}

var modifiers = words("public", "private", "internal", "fileprivate", "open", "static", "final", "override", "async", "export",
	"default", "abstract", "sealed", "protected", "inline", "mutating")

// declares reports whether a declaring word stands among the tokens.
func (s *scanner) declares(from, to int) bool {
	for i := from; i < to; i++ {
		w := s.word(i)
		if _, ok := s.syntax.types[w]; ok || s.syntax.functions[w] || s.syntax.constructors[w] || w == "var" || w == "let" || w == "val" || w == "const" || w == "import" {
			return true
		}
	}
	return false
}

// statement ends a statement before token i. A function whose body is an expression is one.
func (s *scanner) statement(i int) {
	if s.first >= 0 && (s.syntax.arrows || s.syntax.equals) && len(s.blocks) < maxBlocks {
		if j := s.expressionBody(s.first, i); j > s.first {
			if d, ok := s.classify(s.first, j); ok && d.kind.IsCallable() {
				d.end = int(s.tokens[i-1].end)
				if s.word(i) == ";" {
					d.end = int(s.tokens[i].end)
				}
				s.declare(d, s.first, j)
			}
		}
	}
	s.first = -1
}

// expressionBody returns the token, among those of a statement, that introduces an expression as a function's body,
// or -1.
func (s *scanner) expressionBody(from, to int) int {
	depth := 0
	for i := from; i+1 < to; i++ {
		switch s.word(i) {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case "=":
			if depth > 0 {
				continue
			}
			if s.syntax.arrows && s.word(i+1) == ">" && s.tokens[i].end == s.tokens[i+1].start {
				return i
			}
			if s.assigns(i) {
				if s.syntax.equals {
					return i
				}
				return -1
			}
		}
	}
	return -1
}

// assigns reports whether the equals sign at token i is no part of a longer operator.
func (s *scanner) assigns(i int) bool {
	next, last := s.word(i+1), ""
	if i > 0 {
		last = s.word(i - 1)
	}
	return next != "=" && next != ">" && last != "=" && last != "!" && last != "<" && last != ">" && last != "operator"
}

// found is a declaration that the scanner recognised.
type found struct {
	kind  Kind
	name  int // token of the name
	last  int // last token of the name
	owner string
	scope bool // no unit
	end   int  // 0 when the block that begins decides
}

// open begins a block at token i.
func (s *scanner) open(i int) {
	b := block{unit: -1, depth: s.depth, first: s.first, opened: i}
	var outer block
	if n := len(s.blocks); n > 0 {
		outer = s.blocks[n-1]
	}
	b.owner, b.typ, b.body, b.kind = outer.owner, false, outer.body, outer.kind
	if len(s.blocks) == 0 {
		b.kind = Module
	}
	if s.first >= 0 && s.first < i && i-s.first < maxHead && len(s.blocks) < maxBlocks {
		head := s.afterTemplate(s.first, i)
		if s.memberInitialiser(i) {
			b.keep = true
		} else if d, ok := s.classify(head, i); ok && (s.depth == 0 || d.kind == Closure) {
			if !d.scope {
				b.unit = s.declare(d, s.first, i)
			}
			name := view(s.src, Range{int(s.tokens[d.name].start), int(s.tokens[d.last].end)})
			if d.owner != "" {
				b.owner = s.join(b.owner, d.owner)
			}
			b.owner = s.join(b.owner, name)
			b.kind, b.typ = d.kind, d.kind.IsType() || d.scope
			b.body = outer.body || d.kind.IsCallable() && !d.scope
		} else if s.depth == 0 && s.hasAssignment(head, i) {
			b.keep = true
		}
	}
	s.blocks = append(s.blocks, b)
	s.first, s.depth = -1, 0
}

func (s *scanner) join(owner, name string) string {
	if owner == "" || name == "" {
		return owner + name
	}
	return owner + s.syntax.separator + name
}

// close ends the innermost block before the offset end.
func (s *scanner) close(end int) {
	s.first = -1
	n := len(s.blocks)
	if n == 0 {
		s.depth = 0
		return
	}
	b := s.blocks[n-1]
	s.blocks = s.blocks[:n-1]
	s.depth = b.depth
	if b.depth > 0 || b.keep {
		s.first = b.first
	}
	if b.unit < 0 {
		return
	}
	u := &s.units[b.unit]
	u.Range.End, u.Body.End = end, end
	if u.Kind.IsCallable() && b.body && len(s.blocks) > 0 && s.blocks[len(s.blocks)-1].body && s.lineCount(u.Body) < minNestedLines {
		u.Range = Range{} // short functions stay with the one around them
	}
}

// hasAssignment reports whether an equals sign stands outside brackets among the tokens.
func (s *scanner) hasAssignment(from, to int) bool {
	depth := 0
	for i := from; i < to; i++ {
		switch s.word(i) {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case "=":
			if depth == 0 && s.assigns(i) {
				return true
			}
		}
	}
	return false
}

// memberInitialiser reports whether the brace at token i belongs to a member in a constructor's list: T() : a{1} {
func (s *scanner) memberInitialiser(i int) bool {
	if !s.syntax.preprocessor || s.tokens[i-1].kind != wordToken || s.depth > 0 {
		return false
	}
	listed := false
	for j := s.first + 1; j < i; j++ {
		listed = listed || s.word(j) == ":" && s.word(j-1) == ")"
	}
	if !listed {
		return false
	}
	depth := 0
	for j := i; j < len(s.tokens) && j < i+200; j++ {
		switch s.word(j) {
		case "{":
			depth++
		case "}":
			if depth--; depth == 0 {
				next := s.word(j + 1)
				return next == "," || next == "{"
			}
		}
	}
	return false
}

// declare adds a unit for the declaration whose head are the tokens [from, to) and returns its index.
func (s *scanner) declare(d found, from, to int) int {
	owner := ""
	exported := true
	if n := len(s.blocks); n > 0 {
		owner = s.blocks[n-1].owner
		if s.blocks[n-1].typ && d.kind == Function {
			d.kind = Method
		}
		exported = !s.blocks[n-1].body
	}
	start := int(s.tokens[from].start)
	doc := s.docAbove(start)
	name := Range{int(s.tokens[d.name].start), int(s.tokens[d.last].end)}
	if s.src[name.Start] == '`' && name.Len() > 2 {
		name = Range{name.Start + 1, name.End - 1}
	}
	head := Range{start, int(s.tokens[to-1].end)}
	u := Unit{Kind: d.kind, Owner: s.join(owner, d.owner), Name: view(s.src, name), NameRange: name,
		Range: Range{min(doc.Start, start), len(s.src)}, Body: Range{start, len(s.src)},
		Documentation: s.cleanComment(doc), Signature: s.signature(s.withoutAttributes(head, from, to))}
	if d.end > 0 {
		u.Range.End, u.Body.End = d.end, d.end
	}
	if last := Innermost(u.Owner); u.Kind == Method && (u.Name == last || s.word(d.name-1) == "." && s.word(d.name-2) == last) {
		u.Kind = Constructor
	}
	if exported && s.exported(u.Name, Range{start, max(start, name.Start)}) {
		u.Flags |= Exported
	}
	s.add(u)
	return len(s.units) - 1
}

func (s *scanner) exported(name string, head Range) bool {
	text := s.src[head.Start:head.End]
	if s.syntax.shown != "" {
		return hasToken(text, s.syntax.shown)
	}
	for _, w := range s.syntax.hidden {
		if hasToken(text, w) {
			return false
		}
	}
	return !s.syntax.underscore || !strings.HasPrefix(name, "_")
}

// withoutAttributes returns the head without the attributes at its beginning.
func (s *scanner) withoutAttributes(head Range, from, to int) Range {
	i := from
	for i < to && s.word(i) == "@" {
		i += 2
		if s.word(i) == "(" && i < to {
			i = s.closing(i, to) + 1
		}
	}
	if i < to {
		head.Start = int(s.tokens[i].start)
	}
	return head
}

// closing returns the token that closes the bracket at token i, or to-1.
func (s *scanner) closing(i, to int) int {
	depth := 0
	for j := i; j < to; j++ {
		switch s.word(j) {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth <= 0 {
				return j
			}
		}
	}
	return to - 1
}
