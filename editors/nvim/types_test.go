package nvim

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTypes holds the plugin and what tests it to their annotations (LuaCATS), with emmylua_check: the program that the
// variable EMMYLUA_CHECK names, else the one in the PATH. As no package of a system has it, the test is skipped without
// one, also with CI set.
//
// .luarc.json has the types of Neovim from where Neovim is; testdata/types has those of the plugins of others, and what
// Neovim leaves out. The rule unnecessary-if is off: it takes a local for what it was before a callback changed it.
func TestTypes(t *testing.T) {
	name := os.Getenv("EMMYLUA_CHECK")
	if name == "" {
		name = "emmylua_check"
	}
	checker, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no checker of types here: put emmylua_check in the PATH or name it in EMMYLUA_CHECK (cargo install emmylua_check): %v", err)
	}
	plugin := pluginFolder(t)
	files, err := exec.Command(findEditor(t), "--clean", "--headless", "-c", "lua io.stdout:write(vim.env.VIMRUNTIME)", "-c", "qall").Output()
	if err != nil {
		t.Fatalf("ask Neovim for its files: %v", err)
	}
	if _, err := os.Stat(filepath.Join(string(files), "lua", "vim", "_meta.lua")); err != nil {
		t.Fatalf("find the types of Neovim: %v", err)
	}
	cmd := exec.Command(checker, "--config", ".luarc.json", "--warnings-as-errors", ".")
	cmd.Dir = plugin
	cmd.Env = append(cmd.Environ(), "VIMRUNTIME="+string(files))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "No issues found") { // hints do not make it fail
		t.Errorf("%s: %v\n%s", checker, err, out)
	}
}
