package chunk

import (
	"bytes"
	"strings"
)

// commentSyntax is how a language writes comments, as far as finding and cleaning documentation needs it.
type commentSyntax struct {
	line       []string // prefixes of a comment to the end of the line, longest first
	open, shut string   // around a block comment, "" when there is none
}

// docAbove returns the range of the comment that ends on the line before the one where start begins, with no blank
// line between, or an empty range at start.
func (c *cutter) docAbove(start int) Range {
	syntax := &c.lang.comment
	at := c.indented(start)
	if at == start && at > 0 && c.src[at-1] != '\n' {
		return Range{start, start}
	}
	top := at
	for top > 0 {
		end := top - 1 // the line end of the line above
		begin := c.lineStart(end)
		line := bytes.TrimSpace(c.src[begin:end])
		if len(line) == 0 {
			break
		}
		if syntax.isLine(line) {
			top = begin
			continue
		}
		if syntax.shut != "" && bytes.HasSuffix(line, []byte(syntax.shut)) {
			if open := c.blockStart(end); open >= 0 {
				top = open
				continue
			}
		}
		break
	}
	if top == at {
		return Range{start, start}
	}
	if top == 0 && bytes.HasPrefix(c.src, []byte("#!")) {
		if top = c.lineEnd(0) + 1; top >= at {
			return Range{start, start}
		}
	}
	return Range{top, at}
}

func (s *commentSyntax) isLine(line []byte) bool {
	for _, p := range s.line {
		if len(line) >= len(p) && string(line[:len(p)]) == p {
			return true
		}
	}
	return false
}

// blockStart returns the start of the line of the block comment that closes just before end, when the comment is all
// that stands on its lines, else -1.
func (c *cutter) blockStart(end int) int {
	syntax := &c.lang.comment
	text := bytes.TrimRight(c.src[:end], " \t\r")
	text = text[:len(text)-len(syntax.shut)]
	open := bytes.LastIndex(text[max(0, len(text)-64<<10):], []byte(syntax.open))
	if open < 0 {
		return -1
	}
	open += max(0, len(text)-64<<10)
	if bytes.Contains(text[open:], []byte(syntax.shut)) || bytes.HasPrefix(text[open:], []byte("{-#")) {
		return -1 // two comments, or a pragma
	}
	begin := c.indented(open)
	if begin != 0 && c.src[begin-1] != '\n' {
		return -1
	}
	return begin
}

// cleanComment returns the text of comments without their markers and common indentation, lines kept, without blank
// lines around. A single clean line shares memory with src.
func (c *cutter) cleanComment(r Range) string {
	syntax := &c.lang.comment
	text := bytes.TrimSpace(c.src[r.Start:r.End])
	if len(text) == 0 {
		return ""
	}
	lines := make([][]byte, 0, 8)
	block := false
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		line = bytes.TrimRight(line, " \t\r")
		trimmed := bytes.TrimLeft(line, " \t")
		if !block {
			if syntax.open != "" && bytes.HasPrefix(trimmed, []byte(syntax.open)) {
				block, trimmed = true, trimmed[len(syntax.open):]
				trimmed = bytes.TrimLeft(trimmed, "*!|")
			} else {
				lines = append(lines, syntax.strip(trimmed))
				continue
			}
		} else if star := bytes.TrimLeft(trimmed, "*"); len(star) < len(trimmed) && syntax.open == "/*" {
			trimmed = star
			if bytes.HasPrefix(star, []byte{'/'}) && len(bytes.TrimSpace(star)) == 1 {
				block = false
				continue
			}
		} else {
			trimmed = line
		}
		if syntax.shut != "" && bytes.HasSuffix(trimmed, []byte(syntax.shut)) {
			block = false
			trimmed = bytes.TrimRight(trimmed[:len(trimmed)-len(syntax.shut)], " \t*")
		}
		lines = append(lines, trimmed)
	}
	return joinDedented(lines)
}

