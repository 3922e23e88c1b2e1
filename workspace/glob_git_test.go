package workspace

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// isolateGit gives the test git settings of its own and returns the home directory.
func isolateGit(t testing.TB) string {
	t.Helper()
	home, err := Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "xdg"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	return home
}

func runGit(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 { // check-ignore says 1 when nothing is ignored
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func writeFile(t testing.TB, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tempRoot(t testing.TB) string {
	t.Helper()
	root, err := Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// ignoreGenerator makes small trees and patterns whose names collide often.
type ignoreGenerator struct{ *rand.Rand }

func (g ignoreGenerator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g ignoreGenerator) name() string {
	return g.pick("a", "b", "ab", "ba", "aab", "a.x", "b.x", "ab.y", "A", "aB.X", "c d", "e ", "#h", "!n", "[z]", "a*", `q\r`, "é", ".dot", "-", "x1", "]")
}

func (g ignoreGenerator) patternPart() string {
	switch g.IntN(3) {
	case 0:
		return g.name()
	case 1:
		return g.pick("*", "**", "***", "?", "??", "*.x", "a*", "*b", "a?", "*a*", "**b", "a**", "[ab]", "[!a]", "[^a]*", "[a-c]", "[A-Z]", "*.[xy]",
			"[[:alpha:]]", "[[:upper:]]*", "[[:digit:][:lower:]]", "[[:punct:]]*", "[[:foo:]]", "[[:x", "[]]", "[!]]", "[]-a]", "[a-]", "[--a]", `[\]]`, `[a\-c]`, `[[:]`, "[a",
			`\a`, `\*`, `a\`, `\#h`, `\!n`, `c\ d`, `e\ `, `q\\r`, "[a-c-z]", `[\a-c]`, "[/]", "[!/]", "a[", "[[:space:]]", "c[[:blank:]]d", "[^b]b", "*[[:alnum:]]")
	}
	return g.pick("a", "b", "*", "ab", "?b", "a*", "**")
}

func (g ignoreGenerator) pattern() string {
	if g.IntN(25) == 0 {
		return g.pick("", "#a", "/", "//", "!", "!/", " ", "a ", "a  ", "!!a", "a//b", "/**", "**/", "/*", `\`, "*/", "**/**", "a/**/", "a/**/b", "**/a/**", `**\/a`, "a**/b", "/a**", "\ta", "a\t", "/.", "./a", "a/../b")
	}
	parts := make([]string, 1+g.IntN(3))
	for i := range parts {
		parts[i] = g.patternPart()
	}
	p := strings.Join(parts, "/")
	if g.IntN(4) == 0 {
		p = "/" + p
	}
	if g.IntN(4) == 0 {
		p += "/"
	}
	if g.IntN(4) == 0 {
		p = "!" + p
	}
	if g.IntN(15) == 0 {
		p += g.pick(" ", "  ", `\ `, "\r", " \r", "\t")
	}
	return p
}

func (g ignoreGenerator) file() string {
	var b strings.Builder
	if g.IntN(20) == 0 {
		b.WriteString("\ufeff")
	}
	for range 1 + g.IntN(6) {
		b.WriteString(g.pattern())
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), g.pick("\n", ""))
}

// tree returns paths and which of them are directories.
func (g ignoreGenerator) tree() map[string]bool {
	paths := map[string]bool{}
	for range 40 {
		at := ""
		for depth := 1 + g.IntN(4); depth > 0; depth-- {
			name := g.name()
			if isDir, ok := paths[path.Join(at, name)]; ok && !isDir {
				break
			}
			at = path.Join(at, name)
			paths[at] = depth > 1 || paths[at]
		}
	}
	return paths
}

// TestIgnoreLikeGit compares the verdict on every path of random trees with
// git's. The subtrees of a round share one repository, and files are only
// named, not made, so that a round costs one run of git.
func TestIgnoreLikeGit(t *testing.T) {
	home := isolateGit(t)
	seed := uint64(time.Now().UnixNano())
	for round, fold := range []bool{false, true, false} {
		g := ignoreGenerator{rand.New(rand.NewPCG(seed, uint64(round)))}
		t.Run(fmt.Sprintf("seed=%d,%d", seed, round), func(t *testing.T) { compareWithGit(t, g, home, fold) })
	}
}

func compareWithGit(t *testing.T, g ignoreGenerator, home string, fold bool) {
	const subtrees = 60
	top := tempRoot(t)
	runGit(t, top, "", "init", "-q")
	runGit(t, top, "", "config", "core.ignorecase", fmt.Sprint(fold))
	files := map[string]string{}
	place := func(file string) {
		text := g.file()
		files[file] = text
		writeFile(t, file, text)
	}
	global := filepath.Join(home, "xdg", "git", "ignore")
	writeFile(t, global, "global*\n!a.x\n")
	writeFile(t, filepath.Join(top, ".git", "info", "exclude"), "!b.x\n/t1*/ab\n")
	writeFile(t, filepath.Join(top, ".gitignore"), "t2*/**/ba\n!/t3*/global\n")
	tree := map[string]bool{}
	var paths []string
	for i := range subtrees {
		sub := fmt.Sprintf("t%d", i)
		tree[sub] = true
		for rel, isDir := range g.tree() {
			tree[path.Join(sub, rel)] = isDir
		}
	}
	for rel := range tree {
		paths = append(paths, rel)
	}
	slices.Sort(paths)
	for _, rel := range paths {
		if !tree[rel] {
			continue
		}
		if err := os.MkdirAll(filepath.Join(top, rel), 0o755); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(rel, "/") || g.IntN(4) == 0 {
			place(filepath.Join(top, rel, ".gitignore"))
		}
	}
	out := runGit(t, top, strings.Join(paths, "\x00"), "check-ignore", "-z", "--stdin", "--no-index")
	ignored := set(strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")...)
	if len(ignored) < len(paths)/10 || len(ignored) > len(paths)*9/10 {
		t.Fatalf("%d of %d paths are ignored, which tests little", len(ignored), len(paths))
	}

	root, err := FindRoot(top)
	if err != nil {
		t.Fatal(err)
	}
	rules := LoadRules(root, RuleOptions{})
	failures := 0
	for _, rel := range paths {
		reason, _ := rules.Match(rel, tree[rel])
		got, want := reason == Ignored, has(ignored, rel)
		if got == want {
			continue
		}
		if failures++; failures > 10 {
			t.FailNow()
		}
		t.Errorf("%q (directory: %v, fold: %v): ignored %v, by git %v%s", rel, tree[rel], fold, got, want, rulesAbove(top, rel, files))
	}
}

// rulesAbove lists the ignore files that apply to rel.
func rulesAbove(top, rel string, files map[string]string) string {
	var b strings.Builder
	for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
		if text, ok := files[filepath.Join(top, dir, ".gitignore")]; ok {
			fmt.Fprintf(&b, "\n\t%s/.gitignore: %q", dir, text)
		}
	}
	return b.String()
}
