// Package editortest is what the tests with real editors share: the server as a program, and a workspace to open.
package editortest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Workspace is what sessions open: texts by branch and path. Branch other is main with more files.
var Workspace = map[string]map[string]string{
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

var built struct {
	once   sync.Once
	dir    string
	server string
	err    error
}

// Server builds the server once for all tests of a process and returns its path. Its name is lsp, so its folder can
// stand in PATH. The package's TestMain has to call Main.
func Server(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		built.dir, built.err = os.MkdirTemp("", "semantic-editors")
		if built.err != nil {
			return
		}
		built.server = filepath.Join(built.dir, "lsp")
		if runtime.GOOS == "windows" {
			built.server += ".exe"
		}
		built.err = Run("", "go", "build", "-o", built.server, "lsp/server/lsp")
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.server
}

// TrackedServer returns the path of a program lsp, alone in its folder, that runs the server. The test ends after every
// process of it has ended, so that none writes into the temporary folders of the test while they are removed.
func TrackedServer(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	pipe, script := filepath.Join(dir, "running"), filepath.Join(dir, "bin", "lsp")
	if err := Run("", "mkfifo", pipe); err != nil {
		t.Fatal(err)
	}
	// Whoever writes to the pipe keeps it from ending; opened like this, no writer waits for a reader.
	running, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer running.Close()
		if err := running.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, running); err != nil {
			t.Errorf("wait for the servers to end: %v", err)
		}
	})
	if err := os.Mkdir(filepath.Dir(script), 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\" 9>'%s'\n", Server(t), pipe)
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return script
}

// Main runs the tests of a package, removes what Server built and ends the process.
func Main(m *testing.M) {
	status := m.Run()
	if built.dir != "" {
		if err := os.RemoveAll(built.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(status)
}

// MakeWorkspace makes a git repository with the branches of Workspace, main being checked out, and returns root.
func MakeWorkspace(t testing.TB, root string) string {
	t.Helper()
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) {
		t.Helper()
		if err := Run(root, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet", "--initial-branch=main")
	for _, branch := range []string{"main", "other"} {
		if branch != "main" {
			git("checkout", "--quiet", "-b", branch)
		}
		for name, text := range Workspace[branch] {
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

// Run runs a program in a folder, by default the present one. Its output is part of the error.
func Run(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return nil
}
