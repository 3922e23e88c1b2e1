package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"lsp/indexer/search"
	"lsp/indexer/store"
)

// found is a result with everything that is printed.
func found() search.Result {
	return search.Result{
		Path: "io/io.go", StartLine: 378, EndLine: 388, Name: "Copy", Kind: "function", Language: "go",
		Signature:     "func Copy(dst Writer, src Reader) (written int64, err error)",
		Documentation: "Copy copies from src to dst until\neither EOF is reached on src or an error occurs. It returns the number of bytes.",
		Score:         1, Confidence: "likely",
		NameRange: store.Range{Start: store.Position{Line: 386, UTF8: 5, UTF16: 5, UTF32: 5}},
	}
}

func TestRender(t *testing.T) {
	root := t.TempDir()
	for _, tt := range []struct {
		name    string
		format  string
		current string
		change  func(*search.Result)
		con     console
		want    string
	}{
		{
			name: "grep", format: formatGrep, current: root,
			want: "io/io.go:387:6: func Copy(dst Writer, src Reader) (written int64, err error)\n",
		},
		{
			name: "grep from elsewhere", format: formatGrep, current: t.TempDir(),
			want: filepath.ToSlash(root) + "/io/io.go:387:6: func Copy(dst Writer, src Reader) (written int64, err error)\n",
		},
		{
			name: "grep from a folder inside", format: formatGrep, current: filepath.Join(root, "io"),
			want: "io.go:387:6: func Copy(dst Writer, src Reader) (written int64, err error)\n",
		},
		{
			name: "text", format: formatText, current: root,
			want: "io/io.go:387:6  function, likely\n" +
				"    func Copy(dst Writer, src Reader) (written int64, err error)\n" +
				"    Copy copies from src to dst until either EOF is reached on src or an error occurs.\n",
		},
		{
			name: "text on a narrow terminal", format: formatText, current: root, con: console{width: 40},
			want: "io/io.go:387:6  function, likely\n" +
				"    func Copy(dst Writer, src Reader) (…\n" +
				"    Copy copies from src to dst until e…\n",
		},
		{
			name: "colour", format: formatText, current: root, con: console{color: true},
			change: func(r *search.Result) { r.Documentation = "" },
			want: "\x1b[36mio/io.go\x1b[0m:\x1b[32m387:6\x1b[0m  \x1b[2mfunction, likely\x1b[0m\n" +
				"    func \x1b[1mCopy\x1b[0m(dst Writer, src Reader) (written int64, err error)\n",
		},
		{
			name: "owner that the signature does not tell", format: formatGrep, current: root,
			change: func(r *search.Result) { r.Owner, r.Signature = "Parser", "def parse(self)" },
			want:   "io/io.go:387:6: Parser: def parse(self)\n",
		},
		{
			name: "nothing but a place", format: formatGrep, current: root,
			change: func(r *search.Result) { r.Name, r.Signature, r.Documentation = "", "", "" },
			want:   "io/io.go:387:6: lines 378 to 388\n",
		},
		{
			name: "nothing but a place, and its best line", format: formatGrep, current: root,
			change: func(r *search.Result) {
				r.Name, r.Signature, r.Documentation = "", "", ""
				r.BestLines = &search.Lines{StartLine: 380, EndLine: 380, Text: "const size = 512"}
			},
			want: "io/io.go:387:6: lines 378 to 388: const size = 512\n",
		},
		{
			name: "escape sequences in a file name and in code", format: formatText, current: root,
			change: func(r *search.Result) {
				r.Path, r.Signature, r.Documentation = "a\x1b[31m.go", "func \x1b]0;title\a()", ""
			},
			want: "a[31m.go:387:6  function, likely\n    func ]0;title()\n",
		},
		{
			name: "explanation", format: formatGrep, current: root,
			change: func(r *search.Result) {
				r.Explanation = []search.Contribution{{Name: "meaning", Value: 0.75}, {Name: "test", Value: -0.25}}
			},
			want: "io/io.go:387:6: func Copy(dst Writer, src Reader) (written int64, err error)\n" +
				"    score 1.000 = meaning +0.750, test -0.250\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			con := tt.con
			con.out = &out
			result := found()
			if tt.change != nil {
				tt.change(&result)
			}
			r := renderer{con: &con, format: tt.format, root: root, current: tt.current}
			if err := r.response(&search.Response{Results: []search.Result{result}, Complete: true}); err != nil {
				t.Fatal(err)
			}
			if got := filepath.ToSlash(out.String()); got != tt.want {
				t.Errorf("printed\n%q, want\n%q", got, tt.want)
			}
		})
	}
}

func TestRenderNothing(t *testing.T) {
	for _, format := range []string{formatGrep, formatText, formatJSON} {
		var out bytes.Buffer
		r := renderer{con: &console{out: &out}, format: format}
		if err := r.response(&search.Response{Results: []search.Result{}}); !errors.Is(err, errNothing) {
			t.Errorf("%s: error is %v, want %v", format, err, errNothing)
		}
		if format != formatJSON && out.Len() > 0 {
			t.Errorf("%s: printed %q", format, out.String())
		}
	}
}

// brokenPipe fails like a pipe whose reader has left.
type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestRenderBrokenPipe(t *testing.T) {
	for _, format := range []string{formatGrep, formatText, formatJSON} {
		r := renderer{con: &console{out: brokenPipe{}}, format: format}
		if err := r.response(&search.Response{Results: []search.Result{found()}}); !errors.Is(err, errPipe) {
			t.Errorf("%s: error is %v, want %v", format, err, errPipe)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("func f()\n\x1b[31m")
	f.Add("\u202e\xff\u0085")
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
			t.Errorf("clean(%q) = %q holds a control character", text, got)
		}
		if again := clean(got); again != got {
			t.Errorf("clean is not idempotent: %q, then %q", got, again)
		}
	})
}
