//go:build !cgo

package chunk

import (
	"bytes"
	"context"
	"slices"
)

// indentBackend reads Python by its lines: a def or class lasts as long as the lines below it are further in.
type indentBackend struct{}

// indentBlock is a def or class whose end is not reached.
type indentBlock struct {
	unit   int
	indent int
	owner  string
	typ    bool
	inFunc bool
}

func (indentBackend) cut(ctx context.Context, c *cutter) string {
	if ctx.Err() != nil {
		return "cancelled"
	}
	var open []indentBlock
	lines := c.logicalLines()
	decorated, end := -1, 0
	shut := func(indent int) {
		for len(open) > 0 && open[len(open)-1].indent >= indent {
			c.endIndented(open[len(open)-1], end)
			open = open[:len(open)-1]
		}
	}
	for i, line := range lines {
		text := c.src[line.Start:line.End]
		indent := line.Start - c.lineStart(line.Start)
		shut(indent)
		switch {
		case text[0] == '@':
			if decorated < 0 {
				decorated = line.Start
			}
		case isDef(text):
			start := line.Start
			if decorated >= 0 {
				start = decorated
			}
			var body Range
			if i+1 < len(lines) {
				body = lines[i+1]
			}
			open = append(open, c.indentedUnit(open, start, line, body, indent))
			decorated = -1
		default:
			decorated = -1
		}
		end = line.End
	}
	shut(0)
	if len(lines) > 0 {
		c.file.Documentation, _ = docstringAt(c.src, lines[0])
	}
	kept := c.units[:0]
	for _, u := range c.units {
		if u.Range.Len() > 0 {
			kept = append(kept, u)
		}
	}
	c.units = kept
	return ""
}

func isDef(text []byte) bool {
	return bytes.HasPrefix(text, []byte("def ")) || bytes.HasPrefix(text, []byte("class ")) || bytes.HasPrefix(text, []byte("async def "))
}

// docstringAt returns the text of a logical line that is one string.
func docstringAt(src []byte, line Range) (string, bool) {
	text := src[line.Start:line.End]
	if quote := bytes.IndexAny(text, `"'`); quote < 0 || quote > 2 || !bytes.HasSuffix(text, text[quote:quote+1]) {
		return "", false
	}
	return cleanDocstring(text)
}

// indentedUnit adds the def or class on a logical line; its end is not known yet.
func (c *cutter) indentedUnit(open []indentBlock, start int, line, next Range, indent int) indentBlock {
	text := c.src[line.Start:line.End]
	at := bytes.Index(text, []byte("def ")) + len("def ")
	kind := Function
	if bytes.HasPrefix(text, []byte("class ")) {
		kind, at = Class, len("class ")
	}
	stop := at
	for stop < len(text) && isWordByte(text[stop]) {
		stop++
	}
	name := Range{line.Start + at, line.Start + stop}
	block := indentBlock{unit: len(c.units), indent: indent, typ: kind == Class}
	u := Unit{Kind: kind, Name: view(c.src, name), NameRange: name, Body: Range{start, len(c.src)}}
	if n := len(open); n > 0 {
		u.Owner = open[n-1].owner
		block.inFunc = open[n-1].inFunc
		if open[n-1].typ && kind == Function {
			u.Kind = Method
			if u.Name == "__init__" || u.Name == "__new__" {
				u.Kind = Constructor
			}
		}
	}
	doc := c.docAbove(start)
	u.Range = Range{min(doc.Start, start), len(c.src)}
	u.Documentation = c.cleanComment(doc)
	if next.Len() > 0 && next.Start-c.lineStart(next.Start) > indent {
		if doc, ok := docstringAt(c.src, next); ok {
			u.Documentation = doc
			u.Parts = c.subtract([]Range{u.Body}, []Range{{c.indented(next.Start), next.End}})
		}
	}
	u.Signature = fold(c.src, Range{line.Start, line.Start + signatureEnd(text)})
	if !block.inFunc && pythonVisible(u.Owner, u.Name) {
		u.Flags |= Exported
	}
	block.owner = u.Name
	if u.Owner != "" {
		block.owner = u.Owner + "." + u.Name
	}
	block.inFunc = block.inFunc || kind == Function
	if len(open) > 0 && open[len(open)-1].inFunc && kind == Function {
		block.typ = false
	}
	c.add(u)
	return block
}

// signatureEnd returns where the colon that ends a def or class stands.
func signatureEnd(text []byte) int {
	depth := 0
	for i, b := range text {
		switch b {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// endIndented gives a unit its end, or removes a short function inside another.
func (c *cutter) endIndented(b indentBlock, end int) {
	u := &c.units[b.unit]
	u.Range.End = end
	u.Body.End = end
	for i := range u.Parts {
		u.Parts[i] = clamp(u.Parts[i], u.Body.Start, end)
	}
	u.Parts = slices.DeleteFunc(u.Parts, func(p Range) bool { return p.Len() == 0 })
	if u.Kind == Function && u.Owner != "" && c.lineCount(u.Body) < minNestedLines {
		u.Range = Range{}
	}
}

// logicalLines returns the statements that begin on a line of their own, without indentation and comments: brackets
// and strings in three quotes join lines.
func (c *cutter) logicalLines() []Range {
	var lines []Range
	start, depth := -1, 0
	for i := 0; i < len(c.src); i++ {
		switch b := c.src[i]; {
		case b == '#':
			i = c.lineEnd(i) - 1
			continue
		case b == '\n':
			if start >= 0 && depth == 0 && c.src[max(0, i-1)] != '\\' {
				lines = append(lines, Range{start, start + len(bytes.TrimRight(c.src[start:i], " \t\r"))})
				start = -1
			}
			continue
		case b == ' ' || b == '\t' || b == '\r':
			continue
		case b == '"' || b == '\'':
			if start < 0 {
				start = i
			}
			i = c.pythonString(i) - 1
			continue
		case b == '(' || b == '[' || b == '{':
			depth++
		case b == ')' || b == ']' || b == '}':
			depth = max(0, depth-1)
		}
		if start < 0 {
			if depth > 0 && isDef(c.src[i:]) { // a bracket above was never closed
				depth = 0
			}
			start = i
		} else if depth > 0 && isDef(c.src[i:]) && c.indented(i) != i {
			lines = append(lines, Range{start, start + len(bytes.TrimRight(c.src[start:c.indented(i)], " \t\r\n"))})
			start, depth = i, 0
		}
	}
	if start >= 0 {
		lines = append(lines, Range{start, start + len(bytes.TrimRight(c.src[start:], " \t\r\n"))})
	}
	return lines
}

// pythonString returns the offset after the string that begins at the quote at i.
func (c *cutter) pythonString(i int) int {
	quote := c.src[i : i+1]
	long := bytes.HasPrefix(c.src[i:], bytes.Repeat(quote, 3))
	if long {
		quote = c.src[i : i+3]
		i += 2
	}
	for i++; i < len(c.src); i++ {
		switch {
		case c.src[i] == '\\':
			i++
		case c.src[i] == '\n' && !long:
			return i
		case bytes.HasPrefix(c.src[i:], quote):
			return i + len(quote)
		}
	}
	return len(c.src)
}
