package search_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"lsp/indexer"
	"lsp/indexer/search"
	"lsp/workspace"
	"lsp/workspace/git"
)

// inGit makes a repository of a fixture, in which the given files are committed, and returns its views.
func inGit(f *fixture, committed ...string) []search.View {
	f.t.Helper()
	f.t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, append([]string{"add", "--"}, committed...),
		{"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "x"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = f.root
		if out, err := cmd.CombinedOutput(); err != nil {
			f.t.Fatalf("git %s: %v: %s", args, err, out)
		}
	}
	root, err := workspace.FindRoot(f.root)
	if err != nil {
		f.t.Fatal(err)
	}
	repository, tree := git.Open(root), uint64(0)
	views := f.views("")
	views[0].Revisions = repository.Revisions
	views[0].Changes = func(ctx context.Context, revision string) (*git.Changes, error) {
		tree++
		return repository.Changed(ctx, revision, tree)
	}
	return views
}

// pathsOf lists the paths of results, each once.
func pathsOf(resp *search.Response) []string {
	paths := []string{}
	for _, r := range resp.Results {
		paths = append(paths, r.Path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func TestChangedFiles(t *testing.T) {
	f := newFixture(t, corpus, true)
	views := inGit(f, "io", "net", "docs", "config.json")
	f.write("io/copy.go", corpus["io/copy.go"]+"\n// Changed is new.\nfunc Changed() {}\n")
	for _, tc := range []struct {
		query string
		want  []string
	}{
		{"is:changed", []string{"io/copy.go", "other/x/client.py", "web/client.py"}},
		{"changed-since:main", []string{"io/copy.go", "other/x/client.py", "web/client.py"}},
		{"is:changed lang:python path:web", []string{"web/client.py"}},
		{"-is:changed lang:go", []string{"io/copy_test.go", "net/server.go"}},
		{"(is:changed lang:go or lang:markdown)", []string{"docs/guide.md", "io/copy.go"}},
		{"is:test,changed lang:go", []string{"io/copy.go", "io/copy_test.go"}},
		{"parse a url changed-since:HEAD", []string{"other/x/client.py", "web/client.py"}},
	} {
		resp, err := f.Search(context.Background(), views, search.Request{Query: tc.query, Limit: 100})
		if err != nil {
			t.Errorf("%s: %v", tc.query, err)
			continue
		}
		if got := pathsOf(resp); !slices.Equal(got, tc.want) && !(strings.HasPrefix(tc.query, "parse") && len(got) > 0 && slices.Contains(tc.want, got[0])) {
			t.Errorf("%s: got %v, want %v", tc.query, got, tc.want)
		}
	}
	resp, err := f.Search(context.Background(), views, search.Request{Query: "copy", Filter: search.Filter{Is: []string{"changed"}}})
	if err != nil || !slices.Contains(pathsOf(resp), "io/copy.go") || slices.Contains(pathsOf(resp), "io/copy_test.go") {
		t.Errorf("by a filter: %v, %v", err, pathsOf(resp))
	}
}

// TestChangedBuffers holds that a buffer counts as changed when it differs from the disk, and only then.
func TestChangedBuffers(t *testing.T) {
	f := newFixture(t, corpus, false)
	inGit(f, ".")
	show := func(path, text string) {
		t.Helper()
		if err := f.WaitFor(context.Background(), f.Notify([]indexer.Change{{Path: path, Buffer: true, Text: []byte(text)}})); err != nil {
			t.Fatal(err)
		}
	}
	show("net/server.go", corpus["net/server.go"])
	show("io/copy.go", corpus["io/copy.go"]+"\nfunc Typed() {}\n")
	show("new.go", "package p\n\nfunc Typed() {}\n")
	views := inGit(f)
	resp, err := f.Search(context.Background(), views, search.Request{Query: "is:changed", Limit: 100})
	if got, want := pathsOf(resp), []string{"io/copy.go", "new.go"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, got %v, want %v", err, got, want)
	}
}

// TestChangedErrors holds that a revision which does not exist, and git that does not, are told at their place.
func TestChangedErrors(t *testing.T) {
	f := newFixture(t, corpus, false)
	outside := f.views("")
	views := inGit(f, ".")
	for _, tc := range []struct {
		query   string
		at      int
		problem string
		views   []search.View
	}{
		{"copy changed-since:nowhere", 20, "no revision of this name", views},
		{"copy (changed-since:main,nowhere or lang:go)", 26, "no revision of this name", views},
		{"copy changed-since:-x", 20, "no revision begins with a minus", views},
		{"copy changed-since:", 20, "needs a value", views},
		{"copy is:changed", 9, "not in a git repository", outside},
		{"copy -changed-since:main", 21, "not in a git repository", outside},
	} {
		_, err := f.Search(context.Background(), tc.views, search.Request{Query: tc.query})
		var syntax *search.SyntaxError
		if !errors.As(err, &syntax) || syntax.Character() != tc.at || !strings.Contains(err.Error(), tc.problem) || !strings.HasPrefix(err.Error(), "query, character ") {
			t.Errorf("%s: %v, want character %d: %s", tc.query, err, tc.at, tc.problem)
		}
	}
	_, err := f.Search(context.Background(), outside, search.Request{Query: "copy", Filter: search.Filter{Is: []string{"changed"}}})
	var filter *search.FilterError
	if !errors.As(err, &filter) || filter.Value != "changed" {
		t.Errorf("by a filter: %v", err)
	}
	other := newFixture(t, map[string]string{"z.go": "package z\n\n// Copy copies.\nfunc Copy() {}\n"}, false)
	both := append(slices.Clone(views), other.views("")...)
	f.write("io/copy.go", corpus["io/copy.go"]+"\n")
	resp, err := f.Search(context.Background(), both, search.Request{Query: "copy is:changed"})
	if err != nil || !slices.Equal(pathsOf(resp), []string{"io/copy.go"}) || !strings.Contains(resp.Message, "not in a git repository") {
		t.Errorf("of two roots one in git: %v, %+v", err, resp)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Search(cancelled, views, search.Request{Query: "is:changed"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestCompleteRevisions(t *testing.T) {
	f := newFixture(t, corpus, false)
	views := inGit(f, ".")
	cmd := exec.Command("git", "branch", "topic/colour")
	cmd.Dir = f.root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for query, want := range map[string][]string{
		"changed-since:": {"main", "topic/colour"}, "x changed-since:to": {"topic/colour"}, "changed-since:main,t": {"topic/colour"}, "changed-s": {"changed-since:"},
		"is:ch": {"changed"}, "content:com": {"comments"},
	} {
		var got []string
		for _, c := range search.Complete(context.Background(), views, query, len(query)) {
			got = append(got, c.Text)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	views[0].Revisions = func(context.Context, int) ([]string, error) { return nil, errors.New("broken") }
	if got := search.Complete(context.Background(), views, "changed-since:", 14); len(got) != 0 {
		t.Errorf("of git that fails: %v", got)
	}
}
