package nvim

import (
	"fmt"
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
			root := makeWorkspace(t, filepath.Join(t.TempDir(), "demo"))
			setArguments := fmt.Sprintf("lua arg = { %q, %q, %q, %q }", buildServer(t), root, plugin, spec)
			// Not with -l: pickers wait for keys, which Neovim would then read from standard input.
			out := runNeovim(t, root, "--cmd", setArguments, "-S", filepath.Join(plugin, "testdata", "harness.lua"))
			if !strings.Contains(out, "\nall passed") {
				t.Fatal("the spec ended before its last case")
			}
		})
	}
}
