package chunk

import "bytes"

// lexeme is what the scanner needs of a piece of source: a word, a string, or one byte of punctuation.
type lexeme struct {
	start, end int32
	kind       tokenKind
	newline    bool // the first on its line
}

type tokenKind uint8

const (
	wordToken tokenKind = iota
	stringToken
	punctToken
)

// maxInterpolation bounds the nesting of strings in expressions in strings.
const maxInterpolation = 20

// maxRegex bounds the length of a regular expression.
const maxRegex = 2000

// lexer splits source of a language with braces into tokens. Comments and preprocessor lines are dropped.
type lexer struct {
	src    []byte
	syntax *scanSyntax
	tokens []lexeme
	at     int
	fresh  bool // no token on the line yet
}

func lex(src []byte, syntax *scanSyntax) []lexeme {
	l := lexer{src: src, syntax: syntax, tokens: make([]lexeme, 0, len(src)/5+8), fresh: true}
	for l.at < len(src) {
		l.next()
	}
	return l.tokens
}

// emit adds the token from start to the place that was reached.
func (l *lexer) emit(start int, kind tokenKind) {
	l.at = min(max(l.at, start+1), len(l.src))
	l.tokens = append(l.tokens, lexeme{int32(start), int32(l.at), kind, l.fresh})
	l.fresh = false
}

func (l *lexer) has(prefix string) bool {
	return len(l.src)-l.at >= len(prefix) && string(l.src[l.at:l.at+len(prefix)]) == prefix
}

func (l *lexer) next() {
	start, b := l.at, l.src[l.at]
	switch {
	case b == '\n':
		l.fresh = true
		l.at++
	case b == ' ' || b == '\t' || b == '\r' || b == '\f':
		l.at++
	case l.has("//") || b == '#' && l.syntax.hashComment && !l.has("#["):
		l.at = lineEndAt(l.src, l.at)
	case l.has("/*"):
		l.blockComment()
	case b == '#' && l.syntax.preprocessor && l.fresh:
		l.directive()
	case l.rawString():
		l.emit(start, stringToken)
	case b == '"' || b == '\'' && !l.syntax.lifetimes || b == '`' && l.syntax.template:
		l.at = l.stringEnd(l.at, 0)
		l.emit(start, stringToken)
	case b == '\'':
		l.charOrLifetime()
		l.emit(start, stringToken)
	case b == '`': // a quoted identifier
		if shut := bytes.IndexByte(l.src[l.at+1:lineEndAt(l.src, l.at)], '`'); shut >= 0 {
			l.at += shut + 2
		}
		l.emit(start, wordToken)
	case b == '/' && l.syntax.regex && l.regexAllowed():
		l.at = l.regexEnd()
		l.emit(start, stringToken)
	case isWordByte(b) || b == '$':
		for l.at < len(l.src) && (isWordByte(l.src[l.at]) || l.src[l.at] == '$') {
			l.at++
		}
		l.emit(start, wordToken)
	default:
		l.at++
		l.emit(start, punctToken)
	}
}

func lineEndAt(src []byte, at int) int {
	if nl := bytes.IndexByte(src[at:], '\n'); nl >= 0 {
		return at + nl
	}
	return len(src)
}

func (l *lexer) blockComment() {
	depth := 0
	for l.at < len(l.src) {
		switch {
		case l.has("/*") && (depth == 0 || l.syntax.nestedComments):
			depth++
			l.at += 2
		case l.has("*/"):
			depth--
			l.at += 2
			if depth == 0 {
				return
			}
		default:
			if l.src[l.at] == '\n' {
				l.fresh = true
			}
			l.at++
		}
	}
}

// directive skips a preprocessor line with its continuations.
func (l *lexer) directive() {
	for {
		end := lineEndAt(l.src, l.at)
		l.at = end
		if end == len(l.src) || !bytes.HasSuffix(bytes.TrimRight(l.src[:end], "\r"), []byte{'\\'}) {
			return
		}
		l.at++
	}
}

// rawString skips strings without escapes: """…""", R"x(…)x", r#"…"#, #"…"#, @"…", r'…', and reports whether there
// was one.
func (l *lexer) rawString() bool {
	src, at := l.src, l.at
	switch {
	case l.has(`"""`) && l.syntax.tripleQuotes, l.has("'''") && l.syntax.tripleQuotes && !l.syntax.lifetimes:
		l.at = after(src, at+3, src[at:at+3])
	case l.has(`R"`) && l.syntax.preprocessor:
		open := bytes.IndexByte(src[at:min(len(src), at+20)], '(')
		if open < 0 {
			return false
		}
		l.at = after(src, at+open, append(append([]byte{')'}, src[at+2:at+open]...), '"'))
	case l.has(`@"`) && l.syntax.verbatim:
		l.at = after(src, at+2, []byte{'"'})
		for l.at < len(src) && src[l.at] == '"' {
			l.at = after(src, l.at+1, []byte{'"'})
		}
	case (src[at] == 'r' || src[at] == '#') && l.syntax.hashStrings:
		return l.hashString()
	default:
		return false
	}
	return true
}

