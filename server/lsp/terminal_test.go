package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// screen collects what is written to a terminal and calls a function when a text appears. It is safe for
// concurrent use.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	await string
	then  func()
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	if s.then != nil && strings.Contains(s.text.String(), s.await) {
		s.then()
		s.then = nil
	}
	return len(p), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// demo makes a small workspace that asks before it is indexed when ask is set.
func demo(t *testing.T, ask bool) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"a.go": "package a\n\n// add sums up.\nfunc add(a, b int) int { return a + b }\n",
		"b.go": "package a\n\n// sub takes away.\nfunc sub(a, b int) int { return a - b }\n",
	}
	if ask {
		files[".semantic.toml"] = "index.askAboveFiles = 1\n"
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// onTerminal runs a command line as a person would at a terminal.
func onTerminal(ctx context.Context, t *testing.T, in io.Reader, stderr io.Writer, args ...string) (out string, status int) {
	t.Helper()
	t.Setenv("TERM", "xterm")
	var stdout bytes.Buffer
	con := &console{in: in, out: &stdout, err: stderr, inTTY: true, outTTY: true, errTTY: true, width: 60}
	status = run(ctx, append(args, "--cache-dir", t.TempDir()), con)
	return stdout.String(), status
}

func TestTerminal(t *testing.T) {
	for _, tt := range []struct {
		name, noColor string
		want          []string
		not           []string
	}{
		{name: "colour and text for people", want: []string{"\x1b[36m", "add sums up."}},
		{name: "NO_COLOR", noColor: "1", want: []string{"a.go:4:6  function", "    func add(", "add sums up."}, not: []string{"\x1b["}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tt.noColor)
			var stderr screen
			out, status := onTerminal(t.Context(), t, strings.NewReader(""), &stderr, "search", "-n", "1", "--root", demo(t, false), "add")
			if status != exitFound {
				t.Errorf("status %d, stderr %q", status, stderr.String())
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("the output lacks %q:\n%q", want, out)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(out, not) {
					t.Errorf("the output has %q:\n%q", not, out)
				}
			}
		})
	}
}

func TestQuestion(t *testing.T) {
	for _, tt := range []struct {
		answer string
		status int
	}{{"y\n", exitFound}, {"YES\n", exitFound}, {"n\n", exitError}, {"\n", exitError}, {"", exitError}} {
		var stderr screen
		_, status := onTerminal(t.Context(), t, strings.NewReader(tt.answer), &stderr, "index", "--root", demo(t, true))
		if status != tt.status {
			t.Errorf("answer %q: status %d, want %d; stderr:\n%s", tt.answer, status, tt.status, stderr.String())
		}
		if !strings.Contains(stderr.String(), "3 files with") || !strings.Contains(stderr.String(), "[y/N]") {
			t.Errorf("answer %q: it was not asked: %q", tt.answer, stderr.String())
		}
	}
}

// TestInterrupt presses ctrl-C while a question waits for an answer.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr := screen{await: "[y/N]", then: cancel}
	silent, hold := io.Pipe()
	defer hold.Close()
	_, status := onTerminal(ctx, t, silent, &stderr, "index", "--root", demo(t, true))
	if status != exitError || !strings.HasSuffix(stderr.String(), "lsp: interrupted; what was indexed so far is kept\n") {
		t.Errorf("status %d, stderr %q", status, stderr.String())
	}
}
