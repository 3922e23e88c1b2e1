package nvim

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestPlugin runs every file of testdata/specs with the plugin, in a Neovim and a workspace of its own.
func TestPlugin(t *testing.T) {
	specs, err := filepath.Glob("testdata/specs/*_spec.lua")
	if err != nil || len(specs) == 0 {
		t.Fatalf("find the specs: %v", err)
	}
	plugin, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range specs {
		t.Run(strings.TrimSuffix(filepath.Base(path), "_spec.lua"), func(t *testing.T) {
			spec, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			out := runNeovim(t, "harness.lua", makeWorkspace(t, filepath.Join(t.TempDir(), "demo")), plugin, spec)
			if !strings.Contains(out, "\nall passed") {
				t.Fatal("the spec ended before its last case")
			}
		})
	}
}
