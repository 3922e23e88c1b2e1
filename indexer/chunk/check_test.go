package chunk

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"testing"
)

// checkUnits verifies what holds for the units of every text.
func checkUnits(t testing.TB, src []byte, f File) {
	t.Helper()
	if byName[f.Language] == nil {
		t.Fatalf("language %q is not in the table", f.Language)
	}
	covered := make([]bool, len(src))
	cover := func(r Range) {
		for i := r.Start; i < r.End; i++ {
			covered[i] = true
		}
	}
	inside := func(what string, r, outer Range) {
		if r.Start > r.End || r.Start < outer.Start || r.End > outer.End {
			t.Fatalf("%s %v is not inside %v", what, r, outer)
		}
	}
	if !slices.IsSortedFunc(f.Units, compareUnits) {
		t.Fatal("units are not in order")
	}
	for i := range f.Units {
		u := &f.Units[i]
		inside("range", u.Range, Range{0, len(src)})
		inside("body", u.Body, u.Range)
		inside("name", u.NameRange, u.Range)
		if u.Body.Len() == 0 {
			t.Fatalf("unit %d (%s %s) is empty", i, u.Kind, u.Name)
		}
		if u.Name != "" && u.NameRange.Len() > 0 && u.Kind != Section && u.Name != string(src[u.NameRange.Start:u.NameRange.End]) {
			t.Fatalf("name %q, source says %q", u.Name, src[u.NameRange.Start:u.NameRange.End])
		}
		for j, p := range u.Parts {
			inside("part", p, u.Body)
			if p.Len() == 0 || j > 0 && p.Start < u.Parts[j-1].End {
				t.Fatalf("parts %v of %s %q are empty or out of order", u.Parts, u.Kind, u.Name)
			}
		}
		for j, w := range u.Children {
			inside("child", w, u.Body)
			if j > 0 && w.Start <= u.Children[j-1].Start {
				t.Fatalf("children %v of %s %q are out of order", u.Children, u.Kind, u.Name)
			}
		}
		if u.Flags&Documented != 0 != (u.Documentation != "") {
			t.Fatalf("%s %q: documented does not agree with its documentation", u.Kind, u.Name)
		}
		if len(u.Children) > 0 {
			checkChildren(t, src, u)
		}
		_ = u.Text(src)
		if u.Kind == Module && u.Parts != nil {
			for _, p := range u.Parts {
				cover(p)
			}
		} else {
			cover(u.Range)
		}
	}
	if !f.Truncated {
		checkCovered(t, src, covered)
	}
}

var word = regexp.MustCompile(`[A-Za-z]{3,}`)

// checkWords verifies that every word of a line is in what is indexed of a unit with that line, so that whoever looks for
// the text of the line finds a unit by its words. It is for programs and for pieces of them: of text that is none, a unit may
// end within a line. Words that a grammar cuts apart are left out.
func checkWords(t testing.TB, src []byte, f File) {
	t.Helper()
	lines := lineStarts(src)
	missing := make([]map[string]bool, len(lines))
	cuts := make([]bool, len(src)+1) // where something of a unit starts or ends
	for _, u := range f.Units {
		for _, r := range slices.Concat([]Range{u.Range, u.Body}, u.Parts, u.Comments, u.Rest) {
			cuts[r.Start], cuts[r.End] = true, true
		}
	}
	for i, start := range lines {
		end := len(src)
		if i+1 < len(lines) {
			end = int(lines[i+1])
		}
		missing[i] = map[string]bool{}
		for _, at := range word.FindAllIndex(src[start:end], -1) {
			if from, to := int(start)+at[0], int(start)+at[1]; !slices.Contains(cuts[from+1:to], true) {
				missing[i][string(src[from:to])] = true
			}
		}
	}
	c := cutter{src: src, lines: lines}
	for i := range f.Units {
		u := &f.Units[i]
		has := map[string]bool{}
		for _, text := range []string{u.Documentation, u.Text(src), u.CommentText(src), u.RestText(src)} {
			for _, w := range word.FindAllString(text, -1) {
				has[w] = true
			}
		}
		first, last := c.line(u.Range.Start), c.line(u.Range.End-1)
		skip := make([]bool, last-first+1) // lines of the members of a type, which are not its own
		for j := i + 1; u.Kind.IsType() && j < len(f.Units) && f.Units[j].Range.Start < u.Range.End; j++ {
			if member := f.Units[j].Range; f.Units[j].Kind != Module {
				for l := c.line(member.Start); l <= min(last, c.line(member.End-1)); l++ {
					skip[l-first] = true
				}
			}
		}
		for l := first; l <= last; l++ {
			if !skip[l-first] {
				maps.DeleteFunc(missing[l], func(w string, _ bool) bool { return has[w] })
			}
		}
	}
	for l, words := range missing {
		if len(words) > 0 {
			t.Fatalf("of line %d, %q, no unit has the words %v", l+1, view(src, c.lineRange(l)), slices.Sorted(maps.Keys(words)))
		}
	}
}

// checkCovered verifies that every line that is not blank has a covered byte.
func checkCovered(t testing.TB, src []byte, covered []bool) {
	t.Helper()
	for at := 0; at < len(src); {
		end := len(src)
		if nl := bytes.IndexByte(src[at:], '\n'); nl >= 0 {
			end = at + nl
		}
		if line := bytes.TrimSpace(src[at:end]); len(line) > 0 && !slices.Contains(covered[at:end], true) {
			t.Fatalf("line %q at %d is in no unit", line, at)
		}
		at = end + 1
	}
}

// checkChildren verifies that the windows of a unit hold all of its text.
func checkChildren(t testing.TB, src []byte, u *Unit) {
	t.Helper()
	for _, p := range u.parts() {
		if len(u.Parts) > 1 && p.Len() < defaultWindowBytes/minWindowShare {
			continue
		}
		at := p.Start
		for _, w := range u.Children {
			if w.Start <= at && w.End > at {
				at = w.End
			}
		}
		if at < p.End {
			t.Fatalf("windows %v of %s %q leave out %v", u.Children, u.Kind, u.Name, Range{at, p.End})
		}
	}
}
