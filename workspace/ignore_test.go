package workspace

import (
	"fmt"
	"path"
	"strings"
	"testing"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		path, want    bool
	}{
		{"", "", true, true},
		{"a", "a", true, true},
		{"a", "ab", true, false},
		{"*", "", true, true},
		{"*", "a/b", true, false},
		{"*", "a/b", false, true},
		{"?", "/", true, false},
		{"?", "é", true, false}, // bytes, as in git
		{"??", "é", true, true},
		{"a*b*c", "a-b-b-c", true, true},
		{"a*b*c", "a-c-b", true, false},
		{"*/b", "a/b", true, true},
		{"*/b", "a/c/b", true, false},
		{"**/b", "b", true, true},
		{"**/b", "a/c/b", true, true},
		{"**/b", "ab", true, false},
		{"a/**", "a/b/c", true, true},
		{"a/**", "a", true, false},
		{"a/**/b", "a/b", true, true},
		{"a/**/b", "a/x/y/b", true, true},
		{"a/**/b/*c", "a/x/b/y/b/zc", true, true},
		{"a**/b", "ax/b", true, true},
		{"a**/b", "a/x/b", true, false},
		{"**a", "x/a", true, false},
		{"***/a", "x/y/a", true, true},
		{`**\/a`, "x/a", true, true},
		{`**\/a`, "a", true, false},
		{"[ab]c", "bc", true, true},
		{"[!ab]c", "bc", true, false},
		{"[^ab]c", "zc", true, true},
		{"[]]", "]", true, true},
		{"[!]]", "]", true, false},
		{"[]-a]", "_", true, true},
		{"[a-]", "-", true, true},
		{"[-a]", "-", true, true},
		{"[a-c-z]", "-", true, true},
		{"[a-c-z]", "m", true, false},
		{`[\]]`, "]", true, true},
		{`[a\-c]`, "b", true, false},
		{`[\a-c]`, "b", true, true},
		{"[z-a]", "m", true, false},
		{"[[:digit:]x]", "5", true, true},
		{"[[:digit:]x]", "x", true, true},
		{"[[:bogus:]]", "b", true, false},
		{"[[:]", ":", true, true},
		{"[a", "[a", true, false},
		{"[/]", "/", true, false},
		{"[!a]", "/", true, false},
		{`\*`, "*", true, true},
		{`\*`, "a", true, false},
		{`a\`, `a\`, true, false},
	} {
		g := compileGlob(c.pattern, c.path, false)
		if got := g.matches(c.text); got != c.want {
			t.Errorf("glob %q on %q (path mode %v) = %v, want %v", c.pattern, c.text, c.path, got, c.want)
		}
	}
}

func TestIgnoreList(t *testing.T) {
	for _, c := range []struct {
		name, file string
		ignored    string // space-separated; a final slash makes a directory
		kept       string
	}{
		{"comment and blank", "#a\n\n  \n", "", "a #a"},
		{"any depth", "a", "a x/a x/y/a/", "ab x/ab"},
		{"anchored by slash", "/a", "a", "x/a"},
		{"anchored by inner slash", "x/a", "x/a", "y/x/a a"},
		{"directory only", "a/", "a/ x/a/", "a x/a"},
		{"last match decides", "*.x\n!b.x\nb*", "a.x b.x", "c"},
		{"negation", "*.x\n!b.x", "a.x", "b.x"},
		{"negation of directories only", "*\n!*/", "a x/a", "x/"},
		{"escaped marks", "\\#a\n\\!b", "#a !b", "a b"},
		{"trailing spaces", "a  \nb\\ \n", "a", "b"},
		{"tab is kept", "a\t", "a\t", "a"},
		{"carriage return", "a\r\nb\r\n", "a b", "c"},
		{"byte order mark", "\ufeffa", "a", "\ufeffa"},
		{"no final newline", "a\nb", "a b", ""},
		{"extension", "*.log", "a.log x/.log b.a.log", "log a.logs"},
		{"longer suffix", "*.tar.gz\n*~", "a.tar.gz b~", "a.gz"},
		{"literal after escape", `\a.b`, "a.b", "b"},
		{"double star in front", "**/a/b", "a/b x/a/b", "a/x/b"},
		{"double star behind", "a/**", "a/b a/b/c", "a"},
		{"double star between", "a/**/b", "a/b a/x/b a/x/y/b", "b"},
		{"star stops at slashes", "a/*", "a/b", "a/b/c"},
		{"double star after text, matched from the literal prefix", "a**/b", "ax/b ax/y/b", "b"},
		{"slash alone", "/\n//\n!/", "", "a"},
	} {
		l := parseIgnore(c.file, false)
		check := func(paths string, want verdict) {
			for rel := range strings.FieldsSeq(strings.ReplaceAll(paths, "\t", "\x00")) {
				rel = strings.ReplaceAll(rel, "\x00", "\t")
				clean, isDir := strings.CutSuffix(rel, "/")
				got := noVerdict
				if l != nil {
					got = l.match(clean, path.Base(clean), isDir)
				}
				if (got == excluded) != (want == excluded) {
					t.Errorf("%s: verdict on %q = %d, want %d", c.name, rel, got, want)
				}
			}
		}
		check(c.ignored, excluded)
		check(c.kept, noVerdict)
	}
}

func FuzzIgnore(f *testing.F) {
	for _, s := range []string{"*.x\n!a", "[a-[:digit:]]*/**/b", "**/a/**", "/a\\", "\ufeff#", "[[:", "*a*a*a*a*a*b", "a\x00b"} {
		f.Add(s, "a/b/c.x")
	}
	f.Fuzz(func(t *testing.T, file, rel string) {
		for _, fold := range []bool{false, true} {
			if l := parseIgnore(file, fold); l != nil {
				l.match(rel, path.Base(rel), true)
				l.match(rel, path.Base(rel), false)
			}
		}
	})
}

// FuzzGlob compares the glob with a matcher that tries everything.
func FuzzGlob(f *testing.F) {
	f.Add("a*b**/c", "ab/c")
	f.Add("**/[a-c]?*", "x/y/bzz")
	f.Add("*a/**/*b", "xa/c/b")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 12 {
			return // the other matcher is exponential
		}
		for _, mode := range []bool{true, false} {
			g := compileGlob(pattern, mode, false)
			if got, want := g.matches(text), matchesSlowly(&g, 0, text); got != want {
				t.Errorf("glob %q on %q (path mode %v) = %v, want %v", pattern, text, mode, got, want)
			}
		}
	})
}

func matchesSlowly(g *glob, op int, text string) bool {
	if op == len(g.ops) {
		return text == ""
	}
	switch o := &g.ops[op]; o.kind {
	case opStar, opAll, opDirs:
		for n := 0; n <= len(text); n++ {
			taken := text[:n]
			if o.kind == opStar && strings.Contains(taken, "/") || o.kind == opDirs && n > 0 && taken[n-1] != '/' {
				continue
			}
			if matchesSlowly(g, op+1, text[n:]) {
				return true
			}
		}
		return false
	default:
		return text != "" && g.matchesByte(o, text[0]) && matchesSlowly(g, op+1, text[1:])
	}
}

// BenchmarkIgnore matches one path against a file of many patterns of the usual kinds.
func BenchmarkIgnore(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		var file strings.Builder
		for i := range n {
			switch i % 10 {
			case 0, 1, 2:
				fmt.Fprintf(&file, "*.ext%d\n", i)
			case 3, 4:
				fmt.Fprintf(&file, "name%d/\n", i)
			case 5, 6, 7:
				fmt.Fprintf(&file, "/some/path%d\n", i)
			case 8:
				fmt.Fprintf(&file, "/deep%d/*/x\n", i)
			case 9:
				fmt.Fprintf(&file, "*_%d.*\n", i)
			}
		}
		l := parseIgnore(file.String(), false)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if l.match("server/internal/handler/request_test.go", "request_test.go", false) != noVerdict {
					b.Fatal("matched")
				}
			}
		})
	}
}
