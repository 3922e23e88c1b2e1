package chunk

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"
)

// Options bounds the work on one file and shapes its units. The zero value means the defaults.
type Options struct {
	MaxBytes    int           // text beyond it is not read; default 8 MiB
	MaxGrammar  int           // longer text is cut into windows without parsing it; default 2 MiB
	MaxTime     time.Duration // for one parse, after which windows take over; default 5 s, a guard against hanging
	MaxMemory   int           // bytes that one parse by tree-sitter may ask for; default 256 MiB
	WindowBytes int           // size of the windows of a long body and of text; default 2,000
	Keep        bool          // return a State for incremental parsing
	Previous    *State        // state of an earlier version of the file, or of any file; it is not changed
}

// Sizes that shape units. Lines are physical lines.
const (
	defaultMaxBytes    = 8 << 20
	defaultMaxGrammar  = 2 << 20
	defaultMaxTime     = 5 * time.Second
	defaultMaxMemory   = 256 << 20
	defaultWindowBytes = 2000

	minNestedLines = 5   // a named function inside a function is a unit from this length on
	moduleLines    = 50  // lines of a module unit at most
	moduleGap      = 100 // lines between two runs that separate module units
	maxLineMean    = 400 // mean bytes of a line above which a long file counts as minified
	minifiedBytes  = 20 << 10
)

func (o Options) withDefaults() Options {
	o.MaxBytes = min(cmp.Or(max(o.MaxBytes, 0), defaultMaxBytes), 1<<30) // offsets of lines are kept in 32 bits
	o.MaxGrammar = cmp.Or(max(o.MaxGrammar, 0), defaultMaxGrammar)
	o.MaxTime = cmp.Or(max(o.MaxTime, 0), defaultMaxTime)
	o.MaxMemory = cmp.Or(max(o.MaxMemory, 0), defaultMaxMemory)
	o.WindowBytes = max(cmp.Or(max(o.WindowBytes, 0), defaultWindowBytes), 64)
	return o
}

// backend cuts text of one language into units. It need neither sort them nor cover every line.
type backend interface {
	// cut adds units to c. It returns why it could not, or "".
	cut(ctx context.Context, c *cutter) (fallback string)
}

// Chunk cuts the text of the file at path into units. The path, with slashes or backslashes, decides the language
// and whether the units are tests or examples; nothing is read from the disk. Chunk never fails and the result
// depends on path, text and the sizes in opts alone, not on Previous. When ctx ended before
// the text is parsed the result is made of windows.
func Chunk(ctx context.Context, path string, text []byte, opts Options) File {
	opts = opts.withDefaults()
	var file File
	if len(text) > opts.MaxBytes {
		text = text[:cutRune(text, opts.MaxBytes)]
		file.Truncated = true
	}
	lang := detect(path, text)
	file.Language, file.Content = lang.name, lang.content
	c := &cutter{src: text, read: text, lang: lang, opts: opts, file: &file}
	c.lines = lineStarts(text)
	c.units = make([]Unit, 0, len(c.lines)/16+1)
	file.Fallback = c.unfit()
	if file.Fallback == "" && lang.backend != nil {
		file.Fallback = lang.backend.cut(ctx, c)
	}
	if lang.backend == nil || file.Fallback != "" {
		c.units = c.units[:0]
		c.windows()
	}
	c.finish(path)
	return file
}

// cutter is the state of cutting one file: what a backend reads and adds to.
type cutter struct {
	src   []byte
	read  []byte // what the grammar reads: src, or a text with the same offsets without macros
	lang  *language
	opts  Options
	lines []int32 // offset of the start of every line
	units []Unit
	file  *File
	prose bool // units are sections or windows that cover everything already
}

// unfit says why no grammar should read the text, or "".
func (c *cutter) unfit() string {
	switch {
	case c.lang.backend == nil:
		return ""
	case len(c.src) > c.opts.MaxGrammar && !c.lang.anySize:
		return "too large for a grammar"
	case len(c.src) > minifiedBytes && len(c.src)/len(c.lines) > maxLineMean && c.lang.content == Code:
		return "minified"
	}
	return ""
}

