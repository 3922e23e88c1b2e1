package lexical

import (
	"unicode"
	"unicode/utf8"
)

// wordKind says how a run of text is turned into terms.
type wordKind uint8

const (
	noWord      wordKind = iota // the end of the text
	asciiWord                   // letters, digits and underscores, all ASCII
	unicodeWord                 // the same with letters, digits or marks beyond ASCII
	bigramWord                  // a run of a script written without spaces
)

// class is what the splitting of identifiers needs to know of a character.
type class uint8

const (
	other class = iota // no part of a word, or a joiner inside one
	lower
	upper
	digit
	letter // letter without case
)

// asciiClass holds the class of every byte below utf8.RuneSelf.
var asciiClass = func() (table [256]class) {
	for c := 'a'; c <= 'z'; c++ {
		table[c] = lower
		table[c-'a'+'A'] = upper
	}
	for c := '0'; c <= '9'; c++ {
		table[c] = digit
	}
	return table
}()

// asciiWordByte tells the bytes that words are made of.
var asciiWordByte = func() (table [256]bool) {
	for c, k := range asciiClass {
		table[c] = k != other || c == '_'
	}
	return table
}()

// classOf returns the class of any character.
func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		return asciiClass[r]
	case unicode.IsLower(r):
		return lower
	case unicode.IsUpper(r) || unicode.IsTitle(r):
		return upper
	case unicode.IsDigit(r):
		return digit
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return letter
	}
	return other
}

// unspaced are the scripts whose words are not separated by spaces; their text is indexed by pairs of characters.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// isUnspaced reports whether r belongs to a script without spaces. The prolonged sound mark and the voiced
// sound marks of Japanese belong to no script of their own.
func isUnspaced(r rune) bool {
	switch {
	case r < 0x0e00:
		return false
	case r == 0x30fc || r == 0xff70 || r == 0xff9e || r == 0xff9f || r == 0x3099 || r == 0x309a:
		return true
	}
	return unicode.In(r, unspaced...) && (unicode.IsLetter(r) || unicode.IsMark(r))
}

// nextWord finds the first word of text at or after pos. Bytes that are not UTF-8 separate words.
func nextWord(text string, pos int) (start, end int, kind wordKind) {
	for pos < len(text) {
		if c := text[pos]; c < utf8.RuneSelf {
			if asciiWordByte[c] {
				end, kind = wordEnd(text, pos)
				return pos, end, kind
			}
			pos++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[pos:])
		if isUnspaced(r) {
			return pos, bigramEnd(text, pos+size), bigramWord
		}
		if classOf(r) != other {
			end, kind = wordEnd(text, pos)
			return pos, end, kind
		}
		pos += size
	}
	return len(text), len(text), noWord
}

// wordEnd returns where the word that starts at pos ends.
func wordEnd(text string, pos int) (end int, kind wordKind) {
	kind = asciiWord
	for pos < len(text) {
		c := text[pos]
		if c < utf8.RuneSelf {
			if !asciiWordByte[c] {
				break
			}
			pos++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[pos:])
		if classOf(r) == other || isUnspaced(r) {
			break
		}
		kind = unicodeWord
		pos += size
	}
	return pos, kind
}

// bigramEnd returns where a run of an unspaced script ends.
func bigramEnd(text string, pos int) int {
	for pos < len(text) {
		r, size := utf8.DecodeRuneInString(text[pos:])
		if !isUnspaced(r) {
			break
		}
		pos += size
	}
	return pos
}
