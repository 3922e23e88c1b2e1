package chunk

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Comments are found by one scanner for all languages, which knows how strings begin and end and no grammar. It reads
// what is not closed as going on to the end of its line or of the text, so on text that is no program in the language it
// may take too much or too little for a comment.

// lexis is what finding comments needs to know of a language besides how comments are written.
type lexis struct {
	blocks    []delimiter // further forms of comments
	strings   []delimiter // the longest opening marks first
	chars     bool        // ' begins a character such as 'x' or '\n', and nothing where none follows
	raw       rawString   // strings with marks of any length
	nested    bool        // block comments may hold block comments
	regex     bool        // /…/ is a regular expression where a value may begin
	heredoc   bool        // <<WORD begins a text up to the line WORD
	escapes   bool        // outside of strings a backslash takes the next character with it
	spaced    bool        // a line comment begins its line or follows white space
	lineStart bool        // a line comment begins its line
	apart     bool        // strings begin where a value may, not inside of words: "don't"
	unless    string      // bytes of which one after # or -- makes that no comment
	backquote bool        // the escape character of strings is ` instead of \
}

// delimiter is one kind of string.
type delimiter struct {
	open, shut string
	escapes    bool // a backslash takes the next character with it
	long       bool // may go on beyond its line
}

// rawString names a form of strings whose marks have no fixed length.
type rawString uint8

const (
	noRaw       rawString = iota
	rustRaw               // r"…", r#"…"#; of Swift #"…"#
	cppRaw                // R"x(…)x"
	verbatimRaw           // @"…" with "" for one quote
	luaRaw                // [[…]], [=[…]=], as comments after --
)

// Kinds of strings that several languages share.
var (
	doubleQuote  = delimiter{`"`, `"`, true, false}
	singleQuote  = delimiter{"'", "'", true, false}
	longDouble   = delimiter{`"`, `"`, true, true}
	longSingle   = delimiter{"'", "'", true, true}
	rawSingle    = delimiter{"'", "'", false, true}
	backticks    = delimiter{"`", "`", true, true}
	rawBackticks = delimiter{"`", "`", false, true}
	tripleDouble = delimiter{`"""`, `"""`, true, true}
	tripleSingle = delimiter{"'''", "'''", true, true}
)

var (
	cLexis       = &lexis{strings: []delimiter{doubleQuote}, chars: true}
	scriptLexis  = &lexis{strings: []delimiter{doubleQuote, singleQuote, backticks}, regex: true}
	pythonLexis  = &lexis{strings: []delimiter{tripleDouble, tripleSingle, doubleQuote, singleQuote}}
	jvmLexis     = &lexis{strings: []delimiter{tripleDouble, doubleQuote}, chars: true, nested: true}
	plainLexis   = &lexis{strings: []delimiter{doubleQuote, singleQuote}}
	shellLexis   = &lexis{strings: []delimiter{longDouble, rawSingle}, spaced: true, heredoc: true, escapes: true}
	lispLexis    = &lexis{strings: []delimiter{longDouble}, escapes: true}
	settingLexis = &lexis{strings: []delimiter{tripleDouble, tripleSingle, doubleQuote, singleQuote}, spaced: true, apart: true}
	lineLexis    = &lexis{lineStart: true}
)

