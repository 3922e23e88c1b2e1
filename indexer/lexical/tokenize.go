package lexical

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// TokenizerVersion changes whenever the same text may give other terms than before. Sections of another
// version are refused by Open.
const TokenizerVersion = 1

const (
	maxWord        = 256 // characters of a word; longer ones are data, not language, and ignored
	maxTerm        = 40  // bytes of a part; longer ones are ignored
	maxWhole       = 64  // bytes of a whole identifier; of longer ones only the parts are kept
	maxDigits      = 6   // digits of a number; longer ones are ignored
	maxHexadecimal = 10  // characters of a hexadecimal number with its 0x
	randomWord     = 16  // characters from which a word is checked for being a digest, key or encoded data
	minPieceLen    = 2   // characters of a run of letters that is kept beside digits
)

// tokenKind says what a token is of the word it comes from.
type tokenKind uint8

const (
	part  tokenKind = iota // word of an identifier, or a plain word; the only kind that counts in lengths
	piece                  // letters or digits of a part that has both
	whole                  // identifier of several parts, written as one
)

// token is one term of a word.
type token struct {
	from, to   int // the term in analyzer.terms
	plain      int // the part before stemming is analyzer.plain[plain:plainEnd]
	plainEnd   int //
	start, end int // bytes of the word that the token covers
	kind       tokenKind
	short      bool // a single character
}

// analyzer turns words into terms. The zero value is ready to use; its buffers are reused from word to word.
type analyzer struct {
	tokens []token // of the last word
	terms  []byte  // what tokens refer to
	plain  []byte  // the same before stemming
	folded []byte  // normalised text of a word beyond ASCII
	spare  []byte
	runes  []rune // the characters of the word
	class  []class
	at     []int // byte offset of each character in the word, and its end
}

// term returns the bytes of a token; they are valid until the next word.
func (a *analyzer) term(t token) []byte { return a.terms[t.from:t.to] }

// analyze sets a.tokens to the terms of a word of the given kind, in the order of the text, a whole identifier
// after its parts.
func (a *analyzer) analyze(word string, kind wordKind) {
	a.tokens, a.terms, a.plain = a.tokens[:0], a.terms[:0], a.plain[:0]
	if kind != bigramWord && len(word) > maxWord*utf8.UTFMax {
		return
	}
	moved := false
	if kind != asciiWord {
		a.fold(word)
		moved = string(a.folded) != word
		word = string(a.folded)
	}
	a.load(word)
	if kind == bigramWord {
		a.bigrams()
	} else if a.hexadecimal() {
		if len(a.runes) <= maxHexadecimal {
			a.emit(0, len(a.runes), part)
		}
	} else if len(a.runes) <= maxWord && !a.random() {
		a.identifier()
	}
	for i := range a.tokens {
		if moved {
			a.tokens[i].start, a.tokens[i].end = 0, -1
		}
	}
}

// fold writes the word to a.folded with compatibility forms resolved (full width, ligatures) and with the
// accents of alphabets removed, so that é, e with a combining accent, and e are one.
func (a *analyzer) fold(word string) {
	a.spare = norm.NFKD.AppendString(a.spare[:0], word)
	kept := a.spare[:0]
	for i := 0; i < len(a.spare); {
		r, size := utf8.DecodeRune(a.spare[i:])
		if r < 0x300 || r > 0x36f {
			kept = append(kept, a.spare[i:i+size]...)
		}
		i += size
	}
	a.folded = norm.NFC.Append(a.folded[:0], kept...)
}

// load splits the word into characters.
func (a *analyzer) load(word string) {
	a.runes, a.class, a.at = a.runes[:0], a.class[:0], a.at[:0]
	for i, r := range word {
		a.runes = append(a.runes, r)
		a.class = append(a.class, classOf(r))
		a.at = append(a.at, i)
	}
	a.at = append(a.at, len(word))
}

// bigrams emits the overlapping pairs of characters of a run, or its only character.
func (a *analyzer) bigrams() {
	if len(a.runes) == 1 {
		a.emit(0, 1, part)
	}
	for i := 0; i+2 <= len(a.runes); i++ {
		a.emit(i, i+2, part)
	}
}

// hexadecimal reports whether the word is a number like 0xff.
func (a *analyzer) hexadecimal() bool {
	if len(a.runes) < 3 || a.runes[0] != '0' || a.runes[1]|0x20 != 'x' {
		return false
	}
	for _, r := range a.runes[2:] {
		if !isHexadecimal(r) {
			return false
		}
	}
	return true
}

