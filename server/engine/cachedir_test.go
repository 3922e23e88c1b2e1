package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadOnlyCache gives an engine a folder that it cannot make, since a file stands where its parent should be: also
// root cannot write there.
func TestReadOnlyCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(file, "cache")

	e, err := New(Config{CacheDir: cache, Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	status := e.Status()
	if !strings.Contains(status.Degraded, "nothing can be written to "+cache) || !strings.Contains(status.Degraded, "set cacheDir") {
		t.Errorf("degraded: %q", status.Degraded)
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("package a\n\nfunc Retry() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.AddFolder(t.Context(), root); err != nil {
		t.Fatalf("without a folder for indexes: %v", err)
	}
	temporary := e.CacheDir()
	if _, err := os.Stat(temporary); err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temporary); !os.IsNotExist(err) {
		t.Errorf("the temporary folder %s is left: %v", temporary, err)
	}

	short, err := New(Config{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	if err := short.AddFolder(t.Context(), root); err == nil {
		t.Error("an engine that does not stay made an index that it cannot keep")
	}
	if err := short.Close(); err != nil {
		t.Fatal(err)
	}
}
