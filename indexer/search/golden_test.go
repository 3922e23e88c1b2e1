package search_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"lsp/encoder/static"
	"lsp/indexer"
	"lsp/indexer/chunk"
	"lsp/indexer/search"
	"lsp/indexer/vector"
	"lsp/workspace"
)

// standardLibrary is an index over the source of the Go installation, all of GOROOT/src, made by the
// embedded model. All tests and benchmarks that need one share it.
var standardLibrary struct {
	once sync.Once
	dir  string // of the index
	err  error
	view search.View
	*search.Searcher
	scan  *search.Searcher // never by a graph, which is there sooner or later
	close func()
}

func openStandardLibrary(tb testing.TB) (*search.Searcher, []search.View) {
	tb.Helper()
	lib := &standardLibrary
	lib.once.Do(func() { lib.err = indexStandardLibrary() })
	if lib.err != nil {
		tb.Fatalf("index the standard library: %v", lib.err)
	}
	return lib.Searcher, []search.View{lib.view}
}

func indexStandardLibrary() error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	dir, err := workspace.Canonical(filepath.Join(strings.TrimSpace(string(out)), "src"))
	if err != nil {
		return err
	}
	enc, err := static.Default()
	if err != nil {
		return err
	}
	lib := &standardLibrary
	if lib.dir, err = os.MkdirTemp("", "golden-index-"); err != nil {
		return err
	}
	root := workspace.Root{Path: dir}
	index, err := indexer.Open(indexer.Config{
		Root: root, Dir: lib.dir, Encoder: enc, Rules: workspace.LoadRules(root, workspace.RuleOptions{}), Workers: 1, // the same segments each time
	})
	if err != nil {
		return err
	}
	if err := index.Reconcile(context.Background()); err != nil {
		return err
	}
	epoch, release := index.Acquire()
	lib.close = func() {
		release()
		index.Close()
	}
	lib.view = search.View{Root: dir, Epoch: epoch, Read: func(rel string) ([]byte, error) {
		return os.ReadFile(filepath.Join(dir, filepath.FromSlash(rel)))
	}}
	lib.Searcher = search.New(enc, search.Options{})
	lib.scan = search.New(enc, search.Options{Engine: vector.EngineScan})
	return nil
}

// TestMain removes the shared index when the tests are over.
func TestMain(m *testing.M) {
	code := m.Run()
	if standardLibrary.close != nil {
		standardLibrary.close()
	}
	if standardLibrary.dir != "" {
		os.RemoveAll(standardLibrary.dir)
	}
	os.Exit(code)
}

// golden is a question with the declarations that answer it, each as folder.name or folder.owner.name.
type golden struct {
	Query string
	Want  []string
}

var update = flag.Bool("update", false, "rewrite testdata/golden-std.txt")

// goldenFirst is the number of results in which an answer counts, goldenShare the share of questions that must have
// one there.
const (
	goldenFirst = 5
	goldenShare = 0.85
)

// TestGolden asks the questions of testdata/golden-std.json, which were written before there was a ranking, and compares
// what is found with testdata/golden-std.txt, so that a change of the ranking is a difference to review:
//
//	go test ./indexer/search -run TestGolden -update
//
// That file belongs to the version of Go whose library was searched, and to the kind of build, which its first line names;
// with others, only the share of questions that are answered is checked.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/golden-std.json")
	if err != nil {
		t.Fatal(err)
	}
	var questions []golden
	if err := json.Unmarshal(text, &questions); err != nil {
		t.Fatal(err)
	}
	_, views := openStandardLibrary(t)
	s := standardLibrary.scan
	var listing strings.Builder
	fmt.Fprintln(&listing, goldenBuild(t))
	right := 0
	for _, q := range questions {
		resp, err := s.Search(context.Background(), views, search.Request{Query: q.Query})
		if err != nil {
			t.Fatal(err)
		}
		rank := list(&listing, q, resp)
		if rank > 0 && rank <= goldenFirst {
			right++
			continue
		}
		t.Logf("%s: at rank %d (0 is not in the first ten)", q.Query, rank)
	}
	t.Logf("%d of %d questions answered in the first %d", right, len(questions), goldenFirst)
	if float64(right) < goldenShare*float64(len(questions)) {
		t.Errorf("%d of %d questions answered in the first %d, want at least %v of them", right, len(questions), goldenFirst, goldenShare)
	}
	compareListing(t, listing.String())
}

// list writes what a question found: the rank of the first answer, then the first results, answers with a star.
func list(b *strings.Builder, q golden, resp *search.Response) (rank int) {
	var lines []string
	for i, r := range resp.Results {
		name := path.Dir(r.Path) + "."
		if r.Owner != "" {
			name += r.Owner + "."
		}
		name += r.Name
		mark := " "
		if slices.Contains(q.Want, name) {
			mark = "*"
			if rank == 0 {
				rank = i + 1
			}
		}
		if i < goldenFirst {
			lines = append(lines, fmt.Sprintf("  %s %s %s", mark, r.Kind, name))
		}
	}
	fmt.Fprintf(b, "\n%d  %s (%s)\n%s\n", rank, q.Query, resp.Class, strings.Join(lines, "\n"))
	return rank
}

// goldenBuild names what the results depend on beside the ranking: the library that is searched, how it is read, and how
// this machine adds up.
func goldenBuild(t *testing.T) string {
	t.Helper()
	version, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("library of %s, chunker %d, %s", strings.TrimSpace(string(version)), chunk.Version, runtime.GOARCH)
}

// compareListing compares with the listing of the same build, or writes it.
func compareListing(t *testing.T, got string) {
	t.Helper()
	const file = "testdata/golden-std.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(string(text), "\r\n", "\n")
	build, _, _ := strings.Cut(got, "\n")
	if before, _, _ := strings.Cut(want, "\n"); before != build {
		t.Logf("%s holds what is found in the %s, this is the %s: not compared", file, before, build)
		return
	}
	was, is := strings.Split(want, "\n\n"), strings.Split(got, "\n\n")
	if len(was) != len(is) {
		t.Fatalf("%d questions, %d in %s; -update writes it anew", len(is), len(was), file)
	}
	for i := range is {
		if strings.TrimSpace(is[i]) != strings.TrimSpace(was[i]) {
			t.Errorf("now\n%s\nbefore\n%s", is[i], was[i])
		}
	}
	if t.Failed() {
		t.Log("if the change is wanted, -update writes it for the review")
	}
}
