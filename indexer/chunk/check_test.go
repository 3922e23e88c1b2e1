package chunk

import (
	"bytes"
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