// add appends a unit after clamping its ranges to the text.
func (c *cutter) add(u Unit) {
	n := len(c.src)
	u.Range = clamp(u.Range, 0, n)
	u.Body = clamp(u.Body, u.Range.Start, u.Range.End)
	if u.Range.Len() == 0 || u.Body.Len() == 0 {
		return
	}
	if u.Name == "" {
		u.NameRange = Range{u.Range.Start, u.Range.Start}
	}
	if u.Documentation != "" {
		u.Flags |= Documented
	}
	c.units = append(c.units, u)
}

func clamp(r Range, low, high int) Range {
	r.Start = min(max(r.Start, low), high)
	r.End = min(max(r.End, r.Start), high)
	return r
}

// finish puts the units in order, gives types their own parts, adds module units for the lines nothing covers, finds
// comments, cuts long bodies into windows and sets the flags that come from the path and the head of the file.
func (c *cutter) finish(path string) {
	slices.SortStableFunc(c.units, compareUnits)
	c.units = slices.CompactFunc(c.units, func(a, b Unit) bool { return a.Range == b.Range && a.NameRange == b.NameRange })
	if !c.prose {
		c.ownParts()
		if c.modules() {
			slices.SortStableFunc(c.units, compareUnits)
		}
	}
	comments := c.lang.comments(c.src)
	c.comment(comments)
	if !c.prose {
		c.around(comments)
	}
	flags := pathFlags(path)
	if generated(c.src) {
		flags |= Generated
	}
	for i := range c.units {
		u := &c.units[i]
		u.Flags |= flags
		if u.Flags&Deprecated == 0 && deprecated(c.src, u) {
			u.Flags |= Deprecated
		}
		if u.Kind != Text && u.Kind != Section || u.Body.Len() > 2*c.opts.WindowBytes {
			u.Children = c.children(u)
		}
	}
	c.file.Units = c.units
}

// compareUnits orders by start, then outermost first.
func compareUnits(a, b Unit) int {
	if d := cmp.Compare(a.Range.Start, b.Range.Start); d != 0 {
		return d
	}
	if d := cmp.Compare(b.Range.End, a.Range.End); d != 0 {
		return d
	}
	return cmp.Compare(a.NameRange.Start, b.NameRange.Start)
}

// ownParts takes the members out of the bodies of types, which then hold header and fields only.
func (c *cutter) ownParts() {
	for i := range c.units {
		u := &c.units[i]
		if !u.Kind.IsType() {
			continue
		}
		var holes []Range
		for j := i + 1; j < len(c.units) && c.units[j].Range.Start < u.Range.End; j++ {
			if r := c.units[j].Range; len(holes) == 0 || r.Start >= holes[len(holes)-1].End {
				holes = append(holes, r)
			}
		}
		if len(holes) > 0 {
			u.Parts = c.subtract(u.parts(), holes)
		}
	}
}

// parts returns the pieces of the body, never nil.
func (u *Unit) parts() []Range {
	if u.Parts == nil {
		return []Range{u.Body}
	}
	return u.Parts
}

// subtract returns what is left of the ascending parts outside the ascending holes, without pieces that hold no
// word and without white space around a piece except its first indentation.
func (c *cutter) subtract(parts, holes []Range) []Range {
	var left []Range
	keep := func(r Range) {
		r.End = r.Start + len(bytes.TrimRight(c.src[r.Start:r.End], " \t\r\n"))
		for {
			nl := bytes.IndexByte(c.src[r.Start:r.End], '\n')
			if nl < 0 || len(bytes.TrimSpace(c.src[r.Start:r.Start+nl])) > 0 {
				break
			}
			r.Start += nl + 1
		}
		if text := c.src[r.Start:r.End]; hasWord(text) && string(bytes.TrimSpace(text)) != "end" {
			left = append(left, r)
		}
	}
	h := 0
	for _, p := range parts {
		for h < len(holes) && holes[h].End <= p.Start {
			h++
		}
		at := p.Start
		for k := h; k < len(holes) && holes[k].Start < p.End; k++ {
			if holes[k].Start > at {
				keep(Range{at, holes[k].Start})
			}
			at = max(at, holes[k].End)
		}
		if at < p.End {
			keep(Range{at, p.End})
		}
	}
	if left == nil && len(parts) > 0 { // a body that is all members keeps its first line
		first := parts[0]
		first.End = min(first.End, c.lineEnd(first.Start))
		left = []Range{first}
	}
	return left
}

// hasWord reports whether the text has anything but punctuation and white space.
func hasWord(text []byte) bool {
	for _, b := range text {
		if b >= 0x80 || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' {
			return true
		}
	}
	return false
}
