package workspace

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// makeTree writes files given as "path" or "path: content"; a final slash makes a directory.
func makeTree(t testing.TB, top string, files ...string) {
	t.Helper()
	for _, f := range files {
		name, content, _ := strings.Cut(f, ": ")
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(filepath.Join(top, name), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		writeFile(t, filepath.Join(top, name), strings.ReplaceAll(content, "|", "\n"))
	}
}

// walkAll returns what a walk visits and checks that Match and Check agree with it on every path.
func walkAll(t testing.TB, rules *Rules, opts WalkOptions) ([]string, Counts) {
	t.Helper()
	var got []string
	counts, err := Walk(context.Background(), rules, opts, func(e Entry) error {
		got = append(got, e.Rel)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if opts != (WalkOptions{}) {
		return got, counts
	}
	err = filepath.WalkDir(rules.Root().Path, func(abs string, d fs.DirEntry, err error) error {
		rel, _ := rules.Root().Rel(abs)
		if err != nil || d.IsDir() {
			return nil
		}
		entry, reason, err := rules.Check(rel)
		if visited := slices.Contains(got, rel); visited != (reason == NotSkipped && err == nil) {
			t.Errorf("%s: visited %v, but checked as %q, %v", rel, visited, reason, err)
		}
		if reason == NotSkipped && entry.Path != abs {
			t.Errorf("%s: path %q, want %q", rel, entry.Path, abs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, counts
}

func rulesOf(t testing.TB, dir string) *Rules {
	t.Helper()
	root, err := FindRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return LoadRules(root, RuleOptions{})
}

func TestWalkPolicies(t *testing.T) {
	isolateGit(t)
	for _, c := range []struct {
		name    string
		files   []string
		want    string
		skipped map[Reason]int
	}{
		{"order and nesting", []string{"b/a.go", "b.go", "a/z.go", "B.go", "a/b/c.go"}, "B.go a/b/c.go a/z.go b/a.go b.go", nil},
		{"nested ignore files", []string{".gitignore: *.x|/only", "a/.gitignore: !keep.x|only2", "a/keep.x", "a/no.x", "a/only", "only", "a/b/only2", "only2"},
			".gitignore a/.gitignore a/keep.x a/only only2", map[Reason]int{Ignored: 3}},
		{"what is in an ignored directory stays out", []string{".gitignore: out/|!out/keep.go", "out/keep.go", "out/.gitignore: !*"},
			".gitignore", map[Reason]int{Ignored: 1}},
		{"semantic rules take precedence", []string{".gitignore: gen.go|build/", ".semanticignore: !gen.go|docs/|!vendor/|!build/|!.env|!data.csv", "gen.go", "docs/a.md", "vendor/v.go", "build/b.go", ".env", "data.csv"},
			".gitignore .semanticignore build/b.go data.csv gen.go vendor/v.go", map[Reason]int{Ignored: 1, Secret: 1}},
		{"deeper semantic rules win", []string{".semanticignore: *.go", "a/.semanticignore: !b.go", "a/b.go", "a/c.go", "d.go"},
			".semanticignore a/.semanticignore a/b.go", map[Reason]int{Ignored: 2}},
		{"vendored and data", []string{"vendor/a.go", "x/node_modules/i.js", "venv/p.py", "vendors/a.go", "go.sum", "sub/package-lock.json", "i.PNG", "app.min.js", "s-min.css", "min.js", "vendor.go"},
			"min.js vendor.go vendors/a.go", map[Reason]int{Vendored: 3, Data: 3, Minified: 2}},
		{"secrets", []string{".env", ".env.local", ".env.example", "prod.env", "id_rsa", "id_rsa.pub", "id_rsa_test.go", "a.pem", ".netrc", "x/credentials", "environment.go", "client_secret_1.json"},
			".env.example environment.go id_rsa_test.go", map[Reason]int{Secret: 9}},
		{"nested repository", []string{"a.go", "other/.git/HEAD: ref: x", "other/o.go", "wt/.git: gitdir: /nowhere", "wt/w.go", "bare.git/HEAD"},
			"a.go bare.git/HEAD", map[Reason]int{NestedRepository: 2}},
		{"submodules", []string{".gitmodules: [submodule \"m\"]|\tpath = lib/m|\turl = x", ".gitignore: *.x", "lib/m/.git: gitdir: ../../nowhere", "lib/m/a.x", "lib/m/.gitignore: b.go", "lib/m/b.go", "lib/n/.git: gitdir: x",
			"lib/m/.gitmodules: [submodule \"k\"]|path=deep/k", "lib/m/deep/k/.git: x", "lib/m/deep/k/k.go"},
			".gitignore .gitmodules lib/m/.gitignore lib/m/.gitmodules lib/m/a.x lib/m/deep/k/k.go", map[Reason]int{Ignored: 1, NestedRepository: 1, VersionControl: 2}},
		{"version control", []string{".hg/store", ".svn/entries", "a.go"}, "a.go", map[Reason]int{VersionControl: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			top := tempRoot(t)
			makeTree(t, top, c.files...)
			got, counts := walkAll(t, rulesOf(t, top), WalkOptions{})
			if want := strings.Fields(c.want); !slices.Equal(got, want) || counts.Files != len(want) {
				t.Errorf("visited %q, want %q", got, want)
			}
			for reason := range ReasonCount {
				if counts.Skipped[reason] != c.skipped[reason] {
					t.Errorf("%d skipped as %s, want %d", counts.Skipped[reason], reason, c.skipped[reason])
				}
			}
		})
	}
}

func TestWalkOddFiles(t *testing.T) {
	isolateGit(t)
	if runtime.GOOS == "windows" {
		t.Log("links and sockets need a Unix file system")
		return
	}
	top := tempRoot(t)
	makeTree(t, top, "a.go", "d/b.go", "huge.go: "+strings.Repeat("x", 100), "outside/real.gitignore: *", "linked/c.go")
	for link, target := range map[string]string{"l.go": "a.go", "loop": ".", "d/up": "..", "dangling": "none", "linked/.gitignore": "../outside/real.gitignore"} {
		if err := os.Symlink(target, filepath.Join(top, link)); err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", filepath.Join(top, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	rules := rulesOf(t, top)
	rules.Configure(RuleOptions{MaxSize: 50})
	got, counts := walkAll(t, rules, WalkOptions{})
	if want := []string{"a.go", "d/b.go", "linked/c.go", "outside/real.gitignore"}; !slices.Equal(got, want) {
		t.Errorf("visited %q, want %q", got, want)
	}
	if counts.Skipped[Symlink] != 5 || counts.Skipped[NotRegular] != 1 || counts.Skipped[Huge] != 1 || counts.Dirs != 4 {
		t.Errorf("counts %+v", counts)
	}
	for rel, want := range map[string]Reason{"l.go": Symlink, "loop/a.go": Symlink, "d/up/a.go": Symlink, "s": NotRegular, "../x": NotRegular, "d/b.go": NotSkipped} {
		if _, reason, err := rules.Check(rel); reason != want || err != nil {
			t.Errorf("%s is checked as %q, %v, want %q", rel, reason, err, want)
		}
	}
	for _, rel := range []string{"d", "none"} {
		if _, _, err := rules.Check(rel); err == nil {
			t.Errorf("%s is checked without an error", rel)
		}
	}
	if _, reason, _ := rules.Check("huge.go"); reason != Huge {
		t.Errorf("huge.go is checked as %q", reason)
	}
}

// TestNamesThatAreNotText: what has such a name is skipped by the walk and by the check of one path alike.
func TestNamesThatAreNotText(t *testing.T) {
	top := tempRoot(t)
	makeTree(t, top, "café.go", "d/b.go")
	for _, name := range []string{"caf\xe9.go", "d\xe9"} {
		err := os.Mkdir(filepath.Join(top, name), 0o755)
		if strings.HasSuffix(name, ".go") {
			err = os.WriteFile(filepath.Join(top, name), nil, 0o644)
		}
		if err != nil {
			t.Logf("no such names here: %v", err) // as on file systems of macOS and Windows
			return
		}
	}
	writeFile(t, filepath.Join(top, "d\xe9", "c.go"), "")
	rules := rulesOf(t, top)
	got, counts := walkAll(t, rules, WalkOptions{})
	if want := []string{"café.go", "d/b.go"}; !slices.Equal(got, want) || counts.Skipped[Unnameable] != 2 {
		t.Errorf("visited %q, want %q; counts %+v", got, want, counts)
	}
	for rel, isDir := range map[string]bool{"caf\xe9.go": false, "d\xe9": true, "d\xe9/c.go": false} {
		if reason, skip := rules.Match(rel, isDir); !skip || reason != Unnameable {
			t.Errorf("%q is skipped as %q", rel, reason)
		}
	}
}

// TestWalkUnreadable lists a directory that vanishes while it is walked, which
// fails as one without permission does, for every user.
func TestWalkUnreadable(t *testing.T) {
	isolateGit(t)
	top := tempRoot(t)
	makeTree(t, top, "a.go", "b/c.go", "d.go", "e.go")
	var got []string
	counts, err := Walk(context.Background(), rulesOf(t, top), WalkOptions{}, func(e Entry) error {
		got = append(got, e.Rel)
		return errors.Join(os.RemoveAll(filepath.Join(top, "b")), os.RemoveAll(filepath.Join(top, "d.go")))
	})
	if err != nil || !slices.Equal(got, []string{"a.go", "e.go"}) || counts.Skipped[Unreadable] != 1 {
		t.Errorf("visited %q, counts %+v, %v", got, counts, err)
	}
}

func TestWalkOptions(t *testing.T) {
	isolateGit(t)
	top := tempRoot(t)
	makeTree(t, top, ".gitignore: skip/|*.x", "a/b/c.go", "a/b/d.x", "a/e.go", "skip/s.go", "z.go")
	rules := rulesOf(t, top)
	for sub, want := range map[string]string{"a": "a/b/c.go a/e.go", "a/b": "a/b/c.go", "skip": "", ".": ".gitignore a/b/c.go a/e.go z.go"} {
		if got, _ := walkAll(t, rules, WalkOptions{Sub: sub}); strings.Join(got, " ") != want {
			t.Errorf("walk of %q visited %q, want %q", sub, got, want)
		}
	}
	if got, _ := walkAll(t, rules, WalkOptions{Dirs: true}); strings.Join(got, " ") != ". .gitignore a a/b a/b/c.go a/e.go z.go" {
		t.Errorf("with directories: %q", got)
	}
	for _, sub := range []string{"none", "../x", "/a", "a/", "a//b"} {
		if _, err := Walk(context.Background(), rules, WalkOptions{Sub: sub}, func(Entry) error { return nil }); err == nil {
			t.Errorf("walk of %q succeeded", sub)
		}
	}
	stop := errors.New("stop")
	for _, want := range []error{stop, fs.SkipAll} {
		n := 0
		counts, err := Walk(context.Background(), rules, WalkOptions{}, func(Entry) error { n++; return want })
		if n != 1 || counts.Files != 1 || errors.Is(want, stop) != errors.Is(err, stop) || errors.Is(err, fs.SkipAll) {
			t.Errorf("%d visits after %v, error %v", n, want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Walk(ctx, rules, WalkOptions{}, func(Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled walk: %v", err)
	}
}

func TestRulesReload(t *testing.T) {
	isolateGit(t)
	top := tempRoot(t)
	runGit(t, top, "", "init", "-q")
	makeTree(t, top, "d/a.go", "excludes: c.go")
	rules := rulesOf(t, top)
	match := func(want ...Reason) {
		t.Helper()
		for i, rel := range []string{"d/a.go", "d/b.go", "d/c.go"} {
			if got, skip := rules.Match(rel, false); got != want[i] || skip != (got != NotSkipped) {
				t.Errorf("%s: %q, %v, want %q", rel, got, skip, want[i])
			}
		}
	}
	match(NotSkipped, NotSkipped, NotSkipped)
	makeTree(t, top, "d/.gitignore: a.go", ".git/info/exclude: b.go")
	runGit(t, top, "", "config", "core.excludesFile", filepath.Join(top, "excludes"))
	match(NotSkipped, NotSkipped, NotSkipped)
	rules.Reload()
	match(Ignored, Ignored, Ignored)
	if got, want := rules.ExternalFiles(), []string{filepath.Join(top, "excludes"), filepath.Join(top, ".git/info/exclude")}; !slices.Equal(got, want) {
		t.Errorf("external files %q, want %q", got, want)
	}
	for rel, want := range map[string]bool{".gitignore": true, "a/.semanticignore": true, ".gitmodules": true, "sub/.git": true, "gitignore": false, "a.go": false} {
		if got := rules.IsIgnoreFile(rel); got != want {
			t.Errorf("IsIgnoreFile(%q) = %v", rel, got)
		}
	}
	if reason, skip := rules.Match(".", true); skip || reason != NotSkipped {
		t.Errorf("the root is skipped as %q", reason)
	}
	if reason, _ := rules.Match("d/.git", true); reason != VersionControl {
		t.Errorf("a .git is skipped as %q", reason)
	}
}

// TestRealRepositories uses git itself for a linked work tree and a submodule.
func TestRealRepositories(t *testing.T) {
	isolateGit(t)
	top := tempRoot(t)
	git := func(dir string, args ...string) {
		t.Helper()
		runGit(t, filepath.Join(top, dir), "", append([]string{"-c", "user.name=n", "-c", "user.email=e", "-c", "protocol.file.allow=always"}, args...)...)
	}
	makeTree(t, top, "lib/l.go", "lib/l.x", "main/m.go", "plain/dir/p.go")
	for _, dir := range []string{"lib", "main"} {
		git(dir, "init", "-q", "-b", "main")
		git(dir, "add", ".")
		git(dir, "commit", "-q", "-m", "first")
	}
	git("main", "submodule", "--quiet", "add", filepath.Join(top, "lib"), "sub/lib")
	git("main", "worktree", "add", "-q", "../tree", "-b", "other")
	makeTree(t, top, "main/.git/info/exclude: *.tmp", "main/a.tmp", "tree/a.tmp", "main/.git/modules/sub/lib/info/exclude: *.x")

	join := func(rel string) string { return filepath.Join(top, filepath.FromSlash(rel)) }
	for dir, want := range map[string]Root{
		"main":         {join("main"), join("main/.git"), join("main/.git")},
		"main/sub":     {join("main"), join("main/.git"), join("main/.git")},
		"main/m.go":    {join("main"), join("main/.git"), join("main/.git")},
		"main/sub/lib": {join("main/sub/lib"), join("main/.git/modules/sub/lib"), join("main/.git/modules/sub/lib")},
		"tree":         {join("tree"), join("main/.git/worktrees/tree"), join("main/.git")},
		"plain/dir":    {Path: join("plain/dir")},
	} {
		got, err := FindRoot(join(dir))
		if err != nil || got != want {
			t.Errorf("root of %s = %+v, %v, want %+v", dir, got, err, want)
		}
		for _, head := range got.HeadFiles() {
			if _, err := os.Stat(head); err != nil {
				t.Errorf("root of %s: %v", dir, err)
			}
		}
		if got.IsGit() != (want.GitDir != "") || len(got.HeadFiles()) != len(want.GitDir)/max(1, len(want.GitDir)) {
			t.Errorf("root of %s: head files %q", dir, got.HeadFiles())
		}
	}
	for dir, want := range map[string]string{
		"main":         ".gitmodules m.go sub/lib/l.go",
		"main/sub/lib": "l.go",
		"tree":         "m.go",
		"lib":          "l.go l.x",
	} {
		if got, _ := walkAll(t, rulesOf(t, join(dir)), WalkOptions{}); strings.Join(got, " ") != want {
			t.Errorf("walk of %s visited %q, want %q", dir, got, want)
		}
	}
	if _, err := FindRoot(join("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("root of a missing directory: %v", err)
	}
}

func TestRelative(t *testing.T) {
	for _, c := range []struct {
		root, path string
		separator  byte
		want       string // "" means outside
	}{
		{"/a", "/a", '/', "."},
		{"/a", "/a/b/c", '/', "b/c"},
		{"/a", "/ab", '/', ""},
		{"/a", "/", '/', ""},
		{"/", "/a", '/', "a"},
		{`C:\a`, `C:\a\b\c`, '\\', "b/c"},
		{`C:\`, `C:\a`, '\\', "a"},
		{`C:\a`, `D:\a\b`, '\\', ""},
	} {
		got, ok := relative(c.root, c.path, c.separator)
		if ok != (c.want != "") || got != c.want {
			t.Errorf("relative(%q, %q) = %q, %v, want %q", c.root, c.path, got, ok, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for r := NotSkipped + 1; r < ReasonCount; r++ {
		if r.String() == "" || r.String() == "unknown" {
			t.Errorf("reason %d has no name", r)
		}
	}
	for name := range vendored {
		if path.Base(name) != name {
			t.Errorf("vendored name %q is not a base name", name)
		}
	}
	var total Counts
	total.Add(Counts{Files: 1, Skipped: [ReasonCount]int{Data: 2}})
	total.Add(Counts{Dirs: 1, Skipped: [ReasonCount]int{Data: 3}})
	if total != (Counts{Files: 1, Dirs: 1, Skipped: [ReasonCount]int{Data: 5}}) {
		t.Errorf("sum %+v", total)
	}
}

func TestRuleOptions(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"kept.go", "made/out.go", "docs/a.go", "inner/.git/HEAD", "inner/b.go", ".semanticignore", ".gitignore"} {
		abs := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
			t.Fatal(err)
		}
		text := ""
		switch path {
		case ".gitignore":
			text = "made/\n"
		case ".semanticignore":
			text = "!/docs/\n"
		}
		if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := func(rules *Rules) []string {
		var out []string
		if _, err := Walk(t.Context(), rules, WalkOptions{}, func(e Entry) error {
			if strings.HasSuffix(e.Rel, ".go") {
				out = append(out, e.Rel)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	rules := LoadRules(Root{Path: dir}, RuleOptions{})
	if got, want := files(rules), []string{"docs/a.go", "kept.go"}; !slices.Equal(got, want) {
		t.Errorf("without options the files are %v, want %v", got, want)
	}
	rules.Configure(RuleOptions{Exclude: []string{"kept.go", "/docs/"}, Include: []string{"/made/"}, Nested: true})
	if got, want := files(rules), []string{"docs/a.go", "inner/b.go", "made/out.go"}; !slices.Equal(got, want) {
		t.Errorf("with options the files are %v, want %v (.semanticignore is stronger)", got, want)
	}
}
