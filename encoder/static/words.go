package static

import (
	"unicode"
	"unicode/utf8"
)

// TokenizerName identifies the word rules of this file together with the sub-word rules of Vocabulary. A change
// that gives any text other tokens needs another name.
const TokenizerName = "identifier-words-1"

// maxWord is the longest word in bytes; what is longer goes on as a new word.
const maxWord = 64

// The classes of ASCII bytes. A byte of a longer rune is classOther here and is decoded before it is judged.
const (
	classOther = iota
	classLower
	classUpper
	classDigit
	classMark // combining mark: belongs to the word but is not kept
)

var classOf = func() (table [256]uint8) {
	for b := 'a'; b <= 'z'; b++ {
		table[b] = classLower
		table[b-'a'+'A'] = classUpper
	}
	for b := '0'; b <= '9'; b++ {
		table[b] = classDigit
	}
	return table
}()

// A scanner cuts text into lower-cased words: runs of letters and digits, split again where an identifier
// changes case. HTTPServer gives http and server, parse_JSONFile gives parse, json and file, utf8 stays whole,
// and so does a plural acronym such as URLs. Combining marks are dropped, so that a decomposed letter and the
// plain one agree.
type scanner struct {
	text   string
	pos    int
	length int           // bytes of word in use
	word   [maxWord]byte // the current word
}

func (s *scanner) reset(text string) {
	s.text, s.pos, s.length = text, 0, 0
}

// next moves to the following word and reports whether there is one.
func (s *scanner) next() bool {
	s.length = 0
	previous := uint8(classOther)
	for s.pos < len(s.text) {
		class, size, lower := s.peek()
		if class == classMark {
			s.pos += size
			continue
		}
		if s.length > 0 && s.boundary(previous, class, size) {
			return true
		}
		if class == classOther {
			s.pos += size
			continue
		}
		if s.length+utf8.UTFMax > maxWord {
			return true
		}
		if lower < utf8.RuneSelf {
			s.word[s.length] = byte(lower)
			s.length++
		} else {
			s.length += utf8.EncodeRune(s.word[s.length:], lower)
		}
		previous = class
		s.pos += size
	}
	return s.length > 0
}

// boundary reports whether the word ends before the rune at s.pos, given the class of the rune before it, its
// own class and its size.
func (s *scanner) boundary(previous, class uint8, size int) bool {
	switch class {
	case classOther:
		return true
	case classUpper:
		// The last capital of a run starts the next word when a small letter follows: HTTP|Server. A lone s
		// after the run is a plural: URLs.
		if previous != classUpper {
			return true
		}
		after := s.pos + size
		return s.isLower(after) && !s.isPlural(after)
	}
	return false
}

// isPlural reports whether the text at pos is a small s that ends its word.
func (s *scanner) isPlural(pos int) bool {
	return pos < len(s.text) && s.text[pos] == 's' && !s.isLower(pos+1)
}

// isLower reports whether a small letter starts at pos.
func (s *scanner) isLower(pos int) bool {
	if pos >= len(s.text) {
		return false
	}
	if b := s.text[pos]; b < utf8.RuneSelf {
		return classOf[b] == classLower
	}
	r, _ := utf8.DecodeRuneInString(s.text[pos:])
	return unicode.IsLetter(r) && !unicode.IsUpper(r)
}

// peek classifies the rune at s.pos and gives its size in bytes and its small form.
func (s *scanner) peek() (class uint8, size int, lower rune) {
	if b := s.text[s.pos]; b < utf8.RuneSelf {
		class = classOf[b]
		if class == classUpper {
			b += 'a' - 'A'
		}
		return class, 1, rune(b)
	}
	r, size := utf8.DecodeRuneInString(s.text[s.pos:])
	switch {
	case unicode.IsUpper(r) || unicode.IsTitle(r):
		return classUpper, size, unicode.ToLower(r)
	case unicode.IsLetter(r):
		return classLower, size, r
	case unicode.IsMark(r):
		return classMark, size, r
	case unicode.IsDigit(r):
		return classDigit, size, r
	}
	return classOther, size, r
}

// Words calls yield with every word of text in order, as the tokenizer sees it before the vocabulary is asked.
// The slice is valid until yield returns. It is for counting the words a vocabulary is made of.
func Words(text string, yield func(word []byte)) {
	var s scanner
	s.reset(text)
	for s.next() {
		yield(s.word[:s.length])
	}
}
