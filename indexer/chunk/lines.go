package chunk

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// lineStarts returns the offset of the start of every line; a text has at least one.
func lineStarts(text []byte) []int32 {
	starts := make([]int32, 1, len(text)/32+2)
	for at := 0; ; {
		nl := bytes.IndexByte(text[at:], '\n')
		if nl < 0 {
			return starts
		}
		at += nl + 1
		if at == len(text) {
			return starts
		}
		starts = append(starts, int32(at))
	}
}

// line returns the number, from 0, of the line that holds the offset.
func (c *cutter) line(offset int) int {
	i, found := slices.BinarySearch(c.lines, int32(offset))
	if found {
		return i
	}
	return i - 1
}

// lineRange returns the bytes of a line with its line end.
func (c *cutter) lineRange(line int) Range {
	end := len(c.src)
	if line+1 < len(c.lines) {
		end = int(c.lines[line+1])
	}
	return Range{int(c.lines[line]), end}
}

// lineStart returns where the line of the offset begins.
func (c *cutter) lineStart(offset int) int {
	if offset > 0 && c.src[offset-1] == '\n' {
		return offset
	}
	return int(c.lines[c.line(offset)])
}

// lineEnd returns where the line of the offset ends, before its line end.
func (c *cutter) lineEnd(offset int) int {
	if next := c.line(offset) + 1; next < len(c.lines) {
		return max(int(c.lines[next])-1, offset)
	}
	if n := len(c.src); n > offset && c.src[n-1] == '\n' {
		return n - 1
	}
	return len(c.src)
}

// lineCount returns how many lines the range touches.
func (c *cutter) lineCount(r Range) int {
	if r.Len() == 0 {
		return 0
	}
	return c.line(r.End-1) - c.line(r.Start) + 1
}

// indented returns the start moved back over white space to the start of its line, or the start itself when
// something else stands before it.
func (c *cutter) indented(start int) int {
	for i := start; ; i-- {
		if i == 0 || c.src[i-1] == '\n' {
			return i
		}
		if b := c.src[i-1]; b != ' ' && b != '\t' {
			return start
		}
	}
}

// cutRune returns the largest offset up to n that does not split a character.
func cutRune(text []byte, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for i := n; i > 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return n
}

// fold returns the text of the range on one line, runs of white space as one space, sharing memory when it can.
func fold(src []byte, r Range) string {
	text := bytes.TrimSpace(src[r.Start:r.End])
	clean := true
	for i, b := range text {
		if b == '\n' || b == '\t' || b == '\r' || b == ' ' && i > 0 && text[i-1] == ' ' {
			clean = false
			break
		}
	}
	if clean {
		if len(text) == 0 {
			return ""
		}
		return view(text, Range{0, len(text)})
	}
	out := make([]byte, 0, len(text))
	space, opened := false, false
	for _, ch := range text {
		if ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r' {
			space = true
			continue
		}
		// A list broken over lines folds to what would stand on one: no space inside the brackets, no comma before
		// the closing one.
		closing := ch == ')' || ch == ']'
		if space && closing && len(out) > 0 && out[len(out)-1] == ',' {
			out = out[:len(out)-1]
		}
		if space && !opened && !closing {
			out = append(out, ' ')
		}
		space, opened = false, ch == '(' || ch == '['
		out = append(out, ch)
	}
	return view(out, Range{0, len(out)})
}

// hasToken reports whether a word stands in the text with no letter, digit or underscore beside it.
func hasToken(text []byte, word string) bool {
	for at := 0; at+len(word) <= len(text); {
		i := bytes.Index(text[at:], []byte(word))
		if i < 0 {
			return false
		}
		i += at
		end := i + len(word)
		if (i == 0 || !isWordByte(text[i-1])) && (end == len(text) || !isWordByte(text[end])) {
			return true
		}
		at = i + 1
	}
	return false
}

// isWordByte reports whether a byte can be part of an identifier.
func isWordByte(b byte) bool {
	return b >= 0x80 || b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// signature folds the head of a declaration without comments and without what only introduces the body.
func (c *cutter) signature(head Range) string {
	text := c.lang.comment.withoutBlocks(bytes.TrimRight(c.read[head.Start:head.End], " \t\r\n"))
	if bytes.IndexByte(text, '\n') >= 0 || !bytes.Equal(text, c.lang.comment.uncommented(text)) {
		var kept []byte
		for line := range bytes.Lines(text) {
			kept = append(append(kept, c.lang.comment.uncommented(line)...), '\n')
		}
		text = bytes.TrimRight(kept, " \t\r\n")
	}
	for _, end := range []string{"{", "=>", "->", ":", "=", ";", " do", ","} {
		if bytes.HasSuffix(text, []byte(end)) {
			text = text[:len(text)-len(end)]
			break
		}
	}
	return fold(text, Range{0, len(text)})
}
