//go:build unix

package mcp

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestLinksInTree reads through links that stay within the folder and refuses those that lead out of it or to what
// is not read under its own name either. Making links on Windows needs rights that tests do not have.
func TestLinksInTree(t *testing.T) {
	root, outside := tree(t, project), tree(t, map[string]string{"secret.txt": "treasure"})
	for name, target := range map[string]string{
		"escape.txt":   filepath.Join(outside, "secret.txt"),
		"escape":       outside,
		"relative.txt": filepath.Join("..", filepath.Base(outside), "secret.txt"),
		"loop":         "loop",
		"harmless.txt": ".env",
		"shop":         "store",
		"absolute.go":  filepath.Join(root, "retry.go"),
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	for path, want := range map[string]string{
		"escape.txt":        "outside of the folders",
		"escape":            "outside of the folders",
		"escape/secret.txt": "outside of the folders",
		"escape/nosuch.txt": "nosuch.txt",
		"relative.txt":      "outside of the folders",
		"loop":              "loop",
		"harmless.txt":      "is not read: ",
		"pipe.txt":          "not a regular file",
	} {
		if text := a.refuse("read", arguments{"path": path}, want); strings.Contains(text, "treasure") || strings.Contains(text, "hunter2") {
			t.Errorf("%s gives a secret away: %s", path, text)
		}
	}
	for path, want := range map[string]string{"shop/cache.go": "package store\n", "absolute.go": "package web\n"} {
		if text := a.call("read", arguments{"path": path, "endLine": 1}, nil); !strings.HasSuffix(text, want) {
			t.Errorf("%s reads %q", path, text)
		}
	}
}
