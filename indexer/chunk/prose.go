package chunk

import (
	"bytes"
	"context"
	"strings"
)

// heading tells whether a heading begins at a line and of which level, from 1. The lines are the ones from there on,
// without line ends; used is how many of them the heading takes.
type heading func(lines [][]byte) (level int, title []byte, used int)

// proseBackend cuts a document at its headings: a unit for each section, named by its heading and owned by the
// headings above it. Long sections become several units with the same name.
type proseBackend struct {
	heading heading
	fence   fence
}

func prose(h heading, f fence) backend { return proseBackend{h, f} }

// fence returns the mark of a line that opens or closes a block of literal text, or "". A block ends at a line whose
// mark begins with the one that opened it.
type fence func(line []byte) string

// A section is cut into windows when it has more lines than this.
const sectionLines = 2 * textWindowLines

func (p proseBackend) cut(ctx context.Context, c *cutter) string {
	c.prose = true
	var path []string // titles of the open headings, index is level-1
	first, name, owner := 0, "", ""
	nameRange := Range{}
	literal := "" // mark of the open block
	close := func(end int) {
		c.section(first, end, Unit{Kind: Section, Name: name, Owner: owner, NameRange: nameRange})
	}
	i := c.frontMatter()
	for ; i < len(c.lines); i++ {
		if i%4096 == 0 && ctx.Err() != nil {
			return "cancelled"
		}
		lines := c.peek(i, 3)
		if f := p.fence(lines[0]); f != "" && (literal == "" || strings.HasPrefix(f, literal)) {
			if literal == "" {
				literal = f
			} else {
				literal = ""
			}
			continue
		}
		if literal != "" {
			continue
		}
		level, title, used := p.heading(lines)
		if level == 0 {
			continue
		}
		close(i)
		for len(path) >= level {
			path = path[:len(path)-1]
		}
		owner = strings.Join(notEmpty(path), " > ")
		for len(path) < level-1 {
			path = append(path, "")
		}
		name = string(title)
		path = append(path, name)
		line := c.lineRange(i)
		nameRange = Range{line.Start, line.Start}
		if at := bytes.Index(c.src[line.Start:], title); len(title) > 0 && at >= 0 {
			nameRange = Range{line.Start + at, line.Start + at + len(title)}
		}
		first = i
		i += used - 1
	}
	close(len(c.lines))
	return ""
}

// section adds the lines [first, end) as one unit or, when there are too many, as windows that share its name.
func (c *cutter) section(first, end int, u Unit) {
	for end > first && c.blank(end-1) {
		end--
	}
	for first < end && c.blank(first) {
		first++
	}
	if first == end {
		return
	}
	r := Range{int(c.lines[first]), c.lineRange(end - 1).End}
	r.End = r.Start + len(bytes.TrimRight(c.src[r.Start:r.End], " \t\r\n"))
	if end-first > sectionLines || r.Len() > 4*c.opts.WindowBytes {
		c.windowLines(first, end, u)
		return
	}
	u.Range, u.Body = r, r
	c.add(u)
}

// frontMatter returns the line after a block of settings between --- lines at the top, or 0.
func (c *cutter) frontMatter() int {
	if !bytes.Equal(bytes.TrimSpace(c.peek(0, 1)[0]), []byte("---")) {
		return 0
	}
	for i := 1; i < min(len(c.lines), 200); i++ {
		if bytes.Equal(bytes.TrimSpace(c.peek(i, 1)[0]), []byte("---")) {
			return i + 1
		}
	}
	return 0
}

// peek returns n lines from the given one on without their line ends, nil after the end of the text.
func (c *cutter) peek(line, n int) [][]byte {
	lines := make([][]byte, n)
	for i := range lines {
		if line+i < len(c.lines) {
			r := c.lineRange(line + i)
			lines[i] = bytes.TrimRight(c.src[r.Start:r.End], "\r\n")
		}
	}
	return lines
}

// markdownFence recognises ``` and ~~~, and more of them.
func markdownFence(line []byte) string {
	text := bytes.TrimLeft(line, " ")
	if len(line)-len(text) > 3 || len(text) < 3 {
		return ""
	}
	for _, mark := range []byte("`~") {
		if n := len(text) - len(bytes.TrimLeft(text, string(mark))); n >= 3 && bytes.IndexByte(text[n:], mark) < 0 {
			return string(text[:n])
		}
	}
	return ""
}

