package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestColor(t *testing.T) {
	for _, tt := range []struct {
		name, mode, noColor, term string
		tty, want                 bool
	}{
		{"terminal", "auto", "", "xterm-256color", true, true},
		{"pipe", "auto", "", "xterm-256color", false, false},
		{"NO_COLOR", "auto", "1", "xterm-256color", true, false},
		{"dumb terminal", "auto", "", "dumb", true, false},
		{"forced into a pipe", "always", "", "", false, true},
		{"forced over NO_COLOR", "always", "1", "", true, true},
		{"never", "never", "", "xterm", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tt.noColor)
			t.Setenv("TERM", tt.term)
			con := &console{outTTY: tt.tty}
			con.setColor(tt.mode)
			if con.color != tt.want {
				t.Errorf("colour is %v, want %v", con.color, tt.want)
			}
			if got := strings.Contains(con.paint(stylePath, "x"), "\x1b["); got != tt.want {
				t.Errorf("painted: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestClean(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a\n\tb  c ", "a b c"},
		{"red \x1b[31m alert\a", "red [31m alert"},
		{"C1 \u009b31m", "C1 31m"},
		{"right \u202eto left", "right to left"},
		{"grüße, 世界", "grüße, 世界"},
		{"bad \xff byte", "bad \ufffd byte"},
		{"", ""},
	} {
		if got := clean(tt.in); got != tt.want {
			t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{
		{"short", 10, "short"}, {"exact", 5, "exact"}, {"too long", 5, "too…"}, {"grüße", 3, "gr…"},
		{"anything", 0, "anything"}, {"anything", 1, "…"}, {"", 3, ""},
	} {
		if got := cut(tt.in, tt.width); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

func TestBarLine(t *testing.T) {
	for _, tt := range []struct {
		name        string
		done, total int
		width       int
		want        string
	}{
		{"not started", 0, 10, 80, "indexing ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0/10"},
		{"half", 600, 1200, 80, "indexing ████████████░░░░░░░░░░░░  50%  600/1,200"},
		{"done", 10, 10, 80, "indexing ████████████████████████ 100%  10/10"},
		{"more than all", 12, 10, 80, "indexing ████████████████████████ 100%  10/10"},
		{"less than nothing", -1, 10, 80, "indexing ░░░░░░░░░░░░░░░░░░░░░░░░   0%  0/10"},
		{"end unknown", 1234, 0, 80, "indexing … 1,234"},
		{"nothing known", 0, 0, 80, "indexing …"},
		{"narrow", 5, 10, 12, "indexing ██…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := barLine("indexing", tt.done, tt.total, tt.width); got != tt.want {
				t.Errorf("bar is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	b := newBar(&console{err: &out, errTTY: true, width: 60})
	b.now = func() time.Time { return now }
	b.show("indexing", 1, 10)
	first := out.Len()
	b.show("indexing", 2, 10)
	if out.Len() != first {
		t.Error("drew twice within the interval")
	}
	now = now.Add(barInterval)
	b.show("indexing", 3, 10)
	if out.Len() == first {
		t.Error("did not draw after the interval")
	}
	last := out.Len()
	b.show("indexing", 10, 10)
	if out.Len() == last {
		t.Error("did not draw the end at once")
	}
	b.clear()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Errorf("the bar stays on the screen: %q", out.String())
	}
	end := out.Len()
	b.clear()
	if out.Len() != end {
		t.Error("cleared a screen without a bar")
	}
}

func TestBarWithoutTerminal(t *testing.T) {
	var out bytes.Buffer
	b := newBar(&console{err: &out})
	b.show("indexing", 1, 10)
	b.clear()
	if out.Len() > 0 {
		t.Errorf("wrote %q into a pipe", out.String())
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1500: "1.5 kB", 2_500_000: "2.5 MB", 7e15: "7000.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Copy copies. It stops at the end.", "Copy copies."},
		{"Copies,\ne.g. files.\n\nMore.", "Copies, e.g. files."},
		{"no full stop", "no full stop"},
		{"", ""},
	} {
		if got := sentence(tt.in); got != tt.want {
			t.Errorf("sentence(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestParsePlace(t *testing.T) {
	for _, tt := range []struct {
		in   string
		path string
		line int // 0 when it is an error
	}{
		{"a.go:12", "a.go", 12}, {"dir/a.go:12:7", "dir/a.go", 12}, {`C:\dir\a.go:3`, `C:\dir\a.go`, 3},
		{"a:b:4", "a:b", 4}, {"a.go", "", 0}, {"a.go:", "", 0}, {"a.go:x", "", 0}, {":3", "", 0}, {"a.go:0", "", 0},
		{"a.go:-2", "", 0}, {"", "", 0}, {"a.go:99999999999999999999", "", 0},
	} {
		got, err := parsePlace(tt.in)
		if (err == nil) != (tt.line > 0) || err == nil && got != (place{tt.path, tt.line}) {
			t.Errorf("parsePlace(%q) = %+v, %v; want %q, %d", tt.in, got, err, tt.path, tt.line)
		}
	}
}

func TestQueryArguments(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"search foo", "search foo"},
		{"search -is:test foo --json", "search foo --json -- -is:test"},
		{"--color never search foo -path:x/** -n 3", "--color never search foo -n 3 -- -path:x/**"},
		{"search -lang:go -- -foo", "search -- -foo -lang:go"},
		{"search -- -lang:go", "search -- -lang:go"},
		{"search -unknown:x foo", "search -unknown:x foo"},
		{"similar -is:test", "similar -is:test"},
		{"", ""},
	} {
		if got := strings.Join(queryArguments(strings.Fields(tt.in)), " "); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}