// hashString skips r"…", r#"…"#, #"…"# and longer runs of marks.
func (l *lexer) hashString() bool {
	if l.at > 0 && isWordByte(l.src[l.at-1]) {
		return false
	}
	i := l.at
	if l.src[i] == 'r' {
		i++
	}
	marks := 0
	for i < len(l.src) && l.src[i] == '#' {
		i, marks = i+1, marks+1
	}
	if i == len(l.src) || l.src[i] != '"' || i == l.at {
		return false
	}
	l.at = after(l.src, i+1, append([]byte{'"'}, bytes.Repeat([]byte{'#'}, marks)...))
	return true
}

// after returns the offset after the next place of mark from start on, or the end of the text.
func after(src []byte, start int, mark []byte) int {
	start = min(start, len(src))
	if i := bytes.Index(src[start:], mark); i >= 0 {
		return start + i + len(mark)
	}
	return len(src)
}

// stringEnd returns the offset after the string that begins at start. A string that is not closed on its line ends
// there, unless its quote is a backtick.
func (l *lexer) stringEnd(start, depth int) int {
	quote := l.src[start]
	for i := start + 1; i < len(l.src); i++ {
		switch b := l.src[i]; {
		case b == quote:
			return i + 1
		case b == '\n' && quote != '`' && !l.syntax.longStrings:
			return i
		case b == '\\' && l.syntax.interpolation == '(' && i+1 < len(l.src) && l.src[i+1] == '(':
			i = l.interpolationEnd(i+1, ')', depth) - 1
		case b == '\\':
			i++
		case b == '$' && l.syntax.interpolation == '{' && i+1 < len(l.src) && l.src[i+1] == '{' && (quote == '`' || !l.syntax.template):
			i = l.interpolationEnd(i+1, '}', depth) - 1
		}
	}
	return len(l.src)
}

// interpolationEnd returns the offset after the bracket that closes the one at start.
func (l *lexer) interpolationEnd(start int, shut byte, depth int) int {
	open, nest := l.src[start], 0
	for i := start; i < len(l.src); i++ {
		switch b := l.src[i]; {
		case b == open:
			nest++
		case b == shut:
			if nest--; nest == 0 {
				return i + 1
			}
		case (b == '"' || b == '`' && l.syntax.template || b == '\'' && !l.syntax.lifetimes) && depth < maxInterpolation:
			i = l.stringEnd(i, depth+1) - 1
		}
	}
	return len(l.src)
}

// charOrLifetime skips 'x' or '\n', and of a lifetime or label the name.
func (l *lexer) charOrLifetime() {
	rest := l.src[l.at+1 : min(len(l.src), l.at+14)]
	l.at++
	if len(rest) > 1 && rest[0] == '\\' {
		if shut := bytes.IndexByte(rest[2:], '\''); shut >= 0 {
			l.at += shut + 3
			return
		}
	}
	if shut := bytes.IndexByte(rest, '\''); shut > 0 && shut <= 4 && (shut == 1 || rest[0] >= 0x80) {
		l.at += shut + 1
		return
	}
	for l.at < len(l.src) && isWordByte(l.src[l.at]) {
		l.at++
	}
}

// regexAllowed reports whether a slash begins a regular expression: after an operator, a bracket or return.
func (l *lexer) regexAllowed() bool {
	if len(l.tokens) == 0 {
		return true
	}
	last := l.tokens[len(l.tokens)-1]
	switch text := string(l.src[last.start:last.end]); last.kind {
	case wordToken:
		return text == "return" || text == "typeof" || text == "case" || text == "in" || text == "of"
	case punctToken:
		return text != ")" && text != "]" && text != "}"
	}
	return false
}

func (l *lexer) regexEnd() int {
	class := false
	for i := l.at + 1; i < min(len(l.src), l.at+maxRegex); i++ {
		switch b := l.src[i]; {
		case b == '\n':
			return l.at + 1
		case b == '\\':
			i++
		case b == '[':
			class = true
		case b == ']':
			class = false
		case b == '/' && !class:
			return i + 1
		}
	}
	return l.at + 1
}
