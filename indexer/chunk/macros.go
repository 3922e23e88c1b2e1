//go:build cgo

package chunk

import (
	"bytes"
	"slices"
	"strings"
)

// withoutMacros returns C or C++ text for a parser that knows nothing of the preprocessor: macros that stand where the
// grammar has no place for a word, such as API in "API int open(void)", are spaces in it. All else is at the same offset,
// and a text without such macros is returned as it is.
//
// Whether a word is a macro is guessed from where it stands at the beginning of a declaration, and from how macros are
// written. A wrong guess costs a return type or an attribute in the tree; units take their text from the source.
func withoutMacros(src []byte) []byte {
	m := masker{src: src, tokens: make([]cToken, 0, len(src)/5+1)}
	m.tokenize()
	for i := 0; i < len(m.tokens); i++ {
		switch k := m.kind(i); {
		case k == '#':
			m.directive(i)
		case k == '=' && m.kind(i+1) == '{' && m.kind(i+2) == '}' && m.isParameter(i):
			m.blank(i, i+2) // the grammar knows no such default of a parameter
		case k == '{':
			m.tokens[i].code = m.opensCode(i)
		}
		switch {
		case m.inCode(i):
			m.statement(i)
		case m.begins(i):
			i = max(m.declaration(i), i+1) - 1
		}
	}
	if m.out == nil {
		return src
	}
	return m.out
}

// masker replaces macros at the beginnings of declarations.
type masker struct {
	src    []byte
	tokens []cToken
	out    []byte // nil until something is replaced
}

// cToken is a word, one character of punctuation, a literal or a line of the preprocessor.
type cToken struct {
	start, end int
	kind       byte // 'w' word, '#' directive, '"' literal, otherwise the character
	match      int  // of a ( [ or { the token that closes it, of a closing one its opening one; 0 when there is none
	inside     int  // the innermost opening token around it, -1 at the top
	brace      int  // the innermost { around it, -1 at the top
	directives int  // how many lines of the preprocessor come before it
	code       bool // of a {: holds statements
	line       bool // first on its line
	apart      bool // an empty line or a comment stands before it
}

func (m *masker) tokenize() {
	var open []int
	directives := 0
	line, apart := true, false
	add := func(kind byte, start, end int) {
		t := cToken{start: start, end: end, kind: kind, line: line, apart: apart, inside: -1, brace: -1, directives: directives}
		if len(open) > 0 {
			t.inside = open[len(open)-1]
			if t.brace = t.inside; m.tokens[t.inside].kind != '{' {
				t.brace = m.tokens[t.inside].brace
			}
		}
		m.tokens = append(m.tokens, t)
		line, apart = false, false
	}
	for i := 0; i < len(m.src); {
		start := i
		switch b := m.src[i]; {
		case b == '\n':
			apart = apart || line
			line = true
			i++
			continue
		case isSpace(b) || b == '\\':
			i++
			continue
		case b == '/' && i+1 < len(m.src) && (m.src[i+1] == '/' || m.src[i+1] == '*'):
			i = afterComment(m.src, i)
			apart = true
			continue
		case b == '#' && line:
			i = afterDirective(m.src, i)
			add('#', start, i)
			directives++
			line = true
			continue
		case b == '"' || b == '\'':
			i = afterLiteral(m.src, i)
			add('"', start, i)
			continue
		case isWordByte(b):
			for i < len(m.src) && isWordByte(m.src[i]) {
				i++
			}
			if i < len(m.src) && m.src[i] == '"' && rawPrefixes[string(m.src[start:i])] {
				i = afterRawString(m.src, i)
				add('"', start, i)
				continue
			}
			add('w', start, i)
			continue
		}
		i++
		add(m.src[start], start, i)
		switch n := len(m.tokens) - 1; m.tokens[n].kind {
		case '(', '[', '{':
			open = append(open, n)
		case ')', ']', '}':
			open = m.shut(open, n)
		}
	}
}

// openingOf is the bracket that a closing one closes.
var openingOf = [256]byte{')': '(', ']': '[', '}': '{'}

// maxUnmatched is how many brackets without a match are looked past for the one that is closed.
const maxUnmatched = 50

