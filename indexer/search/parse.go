package search

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a query. Longer text is not a question; Similar takes text of any length.
const (
	maxQueryBytes = 16 << 10
	maxGroupDepth = 8
)

// Parse reads a query.
//
//	query   = { item }
//	item    = word | [ "-" ] clause | "-" word
//	clause  = name ":" value { "," value } | '"' text '"' | "/" regexp "/" | "(" all { "or" all } ")"
//	all     = [ "-" ] clause { [ "-" ] clause }
//
// People paste anything, so only what looks like an operator is one: name must be one of Operators with its value
// right after the colon, a parenthesis opens a group only when a clause follows it, a minus needs a word of at
// least two letters behind it, and a regexp ends its word. In a literal, \" and \\ stand for " and \.
// Errors are *SyntaxError.
func Parse(text string) (*Query, error) {
	q, err := newQuery(text)
	if err != nil {
		return nil, err
	}
	p := parser{text: text, query: q}
	for p.skipSpace(); p.pos < len(text); p.skipSpace() {
		if err := p.item(); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// ParsePlain reads a text as words only: nothing in it is an operator. It fails as Parse does for text that is too long
// or not valid UTF-8.
func ParsePlain(text string) (*Query, error) {
	q, err := newQuery(text)
	if err != nil {
		return nil, err
	}
	p := parser{text: text, query: q}
	for p.skipSpace(); p.pos < len(text); p.skipSpace() {
		start := p.pos
		q.Words = append(q.Words, Word{Text: p.word(), Start: start})
	}
	return q, nil
}

func newQuery(text string) (*Query, error) {
	q := &Query{Source: text}
	if len(text) > maxQueryBytes {
		return nil, &SyntaxError{Query: text, Offset: floorRune(text, maxQueryBytes),
			Problem: fmt.Sprintf("the query has %d bytes, at most %d are read", len(text), maxQueryBytes)}
	}
	if i := invalidUTF8(text); i >= 0 {
		return nil, &SyntaxError{Query: text, Offset: i, Problem: "not valid UTF-8"}
	}
	return q, nil
}

type parser struct {
	text  string
	pos   int
	depth int // of open groups
	query *Query
}

func (p *parser) fail(offset int, expected []string, format string, args ...any) error {
	return &SyntaxError{Query: p.text, Offset: offset, Problem: fmt.Sprintf(format, args...), Expected: expected}
}

func (p *parser) skipSpace() {
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		p.pos += n
	}
}

// item reads one free word or clause at a position that is not white space.
func (p *parser) item() error {
	start := p.pos
	c, ok, err := p.clause()
	if err != nil {
		return err
	}
	if ok {
		p.query.Clauses = append(p.query.Clauses, c)
		return nil
	}
	p.pos = start
	word := p.word()
	if rest, found := strings.CutPrefix(word, "-"); found && excludable(rest) {
		p.query.Clauses = append(p.query.Clauses,
			Clause{Kind: WordClause, Start: start, End: p.pos, Not: true, Values: []string{rest}})
		return nil
	}
	p.noteMisspelling(word)
	p.query.Words = append(p.query.Words, Word{Text: word, Start: start})
	return nil
}

// clause reads a clause with its minus. It reports false, anywhere in the text, when there is none.
func (p *parser) clause() (Clause, bool, error) {
	c := Clause{Start: p.pos}
	if strings.HasPrefix(p.text[p.pos:], "-") {
		c.Not = true
		p.pos++
	}
	if p.pos == len(p.text) {
		return c, false, nil
	}
	var ok bool
	var err error
	switch p.text[p.pos] {
	case '"':
		ok, err = p.literal(&c)
	case '/':
		ok, err = p.pattern(&c)
	case '(':
		ok, err = p.group(&c)
	default:
		ok, err = p.operator(&c)
	}
	c.End = p.pos
	return c, ok && err == nil, err
}

func (p *parser) literal(c *Clause) (bool, error) {
	value, err := p.quoted()
	if err != nil {
		return false, err
	}
	if value == "" {
		return false, p.fail(c.Start, nil, "the literal is empty")
	}
	c.Kind, c.Values = LiteralClause, []string{value}
	return true, nil
}

// quoted reads a quoted text with its quotes and undoes the escapes.
func (p *parser) quoted() (string, error) {
	start := p.pos
	var b strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		switch ch := p.text[p.pos]; {
		case ch == '"':
			p.pos++
			return b.String(), nil
		case ch == '\\' && p.pos+1 < len(p.text) && (p.text[p.pos+1] == '"' || p.text[p.pos+1] == '\\'):
			p.pos++
			b.WriteByte(p.text[p.pos])
		default:
			b.WriteByte(ch)
		}
	}
	return "", p.fail(start, []string{`"`}, "the quotation that starts here does not end")
}

