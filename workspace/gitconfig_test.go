package workspace

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func configOf(text string) []string {
	var got []string
	parseConfig(text, func(key, value string) { got = append(got, fmt.Sprintf("%s=%s", key, value)) })
	return got
}

// TestParseConfig checks the parser against a table and against git.
func TestParseConfig(t *testing.T) {
	isolateGit(t)
	top := tempRoot(t)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"plain", "[core]\n\tignoreCase = true\n\texcludesFile=~/x\n", []string{"core.ignorecase=true", "core.excludesfile=~/x"}},
		{"subsection", "[submodule \"a b\\\"c\"]\n path = lib/m\n", []string{"submodule.a b\"c.path=lib/m"}},
		{"comments", "# c\n; c\n[a] ; c\nb = 1 # c\nd = 2;c\n", []string{"a.b=1", "a.d=2"}},
		{"quotes", "[a]\nb = \" x # y \" z  \nc = \"a\\tb\\\\\"\n", []string{"a.b= x # y  z", "a.c=a\tb\\"}},
		{"key on the section's line", "[a] b = 1\n", []string{"a.b=1"}},
		{"continuation", "[a]\nb = one \\\n  two\n", []string{"a.b=one   two"}},
		{"inner spaces", "[a]\nb =   one   two  \n", []string{"a.b=one   two"}},
		{"carriage returns", "[a]\r\nb = 1\r\n", []string{"a.b=1"}},
		{"old subsection", "[a.B]\nc = 1\n", []string{"a.b.c=1"}},
	} {
		got := configOf(c.text)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		file := filepath.Join(top, "config")
		writeFile(t, file, c.text)
		byGit := runGit(t, top, "", "config", "--file", file, "--list", "-z")
		if want := strings.ReplaceAll(byGit, "\n", "="); want != strings.Join(got, "\x00")+"\x00" {
			t.Errorf("%s: git reads %q, we %q", c.name, want, got)
		}
	}
	if got := configOf("[a]\nflag\n"); !slices.Equal(got, []string{"a.flag=true"}) {
		t.Errorf("key without value: %q", got)
	}
}

func TestGitSettings(t *testing.T) {
	home := isolateGit(t)
	top := tempRoot(t)
	runGit(t, top, "", "init", "-q")
	root, err := FindRoot(top)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what, want string) {
		t.Helper()
		if got := readGitSettings(root).excludesFile; got != want {
			t.Errorf("%s: excludes %q, want %q", what, got, want)
		}
	}
	expect("default", filepath.Join(home, "xdg", "git", "ignore"))
	writeFile(t, filepath.Join(home, "xdg", "git", "config"), "[core]\nexcludesFile = ~/from-xdg\n")
	expect("user's xdg file", filepath.Join(home, "from-xdg"))
	writeFile(t, filepath.Join(home, ".gitconfig"), "[include]\npath = more\n")
	writeFile(t, filepath.Join(home, "more"), "[core]\nexcludesFile = ~/included\n[include]\npath = more\n")
	expect("included file", filepath.Join(home, "included"))
	writeFile(t, filepath.Join(home, "more"), "") // git itself refuses the circle
	runGit(t, top, "", "config", "core.excludesFile", "rel")
	runGit(t, top, "", "config", "core.ignoreCase", "yes")
	expect("repository", filepath.Join(top, "rel"))
	if !readGitSettings(root).ignoreCase {
		t.Error("core.ignoreCase is not seen")
	}
	runGit(t, top, "", "config", "extensions.worktreeConfig", "true")
	writeFile(t, filepath.Join(root.GitDir, "config.worktree"), "[core]\nexcludesFile = /abs\n")
	expect("work tree", "/abs")
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, "none"))
	if got := userConfigFiles(); !slices.Equal(got, []string{filepath.Join(home, "none")}) {
		t.Errorf("user files %q", got)
	}
	if got := expandHome("~no-such-user-here/x", top); got != "" {
		t.Errorf("unknown user's home is %q", got)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{"[a]\nb=1\\\n", "[a \"b\\", "[", "[a]\nb = \"", "=\n[a]=", "[a]\nb = x\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parseConfig(text, func(key, _ string) {
			if !strings.Contains(key, ".") {
				t.Errorf("key %q has no section", key)
			}
		})
	})
}