// lexes maps languages to what is special about them; all others are read as cLexis says.
var lexes = map[string]*lexis{
	"go":         {strings: []delimiter{doubleQuote, rawBackticks}, chars: true},
	"python":     pythonLexis,
	"starlark":   pythonLexis,
	"bazel":      pythonLexis,
	"javascript": scriptLexis, "typescript": scriptLexis, "tsx": scriptLexis, "vue": scriptLexis, "svelte": scriptLexis,
	"java":   {strings: []delimiter{tripleDouble, doubleQuote}, chars: true},
	"rust":   {strings: []delimiter{longDouble}, chars: true, raw: rustRaw, nested: true},
	"cpp":    {strings: []delimiter{doubleQuote}, chars: true, raw: cppRaw},
	"csharp": {strings: []delimiter{{`"""`, `"""`, false, true}, doubleQuote}, chars: true, raw: verbatimRaw},
	"ruby": {blocks: []delimiter{{"\n=begin", "\n=end", false, true}}, strings: []delimiter{longDouble, longSingle}, spaced: true,
		heredoc: true, unless: "{", apart: true},
	"php":    {strings: []delimiter{longDouble, longSingle}, heredoc: true, unless: "["},
	"kotlin": jvmLexis, "scala": jvmLexis, "groovy": {strings: []delimiter{tripleDouble, tripleSingle, doubleQuote, singleQuote}},
	"swift":       {strings: []delimiter{tripleDouble, doubleQuote}, raw: rustRaw, nested: true},
	"dart":        {strings: []delimiter{tripleDouble, tripleSingle, doubleQuote, singleQuote}, nested: true},
	"elixir":      {strings: []delimiter{tripleDouble, tripleSingle, longDouble, longSingle}, apart: true},
	"lua":         {strings: []delimiter{doubleQuote, singleQuote}, raw: luaRaw},
	"bash":        shellLexis,
	"fish":        {strings: []delimiter{longDouble, longSingle}, spaced: true, escapes: true},
	"perl":        {blocks: []delimiter{{"\n=", "\n=cut", false, true}}, strings: []delimiter{longDouble, longSingle}, spaced: true, heredoc: true, escapes: true, apart: true},
	"haskell":     {strings: []delimiter{doubleQuote}, chars: true, nested: true, unless: "!#$%&*+./<=>?@\\^|~:"},
	"zig":         {strings: []delimiter{{`\\`, "\n", false, true}, doubleQuote}, chars: true},
	"ocaml":       {strings: []delimiter{longDouble}, chars: true, nested: true},
	"fsharp":      {strings: []delimiter{tripleDouble, longDouble}, chars: true, nested: true},
	"clojure":     lispLexis,
	"lisp":        lispLexis,
	"erlang":      {strings: []delimiter{longDouble, singleQuote}},
	"r":           plainLexis,
	"julia":       {blocks: []delimiter{{"#=", "=#", false, true}}, strings: []delimiter{tripleDouble, longDouble}, chars: true},
	"powershell":  {strings: []delimiter{longDouble, rawSingle}, spaced: true, backquote: true},
	"assembly":    {strings: []delimiter{doubleQuote}, chars: true, spaced: true, unless: "0123456789-"},
	"fortran":     plainLexis,
	"nim":         {strings: []delimiter{tripleDouble, doubleQuote}, chars: true},
	"vim":         lineLexis,
	"tcl":         lineLexis,
	"latex":       {escapes: true},
	"yaml":        settingLexis,
	"toml":        settingLexis,
	"terraform":   {strings: []delimiter{doubleQuote}, heredoc: true},
	"ini":         lineLexis,
	"ignore":      lineLexis,
	"dockerfile":  lineLexis,
	"makefile":    {spaced: true, escapes: true},
	"cmake":       {strings: []delimiter{longDouble}, escapes: true},
	"nix":         {strings: []delimiter{{"''", "''", false, true}, longDouble}},
	"xml":         {},
	"html":        {},
	"css":         {strings: []delimiter{doubleQuote, singleQuote}, spaced: true},
	"sql":         {strings: []delimiter{rawSingle, {`"`, `"`, false, false}}},
	"graphql":     {strings: []delimiter{tripleDouble, doubleQuote}},
	"gomod":       {strings: []delimiter{doubleQuote, rawBackticks}, spaced: true},
	"objective-c": cLexis,
}

// Comments returns where the comments of a text lie, markers included, ascending. The language is a name of Languages; of
// one that has no comments, and of a name that is not known, there are none. Documentation that is a string, such as a
// docstring of Python, is no comment here.
func Comments(language string, text []byte) []Range {
	lang := byName[language]
	if lang == nil {
		return nil
	}
	return lang.comments(text)
}

// comments finds the comments of a text in the language.
func (l *language) comments(text []byte) []Range {
	if len(l.comment.line) == 0 && l.comment.shut == "" {
		return nil
	}
	s := commentScanner{src: text, syntax: &l.comment, lexis: cmp.Or(lexes[l.name], cLexis)}
	s.findStops()
	for s.at < len(s.src) {
		s.next()
	}
	return s.found
}

// commentScanner walks over a text from one byte that may matter to the next.
type commentScanner struct {
	src    []byte
	syntax *commentSyntax
	lexis  *lexis
	stops  [256]bool // bytes that a comment, a string or an escape may begin with
	at     int
	found  []Range
}

