package workspace

// A TextChange replaces a range of a document by a text; without a range it
// replaces all of it.
type TextChange struct {
	Range *Range
	Text  string
}

// ApplyChanges returns content after the changes, each of which counts in the
// text that the one before it left. Every change can be applied: as in
// vscode-languageserver-textdocument, which most servers use, a place past the
// end of the text means its end, and a range that ends before it starts is
// turned round. The time is that of reading content once, and for each change of the
// distance from the one before it.
func ApplyChanges(content []byte, changes []TextChange, enc Encoding) []byte {
	var s *splicer
	for _, change := range changes {
		switch {
		case change.Range == nil:
			content, s = []byte(change.Text), nil
			continue
		case s == nil:
			s = newSplicer(content)
		}
		s.replace(*change.Range, change.Text, enc)
	}
	if s == nil {
		return content
	}
	return s.text()
}

// A splicer is a text with a gap where it was last changed, and so are its
// lines, which are those of a Mapper. What lies before the gap is counted from
// the text's start and what lies behind it from the end, so that a change moves
// nothing but the gap.
type splicer struct {
	buf      []byte
	gap, end int   // the text is buf[:gap] and buf[end:]
	before   []int // starts of lines up to the gap, as distances from the start of the text
	behind   []int // of those behind it, as distances from the end of the text, the last line first
}

// newSplicer copies content, whose gap is at the end.
func newSplicer(content []byte) *splicer {
	buf := append(make([]byte, 0, len(content)+gapSize(len(content))), content...)
	return &splicer{buf: buf[:cap(buf)], gap: len(content), end: cap(buf), before: NewMapper(content).starts}
}

// gapSize returns how many bytes are set aside for insertions into a text of n bytes.
func gapSize(n int) int { return 256 + n/8 }

func (s *splicer) len() int { return s.gap + len(s.buf) - s.end }

// text closes the gap. The splicer must not be used any more.
func (s *splicer) text() []byte {
	n := s.gap + copy(s.buf[s.gap:], s.buf[s.end:])
	return s.buf[:n:n]
}

// move moves the gap to an offset of the text.
func (s *splicer) move(to int) {
	n := s.len()
	if to < s.gap {
		s.end -= copy(s.buf[s.end-(s.gap-to):s.end], s.buf[to:s.gap])
		s.gap = to
	} else {
		moved := copy(s.buf[s.gap:to], s.buf[s.end:s.end+to-s.gap])
		s.gap, s.end = to, s.end+moved
	}
	for k := len(s.before); k > 0 && s.before[k-1] > to; k-- {
		s.behind = append(s.behind, n-s.before[k-1])
		s.before = s.before[:k-1]
	}
	for k := len(s.behind); k > 0 && n-s.behind[k-1] <= to; k-- {
		s.before = append(s.before, n-s.behind[k-1])
		s.behind = s.behind[:k-1]
	}
}

// lineStart returns the offset of the first byte of a line, the length of the text for one past the end.
func (s *splicer) lineStart(line int) int {
	if line < len(s.before) {
		return s.before[line]
	}
	if k := len(s.behind) - 1 - (line - len(s.before)); k >= 0 {
		return s.len() - s.behind[k]
	}
	return s.len()
}

// offset returns the offset of a position in or behind the line at whose start the gap is.
func (s *splicer) offset(p Position, enc Encoding) int {
	start := s.lineStart(p.Line)
	line := s.buf[s.end+start-s.gap : s.end+s.lineStart(p.Line+1)-s.gap]
	return start + offsetOf(withoutTerminator(line), p.Column, enc)
}

// replace puts a text in the place of a range.
func (s *splicer) replace(r Range, text string, enc Encoding) {
	if r.End.before(r.Start) {
		r.Start, r.End = r.End, r.Start
	}
	s.move(s.lineStart(r.Start.Line))
	start, end := s.offset(r.Start, enc), s.offset(r.End, enc)
	s.move(start)
	s.remove(end - start)
	s.insert(text)
}

// remove drops bytes behind the gap, and the starts of lines that their first and last byte and those between them
// decided on.
func (s *splicer) remove(size int) {
	s.end += size
	n := s.len()
	for k := len(s.behind); k > 0 && s.behind[k-1] >= n-s.gap; k-- {
		s.behind = s.behind[:k-1]
	}
	if k := len(s.before); s.gap > 0 && s.before[k-1] == s.gap {
		s.before = s.before[:k-1]
	}
}

// insert puts a text before the gap and finds the lines that start in it, at its start and at its end.
func (s *splicer) insert(text string) {
	if room := s.end - s.gap; room < len(text) {
		grown := make([]byte, s.len()+len(text)+gapSize(s.len()+len(text)))
		copy(grown, s.buf[:s.gap])
		s.end = len(grown) - copy(grown[len(grown)-(len(s.buf)-s.end):], s.buf[s.end:])
		s.buf = grown
	}
	from := max(s.gap, 1)
	s.gap += copy(s.buf[s.gap:], text)
	for at := from; at <= s.gap; at++ {
		switch s.buf[at-1] {
		case '\n':
			s.before = append(s.before, at)
		case '\r':
			if !s.newlineAt(at) {
				s.before = append(s.before, at)
			}
		}
	}
}

// newlineAt reports whether \n is at an offset that the gap is not before.
func (s *splicer) newlineAt(at int) bool {
	if at == s.gap {
		at = s.end
	}
	return at < len(s.buf) && s.buf[at] == '\n'
}

// before reports whether p comes before q.
func (p Position) before(q Position) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Column < q.Column
}
