package chunk

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// around gives every unit what stands on its lines and is neither its own text nor its documentation nor a member: comments,
// which speak to tools or come after its end, join its comments, anything else its rest.
func (c *cutter) around(comments []Range) {
	var open []*Unit // those that hold the unit, the innermost last
	before := 0      // where the last one ended that does not
	for i := range c.units {
		u := &c.units[i]
		if u.Kind == Module || u.Kind == Text { // whole lines that no other unit has
			continue
		}
		for len(open) > 0 && open[len(open)-1].Range.End <= u.Range.Start {
			before = max(before, open[len(open)-1].Range.End)
			open = open[:len(open)-1]
		}
		whole := u.Range
		if len(open) == 0 || open[len(open)-1].Kind.IsType() {
			next, _ := slices.BinarySearchFunc(c.units, u.Range.End, func(x Unit, end int) int { return cmp.Compare(x.Range.Start, end) })
			whole = Range{max(c.lineStart(whole.Start), before), c.lineEnd(whole.End - 1)}
			if next < len(c.units) {
				whole.End = min(whole.End, c.units[next].Range.Start)
			}
			whole.End = max(whole.End, u.Range.End)
		}
		own := len(u.Comments)
		s := surroundings{c, u, u.Documentation, comments}
		s.outside(whole, c.held(i))
		if len(u.Comments) > own {
			slices.SortFunc(u.Comments, func(a, b Range) int { return cmp.Compare(a.Start, b.Start) })
		}
		open = append(open, u)
	}
}

// held returns what of the i-th unit's range is its text or, in a type, one of its members, by start.
func (c *cutter) held(i int) []Range {
	u := &c.units[i]
	parts := u.parts()
	if !u.Kind.IsType() || u.Parts == nil {
		return parts
	}
	held := slices.Clone(parts)
	for j := i + 1; j < len(c.units) && c.units[j].Range.Start < u.Range.End; j++ {
		if c.units[j].Kind != Module {
			held = append(held, c.units[j].Range)
		}
	}
	slices.SortFunc(held, func(a, b Range) int { return cmp.Compare(a.Start, b.Start) })
	return held
}

// surroundings takes apart what lies around the text of a unit.
type surroundings struct {
	*cutter
	unit          *Unit
	documentation string // what follows in it after the line that was met last
	comments      []Range
}

// outside takes the lines of whole outside the ascending ranges.
func (s *surroundings) outside(whole Range, held []Range) {
	at := whole.Start
	for _, h := range held {
		s.lines(Range{at, h.Start})
		at = max(at, h.End)
	}
	s.lines(Range{at, whole.End})
}

// lines adds what each line of r says to the comments or to the rest, unless it is a line of the documentation.
func (s *surroundings) lines(r Range) {
	for r.Start < r.End {
		line := Range{r.Start, min(r.End, s.lineRange(s.line(r.Start)).End)}
		r.Start = line.End
		text := trimWords(view(s.src, line))
		if text == "" || s.documented(text) {
			continue
		}
		known := len(s.unit.Comments)
		s.unit.Comments = appendWithin(s.unit.Comments, s.comments, line)
		at := line.Start
		for _, comment := range s.unit.Comments[known:] {
			s.other(Range{at, comment.Start})
			at = comment.End
		}
		s.other(Range{at, line.End})
	}
}

// other adds what is no comment.
func (s *surroundings) other(r Range) {
	if hasWord(s.src[r.Start:r.End]) {
		s.unit.Rest = append(s.unit.Rest, r)
	}
}

// maxUnlike is how many lines of documentation may lie between two that are met in the source.
const maxUnlike = 16

// documented reports whether the text is the next line of the documentation, or one soon after it.
func (s *surroundings) documented(text string) bool {
	rest := s.documentation
	for range maxUnlike {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if trimWords(line) == text {
			s.documentation = rest
			return true
		}
		if rest == "" {
			break
		}
	}
	return false
}

// trimWords returns the text from its first word to its last.
func trimWords(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r < utf8.RuneSelf && !isWordByte(byte(r)) || r == '_' })
}