func (s *commentScanner) findStops() {
	for _, mark := range s.syntax.line {
		s.stops[mark[0]] = true
	}
	if s.syntax.open != "" {
		s.stops[s.syntax.open[0]] = true
	}
	for _, d := range slices.Concat(s.lexis.blocks, s.lexis.strings) {
		s.stops[d.open[0]] = true
	}
	for mark, used := range map[byte]bool{
		'\'': s.lexis.chars, '\\': s.lexis.escapes, '<': s.lexis.heredoc, '/': s.lexis.regex, '#': s.lexis.raw == rustRaw,
		'r': s.lexis.raw == rustRaw, 'R': s.lexis.raw == cppRaw, '@': s.lexis.raw == verbatimRaw, '[': s.lexis.raw == luaRaw,
	} {
		s.stops[mark] = s.stops[mark] || used
	}
}

func (s *commentScanner) has(mark string) bool {
	return mark != "" && len(s.src)-s.at >= len(mark) && string(s.src[s.at:s.at+len(mark)]) == mark
}

// next goes to the next byte that may matter and past what begins there.
func (s *commentScanner) next() {
	for s.at < len(s.src) && !s.stops[s.src[s.at]] {
		s.at++
	}
	if s.at == len(s.src) || s.comment() {
		return
	}
	switch start := s.at; {
	case s.lexis.raw != noRaw && s.rawString():
	case s.lexis.heredoc && s.has("<<") && s.heredoc():
	case s.lexis.escapes && s.src[s.at] == '\\':
		s.at += 2
	case s.lexis.chars && s.src[s.at] == '\'':
		s.character()
	case s.string():
	case s.lexis.regex && s.src[s.at] == '/' && s.valueMayBegin():
		l := lexer{src: s.src, at: s.at}
		s.at = l.regexEnd()
	default:
		s.at = start + 1
	}
	s.at = min(s.at, len(s.src))
}

// comment passes over a comment and keeps its place.
func (s *commentScanner) comment() bool {
	start := s.at
	switch {
	case s.lexis.raw == luaRaw && s.has("--["):
		s.at += 2
		if s.rawString() {
			break
		}
		s.at = lineEndAt(s.src, s.at)
	case s.delimited(s.lexis.blocks):
	case s.has(s.syntax.open) && !s.has("{-#"):
		s.blockEnd()
	case s.syntax.isLine(s.src[s.at:]) && s.lineMayBegin():
		s.at = lineEndAt(s.src, s.at)
	default:
		return false
	}
	s.at = min(s.at, len(s.src))
	s.found = append(s.found, Range{start, s.at})
	return true
}

// blockEnd passes over a block comment.
func (s *commentScanner) blockEnd() {
	open, shut := s.syntax.open, s.syntax.shut
	s.at += len(open)
	for depth := 1; s.at < len(s.src); {
		switch {
		case s.has(shut):
			s.at += len(shut)
			if depth--; depth == 0 {
				return
			}
		case s.lexis.nested && s.has(open):
			depth++
			s.at += len(open)
		default:
			s.at++
		}
	}
}

// lineMayBegin reports whether what looks like the mark of a line comment is one, by what stands around it.
func (s *commentScanner) lineMayBegin() bool {
	x := s.lexis
	if x.lineStart || x.spaced {
		before := s.src[:s.at]
		if x.lineStart {
			before = bytes.TrimRight(before, " \t")
		}
		if n := len(before); n > 0 && before[n-1] != '\n' && (x.lineStart || !isSpace(before[n-1])) {
			return false
		}
	}
	mark := s.src[s.at]
	if x.unless == "" || mark != '#' && mark != '-' {
		return true
	}
	after := s.at
	for after < len(s.src) && s.src[after] == mark {
		after++
	}
	return after == len(s.src) || strings.IndexByte(x.unless, s.src[after]) < 0
}

// string passes over a string that begins here.
func (s *commentScanner) string() bool {
	if s.lexis.apart && s.at > 0 && (isWordByte(s.src[s.at-1]) || s.src[s.at-1] == '?' || s.src[s.at-1] == '$') {
		return false
	}
	return s.delimited(s.lexis.strings)
}

