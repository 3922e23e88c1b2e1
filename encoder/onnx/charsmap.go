package onnx

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// charsmap is SentencePiece's compiled table of replacements: a double-array trie (Aoe, 1989, in the layout of
// Darts-clone) from characters, or short sequences of them, to places in a block of replacements that end with a zero.
type charsmap struct {
	trie  []uint32
	texts string
}

// errCharsmap is the error of every table that cannot be one.
var errCharsmap = errors.New("normalizer: the table of characters is damaged")

// maxCharsmap bounds a table. SentencePiece's own have 300 kB.
const maxCharsmap = 16 << 20

func parseCharsmap(data []byte) (*charsmap, error) {
	if len(data) < 4 || len(data) > maxCharsmap {
		return nil, errCharsmap
	}
	size := int(binary.LittleEndian.Uint32(data))
	data = data[4:]
	if size < 4 || size%4 != 0 || size > len(data) {
		return nil, errCharsmap
	}
	m := &charsmap{trie: make([]uint32, size/4), texts: string(data[size:])}
	for i := range m.trie {
		m.trie[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	if !utf8.ValidString(m.texts) {
		return nil, errCharsmap
	}
	return m, nil
}

// longestMapped is the length in bytes from which a sequence of characters is looked up one by one.
const longestMapped = 6

// normalise replaces what the table has: clusters of characters that people see as one, when they are short, else
// single characters.
func (m *charsmap) normalise(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	state := -1
	for text != "" {
		if n := plainRun(text); n > 0 { // each of these is a cluster of its own
			for i := range n {
				m.add(&b, text[i:i+1])
			}
			text, state = text[n:], -1
			continue
		}
		var cluster string
		cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		if len(cluster) < longestMapped {
			if with, ok := m.find(cluster); ok {
				b.WriteString(with)
				continue
			}
		}
		for cluster != "" {
			_, size := utf8.DecodeRuneInString(cluster)
			m.add(&b, cluster[:size])
			cluster = cluster[size:]
		}
	}
	return b.String()
}

// plainRun is how many characters at the start of a text are ASCII, and surely no part of a longer cluster.
func plainRun(text string) int {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return max(0, i-1)
		}
		if text[i] == '\r' {
			return i
		}
	}
	return len(text)
}

func (m *charsmap) add(b *strings.Builder, char string) {
	if with, ok := m.find(char); ok {
		char = with
	}
	b.WriteString(char)
}

// find returns the replacement of the shortest start of a text that the table has. So does the reference.
func (m *charsmap) find(text string) (with string, ok bool) {
	const leaf, valueBits = 1 << 8, 1<<31 - 1
	at := m.offset(0, 0)
	for i := 0; i < len(text) && text[i] != 0; i++ {
		at ^= int(text[i])
		if at >= len(m.trie) || m.trie[at]&(1<<31|0xff) != uint32(text[i]) {
			return "", false
		}
		has := m.trie[at]&leaf != 0
		if at = m.offset(at, at); at >= len(m.trie) {
			return "", false
		}
		if has {
			value := int(m.trie[at] & valueBits)
			if value > len(m.texts) {
				return "", false
			}
			with, _, _ = strings.Cut(m.texts[value:], "\x00")
			return with, true
		}
	}
	return "", false
}

// offset is where the children of the node at a place lie, seen from another place.
func (m *charsmap) offset(from, at int) int {
	unit := m.trie[at]
	return from ^ int(unit>>10<<((unit&(1<<9))>>6))
}