// shut matches a closing token with the innermost opening one of its kind and returns what stays open. What was opened
// after that stays without a match, as one branch of a condition of the preprocessor leaves it. Round and square brackets
// do not reach out of braces.
func (m *masker) shut(open []int, n int) []int {
	opening := openingOf[m.tokens[n].kind]
	k := len(open) - 1
	if opening == '{' && k >= 0 && m.tokens[open[k]].kind != '{' {
		k, _ = slices.BinarySearch(open, m.tokens[open[k]].brace)
		if m.tokens[open[k]].kind != '{' { // none is open
			return open
		}
	}
	for least := max(0, k-maxUnmatched); k >= least; k-- {
		switch m.tokens[open[k]].kind {
		case opening:
			m.tokens[open[k]].match, m.tokens[n].match = n, open[k]
			return open[:k]
		case '{':
			return open
		}
	}
	return open
}

var rawPrefixes = words("R", "LR", "uR", "UR", "u8R")

func afterComment(src []byte, i int) int {
	if src[i+1] == '/' {
		return lineEndAt(src, i)
	}
	return after(src, i+2, []byte("*/"))
}

// afterDirective returns the end of the line that a directive ends on.
func afterDirective(src []byte, i int) int {
	for i < len(src) {
		switch {
		case src[i] == '\n' && !bytes.HasSuffix(bytes.TrimSuffix(src[:i], []byte("\r")), []byte(`\`)):
			return i
		case src[i] == '"' || src[i] == '\'':
			i = afterLiteral(src, i)
		case src[i] == '/' && i+1 < len(src) && (src[i+1] == '/' || src[i+1] == '*'):
			i = afterComment(src, i)
		default:
			i++
		}
	}
	return len(src)
}

// afterLiteral returns where a string or character ends, on its line at the latest.
func afterLiteral(src []byte, i int) int {
	for at := i + 1; at < len(src) && src[at] != '\n'; at++ {
		switch src[at] {
		case '\\':
			at++
		case src[i]:
			return at + 1
		}
	}
	return i + 1
}

// afterRawString returns where a raw string ends whose first quote is at i.
func afterRawString(src []byte, i int) int {
	open := bytes.IndexByte(src[i:min(len(src), i+20)], '(')
	if open < 0 || bytes.ContainsAny(src[i+1:i+open], " \t\r\n\\)\"") {
		return afterLiteral(src, i)
	}
	mark := ")" + string(src[i+1:i+open]) + `"`
	if end := bytes.Index(src[i:], []byte(mark)); end >= 0 {
		return i + end + len(mark)
	}
	return afterLiteral(src, i)
}

func (m *masker) kind(i int) byte {
	if i < 0 || i >= len(m.tokens) {
		return 0
	}
	return m.tokens[i].kind
}

func (m *masker) word(i int) string {
	if m.kind(i) != 'w' {
		return ""
	}
	return view(m.src, Range{m.tokens[i].start, m.tokens[i].end})
}

// begins reports whether a declaration may begin at token i.
func (m *masker) begins(i int) bool {
	switch m.kind(i - 1) {
	case 0, ';', '{', '}', '#':
		return true
	case ':':
		return headWords[m.word(i-2)] == accessWord && m.kind(i-2) == 'w'
	}
	return false
}

// closed returns the token that closes the bracket at token i, 0 when that is far away or beyond a line of the
// preprocessor, or there is none.
func (m *masker) closed(i int) int {
	last := m.tokens[i].match
	if last-i > maxHeadTokens || last > 0 && m.tokens[last].directives != m.tokens[i].directives {
		return 0
	}
	return last
}

// inCode reports whether token i stands among statements.
func (m *masker) inCode(i int) bool {
	brace := m.tokens[i].brace
	return brace >= 0 && m.tokens[brace].code
}

// isParameter reports whether token i stands among the parameters of something.
func (m *masker) isParameter(i int) bool {
	open := m.tokens[i].inside
	return open > 0 && m.kind(open) == '(' && m.kind(open-1) == 'w'
}

// opensCode reports whether the { at token i opens the body of a function or a block in it.
func (m *masker) opensCode(i int) bool {
	if m.inCode(i) { // unless it is the body of a type
		for at := i - 1; at >= 0 && at > i-maxHeadTokens; at-- {
			switch k := m.kind(at); {
			case k == ';' || k == '{' || k == '}' || k == ')' && at == i-1:
				return true
			case headWords[m.word(at)] == tag:
				return false
			}
		}
		return true
	}
	for i--; trailingWords[m.word(i)] || isMacroName(m.word(i)); i-- {
	}
	if m.kind(i) != ')' || m.tokens[i].match == 0 {
		return false
	}
	name := m.word(m.tokens[i].match - 1)
	return headWords[name] != specifier
}

// directive simplifies conditions that hold more than expressions, and removes the braces that make C of C++.
func (m *masker) directive(i int) {
	text := view(m.src, Range{m.tokens[i].start, m.tokens[i].end})
	name := strings.TrimLeft(text[1:], " \t")
	switch {
	case strings.HasPrefix(name, "if ") || strings.HasPrefix(name, "elif "):
		if strings.Contains(name, "(<") || strings.Contains(name, `("`) || strings.Contains(name, "::") {
			from := m.tokens[i].start + len(text) - len(name) + strings.IndexByte(name, ' ') + 1
			m.blankText(from, m.tokens[i].end)
			m.out[from] = '1'
		}
	}
	if !strings.HasPrefix(name, "if") || !strings.Contains(name, "__cplusplus") {
		return
	}
	switch {
	case m.word(i+1) == "extern" && m.kind(i+2) == '"' && m.kind(i+3) == '{' && m.kind(i+4) == '#':
		m.blank(i+1, i+3)
	case m.kind(i+1) == '}' && m.kind(i+2) == '#':
		m.blank(i+1, i+1)
	}
}

// statement blanks macros before the block at token i in a function: loops such as FOREACH(item, list) { and the like.
func (m *masker) statement(i int) {
	if m.word(i) == "if" && isMacroName(m.word(i+1)) && m.kind(i+2) == '(' {
		m.blank(i+1, i+1)
	}
	if m.kind(i) != 'w' || !m.begins(i) || headWords[m.word(i)] != 0 {
		return
	}
	last := i
	if m.kind(i+1) == '(' {
		last = m.closed(i + 1)
	} else if !isMacroName(m.word(i)) {
		return
	}
	if last > 0 && m.kind(last+1) == '{' {
		m.blank(i, last)
	}
}

// blank replaces the tokens from i to j, both inclusive.
func (m *masker) blank(i, j int) {
	m.blankText(m.tokens[i].start, m.tokens[j].end)
}

func (m *masker) blankText(start, end int) {
	if m.out == nil {
		m.out = bytes.Clone(m.src)
	}
	for at := start; at < end; at++ {
		if b := m.out[at]; b != '\n' && b != '\r' {
			m.out[at] = ' '
		}
	}
}

// headWord says what a word of the language means at the beginning of a declaration.
type headWord int

const (
	modifier headWord = iota + 1
	builtin           // names a type, or makes another one unnecessary
	tag               // is followed by the name of a type
	accessWord
	specifier // is followed by something in round brackets, and says nothing of the type
	statement // begins no declaration that could be masked
)

var headWords = map[string]headWord{}

func init() {
	for meaning, words := range map[headWord]string{
		modifier:   "template static extern inline const constexpr consteval constinit volatile virtual explicit friend register typedef mutable thread_local typename __inline __inline__ __forceinline restrict",
		builtin:    "void bool char short int long float double signed unsigned auto size_t",
		tag:        "class struct union enum",
		specifier:  "__declspec __attribute__ __attribute alignas _Alignas decltype requires noexcept",
		accessWord: "public private protected signals slots",
		statement:  "if for while switch return else do case goto break continue using namespace throw delete new sizeof default try catch asm __asm__ co_return co_await co_yield static_assert",
	} {
		for word := range strings.FieldsSeq(words) {
			headWords[word] = meaning
		}
	}
}

// isMacroName reports whether a word is written as macros are, and types or constants sometimes.
func isMacroName(word string) bool {
	for _, end := range [...]string{"_API", "_EXPORT", "_EXTERN", "_INLINE"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	if len(word) < 3 {
		return false
	}
	for i := range len(word) {
		if b := word[i]; b != '_' && (b < 'A' || b > 'Z') && (i == 0 || b < '0' || b > '9') {
			return false
		}
	}
	return true
}

// part is a name at the beginning of a declaration with its qualifiers, or a macro with arguments.
type part struct {
	first, last int
	macro, call bool
	tagged      bool // follows class, struct, union or enum
}

// head is a declaration up to its parameters, body or value.
type head struct {
	parts   []part
	builtin bool
	tag     bool
	typedef bool
	untyped bool // of a constructor
	stop    int  // the token after it
	ok      bool
}

// declaration blanks the macros of the declaration that begins at token i. It returns where to go on.
func (m *masker) declaration(i int) int {
	i = m.lines(i)
	h := m.head(i)
	if !h.ok {
		return i
	}
	switch stop := m.kind(h.stop); {
	case h.tag && (stop == '{' || stop == ':'):
		m.record(h)
	case stop == '(' || stop == '~' || stop == 'w': // w: operator
		m.function(h)
	case stop == ';' || stop == '=' || stop == '[':
		if n := len(h.parts); n > 1 && h.typed(n-1) {
			m.blankTypes(h.parts[:n-1], true)
		}
	}
	return i
}

// lines blanks macros on lines of their own at token i and returns the token after them.
func (m *masker) lines(i int) int {
	if !isMacroName(m.word(i)) {
		return i
	}
	last := i
	if m.kind(i+1) == '(' {
		if last = m.closed(i + 1); last == 0 {
			return i
		}
	}
	next := last + 1
	if next < len(m.tokens) && !m.tokens[next].line || m.kind(next) == '{' || m.kind(next) == ';' {
		return i
	}
	after := m.lines(next)
	switch {
	case after > next || next >= len(m.tokens):
	case m.kind(next) == '#', m.kind(next) == '}', m.tokens[next].apart, headWords[m.word(next)] != 0:
	default: // perhaps the type of what follows
		return i
	}
	m.blank(i, last)
	return after
}

// maxHeadTokens bounds the tokens looked at for one declaration.
const maxHeadTokens = 200

// head reads the beginning of a declaration.
func (m *masker) head(i int) (h head) {
	tagged := false
	for limit := i + maxHeadTokens; i < min(len(m.tokens), limit); i++ {
		switch k := m.kind(i); k {
		case 'w':
			word := m.word(i)
			switch headWords[word] {
			case modifier:
				h.typedef = h.typedef || word == "typedef"
				h.untyped = h.untyped || word == "explicit"
				if word == "extern" && m.kind(i+1) == '"' {
					i++
				}
				if word == "template" && m.kind(i+1) == '<' {
					end := m.afterAngles(i+1, true)
					if end < 0 {
						return head{}
					}
					i = end - 1
				}
				continue
			case builtin:
				h.builtin = true
				continue
			case tag:
				h.tag, tagged = true, true
				continue
			case specifier:
				h.builtin = h.builtin || word == "decltype"
				if m.kind(i+1) != '(' || m.closed(i+1) == 0 {
					return head{}
				}
				i = m.closed(i + 1)
				continue
			case statement, accessWord:
				return head{}
			}
			if word == "operator" {
				h.stop, h.ok = i, true
				return h
			}
			p := part{first: i, last: i, macro: isMacroName(word), tagged: tagged}
			if m.kind(i-1) == ':' && m.kind(i-2) == ':' && len(h.parts) > 0 { // goes on with what is qualified
				h.parts[len(h.parts)-1].last, h.parts[len(h.parts)-1].macro = i, false
				continue
			}
			if p.macro && m.kind(i+1) == '(' && m.closed(i+1) > 0 {
				if after := m.kind(m.closed(i+1) + 1); after == 'w' || after == '*' || after == '&' {
					p.call, p.last = true, m.closed(i+1)
					i = p.last
				}
			}
			tagged = tagged && p.macro
			h.parts = append(h.parts, p)
		case '*', '&':
		case ':':
			if m.kind(i+1) != ':' {
				h.stop, h.ok = i, true
				return h
			}
			i++
		case '<':
			end := m.afterAngles(i, false)
			if end < 0 || len(h.parts) == 0 {
				return head{}
			}
			h.parts[len(h.parts)-1].macro = false
			i = end - 1
		case '[':
			if m.kind(i+1) != '[' || m.tokens[i].match == 0 {
				h.stop, h.ok = i, true
				return h
			}
			i = m.tokens[i].match
		case '(', '{', ';', '=', '~':
			h.stop, h.ok = i, true
			return h
		default:
			return head{}
		}
	}
	return head{}
}

// typed reports whether the first n parts hold a type for sure.
func (h head) typed(n int) bool {
	if h.builtin {
		return true
	}
	for _, p := range h.parts[:n] {
		if !p.macro || p.tagged {
			return true
		}
	}
	return false
}

// record blanks the macros between class or struct and its name.
func (m *masker) record(h head) {
	n := len(h.parts) - 1
	if n > 0 && m.word(h.parts[n].first) == "final" {
		n--
	}
	for i := range n {
		m.blank(h.parts[i].first, h.parts[i].last)
	}
}

// function blanks macros around the type of a function and after its parameters.
func (m *masker) function(h head) {
	parts := h.parts
	list := h.stop
	switch {
	case h.typedef && isMacroName(m.word(h.stop+1)) && m.kind(h.stop+2) == '*': // typedef int (API *f)(int)
		m.blank(h.stop+1, h.stop+1)
		m.blankTypes(parts, h.typed(len(parts)))
		return
	case m.kind(h.stop) == '(' && len(parts) > 0:
		parts = parts[:len(parts)-1]
	case m.kind(h.stop) == '(':
		return
	default: // a destructor or an operator
		for list < len(m.tokens) && list < h.stop+6 && (m.kind(list) != '(' || m.kind(list+1) == ')' && m.kind(list+2) == '(') {
			list++
		}
	}
	if m.kind(list) != '(' || m.tokens[list].match == 0 {
		return
	}
	conversion := m.kind(h.stop) == 'w' && m.kind(h.stop+1) == 'w'
	after := m.trailing(m.tokens[list].match + 1)
	untyped := h.untyped || conversion || m.kind(h.stop) == '~' || m.kind(after) == ':'
	m.blankTypes(parts, untyped || h.typed(len(parts)))
}

// blankTypes blanks the macros among the words before a name: all of them, or all but one that must be the type.
func (m *masker) blankTypes(parts []part, all bool) {
	kept := all
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		switch {
		case !p.macro || p.tagged:
		case p.call && !kept && m.typeLike(p.first+2, p.last-1):
			m.blank(p.first, p.first+1)
			m.blank(p.last, p.last)
			kept = true
		case p.call || kept:
			m.blank(p.first, p.last)
		default:
			kept = true
		}
	}
}

// typeLike reports whether the tokens from i to j can be a type.
func (m *masker) typeLike(i, j int) bool {
	if m.kind(i) != 'w' || i > j {
		return false
	}
	for ; i <= j; i++ {
		if k := m.kind(i); k != 'w' && k != '*' && k != '&' && k != ':' || k == 'w' && m.src[m.tokens[i].start] <= '9' {
			return false
		}
	}
	return true
}

// trailing blanks macros between parameters, which end before token i, and body or semicolon. It returns the token after
// these words.
func (m *masker) trailing(i int) int {
	for end := i + maxHeadTokens; i < end; i++ {
		word, last := m.word(i), i
		if word == "" || headWords[word] == statement || !isMacroName(word) && !trailingWords[word] {
			break
		}
		if m.kind(i+1) == '(' {
			if last = m.closed(i + 1); last == 0 {
				break
			}
		}
		if !trailingWords[word] {
			m.blank(i, last)
		}
		i = last
	}
	return i
}

var trailingWords = words("const", "noexcept", "override", "final", "volatile", "throw")

// afterAngles returns the token after the > that closes the < at token i, or -1. In a list of template parameters it
// blanks macros with arguments, with the comma before them.
func (m *masker) afterAngles(i int, parameters bool) int {
	depth := 0
	for limit := i + maxHeadTokens; i < min(len(m.tokens), limit); i++ {
		switch k := m.kind(i); {
		case k == '<':
			depth++
		case k == '>':
			if depth--; depth == 0 {
				return i + 1
			}
		case k == '{', k == ';', k == '#':
			return -1
		case k == '(' || k == '[':
			if m.tokens[i].match == 0 {
				return -1
			}
			i = m.tokens[i].match
		case parameters && depth == 1 && isMacroName(m.word(i)) && m.kind(i+1) == '(' && m.closed(i+1) > 0:
			first, last := i, m.closed(i+1)
			if m.kind(i-1) == ',' {
				first--
			}
			if after := m.kind(last + 1); after == ',' || after == '>' {
				m.blank(first, last)
			}
			i = last
		}
	}
	return -1
}

// macrosBefore returns where a declaration at start begins when the macros in front of it are counted in, those on lines
// right above it too. Lines of the preprocessor are no part of it.
func (c *cutter) macrosBefore(start int) int {
	first, lines := start, 0
	for i := start - 1; i >= 0 && isSpace(c.read[i]) && lines < 2; i-- {
		switch {
		case c.src[i] == '\n':
			lines++
		case !isSpace(c.src[i]):
			if c.onDirective(i) {
				return first
			}
			first, lines = i, 0
		}
	}
	return first
}

// onDirective reports whether an offset lies on a line of the preprocessor.
func (c *cutter) onDirective(at int) bool {
	line := c.line(at)
	for line > 0 && bytes.HasSuffix(bytes.TrimRight(c.src[:c.lines[line]], "\r\n"), []byte(`\`)) {
		line--
	}
	return bytes.HasPrefix(bytes.TrimLeft(c.src[c.lines[line]:], " \t"), []byte("#"))
}
