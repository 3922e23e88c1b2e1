package search_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lsp/encoder/static"
	"lsp/indexer"
	"lsp/indexer/search"
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
		Root: root, Dir: lib.dir, Encoder: enc, Rules: workspace.LoadRules(root, workspace.RuleOptions{}),
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

// goldenFirst is the number of results in which an answer counts, goldenShare the share of questions that must have
// one there.
const (
	goldenFirst = 5
	goldenShare = 0.85
)

// TestGolden asks the questions of testdata/golden-std.json, which were written before there was a ranking.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/golden-std.json")
	if err != nil {
		t.Fatal(err)
	}
	var questions []golden
	if err := json.Unmarshal(text, &questions); err != nil {
		t.Fatal(err)
	}
	s, views := openStandardLibrary(t)
	right := 0
	for _, q := range questions {
		resp, err := s.Search(context.Background(), views, search.Request{Query: q.Query})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, r := range resp.Results {
			name := path.Dir(r.Path) + "."
			if r.Owner != "" {
				name += r.Owner + "."
			}
			found = append(found, name+r.Name)
		}
		rank := slices.IndexFunc(found, func(f string) bool { return slices.Contains(q.Want, f) }) + 1
		if rank > 0 && rank <= goldenFirst {
			right++
			continue
		}
		t.Logf("%s: at rank %d (0 is not in the first ten), before it %v", q.Query, rank, found[:min(len(found), goldenFirst)])
	}
	t.Logf("%d of %d questions answered in the first %d", right, len(questions), goldenFirst)
	if float64(right) < goldenShare*float64(len(questions)) {
		t.Errorf("%d of %d questions answered in the first %d, want at least %v of them", right, len(questions), goldenFirst, goldenShare)
	}
}
