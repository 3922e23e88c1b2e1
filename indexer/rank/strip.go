package rank

import (
	"bytes"
	"strings"
	"unicode"

	"lsp/indexer/chunk"
)

// strip blanks the documentation of all units and of the file itself. Lines and columns stay what they are.
func strip(src []byte, cut *chunk.File) []byte {
	out := bytes.Clone(src)
	blank(out, chunk.Range{End: len(src)}, cut.Documentation)
	for i := range cut.Units {
		u := &cut.Units[i]
		blank(out, u.Range, u.Documentation)
	}
	return out
}

// blank overwrites the lines of a documentation inside a range with spaces, each at the first place after the one before.
// A line that is not there as it stands is passed over, and so is a short one that has code beside it.
func blank(src []byte, within chunk.Range, documentation string) {
	at := within.Start
	for line := range strings.Lines(documentation) {
		line = strings.TrimSpace(line)
		for from := at; line != ""; {
			found := bytes.Index(src[from:within.End], []byte(line))
			if found < 0 {
				break
			}
			from += found
			if len(line) < shortLine && !alone(src, from, from+len(line)) {
				from += len(line)
				continue
			}
			for at = from + len(line); from < at; from++ {
				src[from] = ' '
			}
			break
		}
	}
}

// shortLine is the length in bytes below which a line of documentation could be a piece of code.
const shortLine = 16

// alone reports whether nothing but punctuation and space shares the line with the bytes from start up to end.
func alone(src []byte, start, end int) bool {
	first := bytes.LastIndexByte(src[:start], '\n') + 1
	last := len(src)
	if n := bytes.IndexByte(src[end:], '\n'); n >= 0 {
		last = end + n
	}
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return !bytes.ContainsFunc(src[first:start], letter) && !bytes.ContainsFunc(src[end:last], letter)
}
