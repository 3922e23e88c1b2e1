package nvim

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lsp/editors/internal/editortest"
)

// TestPlugin runs every file of testdata/specs with the plugin, in a Neovim and a workspace of its own.
func TestPlugin(t *testing.T) {
	specs, err := filepath.Glob("testdata/specs/*_spec.lua")
	if err != nil || len(specs) == 0 {
		t.Fatalf("find the specs: %v", err)
	}
	plugin := pluginFolder(t)
	for _, path := range specs {
		t.Run(strings.TrimSuffix(filepath.Base(path), "_spec.lua"), func(t *testing.T) {
			spec, err := filepath.Abs(path)
			if err != nil {
				t.Fatal(err)
			}
			root := editortest.MakeWorkspace(t, filepath.Join(t.TempDir(), "demo"))
			setArguments := fmt.Sprintf("lua arg = { %q, %q, %q, %q }", editortest.TrackedServer(t), root, plugin, spec)
			// Not with -l: pickers wait for keys, which Neovim would then read from standard input.
			out := runNeovim(t, root, "--cmd", setArguments, "-S", filepath.Join(plugin, "testdata", "harness.lua"))
			if !strings.Contains(out, "\nall passed") {
				t.Fatal("the spec ended before its last case")
			}
		})
	}
}

// pluginFolder returns the absolute path of the plugin. It looks at every file, so that Go runs the tests again when one
// of those that only Neovim reads was changed.
func pluginFolder(t testing.TB) string {
	t.Helper()
	plugin, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(plugin, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return plugin
}

// TestInstallation follows the README: the plugin linked into a folder of packages, and troubleshooting/minimal.lua,
// with the server in the PATH.
func TestInstallation(t *testing.T) {
	plugin := pluginFolder(t)
	packages := t.TempDir()
	start := filepath.Join(packages, "pack", "semantic", "start")
	if err := os.MkdirAll(start, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, filepath.Join(start, "semantic")); err != nil {
		t.Fatal(err)
	}
	search := `lua dofile([[` + filepath.Join(plugin, "testdata", "first_search.lua") + `]])`
	for name, args := range map[string][]string{
		"package": {"--cmd", "set packpath^=" + packages, "--cmd", "autocmd VimEnter * lua vim.lsp.enable('semantic')"},
		"minimal": {"-u", filepath.Join(plugin, "troubleshooting", "minimal.lua")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", filepath.Dir(editortest.TrackedServer(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
			root := editortest.MakeWorkspace(t, filepath.Join(t.TempDir(), "demo"))
			if out := runNeovim(t, root, append(args, "retry/config.go", "-c", search)...); !strings.Contains(out, "found it") {
				t.Fatal("the first search ended without a result")
			}
		})
	}
}
