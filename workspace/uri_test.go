package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPathToURI(t *testing.T) {
	for _, c := range []struct {
		style     pathStyle
		path, uri string
	}{
		{unixPaths, "/", "file:///"},
		{unixPaths, "/home/me/a.go", "file:///home/me/a.go"},
		{unixPaths, "/a b/ä#?%:@+.go", "file:///a%20b/%C3%A4%23%3F%25%3A%40%2B.go"},
		{unixPaths, "/a\\b", "file:///a%5Cb"},
		{unixPaths, "/a\xffb", "file:///a%FFb"},
		{windowsPaths, `C:\a b\c.go`, "file:///C:/a%20b/c.go"},
		{windowsPaths, `c:\x`, "file:///C:/x"},
		{windowsPaths, `C:\`, "file:///C:/"},
		{windowsPaths, `C:/mixed\slashes`, "file:///C:/mixed/slashes"},
		{windowsPaths, `\\host\share\f.go`, "file://host/share/f.go"},
		{windowsPaths, `\\?\C:\long`, "file:///C:/long"},
		{windowsPaths, `\\?\UNC\host\share\f`, "file://host/share/f"},
		{windowsPaths, `\\wsl.localhost\Debian\home`, "file://wsl.localhost/Debian/home"},
	} {
		if got := pathToURI(c.style, c.path); got != c.uri {
			t.Errorf("pathToURI(%d, %q) = %q, want %q", c.style, c.path, got, c.uri)
		}
	}
}

func TestURIToPath(t *testing.T) {
	for _, c := range []struct {
		style     pathStyle
		uri, path string // an empty path means an error
	}{
		{unixPaths, "file:///home/me/a.go", "/home/me/a.go"},
		{unixPaths, "FILE:///a", "/a"},
		{unixPaths, "file:/a", "/a"},
		{unixPaths, "file://localhost/a", "/a"},
		{unixPaths, "file:///", "/"},
		{unixPaths, "file:///a%20b/%c3%a4", "/a b/ä"},
		{unixPaths, "file:///a b", "/a b"},
		{unixPaths, "file:///a/./b/../c/", "/a/c"},
		{unixPaths, "file:///../../a", "/a"},
		{unixPaths, "file:///c%3A/x", "/c:/x"},
		{unixPaths, "file:///a%2Fb", "/a/b"},
		{unixPaths, "file://host/a", ""},
		{unixPaths, "file:a", ""},
		{unixPaths, "file:", ""},
		{unixPaths, "", ""},
		{unixPaths, "/a", ""},
		{unixPaths, "untitled:Untitled-1", ""},
		{unixPaths, "file:///a#b", ""},
		{unixPaths, "file:///a?b", ""},
		{unixPaths, "file:///a%", ""},
		{unixPaths, "file:///a%2", ""},
		{unixPaths, "file:///a%zz", ""},
		{unixPaths, "file:///a%00", ""},
		{windowsPaths, "file:///c%3A/Users/me/a.go", `C:\Users\me\a.go`},
		{windowsPaths, "file:///C:/a%20b", `C:\a b`},
		{windowsPaths, "file:///C|/a", ""},
		{windowsPaths, "file:///c:", `C:\`},
		{windowsPaths, "file:///c:/", `C:\`},
		{windowsPaths, "file:///c:/../..", `C:\`},
		{windowsPaths, "file:///c:a", ""},
		{windowsPaths, "file://c:/x", `C:\x`},
		{windowsPaths, "file://c%3A/x", `C:\x`},
		{windowsPaths, "file:///C:%5Ca%5Cb", `C:\a\b`},
		{windowsPaths, "file://host/share/f.go", `\\host\share\f.go`},
		{windowsPaths, "file:////host/share/f.go", `\\host\share\f.go`},
		{windowsPaths, "file://localhost/c:/x", `C:\x`},
		{windowsPaths, "file:////", ""},
		{windowsPaths, "file:///", ""},
		{windowsPaths, "file:///tmp/x", ""},
		{windowsPaths, "file://a%5Cb/x", ""},
	} {
		got, err := uriToPath(c.style, c.uri)
		if (err != nil) != (c.path == "") || got != c.path {
			t.Errorf("uriToPath(%d, %q) = %q, %v, want %q", c.style, c.uri, got, err, c.path)
		}
	}
	if _, err := URIToPath("untitled:x"); !errors.Is(err, ErrNotFileURI) {
		t.Errorf("scheme untitled: got %v, want ErrNotFileURI", err)
	}
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"file:///a%20b", "file:///c%3A/x", "file://h/s", "file:////", "%", "file:///%2e%2e/", `\\?\C:\x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, style := range []pathStyle{unixPaths, windowsPaths} {
			p, err := uriToPath(style, s)
			if err != nil {
				continue
			}
			again, err := uriToPath(style, pathToURI(style, p))
			if err != nil || again != p {
				t.Errorf("style %d: %q is path %q, but its uri %q is path %q (%v)", style, s, p, pathToURI(style, p), again, err)
			}
		}
	})
}

func TestCanonical(t *testing.T) {
	top := tempRoot(t)
	writeFile(t, filepath.Join(top, "real", "f"), "")
	if err := os.Symlink(filepath.Join(top, "real"), filepath.Join(top, "link")); err != nil {
		if runtime.GOOS == "windows" {
			t.Logf("no right to make links: %v", err)
			return
		}
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{"link/f", "real/f"},
		{"link/new/dir/g", "real/new/dir/g"},
		{"real/./x/../f", "real/f"},
		{"real/f/below-a-file", "real/f/below-a-file"},
	} {
		got, err := Canonical(filepath.Join(top, c[0]))
		if want := filepath.Join(top, c[1]); err != nil || got != want {
			t.Errorf("Canonical(%q) = %q, %v, want %q", c[0], got, err, want)
		}
	}
	if err := os.Symlink("loop", filepath.Join(top, "loop")); err != nil {
		t.Fatal(err)
	}
	if got, err := Canonical(filepath.Join(top, "loop")); err == nil {
		t.Errorf("Canonical of a link to itself = %q, want an error", got)
	}
	if got := canonicalDrive(windowsPaths, `c:\x`); got != `C:\x` {
		t.Errorf("canonicalDrive = %q", got)
	}
}
