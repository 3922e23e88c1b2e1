//go:build cgo

package search_test

import (
	"slices"
	"testing"

	"lsp/indexer/search"
)

// TestNameInWords holds that a few words count as the name that is made of just these in their order, in the style of every
// language and with what it is qualified by.
func TestNameInWords(t *testing.T) {
	files := map[string]string{
		"a.go": "package p\n\nfunc parseConfig() {\n\tload()\n}\n\nfunc configParse() {\n\tload()\n}\n",
		"b.py": "def parse_config():\n    load()\n\n\ndef parse_config_file():\n    load()\n",
		"c.rb": "class App::ParseConfig\n  def parse\n    load\n  end\nend\n",
	}
	var got []string
	for _, r := range newFixture(t, files, false).search(search.Request{Query: "parse config", Explain: true}).Results {
		if slices.ContainsFunc(r.Explanation, func(c search.Contribution) bool { return c.Name == search.SpelledName.String() }) {
			got = append(got, r.Name)
		}
	}
	slices.Sort(got)
	if want := []string{"App::ParseConfig", "parseConfig", "parse_config"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
