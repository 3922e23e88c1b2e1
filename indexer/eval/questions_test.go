package eval

import (
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// TestOwnQuestions holds that the questions of this repository can be asked: every file is listed, every question has
// answers inside its repository and stands once.
func TestOwnQuestions(t *testing.T) {
	suite, err := load("questions.json", ReadSuite)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("questions/*.json")
	if err != nil || len(files) != len(suite) {
		t.Errorf("%d files of questions for %d repositories, error %v", len(files), len(suite), err)
	}
	asked := 0
	for _, r := range suite {
		queries, err := LoadRepositoryQueries(filepath.Join("questions", r.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, q := range queries {
			if seen[q.Query] || len(q.Targets) == 0 || !slices.Contains([]string{"semantic", "architecture"}, q.Category) {
				t.Errorf("%s: %+v", r.Name, q)
			}
			for _, target := range q.Targets {
				if path.Clean(target.Path) != target.Path || !filepath.IsLocal(target.Path) {
					t.Errorf("%s: %q is answered by %q", r.Name, q.Query, target.Path)
				}
			}
			seen[q.Query] = true
		}
		asked += len(queries)
	}
	if asked != 199 {
		t.Errorf("%d questions, the documentation says 199", asked)
	}
}
