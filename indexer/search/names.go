package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lsp/indexer/store"
)

// Grades of how a declared name answers a name that was typed, from a scattered subsequence to the very name.
const (
	gradeNone        = 0.0
	gradeSubsequence = 0.2
	gradeInside      = 0.35
	gradeSubword     = 0.5 // as a run of whole sub-words
	gradeHumps       = 0.6 // starts of sub-words in order: rdF for ReadFull
	gradePrefix      = 0.7
	gradeStyle       = 0.8  // the same words in another style: read_full for ReadFull
	gradeFold        = 0.95 // but for case and separators, where the typed name has no style of its own
	gradeExact       = 1.0
)

// wantedName is a name to look for, prepared for comparing it with many.
type wantedName struct {
	text   string // as typed
	folded string // lower case, without separators
	mask   uint64 // of the letters and digits
	styled bool   // typed with capitals or separators, so meant as it is
	owner  string // what must enclose it, "" for anything; parts joined by dots
}

// separatorFree drops what only joins the words of an identifier.
func separatorFree(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '$' || r == '@' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// newWantedName reads a name as people write it: read_full, io.Copy, Server::handle, (*Buffer).Write().
func newWantedName(text string) wantedName {
	text = strings.TrimSuffix(strings.TrimSpace(text), "()")
	text = strings.NewReplacer("::", ".", "->", ".", "#", ".", "(", "", ")", "", "*", "", "&", "").Replace(text)
	text = strings.Trim(text, ".")
	var w wantedName
	if dot := strings.LastIndexByte(text, '.'); dot >= 0 {
		w.owner, text = text[:dot], text[dot+1:]
	}
	w.text = text
	w.folded = separatorFree(text)
	w.styled = w.folded != text
	w.mask = asciiMask(w.folded)
	return w
}

// asciiMask is the mask of the ASCII letters and digits alone: others may change their bytes with their case.
func asciiMask(text string) uint64 {
	return store.NameMask(strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf || !isAlnum(r) {
			return -1
		}
		return r
	}, text))
}

// grade tells how well a declared name answers. What is declared with the names around it, as in Phoenix.Channel or
// json::parser, answers to its own as well. Names that cannot hold the letters are to be skipped by mask.
func (w *wantedName) grade(name string) float64 {
	grade := w.gradeWhole(name)
	if _, last := cutQualified(name); len(last) < len(name) {
		grade = max(grade, w.gradeWhole(last))
	}
	return grade
}

// cutQualified cuts a declared name before its last part: Phoenix.Channel, json::parser. One that ends in a separator is whole.
func cutQualified(name string) (qualifiers, last string) {
	at := strings.LastIndexAny(name, ".:")
	if at < 0 || at == len(name)-1 {
		return "", name
	}
	return strings.TrimRight(name[:at], ".:"), name[at+1:]
}

func (w *wantedName) gradeWhole(name string) float64 {
	if w.folded == "" || name == "" {
		return gradeNone
	}
	if name == w.text {
		return gradeExact
	}
	if !w.mayMatch(name) {
		return gradeNone
	}
	hump := indexHumps(name)
	if len(hump.folded) < len(w.folded) {
		return gradeNone
	}
	if at := strings.Index(hump.folded, w.folded); at >= 0 {
		switch {
		case len(hump.folded) == len(w.folded) && w.styled:
			return gradeStyle
		case len(hump.folded) == len(w.folded):
			return gradeFold
		case at == 0:
			return gradePrefix
		case hump.starts[at]:
			return gradeSubword
		}
		if hump.match(w.folded) {
			return gradeHumps
		}
		return gradeInside
	}
	if hump.match(w.folded) {
		return gradeHumps
	}
	if len(w.folded) >= 3 && isSubsequence(w.folded, hump.folded) {
		return gradeSubsequence
	}
	return gradeNone
}

// mayMatch reports whether a name has the letters in their order, whatever their case, without which it has no grade.
// Names with other letters than ASCII always may.
func (w *wantedName) mayMatch(name string) bool {
	at := 0
	for i := 0; i < len(name) && at < len(w.folded); i++ {
		c := name[i]
		if c >= utf8.RuneSelf {
			return true
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c == w.folded[at] {
			at++
		}
	}
	return at == len(w.folded)
}

// bound is a grade that the name does not exceed, told by the first letters of the name and of its last part alone.
func (w *wantedName) bound(name string) float64 {
	_, last := cutQualified(name)
	if w.mayStart(name) || len(last) < len(name) && w.mayStart(last) {
		return gradeExact
	}
	return gradeSubword
}

// mayStart reports whether a name may begin as the wanted one does.
func (w *wantedName) mayStart(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '_' || c == '-' || c == '$' || c == '@' || c == '.' || c == ':' {
			continue
		}
		return c >= utf8.RuneSelf || w.folded == "" || w.folded[0] >= utf8.RuneSelf || c|0x20 == w.folded[0]|0x20
	}
	return true
}

// humps is a name without separators in lower case, and where its sub-words start.
type humps struct {
	folded string
	starts []bool
}

