package search

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"lsp/indexer/bitset"
	"lsp/indexer/chunk"
	"lsp/indexer/store"
)

// fileUnits are units of one file.
type fileUnits struct {
	file  uint32
	units []uint32
}

// text returns the members of set whose text contains the literal or matches the pattern. Files are read only where
// the index says that the words of the literal occur, several at a time.
func (f *filter) text(c *Clause, set bitset.Set) (bitset.Set, error) {
	check := textCheck{filter: f}
	if c.Kind == LiteralClause {
		check.required = c.Values[0]
		check.match = func(text string) bool { return strings.Contains(text, check.required) }
	} else {
		check.required = requiredLiteral(c.Pattern.String())
		check.match = c.Pattern.MatchString
	}
	candidates, err := f.narrow(check.required, set)
	if err != nil {
		return nil, err
	}
	passed := f.newSet()
	return passed, check.run(f.byFile(candidates), passed)
}

// byFile groups units by their files.
func (f *filter) byFile(units bitset.Set) []fileUnits {
	var files []fileUnits
	for u := range units.All {
		file := f.source.seg.FileOf(u)
		if n := len(files); n == 0 || files[n-1].file != file {
			files = append(files, fileUnits{file: file})
		}
		last := &files[len(files)-1]
		last.units = append(last.units, u)
	}
	return files
}

// textCheck looks for a text in the units of many files.
type textCheck struct {
	*filter
	match    func(string) bool
	required string // a part of every text that matches, "" when none is known
}

// filesPerReader is how many files make it worth while to have one more reader.
const filesPerReader = 16

// run adds the units that match. Files that cannot be read have none, and are noted in the source.
func (c *textCheck) run(files []fileUnits, passed bitset.Set) error {
	readers := min(runtime.GOMAXPROCS(0), len(files)/filesPerReader+1)
	found := make([][]uint32, readers)
	unread := make([][]unreadFile, readers)
	var next atomic.Int64
	var group sync.WaitGroup
	for r := range readers {
		group.Go(func() {
			var t texts
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) || c.ctx.Err() != nil {
					return
				}
				if err := t.load(c.source, files[i].file); err != nil {
					unread[r] = append(unread[r], unreadFile{files[i].file, err})
					continue
				}
				found[r] = c.file(&t, &files[i], found[r])
			}
		})
	}
	group.Wait()
	for r := range readers {
		for _, u := range found[r] {
			passed.Add(u)
		}
		c.source.unread = append(c.source.unread, unread[r]...)
	}
	return c.ctx.Err()
}

// unreadFile is a file that the index has and that could not be read when its text was asked for: the disk has changed
// since it was indexed.
type unreadFile struct {
	file uint32
	why  error
}

// unreadNote says how many files could not be read, and why the first of them could not; "" for none.
func unreadNote(sources []source) string {
	n := 0
	var first error
	for i := range sources {
		seen := map[uint32]bool{} // a file may have been tried for several clauses
		for _, f := range sources[i].unread {
			if first == nil {
				first = f.why
			}
			if !seen[f.file] {
				seen[f.file] = true
				n++
			}
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("a file was left out: %v", first)
	}
	return fmt.Sprintf("%d files were left out, the first because of this: %v", n, first)
}

// file appends the units of a file, which is loaded, that match.
func (c *textCheck) file(t *texts, f *fileUnits, found []uint32) []uint32 {
	if !strings.Contains(t.text, c.required) {
		return found
	}
	for _, u := range f.units {
		if c.unit(t, u) {
			found = append(found, u)
		}
	}
	return found
}

// unit checks the lines of a unit whose file is loaded.
func (c *textCheck) unit(t *texts, u uint32) bool {
	if c.onlyComments(u) {
		return matchesComments(t, c.source.seg, u, c.match)
	}
	for _, l := range unitLines(c.source.seg, u) {
		if c.match(t.span(l.Start, l.End)) {
			return true
		}
	}
	return false
}

// texts reads files through a view, each once as long as its units are asked for in a row.
type texts struct {
	file  uint32
	ok    bool
	text  string
	lines []int // offset of every line's start, and the length of the text; empty until they are asked for

	comments  []chunk.Range
	commented bool // comments were looked for
}

// load reads the file. A file that is gone since it was indexed is empty. The text shares the memory of what was read, which
// nobody changes: it is a buffer of an editor, which is replaced, or belongs to t alone.
func (t *texts) load(s *source, file uint32) error {
	if t.ok && t.file == file {
		return nil
	}
	rel := s.seg.FilePath(file)
	data, err := s.view.Read(rel)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", rel, err)
	}
	t.file, t.ok, t.text, t.lines, t.commented = file, true, unsafe.String(unsafe.SliceData(data), len(data)), t.lines[:0], false
	return nil
}

// count returns the number of lines, of which the last may be empty. It finds them when first asked.
func (t *texts) count() int {
	if len(t.lines) == 0 {
		t.index()
	}
	return len(t.lines) - 1
}

func (t *texts) index() {
	t.lines = append(t.lines, 0)
	for i := 0; i < len(t.text); i++ {
		if c := t.text[i]; c == '\n' || c == '\r' && (i+1 == len(t.text) || t.text[i+1] != '\n') {
			t.lines = append(t.lines, i+1)
		}
	}
	t.lines = append(t.lines, len(t.text))
}

// span returns the text from the first to the last line, both included and counted from zero.
func (t *texts) span(first, last uint32) string {
	start, end := t.lineSpan(first, last)
	return t.text[start:end]
}

// lineSpan returns where the text of these lines begins and ends.
func (t *texts) lineSpan(first, last uint32) (start, end int) {
	n := uint32(t.count())
	if first >= n || last < first {
		return 0, 0
	}
	return t.lines[first], t.lines[min(last+1, n)]
}

// commentsOf returns where the comments of the file are, which is in this language. It finds them when first asked.
func (t *texts) commentsOf(language string) []chunk.Range {
	if !t.commented {
		t.comments, t.commented = chunk.Comments(language, []byte(t.text)), true
	}
	return t.comments
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
