package chunk

import "bytes"

// modules adds units for the lines that no unit covers and reports whether there were any. Runs of such lines are
// gathered, in order, into units of at most moduleLines lines; a gap of moduleGap covered lines begins a new one.
func (c *cutter) modules() bool {
	before := len(c.units)
	var parts []Range
	count, last := 0, 0
	flush := func() {
		if len(parts) > 0 {
			c.addModule(parts, before > 0)
		}
		parts, count = nil, 0
	}
	c.residual(func(first, end int) {
		if first-last > moduleGap {
			flush()
		}
		for first < end {
			if c.blank(first) {
				first++
				continue
			}
			if count >= moduleLines {
				flush()
			}
			stop := c.breakLine(first, end, moduleLines-count)
			parts = append(parts, Range{int(c.lines[first]), c.lineRange(stop - 1).End})
			count += stop - first
			first, last = stop, stop
		}
	})
	flush()
	return len(c.units) > before
}

// breakLine returns where to end a run of lines that begins at first so that it has at most limit lines: at its end
// when that fits, otherwise after the last blank line of its second half, otherwise at the limit.
func (c *cutter) breakLine(first, end, limit int) int {
	if end-first <= limit {
		return end
	}
	for l := first + limit; l > first+limit/2; l-- {
		if c.blank(l - 1) {
			return l
		}
	}
	return first + limit
}

// blank reports whether a line holds only white space.
func (c *cutter) blank(line int) bool {
	r := c.lineRange(line)
	return len(bytes.TrimSpace(c.src[r.Start:r.End])) == 0
}

// residual calls run for every maximal run of lines [first, end) that no unit touches and whose first and last line
// are not blank.
func (c *cutter) residual(run func(first, end int)) {
	line := 0
	emit := func(to int) { // lines [line, to)
		first, end := line, to
		for first < end && c.blank(first) {
			first++
		}
		for end > first && c.blank(end-1) {
			end--
		}
		if first < end {
			run(first, end)
		}
	}
	for i := range c.units {
		r := c.units[i].Range
		blank := r.Len() - len(bytes.TrimLeft(c.src[r.Start:r.End], "\r\n")) // of damaged text
		if start := c.line(min(r.Start+blank, r.End-1)); start > line {
			emit(start)
		}
		line = max(line, c.line(r.End-1)+1)
	}
	if line < len(c.lines) {
		emit(len(c.lines))
	}
}

// addModule appends a unit made of the parts. In a file that defines something, import lines alone are marked.
func (c *cutter) addModule(parts []Range, defines bool) {
	for i := range parts {
		parts[i].End = parts[i].Start + len(bytes.TrimRight(c.src[parts[i].Start:parts[i].End], " \t\r\n"))
	}
	hull := Range{parts[0].Start, parts[len(parts)-1].End}
	if len(parts) == 1 {
		parts = nil
	}
	u := Unit{Kind: Module, Range: hull, Body: hull, Parts: parts}
	if c.lang.content != Code {
		u.Kind = Text
	} else if defines && c.importsOnly(u.parts()) {
		u.Flags |= Imports
	}
	c.add(u)
}
