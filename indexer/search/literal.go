package search

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"lsp/indexer/bitset"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// texts reads files through a view, each once per query as long as its units are asked for in a row.
type texts struct {
	file  uint32
	ok    bool
	text  string
	lines []int // offset of every line's start, and the length of the text
}

// load reads the file. A file that is gone since it was indexed is empty.
func (t *texts) load(s *source, file uint32) error {
	if t.ok && t.file == file {
		return nil
	}
	rel := s.seg.FilePath(file)
	data, err := s.view.Read(rel)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", rel, err)
	}
	t.file, t.ok, t.text = file, true, string(data)
	t.lines = append(t.lines[:0], 0)
	for i := 0; i < len(t.text); i++ {
		if c := t.text[i]; c == '\n' || c == '\r' && (i+1 == len(t.text) || t.text[i+1] != '\n') {
			t.lines = append(t.lines, i+1)
		}
	}
	t.lines = append(t.lines, len(t.text))
	return nil
}

// span returns the text from the first to the last line, both included and counted from zero.
func (t *texts) span(first, last uint32) string {
	n := uint32(len(t.lines) - 1)
	if first >= n || last < first {
		return ""
	}
	return t.text[t.lines[first]:t.lines[min(last+1, n)]]
}

// unitLines returns the runs of lines that are a unit's own: of a module unit its parts, of a type what its members
// leave over, of anything else all lines.
func unitLines(seg *store.Segment, u uint32) []store.LineRange {
	whole := seg.Lines(u)
	if seg.Kind(u).IsType() {
		_, end := seg.FileUnits(seg.FileOf(u))
		return withoutMembers(seg, whole, u+1, end)
	}
	if unit := seg.Unit(u); len(unit.Parts) > 0 {
		return unit.Parts
	}
	return []store.LineRange{whole}
}

// withoutMembers cuts the lines of the units from first up to end out of a range of lines. A type comes right
// before its members.
func withoutMembers(seg *store.Segment, whole store.LineRange, first, end uint32) (own []store.LineRange) {
	next := whole.Start
	for u := first; u < end; u++ {
		l := seg.Lines(u)
		if l.Start > whole.End {
			break
		}
		if seg.Kind(u) == chunk.Module {
			continue
		}
		if l.Start > next {
			own = append(own, store.LineRange{Start: next, End: l.Start - 1})
		}
		next = max(next, l.End+1)
	}
	if next <= whole.End {
		own = append(own, store.LineRange{Start: next, End: whole.End})
	}
	return own
}

// text adds the members of set whose text contains the literal or matches the pattern. Files are read only where
// the index says that the words of the literal occur.
func (f *filter) text(c *Clause, set, passed bitset.Set) error {
	var match func(string) bool
	var required string
	if c.Kind == LiteralClause {
		required = c.Values[0]
		match = func(text string) bool { return strings.Contains(text, required) }
	} else {
		required = requiredLiteral(c.Pattern.String())
		match = c.Pattern.MatchString
	}
	candidates, err := f.narrow(required)
	if err != nil {
		return err
	}
	candidates.And(set)
	checked := 0
	for u := range candidates.All {
		if checked++; checked%64 == 0 {
			if err = f.ctx.Err(); err != nil {
				break
			}
		}
		if err = f.texts.load(f.source, f.source.seg.FileOf(u)); err != nil {
			break
		}
		if f.matches(u, match) {
			passed.Add(u)
		}
	}
	return err
}

// matches checks the lines of a unit whose file is loaded.
func (f *filter) matches(u uint32, match func(string) bool) bool {
	for _, l := range unitLines(f.source.seg, u) {
		if match(f.texts.span(l.Start, l.End)) {
			return true
		}
	}
	return false
}

// narrow returns the units that may contain the literal: those with all of its whole words. A word at an end of the
// literal may be a part of a longer one in the text, so it does not count.
func (f *filter) narrow(literal string) (bitset.Set, error) {
	seg := f.source.seg
	out := bitset.Full(seg.Units())
	for _, word := range wholeWords(literal) {
		for _, t := range lexical.Analyze(word).Terms {
			if t.Kind != lexical.Word || len(t.Text) < 2 {
				continue
			}
			with, err := f.withTerm(t)
			if err != nil {
				return nil, err
			}
			out.And(with)
		}
	}
	return out, nil
}

// withTerm returns the units that have the term.
func (f *filter) withTerm(t lexical.Term) (bitset.Set, error) {
	seg := f.source.seg
	src := []lexical.Source{{Section: seg.Lexical(), Alive: f.source.layer.Alive}}
	hits, err := lexical.Search(f.ctx, src, lexical.Query{Terms: []lexical.Term{t}}, lexical.DefaultParams(), seg.Units())
	set := bitset.New(seg.Units())
	for _, h := range hits {
		set.Add(h.Document)
	}
	return set, err
}

// wholeWords returns the words of plain ASCII letters that the literal holds with what bounds them on both sides,
// so that a text with the literal has them as words of their own. What an identifier is made of does not count:
// its parts depend on characters around it.
func wholeWords(literal string) []string {
	var out []string
	start := -1 // of a word whose left bound was seen
	for i := 0; i < len(literal); {
		r, n := utf8.DecodeRuneInString(literal[i:])
		inside := r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == utf8.RuneError
		switch {
		case !inside:
			if start >= 0 && start < i && plainWord(literal[start:i]) {
				out = append(out, literal[start:i])
			}
			start = i + n
		case i == 0:
			start = -1
		}
		i += n
	}
	return out
}

// plainWord reports whether the index holds the word as a single term, whatever stands around it: ASCII letters of
// one case or with a capital at the start.
func plainWord(w string) bool {
	if len(w) < 3 || len(w) > 20 {
		return false
	}
	for i := range len(w) {
		c := w[i]
		if !('a' <= c && c <= 'z' || i == 0 && 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}

// requiredLiteral returns a text that every match of a regexp contains, "" when none is plain to see.
func requiredLiteral(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	return longestLiteral(re.Simplify())
}

func longestLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return longestLiteral(re.Sub[0])
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if l := longestLiteral(sub); len(l) > len(best) {
				best = l
			}
		}
		return best
	}
	return ""
}
