package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lsp/workspace"
	"lsp/workspace/git"
)

// repository is a repository of a test.
type repository struct {
	t   *testing.T
	dir string
	*git.Repository
	tree uint64
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	r := &repository{t: t, dir: t.TempDir()}
	r.git("init", "-q", "-b", "main")
	r.open()
	return r
}

// open asks the repository anew, without what was kept.
func (r *repository) open() {
	r.t.Helper()
	root, err := workspace.FindRoot(r.dir)
	if err != nil || !root.IsGit() {
		r.t.Fatalf("%v, root %+v", err, root)
	}
	r.Repository = git.Open(root)
}

func (r *repository) git(args ...string) {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %s: %v: %s", args, err, out)
	}
}

func (r *repository) write(files ...string) {
	r.t.Helper()
	for _, f := range files {
		path, text, _ := strings.Cut(f, "=")
		abs := filepath.Join(r.dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	r.tree++
}

// commit records everything at a date of its own.
func (r *repository) commit(date string) {
	r.t.Helper()
	r.t.Setenv("GIT_COMMITTER_DATE", date+"T12:00:00Z")
	r.git("add", "-A")
	r.git("commit", "-q", "-m", date, "--date", date+"T12:00:00Z")
}

// expect checks which of all these files differ.
func (r *repository) expect(revision string, want ...string) {
	r.t.Helper()
	changes, err := r.Changed(context.Background(), revision, r.tree)
	if err != nil {
		r.t.Errorf("since %q: %v", revision, err)
		return
	}
	var got []string
	for _, path := range []string{"a.go", "b.go", "c/d.go", "new.go", "ignored.go", "gone.go", "umläut \"x\"\n.go", "nested/n.go", "sub/s.go"} {
		if changes.Has(path) {
			got = append(got, path)
		}
	}
	if !slices.Equal(got, want) {
		r.t.Errorf("since %q %q differ, want %q", revision, got, want)
	}
}

func TestChanged(t *testing.T) {
	r := newRepository(t)
	r.write("a.go=1", "b.go=1", "c/d.go=1", "gone.go=1", ".gitignore=ignored.go\n")
	r.expect("", "a.go", "b.go", "c/d.go", "gone.go") // before the first commit everything is new
	if _, err := r.Changed(context.Background(), "HEAD", r.tree); !errors.Is(err, git.ErrNoRevision) {
		t.Errorf("HEAD before the first commit: %v", err)
	}
	r.commit("2026-01-01")
	r.expect("")
	r.write("a.go=2", "new.go=1", "ignored.go=1", "c/d.go=2", "umläut \"x\"\n.go=1")
	r.git("add", "c")
	r.git("rm", "-q", "gone.go")
	r.tree++
	r.expect("", "a.go", "c/d.go", "new.go", "gone.go", "umläut \"x\"\n.go")
	r.expect("HEAD", "a.go", "c/d.go", "new.go", "gone.go", "umläut \"x\"\n.go")
	r.write("a.go=1")
	r.expect("", "c/d.go", "new.go", "gone.go", "umläut \"x\"\n.go")
	r.commit("2026-01-02")
	r.expect("")
	r.expect("HEAD~1", "c/d.go", "new.go", "gone.go", "umläut \"x\"\n.go")
	r.git("mv", "a.go", "b2.go")
	r.tree++
	r.expect("", "a.go")
}

// TestMergeBase compares with where a branch was left, not with what it has become.
func TestMergeBase(t *testing.T) {
	r := newRepository(t)
	r.write("a.go=1", "b.go=1", "c/d.go=1")
	r.commit("2026-01-01")
	r.git("tag", "v1")
	r.git("checkout", "-q", "-b", "topic/x")
	r.write("a.go=2")
	r.commit("2026-02-01")
	r.git("checkout", "-q", "main")
	r.write("b.go=2")
	r.commit("2026-03-01")
	r.git("checkout", "-q", "topic/x")
	r.write("new.go=1")
	r.expect("main", "a.go", "new.go")
	r.expect("v1", "a.go", "new.go")
	r.expect("topic/x", "new.go")
	r.expect("2026-01-15", "a.go", "new.go")
	r.expect("2026-02-02", "new.go")
	r.expect("2025-01-01", "a.go", "b.go", "c/d.go", "new.go") // before there was anything
	r.expect("2 weeks ago", "new.go")
	r.git("branch", "2026-01-15")
	r.open()
	r.expect("2026-01-15", "new.go") // what names a revision is no date

	r.git("checkout", "-q", "--orphan", "other")
	r.tree++
	r.expect("v1", "a.go", "new.go") // without a common ancestor the revision itself
	if names, err := r.Revisions(context.Background(), 10); err != nil || !slices.Equal(slices.Sorted(slices.Values(names)), []string{"2026-01-15", "main", "topic/x", "v1"}) {
		t.Errorf("revisions %q, %v", names, err)
	}
	if names, err := r.Revisions(context.Background(), 1); err != nil || !slices.Equal(names, []string{"main"}) {
		t.Errorf("the latest revision: %q, %v", names, err)
	}
}

func TestRepositoriesInside(t *testing.T) {
	r := newRepository(t)
	r.write("a.go=1", "nested/n.go=1")
	inner := &repository{t: t, dir: filepath.Join(r.dir, "nested")}
	inner.git("init", "-q")
	r.expect("", "a.go", "nested/n.go")

	origin := newRepository(t)
	origin.write("s.go=1")
	origin.commit("2026-01-01")
	r.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", origin.dir, "sub")
	r.git("commit", "-q", "-m", "submodule")
	r.tree++
	r.expect("", "a.go", "nested/n.go")
	r.write("sub/s.go=2")
	r.expect("", "a.go", "nested/n.go", "sub/s.go")
}

// TestKept holds that an answer is given again for as long as nothing changed, and no longer.
func TestKept(t *testing.T) {
	r := newRepository(t)
	r.write("a.go=1")
	r.commit("2026-01-01")
	r.git("branch", "old")
	r.write("b.go=1")
	ask := func(revision string) *git.Changes {
		t.Helper()
		c, err := r.Changed(context.Background(), revision, r.tree)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := ask("old")
	if ask("") == nil || ask("old") != first {
		t.Error("asked again although nothing changed")
	}
	r.write("new.go=1")
	if ask("old") == first {
		t.Error("kept over a change of a file")
	}
	head := ask("")
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "second")
	if c := ask(""); c == head || c.Has("b.go") {
		t.Error("kept over a commit")
	}
	first = ask("old")
	r.git("branch", "-f", "old", "HEAD")
	if c := ask("old"); c == first || c.Has("b.go") {
		t.Error("kept although the branch moved")
	}
	first = ask("old")
	r.git("pack-refs", "--all")
	r.git("branch", "-f", "old", "HEAD~1")
	if c := ask("old"); c == first || !c.Has("b.go") {
		t.Error("kept although the packed branch moved")
	}
	for _, revision := range []string{"HEAD~1", "main", "main~1", "HEAD^", "@", "old^{commit}", "old~0", "HEAD@{0}", "main^0"} {
		ask(revision) // more than are kept
	}
	ask("old")
}

func TestErrors(t *testing.T) {
	r := newRepository(t)
	r.write("a.go=1")
	r.commit("2026-01-01")
	for _, name := range []string{"nowhere", "main..HEAD", "^main", "main:a.go", "HEAD~5", "a.go", "weekend", "$(touch x)", "`touch x`", "a b", "HEAD@{u}"} {
		if _, err := r.Changed(context.Background(), name, r.tree); !errors.Is(err, git.ErrNoRevision) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"-a", "--output=x", "--upload-pack=touch x", "a\nb", "a\x00b"} {
		if err := git.CheckRevision(name); err == nil {
			t.Errorf("%q can be a revision", name)
		}
		if _, err := r.Changed(context.Background(), name, r.tree); err == nil || errors.Is(err, git.ErrNoRevision) {
			t.Errorf("%q was asked for: %v", name, err)
		}
	}
	if err := git.CheckRevision(""); err == nil {
		t.Error("nothing can be a revision")
	}
	if found, err := filepath.Glob(filepath.Join(r.dir, "x*")); len(found) > 0 || err != nil {
		t.Errorf("a name ran a program: %v, %v", found, err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Changed(cancelled, "", r.tree); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	outside := git.Open(workspace.Root{Path: t.TempDir()})
	if _, err := outside.Changed(context.Background(), "", 1); !errors.Is(err, git.ErrNotRepository) {
		t.Errorf("outside of git: %v", err)
	}
	if _, err := outside.Revisions(context.Background(), 1); !errors.Is(err, git.ErrNotRepository) {
		t.Errorf("outside of git: %v", err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, ".git", "config"), []byte("[core\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Changed(context.Background(), "HEAD", r.tree+1); err == nil || errors.Is(err, git.ErrNoRevision) {
		t.Errorf("of a repository that cannot be read: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := r.Changed(context.Background(), "", r.tree); !errors.Is(err, git.ErrNoProgram) {
		t.Errorf("without the program: %v", err)
	}
}

// TestConfigurationIsNotRun holds that a repository cannot have programs of its choice run by a question, and that
// variables which a hook of another repository sets lead nowhere else.
func TestConfigurationIsNotRun(t *testing.T) {
	r := newRepository(t)
	r.write("a.go=1", "b.go=1", ".gitattributes=*.go diff=evil filter=evil\n")
	origin := newRepository(t)
	origin.write("s.go=1", ".gitattributes=*.go filter=evil\n")
	origin.commit("2026-01-01")
	r.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", origin.dir, "sub")
	r.commit("2026-01-01")
	mark := filepath.Join(t.TempDir(), "mark")
	for _, name := range []string{"core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv", "core.pager", "pager.diff", "filter.evil.clean", "filter.evil.process"} {
		r.git("config", name, "touch '"+filepath.ToSlash(mark)+"'; :")
		r.git("-C", "sub", "config", name, "touch '"+filepath.ToSlash(mark)+"'; :")
	}
	r.git("config", "filter.evil.required", "true")
	t.Setenv("GIT_DIR", t.TempDir())
	t.Setenv("GIT_EXTERNAL_DIFF", "touch '"+filepath.ToSlash(mark)+"'; :")
	if err := os.WriteFile(filepath.Join(r.dir, "a.go"), []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	for _, name := range []string{"b.go", "sub/s.go"} {
		if err := os.Chtimes(filepath.Join(r.dir, name), later, later); err != nil {
			t.Fatal(err)
		}
	}
	r.tree++
	r.expect("HEAD", "a.go")
	r.write("sub/s.go=2")
	r.expect("HEAD", "a.go", "sub/s.go")
	if _, err := os.Stat(mark); err == nil {
		t.Error("a program of the repository was run")
	}
}

// FuzzRevision asks for revisions of any name: an error or an answer, no program run, no file written.
func FuzzRevision(f *testing.F) {
	for _, name := range []string{"HEAD", "main", "-x", "--output=y", "@{-1}", "HEAD^{/x}", ":/x", "a..b", "2026-01-01", "yesterday", "\x00", "..", "/etc"} {
		f.Add(name)
	}
	dir := f.TempDir()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			f.Fatalf("%v: %s", err, out)
		}
	}
	root, err := workspace.FindRoot(dir)
	if err != nil {
		f.Fatal(err)
	}
	repository := git.Open(root)
	f.Fuzz(func(t *testing.T, name string) {
		if _, err := repository.Changed(context.Background(), name, 0); err == nil && name != "" && git.CheckRevision(name) != nil {
			t.Errorf("%q gives an answer", name)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
			t.Errorf("%q leaves %v, %v", name, files, err)
		}
	})
}

// BenchmarkChanged asks about 2,000 files, with and without an answer that was kept.
func BenchmarkChanged(b *testing.B) {
	dir := b.TempDir()
	for i := range 2000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.go", i)), []byte("package p\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	root, err := workspace.FindRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, kept := range []bool{true, false} {
		b.Run(fmt.Sprintf("kept=%v", kept), func(b *testing.B) {
			r := git.Open(root)
			tree := uint64(0)
			for b.Loop() {
				if !kept {
					tree++
				}
				if _, err := r.Changed(context.Background(), "HEAD", tree); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