// strip removes the marker of a line comment.
func (s *commentSyntax) strip(line []byte) []byte {
	for _, p := range s.line {
		if bytes.HasPrefix(line, []byte(p)) {
			line = line[len(p):]
			for len(line) > 0 && line[0] == p[len(p)-1] && p[0] == p[len(p)-1] { // banners such as //////
				line = line[1:]
			}
			return line
		}
	}
	return line
}

// joinDedented joins lines without the indentation they share and without blank lines at both ends.
func joinDedented(lines [][]byte) string {
	for len(lines) > 0 && len(bytes.TrimSpace(lines[0])) == 0 {
		lines = lines[1:]
	}
	for len(lines) > 0 && len(bytes.TrimSpace(lines[len(lines)-1])) == 0 {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return ""
	}
	// The first line often follows an opening marker, so its own indentation says nothing of the others'.
	shared, size := -1, 0
	for i, line := range lines {
		size += len(line) + 1
		if i == 0 || len(line) == 0 {
			continue
		}
		if n := len(line) - len(bytes.TrimLeft(line, " \t")); shared < 0 || n < shared {
			shared = n
		}
	}
	first := bytes.TrimLeft(lines[0], " \t")
	if len(lines) == 1 {
		return view(first, Range{0, len(first)})
	}
	var b strings.Builder
	b.Grow(size)
	b.Write(first)
	for _, line := range lines[1:] {
		b.WriteByte('\n')
		if len(line) > shared {
			b.Write(line[shared:])
		}
	}
	return b.String()
}

// deprecated reports whether documentation or annotations say that the unit should no longer be used.
func deprecated(src []byte, u *Unit) bool {
	if strings.Contains(u.Documentation, "eprecated") &&
		(strings.Contains(u.Documentation, "@deprecated") || strings.Contains(u.Documentation, "Deprecated:") ||
			strings.Contains(u.Documentation, ".. deprecated::") || strings.HasPrefix(u.Documentation, "Deprecated")) {
		return true
	}
	if u.NameRange.Len() == 0 || u.Kind == Module {
		return false
	}
	head := src[u.Body.Start:max(u.NameRange.Start, u.Body.Start)]
	return bytes.Contains(head, []byte("eprecated")) || bytes.Contains(head, []byte("[Obsolete"))
}

// uncommented returns the line up to a comment that lasts to its end: a marker between spaces, or at the beginning.
func (s *commentSyntax) uncommented(line []byte) []byte {
	for _, p := range s.line {
		for at := 0; ; {
			i := bytes.Index(line[at:], []byte(p))
			if i < 0 {
				break
			}
			i += at
			end := i + len(p)
			if (i == 0 || isSpace(line[i-1])) && (end == len(line) || isSpace(line[end])) {
				line = line[:i]
				break
			}
			at = i + 1
		}
	}
	return line
}

// withoutBlocks returns the text without the comments that have an end mark, such as those between parameters. What
// follows a quote on its line may be a string and is left alone.
func (s *commentSyntax) withoutBlocks(text []byte) []byte {
	if s.open == "" || s.shut == "" || !bytes.Contains(text, []byte(s.open)) {
		return text
	}
	var kept []byte
	for {
		start := bytes.Index(text, []byte(s.open))
		if start < 0 {
			break
		}
		end := bytes.Index(text[start+len(s.open):], []byte(s.shut))
		line := bytes.LastIndexByte(text[:start], '\n') + 1
		if end < 0 || bytes.ContainsAny(text[line:start], "\"'`") {
			break
		}
		kept = append(kept, bytes.TrimRight(text[:start], " \t")...)
		text = text[start+len(s.open)+end+len(s.shut):]
		if len(kept) > 0 && len(text) > 0 && !isSpace(text[0]) && isWordByte(kept[len(kept)-1]) {
			kept = append(kept, ' ')
		}
	}
	return append(kept, text...)
}
