package chunk

import "bytes"

// A window of a long body repeats this share of the one before it.
const windowOverlap = 5 // one in

// A part shorter than one in this many of a window gets no window of its own; the unit's text holds it.
const minWindowShare = 8

// A text window has about this many lines at most; it may end earlier, at the best place in its second half.
const textWindowLines = 60

// children returns overlapping windows over the unit's text when it is clearly longer than one window, else nil.
// Windows begin at line starts where lines allow it and never cross a gap between parts.
func (c *cutter) children(u *Unit) []Range {
	total := 0
	for _, p := range u.parts() {
		total += p.Len()
	}
	size := c.opts.WindowBytes
	if total <= size+size/2 {
		return nil
	}
	var list []Range
	for _, p := range u.parts() {
		if p.Len() >= size/minWindowShare {
			list = c.slide(list, p, size)
		}
	}
	if len(list) < 2 {
		return nil
	}
	return list
}

// slide appends windows of about size bytes that cover the range, each beginning a fifth of the size before the end
// of the one before it.
func (c *cutter) slide(list []Range, r Range, size int) []Range {
	for start := r.Start; start < r.End; {
		end := r.End
		if r.End-start > size+size/2 {
			end = c.cutLine(start, start+size)
		}
		list = append(list, Range{start, end})
		if end == r.End {
			break
		}
		next := c.lineStart(end - size/windowOverlap)
		if next <= start+size/2 {
			next = cutRune(c.src, end-size/windowOverlap) // lines too long to begin at one
		}
		start = next
	}
	return list
}

// cutLine returns the last line start after the middle of [start, limit], or limit itself when lines are too long.
func (c *cutter) cutLine(start, limit int) int {
	if nl := bytes.LastIndexByte(c.src[start+(limit-start)/2:limit], '\n'); nl >= 0 {
		return start + (limit-start)/2 + nl + 1
	}
	return cutRune(c.src, limit)
}

// windows cuts the whole text into units of Text (Module for code) that do not overlap, each of at most
// textWindowLines lines and about two windows of bytes, ending where a new paragraph or a less indented line begins.
func (c *cutter) windows() {
	c.prose = true
	c.windowLines(0, len(c.lines), Unit{Kind: c.textKind()})
}

func (c *cutter) textKind() Kind {
	if c.lang.content == Code {
		return Module
	}
	return Text
}

// windowLines adds windows over the lines [first, end), each a copy of the unit like with its ranges and name set.
func (c *cutter) windowLines(first, end int, like Unit) {
	for first < end {
		for first < end && c.blank(first) {
			first++
		}
		if first == end {
			return
		}
		stop := c.windowEnd(first, end)
		r := Range{int(c.lines[first]), c.lineRange(stop - 1).End}
		r.End = r.Start + len(bytes.TrimRight(c.src[r.Start:r.End], " \t\r\n"))
		for _, piece := range c.pieces(r) {
			u := like
			u.Range, u.Body = piece, piece
			if u.Name == "" {
				u.Name, u.NameRange = c.key(piece)
			}
			c.add(u)
		}
		first = stop
	}
}

// windowEnd returns the line after the window that begins at first: the best break in its second half, where a blank
// line counts most and less indentation more.
func (c *cutter) windowEnd(first, end int) int {
	limit := min(first+textWindowLines, end)
	bytesLimit := int(c.lines[first]) + 2*c.opts.WindowBytes
	for limit > first+1 && c.lineRange(limit-1).End > bytesLimit {
		limit--
	}
	if limit == end {
		return end
	}
	best, score := limit, -1
	for l := first + (limit-first)/2 + 1; l <= limit; l++ {
		r := c.lineRange(l)
		line := c.src[r.Start:r.End]
		s := 20 - min(20, len(line)-len(bytes.TrimLeft(line, " \t")))
		if c.blank(l) {
			s = 0
		} else if c.blank(l - 1) {
			s += 30
		}
		if s >= score {
			best, score = l, s
		}
	}
	return best
}

// pieces splits a range that is far longer than a window, which a single endless line is, into windows without
// overlap.
func (c *cutter) pieces(r Range) []Range {
	limit := 4 * c.opts.WindowBytes
	if r.Len() <= limit {
		return []Range{r}
	}
	var list []Range
	for r.Len() > limit {
		end := max(cutRune(c.src[:r.End], r.Start+limit/2), r.Start+1)
		list = append(list, Range{r.Start, end})
		r.Start = end
	}
	return append(list, r)
}

// key returns the name that the first meaningful line of a window of settings declares: a YAML or JSON key, an INI or
// TOML section, a CSS selector, a Dockerfile instruction's target, the name in an SQL, HCL, protobuf or GraphQL
// declaration, a Makefile target. Other classes of text have none.
func (c *cutter) key(r Range) (string, Range) {
	none := Range{r.Start, r.Start}
	if c.lang.content != Config {
		return "", none
	}
	at := r.Start
	for at < r.End {
		end := min(c.lineEnd(at), r.End)
		line := c.src[at:end]
		trimmed := bytes.TrimSpace(line)
		if len(trimmed) > 0 && !c.lang.comment.isLine(trimmed) && hasWord(trimmed) {
			name := keyOf(trimmed)
			if len(name) == 0 || len(name) > 80 {
				return "", none
			}
			start := at + bytes.Index(line, name)
			return string(name), Range{start, start + len(name)}
		}
		at = end + 1
	}
	return "", none
}

// declarators are words before the declared name in schema and build languages.
var declarators = map[string]bool{
	"create": true, "or": true, "replace": true, "table": true, "view": true, "index": true, "function": true,
	"procedure": true, "trigger": true, "if": true, "not": true, "exists": true, "unique": true, "materialized": true,
	"alter": true, "message": true, "service": true, "enum": true, "rpc": true, "type": true, "input": true,
	"interface": true, "scalar": true, "union": true, "extend": true, "struct": true, "resource": true, "data": true,
	"module": true, "variable": true, "output": true, "provider": true, "locals": true, "query": true, "mutation": true,
	"package": true, "export": true, "temporary": true, "temp": true, "schema": true, "sequence": true,
}

// keyOf returns the declared name of a line: what stands before a colon, an equals sign or an opening bracket, after
// the words that only say what kind of thing is declared.
func keyOf(line []byte) []byte {
	if line[0] == '[' {
		return bytes.Trim(line, "[] \t")
	}
	if i := bytes.IndexAny(line, ":={("); i > 0 {
		line = line[:i]
	} else if i == 0 {
		return nil
	}
	words := bytes.Fields(line)
	var name []byte
	for i, w := range words {
		name = w
		if !declarators[string(bytes.ToLower(w))] {
			break
		}
		if i == len(words)-1 {
			name = w
		}
	}
	return bytes.Trim(name, "\"'`,;-<>")
}
