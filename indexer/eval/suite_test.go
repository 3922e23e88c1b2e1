package eval_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer/eval"
)

// write makes files below a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for path, text := range files {
		abs := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRunSuite(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"checkouts/one/a.go":     "package one\n\n// Copy copies bytes until end of file.\nfunc Copy() {\n\tloop()\n}\n",
		"checkouts/two/src/b.py": "def dial(address):\n    \"\"\"Connect to an address.\"\"\"\n    return address\n",
		"suite.json": `[
			{"name": "one", "language": "go", "url": "ignored", "benchmark_root": null,
			 "published_ndcg10": {"rival": 0.25, "rival_by_category": {"symbol": 0.5}, "rival_ms": 0.5, "chunks": 12, "note": "x"}},
			{"name": "two", "language": "python", "benchmark_root": "src"}]`,
		"suite/one.json": `[{"query": "Copy", "category": "symbol", "relevant": ["a.go"]},
			{"query": "copies bytes", "category": "semantic", "relevant": ["gone.go"]}]`,
		"suite/two.json": `[{"query": "dial", "category": "symbol", "relevant": ["src/b.py"]}]`,
	})
	suite, err := eval.LoadSuite(filepath.Join(dir, "suite.json"), filepath.Join(dir, "checkouts"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.RunSuite(context.Background(), suite, eval.Options{Encoder: encoder.NewHashed(64)})
	if err != nil {
		t.Fatal(err)
	}
	if r.All.Repositories != 2 || r.All.Questions != 3 || r.All.NDCG != 0.75 || r.All.Files10 != 0.75 || r.All.Recall100["together"] != 0.75 {
		t.Errorf("all: %+v", r.All)
	}
	if len(r.Languages) != 2 || r.Languages[0].Name != "go" || r.Languages[0].NDCG != 0.5 || r.Languages[1].NDCG != 1 {
		t.Errorf("languages: %+v", r.Languages)
	}
	if len(r.Categories) != 2 || r.Categories[0].Name != "semantic" || r.Categories[1].Repositories != 2 || r.Categories[1].NDCG != 1 {
		t.Errorf("categories: %+v", r.Categories)
	}
	if a := r.All.Against["rival"]; len(r.All.Against) != 1 || a.Repositories != 1 || a.Ours != 0.5 || a.Theirs != 0.25 || a.Interval != nil {
		t.Errorf("against: %+v", r.All.Against)
	}
	if a := r.Categories[1].Against["rival"]; a.Ours != 1 || a.Theirs != 0.5 || len(r.Categories[0].Against) != 0 {
		t.Errorf("against in categories: %+v", r.Categories)
	}
	if r.BestPublished() != "rival" || len(r.PerQuery) != 3 || r.PerQuery[2].Repository != "two" || r.PerQuery[2].Language != "python" {
		t.Errorf("best is %q, questions %+v", r.BestPublished(), r.PerQuery)
	}
	if row := r.Repositories[0].Row(); math.Abs(row.Against["rival"].Ours-0.5) > 1e-9 || row.Questions != 2 {
		t.Errorf("row of one: %+v", row)
	}

	only, err := eval.LoadSuite(filepath.Join(dir, "suite.json"), filepath.Join(dir, "checkouts"), filepath.Join(dir, "suite"), []string{"two"})
	if err != nil || len(only) != 1 || only[0].Within != "src" {
		t.Errorf("%v, only two: %+v", err, only)
	}
	if _, err := eval.LoadSuite(filepath.Join(dir, "suite.json"), dir, "", []string{"three"}); err == nil || !strings.Contains(err.Error(), `"three"`) {
		t.Errorf("of a name that is not there: %v", err)
	}
	_, err = eval.LoadSuite(filepath.Join(dir, "suite.json"), filepath.Join(dir, "nowhere"), "", nil)
	if err == nil || !strings.Contains(err.Error(), filepath.Join("nowhere", "one")) || !strings.Contains(err.Error(), filepath.Join("nowhere", "two", "src")) {
		t.Errorf("of folders that are not there: %v", err)
	}
}

// TestAgainstInterval compares with figures for enough repositories: all differences are the same here.
func TestAgainstInterval(t *testing.T) {
	dir := t.TempDir()
	var list []string
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		write(t, dir, map[string]string{name + "/x.go": "package x\n\nfunc Copy() {}\n", "q/" + name + ".json": `[{"query": "Copy", "relevant": ["x.go"]}]`})
		list = append(list, `{"name": "`+name+`", "published_ndcg10": {"rival": 0.75}}`)
	}
	write(t, dir, map[string]string{"suite.json": "[" + strings.Join(list, ",") + "]"})
	suite, err := eval.LoadSuite(filepath.Join(dir, "suite.json"), dir, filepath.Join(dir, "q"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.RunSuite(context.Background(), suite, eval.Options{Encoder: encoder.NewHashed(64)})
	if err != nil {
		t.Fatal(err)
	}
	if a := r.All.Against["rival"]; a.Interval == nil || *a.Interval != [2]float64{0.25, 0.25} {
		t.Errorf("against: %+v", a)
	}
}

func TestReadSuiteErrors(t *testing.T) {
	for _, bad := range []string{`{}`, `[{}]`, `[{"name": "a/b"}]`, `[{"name": ".."}]`, `[{"name": "a"}, {"name": "a"}]`, `[{"name": "a", "benchmark_root": "../b"}]`,
		`[{"name": "a", "benchmark_root": "/b"}]`} {
		if suite, err := eval.ReadSuite(strings.NewReader(bad)); err == nil {
			t.Errorf("%s gives %+v", bad, suite)
		}
	}
}

func FuzzReadSuite(f *testing.F) {
	f.Add(`[{"name": "a", "language": "go", "benchmark_root": "src", "published_ndcg10": {"x": 0.5, "x_by_category": {"y": 1}}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		suite, err := eval.ReadSuite(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range suite {
			if r.Name == "" || !filepath.IsLocal(r.Name) {
				t.Errorf("name %q", r.Name)
			}
			for _, p := range r.Published {
				if !(p.Score >= 0 && p.Score <= 1) {
					t.Errorf("score %v", p.Score)
				}
			}
		}
	})
}