func indexHumps(name string) humps {
	var b strings.Builder
	b.Grow(len(name))
	h := humps{starts: make([]bool, 0, len(name))}
	before := ' '
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		i += n
		if r == '_' || r == '-' || r == '$' || r == '@' || r == '.' || r == ':' {
			before = ' '
			continue
		}
		after, _ := utf8.DecodeRuneInString(name[i:])
		start := !isAlnum(before) || unicode.IsUpper(r) && (!unicode.IsUpper(before) || unicode.IsLower(after)) ||
			unicode.IsDigit(r) != unicode.IsDigit(before)
		size, _ := b.WriteRune(unicode.ToLower(r))
		for j := range size {
			h.starts = append(h.starts, start && j == 0)
		}
		before = r
	}
	h.folded = b.String()
	return h
}

func isAlnum(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// match reports whether the pattern is made of starts of sub-words, in order, beginning with the first: each
// character either goes on in its sub-word or begins a later one.
func (h *humps) match(pattern string) bool {
	if pattern == "" || h.folded == "" || pattern[0] != h.folded[0] {
		return false
	}
	// ends[i]: what was read of the pattern can end right before byte i. From there the next character is at i, in
	// the same sub-word, or at the start of any later one.
	ends, next := make([]bool, len(h.folded)+1), make([]bool, len(h.folded)+1)
	ends[1] = true
	for p := 1; p < len(pattern); p++ {
		reached, alive := false, false
		for i := range len(h.folded) {
			here := ends[i] || reached && h.starts[i]
			next[i+1] = here && h.folded[i] == pattern[p]
			alive = alive || next[i+1]
			reached = reached || ends[i]
		}
		if !alive {
			return false
		}
		ends, next = next, ends
	}
	return true
}

func isSubsequence(part, text string) bool {
	i := 0
	for j := 0; i < len(part) && j < len(text); j++ {
		if part[i] == text[j] {
			i++
		}
	}
	return i == len(part)
}

// named is a unit with how well its name answers.
type named struct {
	ref
	grade float64
	owned float64 // share of the qualifying parts that enclose it
	size  int     // of the name: of equally good ones the shorter is nearer
}

// findNames returns the allowed units whose names answer best, at most k, with their grades. The best come first;
// what does not fit in is decided by root, path and line, so the answer does not depend on segments.
func findNames(ctx context.Context, sources []source, w *wantedName, atLeast float64, k int) ([]named, error) {
	var found []named
	trim := func() {
		slices.SortFunc(found, func(a, b named) int { return compareNamed(sources, a, b) })
		if len(found) >= k {
			found = found[:k]
			atLeast = max(atLeast, found[k-1].grade)
		}
	}
	for i := range sources {
		s := &sources[i]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		visit := func(u uint32) {
			if s.seg.NameMask(u)&w.mask != w.mask {
				return
			}
			name := s.seg.Name(u)
			if w.bound(name) < atLeast {
				return
			}
			grade := w.grade(name)
			if grade == gradeNone || grade < atLeast {
				return
			}
			n := named{ref: ref{i, u}, grade: grade, size: len(name)}
			if w.owner != "" {
				n.owned = w.ownerShare(s.seg.Owner(u), name, s.seg.FilePath(s.seg.FileOf(u)))
			}
			if found = append(found, n); len(found) >= 4*k+64 {
				trim()
			}
		}
		s.each(visit)
	}
	trim()
	return found, nil
}

// ownerShare is the share of the qualifying parts that are found around a unit: in its owner, in its name where that is
// declared with them, as a folder of its path, or as the name of its file.
func (w *wantedName) ownerShare(owner, name, path string) float64 {
	qualifiers, _ := cutQualified(name)
	parts, found := 0, 0
	for part := range strings.SplitSeq(w.owner, ".") {
		parts++
		if matchOwner(part, owner) || matchOwner(part, qualifiers) || hasPathPart(path, part) {
			found++
		}
	}
	return float64(found) / float64(parts)
}

// hasPathPart reports whether a folder of the path, or its file without the extension, is the part.
func hasPathPart(path, part string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if strings.EqualFold(segment, part) {
			return true
		}
	}
	base := path[strings.LastIndexByte(path, '/')+1:]
	stem, _, _ := strings.Cut(base, ".")
	return strings.EqualFold(stem, part)
}

func compareNamed(sources []source, a, b named) int {
	if c := cmp.Compare(b.grade, a.grade); c != 0 {
		return c
	}
	if c := cmp.Compare(b.owned, a.owned); c != 0 {
		return c
	}
	if c := cmp.Compare(a.size, b.size); c != 0 {
		return c
	}
	return comparePlace(sources, a.ref, b.ref)
}

// comparePlace orders units by root, path and line, the order of last resort.
func comparePlace(sources []source, a, b ref) int {
	if a == b {
		return 0
	}
	sa, sb := &sources[a.source], &sources[b.source]
	if c := cmp.Compare(sa.view.Root, sb.view.Root); c != 0 {
		return c
	}
	if c := cmp.Compare(sa.seg.FilePath(sa.seg.FileOf(a.unit)), sb.seg.FilePath(sb.seg.FileOf(b.unit))); c != 0 {
		return c
	}
	return cmp.Compare(a.unit, b.unit) // units of a file are all in one segment, in ascending order
}