// delimited passes over what one of the delimiters begins here.
func (s *commentScanner) delimited(list []delimiter) bool {
	for i := range list {
		if d := &list[i]; s.has(d.open) {
			s.stringEnd(d)
			return true
		}
	}
	return false
}

func (s *commentScanner) stringEnd(d *delimiter) {
	escape := byte('\\')
	if s.lexis.backquote {
		escape = '`'
	}
	for s.at += len(d.open); s.at < len(s.src); s.at++ {
		switch b := s.src[s.at]; {
		case b == escape && d.escapes:
			s.at++
		case b == d.shut[0] && s.has(d.shut):
			s.at += len(d.shut)
			return
		case b == '\n' && !d.long:
			return
		}
	}
}

// character passes over a character, or over an apostrophe that begins none.
func (s *commentScanner) character() {
	l := lexer{src: s.src, at: s.at}
	l.charOrLifetime()
	s.at = l.at
}

// rawString passes over a string whose marks have no fixed length.
func (s *commentScanner) rawString() bool {
	if s.lexis.raw == luaRaw {
		end := s.at + 1
		for end < len(s.src) && s.src[end] == '=' {
			end++
		}
		if s.src[s.at] != '[' || end >= len(s.src) || s.src[end] != '[' {
			return false
		}
		shut := "]" + strings.Repeat("=", end-s.at-1) + "]"
		s.at = after(s.src, end+1, []byte(shut))
		return true
	}
	syntax := scanSyntax{preprocessor: s.lexis.raw == cppRaw, verbatim: s.lexis.raw == verbatimRaw, hashStrings: s.lexis.raw == rustRaw}
	l := lexer{src: s.src, at: s.at, syntax: &syntax}
	if !l.rawString() {
		return false
	}
	s.at = l.at
	return true
}

// heredoc passes over <<WORD and the lines up to WORD. Without such a line there is none.
func (s *commentScanner) heredoc() bool {
	at := s.at + 2
	if at < len(s.src) && s.src[at] == '<' { // of PHP; of shells a string, which ends on its line
		at++
	}
	rest := s.src[at:lineEndAt(s.src, at)]
	rest = bytes.TrimLeft(bytes.TrimLeft(rest, "-~"), "'\"\\")
	word := 0
	for word < len(rest) && isWordByte(rest[word]) {
		word++
	}
	if word == 0 || rest[0] >= '0' && rest[0] <= '9' {
		return false
	}
	mark := rest[:word]
	for line := lineEndAt(s.src, at) + 1; line < len(s.src); {
		end := lineEndAt(s.src, line)
		text := bytes.TrimRight(bytes.TrimSpace(s.src[line:end]), ";,)")
		if bytes.Equal(text, mark) {
			s.at = end
			return true
		}
		line = end + 1
	}
	return false
}

// valueMayBegin reports whether a value rather than an operator may stand here: after an operator, a bracket, a
// comma or a keyword.
func (s *commentScanner) valueMayBegin() bool {
	before := bytes.TrimRight(s.src[max(0, s.at-200):s.at], " \t\r\n")
	if len(before) == 0 {
		return true
	}
	last := before[len(before)-1]
	if !isWordByte(last) {
		return last != ')' && last != ']' && last != '}' && last != '"' && last != '\'' && last != '`'
	}
	word := len(before)
	for word > 0 && isWordByte(before[word-1]) {
		word--
	}
	switch string(before[word:]) {
	case "return", "typeof", "case", "in", "of":
		return true
	}
	return false
}

// comment gives every unit those of the comments that are inside its own text.
func (c *cutter) comment(found []Range) {
	if len(found) == 0 {
		return
	}
	for i := range c.units {
		u := &c.units[i]
		for _, p := range u.parts() {
			u.Comments = appendWithin(u.Comments, found, p)
		}
	}
}

// appendWithin appends what of the ascending ranges lies within r.
func appendWithin(dst, ranges []Range, r Range) []Range {
	first, _ := slices.BinarySearchFunc(ranges, r.Start, func(x Range, start int) int { return cmp.Compare(x.End, start+1) })
	for _, x := range ranges[first:] {
		if x.Start >= r.End {
			break
		}
		dst = append(dst, clamp(x, r.Start, r.End))
	}
	return dst
}

// CommentText returns the comments of the unit, joined by line ends. The text src must be the one that was cut.
func (u *Unit) CommentText(src []byte) string { return joined(src, u.Comments) }
