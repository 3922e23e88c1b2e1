package search_test

import (
	"slices"
	"testing"

	"lsp/indexer/search"
)

// TestConstructors holds that constructors are lowered unless the question is about making something.
func TestConstructors(t *testing.T) {
	f := newFixture(t, map[string]string{"pool.py": `class Pool:
    """Runs tasks."""

    def __init__(self, size):
        """Creates a pool of workers of a size."""
        self.size = size

    def run(self, task):
        """Runs a task on a worker of the pool."""
        self.queue.put(task)
`}, false)
	lowered := func(query string) bool {
		t.Helper()
		for _, r := range f.search(search.Request{Query: query, Explain: true}).Results {
			if r.Name == "__init__" {
				return slices.ContainsFunc(r.Explanation, func(c search.Contribution) bool { return c.Name == "constructor" && c.Value < 0 })
			}
		}
		t.Fatalf("%s: the constructor is not found", query)
		return false
	}
	for query, want := range map[string]bool{
		"pool of workers of a size":            true,
		"create a pool of workers of a size":   false,
		"how is a pool of workers initialized": false,
		"__init__":                             false,
	} {
		if got := lowered(query); got != want {
			t.Errorf("%s: lowered is %v", query, got)
		}
	}
}