// pattern reads /regexp/. A slash that does not come back at the end of its word is the start of a path.
func (p *parser) pattern(c *Clause) (bool, error) {
	start := p.pos + 1
	end := start
	for end < len(p.text) && p.text[end] != '/' && p.text[end] != '\n' {
		if p.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.text) || p.text[end] != '/' || end == start || !p.endsWord(end+1) {
		return false, nil
	}
	re, err := regexp.Compile("(?m)" + strings.ReplaceAll(p.text[start:end], `\/`, "/"))
	if err != nil {
		return false, p.fail(start, nil, "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	p.pos = end + 1
	c.Kind, c.Pattern = PatternClause, re
	return true, nil
}

func (p *parser) endsWord(i int) bool {
	if i >= len(p.text) || p.text[i] == ')' && p.depth > 0 {
		return true
	}
	r, _ := utf8.DecodeRuneInString(p.text[i:])
	return unicode.IsSpace(r)
}

// group reads (a or b). What opens like a group but goes on as prose or code is none, unless an operator stands
// in it: then the person meant a group and is told what is wrong.
func (p *parser) group(c *Clause) (bool, error) {
	open := p.pos
	if p.depth == maxGroupDepth {
		return false, p.fail(open, nil, "groups are nested more than %d deep", maxGroupDepth)
	}
	p.depth++
	defer func() { p.depth-- }()
	p.pos++
	operators := false
	all := []Clause(nil)
	for {
		p.skipSpace()
		if p.pos == len(p.text) {
			return p.notGroup(operators, open, []string{")"}, "the group that starts here does not end")
		}
		start := p.pos
		if p.text[p.pos] == ')' || p.separator() {
			if len(all) == 0 {
				return p.notGroup(operators, start, []string{`an operator`, `"literal"`, `/regexp/`}, "nothing to choose here")
			}
			c.Any = append(c.Any, all)
			if all = nil; p.pos > start {
				continue
			}
			p.pos++
			c.Kind = GroupClause
			return true, nil
		}
		inner, ok, err := p.clause()
		if err != nil && operators {
			return false, err
		}
		if err != nil || !ok {
			return p.notGroup(operators, start, []string{`an operator`, `"literal"`, `/regexp/`, "or", ")"},
				"a group holds operators, literals and patterns, no free words")
		}
		operators = operators || inner.Kind == OperatorClause
		all = append(all, inner)
	}
}

func (p *parser) notGroup(operators bool, offset int, expected []string, problem string) (bool, error) {
	if !operators {
		return false, nil
	}
	return false, p.fail(offset, expected, "%s", problem)
}

// separator reads "or" or "|".
func (p *parser) separator() bool {
	for _, s := range []string{"or", "OR", "|"} {
		if strings.HasPrefix(p.text[p.pos:], s) && p.endsWord(p.pos+len(s)) {
			p.pos += len(s)
			return true
		}
	}
	return false
}

// operator reads name:value{,value}.
func (p *parser) operator(c *Clause) (bool, error) {
	colon := strings.IndexByte(p.text[p.pos:], ':')
	if colon < 0 {
		return false, nil
	}
	op := operatorNamed(p.text[p.pos : p.pos+colon])
	if op == nil {
		return false, nil
	}
	p.pos += colon + 1
	if p.pos < len(p.text) && p.endsWord(p.pos) && p.text[p.pos] != ')' {
		return false, nil // "open file: no such file" is no operator
	}
	c.Kind, c.Operator = OperatorClause, op.Name
	for {
		start := p.pos
		value, err := p.value()
		if err != nil {
			return false, err
		}
		if value == "" {
			return false, p.fail(start, op.Values, "%s: needs a value", op.Name)
		}
		canonical, ok := op.canonical(value)
		if !ok {
			problem := fmt.Sprintf("%s: takes no %q", op.Name, value)
			if near := nearest(strings.ToLower(value), op.Values); near != "" {
				problem += fmt.Sprintf(", did you mean %s:%s?", op.Name, near)
			}
			return false, p.fail(start, op.Values, "%s", problem)
		}
		if err := checkValue(op.Name, canonical); err != nil {
			return false, p.fail(start, nil, "%s", err)
		}
		c.Values, c.at = append(c.Values, canonical), append(c.at, start)
		if p.pos == len(p.text) || p.text[p.pos] != ',' {
			return true, nil
		}
		p.pos++
	}
}

// value reads one value up to a comma, quoted or not. Commas inside braces belong to a glob.
func (p *parser) value() (string, error) {
	if p.pos < len(p.text) && p.text[p.pos] == '"' {
		return p.quoted()
	}
	start, braces := p.pos, 0
	for p.pos < len(p.text) && !p.endsWord(p.pos) {
		switch p.text[p.pos] {
		case '{':
			braces++
		case '}':
			braces--
		case ',':
			if braces <= 0 {
				return p.text[start:p.pos], nil
			}
		}
		p.pos++
	}
	return p.text[start:p.pos], nil
}

func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if unicode.IsSpace(r) {
			break
		}
		p.pos += n
	}
	return p.text[start:p.pos]
}

// noteMisspelling leaves a remark when a word is nearly an operator.
func (p *parser) noteMisspelling(word string) {
	name, value, found := strings.Cut(strings.TrimPrefix(word, "-"), ":")
	if !found || value == "" || value[0] == ':' || value[0] == '/' {
		return
	}
	names := make([]string, len(Operators))
	for i, o := range Operators {
		names[i] = o.Name
	}
	if near := nearest(name, names); near != "" && len(name) > 2 {
		p.query.Notes = append(p.query.Notes, fmt.Sprintf("%q was searched as text; did you mean %s:%s?", word, near, value))
	}
}

// excludable reports whether "-word" excludes the word: flags and arithmetic in pasted text do not.
func excludable(word string) bool {
	letters := 0
	for i, r := range word {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r) && i > 0, r == '_':
		default:
			return false
		}
	}
	return letters >= 2
}

func floorRune(s string, i int) int {
	for 0 < i && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

func invalidUTF8(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
