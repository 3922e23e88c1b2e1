package workspace

import (
	"bytes"
	"fmt"
	"sort"
	"unicode/utf8"
)

// Encoding says what a column counts.
type Encoding uint8

const (
	// UTF16 columns count UTF-16 code units. It is the zero value because it
	// is what an editor means when nothing was agreed.
	UTF16 Encoding = iota
	// UTF8 columns count bytes.
	UTF8
	// UTF32 columns count code points.
	UTF32
)

// String returns "utf-16", "utf-8" or "utf-32".
func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "utf-8"
	case UTF32:
		return "utf-32"
	}
	return "utf-16"
}

// Position is a place between two characters: Line counts from 0, Column
// from 0 in units of an Encoding.
type Position struct{ Line, Column int }

// Range is the half-open text from Start to End.
type Range struct{ Start, End Position }

// Mapper converts between byte offsets and positions of one immutable text.
//
// Lines end at \n, \r\n and lone \r; a text always has at least one line, and
// one that ends with a line terminator has an empty last line. An invalid
// UTF-8 byte counts as one unit in every encoding. Places inside a character
// round down to its start, places inside a line terminator to the line's end.
//
// A Mapper is safe for concurrent use.
type Mapper struct {
	content []byte
	starts  []int // offset of the first byte of each line
	ascii   bool  // no byte >= 0x80 anywhere: columns equal bytes in all encodings
}

// NewMapper indexes the lines of content, which must not change afterwards.
func NewMapper(content []byte) *Mapper {
	m := &Mapper{content: content, ascii: isASCII(content)}
	m.starts = make([]int, 1, 2+len(content)/32)
	hasCR := bytes.IndexByte(content, '\r') >= 0
	for at := 0; at < len(content); {
		end := bytes.IndexByte(content[at:], '\n')
		next := at + end + 1
		if end < 0 {
			next = len(content)
		}
		if hasCR {
			m.addLoneCRs(at, next)
		}
		if end >= 0 {
			m.starts = append(m.starts, next)
		}
		at = next
	}
	return m
}

// addLoneCRs appends the lines that begin after a \r not followed by \n
// within content[from:to].
func (m *Mapper) addLoneCRs(from, to int) {
	for at := from; at < to; {
		i := bytes.IndexByte(m.content[at:to], '\r')
		if i < 0 {
			return
		}
		at += i + 1
		if at == len(m.content) || m.content[at] != '\n' {
			m.starts = append(m.starts, at)
		}
	}
}

// LineCount returns the number of lines, at least 1.
func (m *Mapper) LineCount() int { return len(m.starts) }

// LineStart returns the offset of the first byte of line, which must be
// within [0, LineCount).
func (m *Mapper) LineStart(line int) int { return m.starts[line] }

// LineEnd returns the offset after the last byte of line, its terminator
// excluded. The line must be within [0, LineCount).
func (m *Mapper) LineEnd(line int) int {
	start, end := m.starts[line], len(m.content)
	if line+1 < len(m.starts) {
		end = m.starts[line+1]
	}
	return start + len(withoutTerminator(m.content[start:end]))
}

// withoutTerminator returns a line without what ends it.
func withoutTerminator(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}

// Line returns the bytes of line without its terminator; they must not be
// modified. The line must be within [0, LineCount).
func (m *Mapper) Line(line int) []byte { return m.content[m.starts[line]:m.LineEnd(line)] }

// LineAt returns the line that holds offset, which is clamped to the text.
func (m *Mapper) LineAt(offset int) int {
	return max(0, sort.SearchInts(m.starts, offset+1)-1)
}

// Position returns the position of a byte offset. Offsets outside the text
// are clamped to it.
func (m *Mapper) Position(offset int, enc Encoding) Position {
	offset = max(0, min(offset, len(m.content)))
	line := m.LineAt(offset)
	start := m.starts[line]
	if end := m.LineEnd(line); offset > end {
		offset = end
	}
	if m.ascii {
		return Position{line, offset - start}
	}
	text := m.content[start:m.LineEnd(line)]
	return Position{line, columnOf(text, offset-start, enc)}
}

// Offset returns the byte offset of a position. A column past the end of its
// line means the line's end; a line that does not exist, or a negative line
// or column, is an error.
func (m *Mapper) Offset(pos Position, enc Encoding) (int, error) {
	if pos.Line < 0 || pos.Column < 0 || pos.Line >= len(m.starts) {
		return 0, fmt.Errorf("position %d:%d is outside the text of %d lines", pos.Line, pos.Column, len(m.starts))
	}
	start, end := m.starts[pos.Line], m.LineEnd(pos.Line)
	if m.ascii {
		return min(start+pos.Column, end), nil
	}
	return start + offsetOf(m.content[start:end], pos.Column, enc), nil
}

// columnOf returns the column, in units of enc, of byte offset at within line.
func columnOf(line []byte, at int, enc Encoding) int {
	column, i := 0, 0
	for i < at {
		if line[i] < utf8.RuneSelf {
			column++
			i++
			continue
		}
		r, size := utf8.DecodeRune(line[i:])
		if i+size > at {
			break
		}
		column += runeUnits(r, size, enc)
		i += size
	}
	return column
}

// offsetOf returns the byte offset within line of a column in units of enc.
func offsetOf(line []byte, column int, enc Encoding) int {
	i := 0
	for i < len(line) && column > 0 {
		if line[i] < utf8.RuneSelf {
			column--
			i++
			continue
		}
		r, size := utf8.DecodeRune(line[i:])
		units := runeUnits(r, size, enc)
		if units > column {
			break
		}
		column -= units
		i += size
	}
	return i
}

func runeUnits(r rune, size int, enc Encoding) int {
	switch {
	case enc == UTF8:
		return size
	case enc == UTF16 && r >= 0x10000:
		return 2
	}
	return 1
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
