package mcp

import (
	"path/filepath"
	"testing"
)

func FuzzURI(f *testing.F) {
	for _, seed := range []string{
		"file:///a/b.go", "file:///a/b.go#L1", "file:///a/b.go#L10-L20", "file:///a/b.go#L10-20", "file:///a%23b.go#L7",
		"file:///a#", "file:///a#L0", "file:///a#L9999999999", "file:///a#L3-L2", "file:///a#L1#L2", "file:///%zz", "http://x/", "",
		"file:///../../etc/passwd", "file://host/share/a", "file:///c%3A/a.go#L1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		path, first, last, err := parseURI(uri)
		if err == nil && (first < 1 || last < 1 || !filepath.IsAbs(path) || path != filepath.Clean(path)) {
			t.Errorf("%q names lines %d-%d of %q", uri, first, last, path)
		}
	})
}
