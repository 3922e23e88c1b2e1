// Package editors tests the set-ups of README.md in the editors themselves.
package editors

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"lsp/editors/internal/editortest"
)

var record = flag.Bool("record", false, "write what the editors send to server/testdata/transcripts")

func TestMain(m *testing.M) { editortest.Main(m) }

// question has one answer in the workspace, and none of the words of its name.
const question = "call again with growing delay"

// session is a way to ask from an editor.
type session struct {
	snippet string   // of README.md
	program string   // its name in PATH, or in the variable of the same name in capitals
	args    []string // with {script}
	script  string   // in testdata
	line    int      // where it arrives: the name of the function or its documentation
	speaks  bool     // the protocol, so that a transcript can be kept
	guest   string   // runs in a terminal of the program; no package has it, so the variable of its name may be unset
}

var sessions = []session{
	{snippet: "neovim", program: "nvim", args: []string{"--headless", "--clean", "-l", "{script}"}, script: "neovim.lua", line: 6, speaks: true},
	{snippet: "emacs-lsp-mode", program: "emacs", args: []string{"--batch", "-q", "-l", "{script}"}, script: "lsp-mode.el", line: 5, speaks: true},
	{snippet: "emacs-eglot", program: "emacs", args: []string{"--batch", "-q", "-l", "{script}"}, script: "eglot.el", line: 6, speaks: true},
	{snippet: "emacs-command", program: "emacs", args: []string{"--batch", "-q", "-l", "{script}"}, script: "emacs-command.el", line: 7},
	{snippet: "vim", program: "vim", args: []string{"-Nu", "NONE", "-es", "-S", "{script}"}, script: "vim.vim", line: 7},
	{snippet: "vim-ale", program: "vim", args: []string{"-Nu", "NONE", "-es", "-S", "{script}"}, script: "ale.vim", line: 6, speaks: true},
	{snippet: "kakoune", program: "kak", args: []string{"-ui", "dummy", "-e", "source {script}"}, script: "kakoune.kak", line: 7},
	{snippet: "sublime-command", program: "python3", args: []string{"{script}"}, script: "sublime.py", line: 6},
	{snippet: "zed-task", program: "python3", args: []string{"{script}"}, script: "zed.py", line: 7},
	{snippet: "helix", program: "nvim", args: []string{"--headless", "--clean", "-l", "{script}"}, script: "helix.lua", line: 6, speaks: true, guest: "hx"},
}

func TestSetUps(t *testing.T) {
	for _, s := range sessions {
		if s.guest != "" && os.Getenv(strings.ToUpper(s.guest)) == "" {
			continue
		}
		t.Run(s.snippet, func(t *testing.T) {
			want := fmt.Sprintf("at retry/retry.go:%d\n", s.line)
			if got := s.run(t); !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// run asks the question in a workspace and a home of its own and returns what the script wrote.
func (s session) run(t *testing.T) string {
	t.Helper()
	program := find(t, s.program)
	dir := t.TempDir()
	root := editortest.MakeWorkspace(t, filepath.Join(dir, "demo"))
	notes, snippet, out := filepath.Join(root, "notes.txt"), filepath.Join(dir, "snippet."+s.extension()), filepath.Join(dir, "out")
	write(t, notes, "Notes about slugs.\n")
	write(t, snippet, readSnippet(t, s.snippet))
	server := editortest.TrackedServer(t)
	bin, sent := filepath.Dir(server), filepath.Join(dir, "sent")
	if *record && s.speaks {
		bin = recorder(t, server, sent)
	}
	script, err := filepath.Abs(filepath.Join("testdata", s.script))
	if err != nil {
		t.Fatal(err)
	}
	args := make([]string, len(s.args))
	for i, arg := range s.args {
		args[i] = strings.ReplaceAll(arg, "{script}", script)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = root
	cmd.WaitDelay = 5 * time.Second
	home := filepath.Join(dir, "home")
	cmd.Env = append(cmd.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+home, "TERM=dumb",
		"SNIPPET="+snippet, "NOTES="+notes, "ROOT="+root, "OUT="+out, "QUESTION="+question)
	for _, kind := range []string{"CACHE", "STATE", "DATA", "CONFIG", "RUNTIME"} {
		folder := filepath.Join(home, strings.ToLower(kind))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		variable := "XDG_" + kind + "_HOME"
		if kind == "RUNTIME" {
			variable = "XDG_RUNTIME_DIR"
		}
		cmd.Env = append(cmd.Env, variable+"="+folder)
	}
	printed, runErr := cmd.CombinedOutput()
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("%s left no result: %v: %v\n%s", s.program, err, runErr, printed)
	}
	if *record && s.speaks {
		keepTranscript(t, s.snippet, root, sent)
	}
	return string(got)
}

func (s session) extension() string {
	return strings.TrimPrefix(filepath.Ext(s.script), ".")
}

// find returns a program: what the variable of its name in capitals holds, else what is in PATH. Without it the test is
// skipped, but with CI set it fails.
func find(t *testing.T, program string) string {
	t.Helper()
	name := program
	if named := os.Getenv(strings.ToUpper(program)); named != "" {
		name = named
	}
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("no %s here", program)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// readSnippet returns the text of a snippet of README.md.
func readSnippet(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "<!-- snippet: "+name+" -->\n```")
	_, rest, opened := strings.Cut(rest, "\n")
	text, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !opened || !closed {
		t.Fatalf("README.md has no snippet %s", name)
	}
	return text + "\n"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSnippetsOfOtherEditors holds the set-ups that cannot be run here to the format of their files and to a command
// line that the program takes.
func TestSnippetsOfOtherEditors(t *testing.T) {
	var helix struct {
		LanguageServer map[string]struct {
			Command string   `toml:"command"`
			Args    []string `toml:"args"`
		} `toml:"language-server"`
	}
	if _, err := toml.Decode(readSnippet(t, "helix"), &helix); err != nil {
		t.Error(err)
	}
	var sublime map[string]struct{ Command []string }
	decode(t, "sublime", &sublime)
	var agent struct {
		ContextServers map[string]struct {
			Command string
			Args    []string
		} `json:"context_servers"`
	}
	decode(t, "zed-agent", &agent)
	for _, line := range [][]string{
		append([]string{helix.LanguageServer["semantic"].Command}, helix.LanguageServer["semantic"].Args...),
		sublime["semantic"].Command,
		append([]string{agent.ContextServers["semantic"].Command}, agent.ContextServers["semantic"].Args...),
	} {
		if len(line) < 2 || line[0] != "lsp" {
			t.Errorf("command line %q", line)
		} else if err := editortest.Run("", editortest.Server(t), append(line[1:], "--help")...); err != nil {
			t.Error(err)
		}
	}
}

func decode(t *testing.T, snippet string, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(readSnippet(t, snippet))))
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", snippet, err)
	}
}