func isHexadecimal(r rune) bool { return '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'f' }

// identifier emits the parts of an identifier and, if there are several, the whole.
func (a *analyzer) identifier() {
	n, start := len(a.runes), 0
	parts, first, last := 0, -1, 0
	flush := func(end int) {
		if end > start {
			a.alphanumeric(start, end)
			if first < 0 {
				first = start
			}
			parts, last = parts+1, end
		}
		start = end
	}
	for i := range n {
		switch c := a.class[i]; {
		case c == other:
			flush(i)
			start = i + 1
		case i == start:
		case c == upper && (a.class[i-1] == lower || a.class[i-1] == letter):
			flush(i)
		case c == lower && a.class[i-1] == upper && i-1 > start && !a.acronymPlural(i):
			flush(i - 1)
		}
	}
	flush(n)
	if parts > 1 {
		a.joined(first, last)
	}
}

// acronymPlural reports whether the lower-case character at i is the s of "URLs" or "getIDsOf".
func (a *analyzer) acronymPlural(i int) bool {
	return a.runes[i] == 's' && a.class[i-2] == upper && (i+1 == len(a.runes) || a.class[i+1] != lower)
}

// alphanumeric emits a part and, if it mixes letters and digits, its pieces: utf8 gives utf8, utf and 8. Beside
// a single letter (x1) there are none.
func (a *analyzer) alphanumeric(start, end int) {
	digits := 0
	for i := start; i < end; i++ {
		if a.class[i] == digit {
			digits++
		}
	}
	switch digits {
	case 0:
		a.emit(start, end, part)
		return
	case end - start:
		if digits <= maxDigits {
			a.emit(start, end, part)
		}
		return
	}
	a.emit(start, end, part)
	if end-start-digits < minPieceLen {
		return
	}
	for i := start; i < end; {
		j := i + 1
		for j < end && (a.class[j] == digit) == (a.class[i] == digit) {
			j++
		}
		if a.class[i] == digit && j-i <= maxDigits || a.class[i] != digit && j-i >= minPieceLen {
			a.emit(i, j, piece)
		}
		i = j
	}
}

// emit adds the term of the characters from start to end, unless it is too long.
func (a *analyzer) emit(start, end int, kind tokenKind) {
	if a.at[end]-a.at[start] > maxTerm {
		return
	}
	plain := len(a.plain)
	for _, r := range a.runes[start:end] {
		a.plain = appendFolded(a.plain, r)
	}
	a.push(token{plain: plain, start: a.at[start], end: a.at[end], kind: kind, short: end-start == 1})
}

// joined adds the whole identifier from start to end, without what joins its parts.
func (a *analyzer) joined(start, end int) {
	plain := len(a.plain)
	for i := start; i < end; i++ {
		if a.class[i] != other {
			a.plain = appendFolded(a.plain, a.runes[i])
		}
	}
	if len(a.plain)-plain > maxWhole {
		a.plain = a.plain[:plain]
		return
	}
	a.push(token{plain: plain, start: a.at[start], end: a.at[end], kind: whole})
}

// push adds a token for the plain text from t.plain on.
func (a *analyzer) push(t token) {
	t.plainEnd = len(a.plain)
	t.from = len(a.terms)
	a.terms = append(a.terms, a.plain[t.plain:]...)
	a.terms = a.terms[:t.from+len(stem(a.terms[t.from:]))]
	t.to = len(a.terms)
	a.tokens = append(a.tokens, t)
}

// appendFolded appends the character in lower case, with the variants of sigma and s made one.
func appendFolded(b []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if asciiClass[r] == upper {
			r += 'a' - 'A'
		}
		return append(b, byte(r))
	}
	switch r = unicode.ToLower(r); r {
	case 'ς':
		r = 'σ'
	case 'ſ':
		r = 's'
	}
	return utf8.AppendRune(b, r)
}

// random reports whether a long word looks like a digest, a key or encoded data rather than like language: it
// has digits, and it is either hexadecimal or made of very short pieces.
func (a *analyzer) random() bool {
	if len(a.runes) < randomWord {
		return false
	}
	digits, pieces, hexadecimal := 0, 0, true
	for i, r := range a.runes {
		c := a.class[i]
		if c == digit {
			digits++
		}
		hexadecimal = hexadecimal && isHexadecimal(r)
		if c != other && (i == 0 || c != a.class[i-1] && !(c == lower && a.class[i-1] == upper)) {
			pieces++
		}
	}
	return digits > 0 && (hexadecimal || pieces*5 > len(a.runes)*2)
}