// asciidocFence recognises lines of four or more equal marks around a block.
func asciidocFence(line []byte) string {
	line = bytes.TrimRight(line, " ")
	if len(line) < 4 || strings.IndexByte("-.+=*_/", line[0]) < 0 || len(bytes.Trim(line, string(line[:1]))) > 0 {
		return ""
	}
	return string(line)
}

// orgFence recognises #+BEGIN_… and #+END_….
func orgFence(line []byte) string {
	line = bytes.ToLower(bytes.TrimSpace(line[:min(len(line), 80)]))
	if bytes.HasPrefix(line, []byte("#+begin_")) || bytes.HasPrefix(line, []byte("#+end_")) {
		return "#+"
	}
	return ""
}

// noFence is for reStructuredText, where literal text is indented as no heading is.
func noFence([]byte) string { return "" }

func notEmpty(list []string) []string {
	var kept []string
	for _, s := range list {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// markdownHeading recognises "# title" and titles underlined with = or -.
func markdownHeading(lines [][]byte) (int, []byte, int) {
	line := lines[0]
	text := bytes.TrimLeft(line, " ")
	if len(line)-len(text) > 3 || len(text) == 0 {
		return 0, nil, 0
	}
	level := len(text) - len(bytes.TrimLeft(text, "#"))
	if level > 0 && level <= 6 && (len(text) == level || text[level] == ' ' || text[level] == '\t') {
		title := bytes.TrimSpace(text[level:])
		if t := bytes.TrimRight(title, "#"); len(t) == 0 || t[len(t)-1] == ' ' {
			title = bytes.TrimSpace(t)
		}
		return level, title, 1
	}
	if strings.IndexByte("#-*+>|=`~<", text[0]) < 0 && len(lines) > 1 && level == 0 {
		if under := bytes.TrimSpace(lines[1]); len(under) >= 3 {
			switch {
			case len(bytes.Trim(under, "=")) == 0:
				return 1, bytes.TrimSpace(text), 2
			case len(bytes.Trim(under, "-")) == 0:
				return 2, bytes.TrimSpace(text), 2
			}
		}
	}
	return 0, nil, 0
}

// underlines orders the marks that most reStructuredText documents use, outermost first; the language itself lets
// each document choose.
const underlines = "#*=-~^\"'`+.:_<>"

// underlinedHeading recognises reStructuredText titles: underlined, or with a line above too.
func underlinedHeading(lines [][]byte) (int, []byte, int) {
	mark := adornment(lines[0])
	if mark != 0 && len(lines) > 2 && adornment(lines[2]) == mark && len(bytes.TrimSpace(lines[1])) > 0 && adornment(lines[1]) == 0 {
		return max(1, strings.IndexByte(underlines, mark)), bytes.TrimSpace(lines[1]), 3
	}
	if mark != 0 || len(lines) < 2 || len(lines[0]) == 0 || lines[0][0] == ' ' {
		return 0, nil, 0
	}
	if mark = adornment(lines[1]); mark != 0 && len(lines[1])+1 >= len(bytes.TrimSpace(lines[0])) {
		return max(1, strings.IndexByte(underlines, mark)), bytes.TrimSpace(lines[0]), 2
	}
	return 0, nil, 0
}

// adornment returns the mark that a line repeats at least three times and nothing else, or 0.
func adornment(line []byte) byte {
	line = bytes.TrimRight(line, " \t")
	if len(line) < 3 || strings.IndexByte(underlines, line[0]) < 0 || len(bytes.Trim(line, string(line[:1]))) > 0 {
		return 0
	}
	return line[0]
}

// asciidocHeading recognises "== title" and the "# title" that processors accept as well.
func asciidocHeading(lines [][]byte) (int, []byte, int) {
	for _, mark := range []string{"=", "#"} {
		level := len(lines[0]) - len(bytes.TrimLeft(lines[0], mark))
		if level > 0 && level <= 6 && len(lines[0]) > level && lines[0][level] == ' ' {
			return level, bytes.TrimSpace(lines[0][level:]), 1
		}
	}
	return 0, nil, 0
}

// orgHeading recognises "* title".
func orgHeading(lines [][]byte) (int, []byte, int) {
	level := len(lines[0]) - len(bytes.TrimLeft(lines[0], "*"))
	if level > 0 && len(lines[0]) > level && lines[0][level] == ' ' {
		return level, bytes.TrimSpace(lines[0][level:]), 1
	}
	return 0, nil, 0
}
