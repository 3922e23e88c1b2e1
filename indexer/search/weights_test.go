package search_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer/search"
)

// TestWeightsFile holds that the file inside the program is what writing its weights gives, and that reading and writing
// lose nothing.
func TestWeightsFile(t *testing.T) {
	text, err := os.ReadFile("weights.toml")
	if err != nil {
		t.Fatal(err)
	}
	families, err := search.ReadWeights(text)
	if err != nil {
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := search.WriteWeights(&written, families); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("weights.toml", written.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(text, written.Bytes()) {
		t.Errorf("weights.toml is not as WriteWeights writes it; go test -run TestWeightsFile -update does\n%s", written.Bytes())
	}
	again, err := search.ReadWeights(written.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for family, w := range families {
		if *again[family] != *w {
			t.Errorf("%s: %v was written, %v read", family, *w, *again[family])
		}
	}
}

func TestReadWeightsErrors(t *testing.T) {
	text, err := os.ReadFile("weights.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"[factors]", "[factors", "read weights: "},
		{"test = 0.4", "test = 1.4", `factor "test" is 1.4, not in (0, 1]`},
		{"test = 0.4", "toast = 0.4", `factor "test" is 0, not in (0, 1]`},
		{"same-file", "same-fire", "no meaning is known of turns.same-fire"},
		{"classes.keywords]\n", "classes.keywords]\nmeening = 1\n", `no signal "meening"`},
		{"is-module = 0.1", "is-module = nan", "is-module is NaN"},
		{"classes.keywords]\n", "classes.keyword]\n", `no class "keyword"`},
		{"[family.transformer", "[family.transistor", "the family transformer is missing"},
	} {
		broken := strings.ReplaceAll(string(text), c.from, c.to)
		if broken == string(text) {
			t.Fatalf("%q is not in the file", c.from)
		}
		if _, err := search.ReadWeights([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: error %v, want %q", c.to, c.from, err, c.want)
		}
	}
}

func FuzzReadWeights(f *testing.F) {
	text, err := os.ReadFile("weights.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("[family.table]\n[family.transformer]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		families, err := search.ReadWeights(text)
		if err != nil {
			return
		}
		for name, w := range families {
			for class, signals := range w.Evidence {
				for s, value := range signals {
					if math.IsNaN(value) || math.IsInf(value, 0) {
						t.Errorf("%s, %v: %v weighs %v", name, search.Class(class), search.Signal(s), value)
					}
				}
			}
		}
	})
}

func TestFamilyOf(t *testing.T) {
	for tokenizer, want := range map[string]search.Family{
		"wordpiece-0011": search.Transformer, "bpe-0011": search.Transformer, "identifier-words-1": search.Table, "": search.Table,
	} {
		if got := search.FamilyOf(encoder.Identity{Tokenizer: tokenizer}); got != want {
			t.Errorf("%q: %s, want %s", tokenizer, got, want)
		}
	}
}

// TestWithout holds that what is taken out is in no explanation any more and that what is left still adds up.
func TestWithout(t *testing.T) {
	f := newFixture(t, corpus, false)
	weights := search.DefaultWeights(encoder.Identity{})
	if _, err := weights.Without("everything"); !errors.Is(err, search.ErrNoGroup) {
		t.Errorf("error %v", err)
	}
	gone := map[string][]search.Signal{
		"meaning": {search.Meaning, search.FileMeaning}, "lexical": {search.Words, search.Coverage, search.FileWords},
		"names": {search.Name, search.NameWords}, "paths": {search.FileName, search.Folder}, "files": {search.FileWords, search.FileMeaning},
		"facts": {search.Exported, search.Documented}, "uses": {search.Used},
	}
	for _, group := range search.Groups() {
		less, err := weights.Without(group)
		if err != nil {
			t.Fatal(err)
		}
		f.Searcher = search.New(encoder.NewHashed(64), search.Options{Weights: &less})
		for _, q := range questions {
			for _, r := range f.search(search.Request{Query: q, Explain: true}).Results {
				sum := 0.0
				for _, part := range r.Explanation {
					sum += part.Value
					if slices.ContainsFunc(gone[group], func(s search.Signal) bool { return part.Name == s.String() }) {
						t.Errorf("without %s, %q: %s has %v", group, q, r.Name, part)
					}
				}
				if len(r.Explanation) > 0 && math.Abs(sum-r.Score) > 1e-9 {
					t.Errorf("without %s, %q: the score of %s is %v, its parts add up to %v", group, q, r.Name, r.Score, sum)
				}
			}
		}
	}
}

// TestFormerVersions holds that v2 comes before v1, and code before what lies in legacy, unless that is what was asked for.
func TestFormerVersions(t *testing.T) {
	text := "package p\n\n// Drain empties the reader.\nfunc Drain() { load(%d) }\n"
	f := newFixture(t, map[string]string{
		"a/v1/drain.go": fmt.Sprintf(text, 1), "a/v2/drain.go": fmt.Sprintf(text, 2),
		"b/legacy/fill.go": "package p\n\n// Fill fills the bucket.\nfunc Fill() { load(1) }\n",
		"b/new/fill.go":    "package p\n\n// Fill fills the bucket.\nfunc Fill() { load(2) }\n",
		"c/v1/shut.go":     "package p\n\n// Shut shuts the door.\nfunc Shut() { load(1) }\n",
	}, false)
	for query, want := range map[string]string{
		"empties the reader": "a/v2/drain.go:Drain", "v1 empties the reader": "a/v1/drain.go:Drain",
		"fills the bucket": "b/new/fill.go:Fill", "legacy fills the bucket": "b/legacy/fill.go:Fill",
	} {
		if got := names(f.search(search.Request{Query: query})); len(got) == 0 || got[0] != want {
			t.Errorf("%q: %v, want %s first", query, got, want)
		}
	}
	for _, r := range f.search(search.Request{Query: "shuts the door", Explain: true}).Results {
		if slices.ContainsFunc(r.Explanation, func(c search.Contribution) bool { return c.Name == search.OlderFactor.String() }) &&
			r.Name == "Shut" {
			t.Errorf("the only version counts as a former one: %v", r.Explanation)
		}
	}
}
