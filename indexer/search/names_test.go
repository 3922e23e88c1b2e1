package search

import (
	"testing"

	"lsp/indexer/store"
)

func TestGrade(t *testing.T) {
	for _, tc := range []struct {
		typed, name string
		want        float64
	}{
		{"ReadFull", "ReadFull", gradeExact},
		{"readfull", "ReadFull", gradeFold},
		{"read_full", "ReadFull", gradeStyle},
		{"ReadFull", "read_full", gradeStyle},
		{"ReadFull", "readFull", gradeStyle},
		{"io.Copy", "Copy", gradeExact},
		{"(*Buffer).Write()", "Write", gradeExact},
		{"Read", "ReadFull", gradePrefix},
		{"full", "ReadFull", gradeSubword},
		{"adFu", "ReadFull", gradeInside},
		{"rF", "ReadFull", gradeHumps},
		{"rdFl", "ReadFull", gradeSubsequence},
		{"reFu", "ReadFull", gradeHumps},
		{"sHTTP", "ServeHTTP", gradeHumps},
		{"hr", "HTTPRequest", gradeHumps},
		{"rdl", "ReadFull", gradeSubsequence},
		{"rl", "ReadFull", gradeNone},
		{"ReadFully", "ReadFull", gradeNone},
		{"xyz", "ReadFull", gradeNone},
		{"", "ReadFull", gradeNone},
		{"x", "", gradeNone},
		{"übung", "Übung", gradeFold},
		{"Channel", "Phoenix.Channel", gradeExact},
		{"channel", "Phoenix.Channel", gradeFold},
		{"Phoenix.Channel", "Phoenix.Channel", gradeExact},
		{"parser", "json::parser", gradeExact},
		{"jsonParser", "json::parser", gradeStyle},
		{"phoen", "Phoenix.Channel", gradePrefix},
		{"Channel", "Channel.", gradeStyle},
	} {
		w := newWantedName(tc.typed)
		if got := w.grade(tc.name); got != tc.want {
			t.Errorf("%q for %q: grade %v, want %v", tc.name, tc.typed, got, tc.want)
		}
		if got := w.grade(tc.name); got > w.bound(tc.name) {
			t.Errorf("%q for %q: grade %v above its bound %v", tc.name, tc.typed, got, w.bound(tc.name))
		}
		if w.grade(tc.name) > 0 && store.NameMask(tc.name)&w.mask != w.mask {
			t.Errorf("%q for %q: the mask leaves it out", tc.name, tc.typed)
		}
	}
}

func TestOwnerShare(t *testing.T) {
	for _, tc := range []struct {
		typed, owner, name, path string
		want                     float64
	}{
		{"io.Copy", "", "Copy", "src/io/io.go", 1},
		{"big.Int.GCD", "Int", "GCD", "math/big/int.go", 1},
		{"Server::handle", "net.Server", "handle", "a.cc", 1},
		{"x.y.Copy", "", "Copy", "x/a.go", 0.5},
		{"req.WithContext", "Client", "WithContext", "a.go", 0},
		{"Phoenix.Channel", "", "Phoenix.Channel", "a.ex", 1},
		{"net::http::get", "", "net::http::get", "a.cc", 1},
	} {
		w := newWantedName(tc.typed)
		if got := w.ownerShare(tc.owner, tc.name, tc.path); got != tc.want {
			t.Errorf("%s in %q of %s: %v, want %v", tc.typed, tc.owner, tc.path, got, tc.want)
		}
	}
}

func FuzzGrade(f *testing.F) {
	f.Add("rF", "ReadFull")
	f.Add("io.Copy", "Copy_")
	f.Add("é_x", "\xffÉX")
	f.Add("0", "\xee")
	f.Fuzz(func(t *testing.T, typed, name string) {
		w := newWantedName(typed)
		g := w.grade(name)
		if g < 0 || g > 1 || g > w.bound(name) {
			t.Errorf("%q for %q: grade %v, bound %v", name, typed, g, w.bound(name))
		}
		if hump := indexHumps(name); isSubsequence(w.folded, hump.folded) && !w.mayMatch(name) {
			t.Errorf("%q for %q: left out", name, typed)
		}
	})
}
