package mcp

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// numbered is a text of n lines.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i+1)
	}
	return b.String()
}

func TestCutLines(t *testing.T) {
	long := strings.Repeat("x", maxBytes+10)
	for _, c := range []struct {
		text        string
		first, last int
		want        string
		end, total  int
		cut         bool
	}{
		{"", 1, 10, "", 0, 0, false},
		{"a", 1, 10, "a", 1, 1, false},
		{"a\nb\n", 1, 1, "a\n", 1, 2, false},
		{"a\nb\n", 2, 2, "b\n", 2, 2, false},
		{"a\r\nb\r\n", 2, 9, "b\r\n", 2, 2, false},
		{"a\nb\n", 3, 9, "", 2, 2, false},
		{"a\n\xffb\n", 2, 2, "\uFFFDb\n", 2, 2, false},
		{long, 1, 1, long[:maxBytes], 1, 1, true},
		{"a\n" + long + "\nb\n", 1, 3, "a\n", 1, 3, false},
		{"a\n" + long + "\nb\n", 2, 3, long[:maxBytes], 2, 3, true},
	} {
		x, err := cutLines(strings.NewReader(c.text), c.first, c.last)
		if err != nil {
			t.Fatal(err)
		}
		if x.text != c.want || x.last != c.end || x.total != c.total || x.cut != c.cut {
			t.Errorf("lines %d-%d of %.20q: %.20q to %d of %d, cut %v", c.first, c.last, c.text, x.text, x.last, x.total, x.cut)
		}
	}
	if _, err := cutLines(strings.NewReader("a\x00b"), 1, 1); !errors.Is(err, errBinary) {
		t.Errorf("binary: %v", err)
	}
}

func TestRead(t *testing.T) {
	files := map[string]string{"long.txt": numbered(2500), "empty.txt": "", "a b/ü.txt": "x\n"}
	root := tree(t, files)
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	for _, c := range []struct {
		args        arguments
		head        string
		first, last int
	}{
		{arguments{"path": "long.txt"}, "long.txt lines 1-200 of 2500", 1, 200},
		{arguments{"path": "long.txt", "startLine": 2400}, "long.txt lines 2400-2500 of 2500", 2400, 2500},
		{arguments{"path": "long.txt", "startLine": 5, "endLine": 5}, "long.txt lines 5-5 of 2500", 5, 5},
		{arguments{"path": "long.txt", "endLine": 9999}, "long.txt lines 1-1000 of 2500\nnext: for more, read from startLine 1001", 1, 1000},
		{arguments{"path": "long.txt", "startLine": 3000}, "long.txt has 2500 lines, none from line 3000", 1, 0},
	} {
		text := a.call("read", c.args, nil)
		lines := strings.SplitAfter(files["long.txt"], "\n")
		if want := c.head + "\n" + strings.Join(lines[c.first-1:c.last], ""); text != want {
			t.Errorf("%v: got %.100q, want %.100q", c.args, text, want)
		}
	}
	for path, want := range map[string]string{
		"empty.txt": "empty.txt has 0 lines, none from line 1\n", "a b/ü.txt": "a b/ü.txt lines 1-1 of 1\nx\n", "./a b/../empty.txt": "./a b/../empty.txt has 0 lines, none from line 1\n",
	} {
		if text := a.call("read", arguments{"path": path}, nil); text != want {
			t.Errorf("%s: got %q", path, text)
		}
	}
}

// TestReadRefused tries to read what is not to be read.
func TestReadRefused(t *testing.T) {
	root := tree(t, project)
	outside := tree(t, map[string]string{"other.txt": "treasure"})
	write(t, filepath.Join(root, ".git", "config"), "[remote]\n")
	write(t, filepath.Join(root, "keys", "id_rsa"), "key")
	write(t, filepath.Join(root, "huge.txt"), strings.Repeat("x", maxFile+1))
	cases := map[string]string{
		"":                                     "path is empty",
		"nosuch.go":                            "does not exist",
		"nosuch/deeper.go":                     "does not exist",
		"store":                                "store is a folder",
		".":                                    ". is a folder",
		root:                                   "is a folder",
		"..":                                   "outside of the folders",
		"../" + filepath.Base(outside):         "outside of the folders",
		filepath.Join(outside, "other.txt"):    "outside of the folders",
		filepath.Join(outside, "nosuch.txt"):   "outside of the folders",
		root + "x":                             "outside of the folders",
		".env":                                 "is not read: ",
		"./store/../.env":                      "is not read: ",
		"keys/id_rsa":                          "is not read: ",
		".git/config":                          "is not read: ",
		"logo.bin":                             "the file is binary",
		"huge.txt":                             "more than the",
		"retry.go\x00.txt":                     "retry.go",
		strings.Repeat("x/", 3000):             "x/x/",
		"file://" + filepath.ToSlash(root):     "file://",
		filepath.Join(root, "retry.go", "x"):   "retry.go",
		filepath.Join(root, "..", "secret.go"): "outside of the folders",
	}
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	for path, want := range cases {
		if text := a.refuse("read", arguments{"path": path}, want); strings.Contains(text, "treasure") || strings.Contains(text, "hunter2") {
			t.Errorf("%s gives a secret away: %s", path, text)
		}
	}
	a.refuse("read", arguments{"path": "retry.go", "startLine": 5, "endLine": 4}, "swap startLine and endLine")
}
