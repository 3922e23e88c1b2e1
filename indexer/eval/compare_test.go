package eval_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"lsp/indexer/eval"
	"lsp/indexer/search"
)

func TestCompare(t *testing.T) {
	before := []eval.QueryReport{{Query: "a", Score: 1, Rank: 1}, {Query: "b", Score: 0.5, Rank: 2}, {Query: "c", Score: 0.2}, {Query: "gone"}}
	after := []eval.QueryReport{{Query: "c", Score: 0.9, Rank: 1}, {Query: "a", Score: 0.4, Rank: 3}, {Query: "b", Score: 0.5, Rank: 2}}
	c := eval.Compare(before, after)
	if c.Better != 1 || c.Worse != 1 || c.Equal != 1 || c.Unpaired != 1 || math.Abs(c.After-0.6) > 1e-9 {
		t.Errorf("got %+v", c)
	}
	if len(c.Changes) != 2 || c.Changes[0].Query != "a" || c.Changes[0].RankAfter != 3 {
		t.Errorf("changes %+v", c.Changes)
	}
	if math.Abs(c.Interval[0]+0.6) > 1e-9 || math.Abs(c.Interval[1]-0.7) > 1e-9 || c.Groups != nil {
		t.Errorf("interval %v, groups %v", c.Interval, c.Groups)
	}
}

// TestCompareGroups pairs questions of several repositories that read the same.
func TestCompareGroups(t *testing.T) {
	before := []eval.QueryReport{
		{Repository: "chi", Language: "go", Category: "semantic", Query: "q", Score: 0.1},
		{Repository: "zod", Language: "typescript", Category: "semantic", Query: "q", Score: 0.9},
		{Repository: "zod", Language: "typescript", Category: "semantic", Query: "q", Score: 0.3},
	}
	after := []eval.QueryReport{before[1], before[2], before[0]}
	after[2].Score = 0.4
	c := eval.Compare(before, after)
	if c.Unpaired != 0 || c.Equal != 2 || c.Better != 1 || len(c.Changes) != 1 || c.Changes[0].Repository != "chi" {
		t.Fatalf("got %+v", c)
	}
	var names []string
	for _, g := range c.Groups {
		names = append(names, g.By+" "+g.Name)
	}
	if want := "language go, language typescript, repository chi, repository zod"; strings.Join(names, ", ") != want {
		t.Errorf("groups %v, want %s", names, want)
	}
	if g := c.Groups[0]; g.Better != 1 || math.Abs(g.After-g.Before-0.3) > 1e-9 {
		t.Errorf("of chi alone: %+v", g)
	}
}

func TestQueryReports(t *testing.T) {
	want := []eval.QueryReport{
		{Repository: "chi", Query: "a <b>", Class: "keywords", Score: 0.5, Rank: 2, Found: []string{"x.go:1 X", "y.go:3"}, Hits: []bool{false, true},
			Missed: []string{"z.go"}, Recall100: map[string]float64{"dense": 1}, Files10: 0.5},
		{ID: "7", Query: "b"},
	}
	given := append([]eval.QueryReport(nil), want...)
	given[0].Results = []search.Result{{Path: "x.go"}}
	var file bytes.Buffer
	if err := eval.WriteQueryReports(&file, given); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(file.String(), "\n"); lines != 2 || !strings.Contains(file.String(), `"a <b>"`) {
		t.Errorf("wrote %s", file.String())
	}
	got, err := eval.ReadQueryReports(&file)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, got %+v, want %+v", err, got, want)
	}
	for _, bad := range []string{`{"query": ""}`, `{"query": 1}`, `[]`} {
		if _, err := eval.ReadQueryReports(strings.NewReader(bad)); err == nil {
			t.Errorf("read %s without an error", bad)
		}
	}
}

// FuzzReadQueryReports checks that what can be read can be written and read again.
func FuzzReadQueryReports(f *testing.F) {
	f.Add(`{"query": "a", "score": 0.5, "found": ["x"], "hits": [true]}`)
	f.Fuzz(func(t *testing.T, text string) {
		reports, err := eval.ReadQueryReports(strings.NewReader(text))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := eval.WriteQueryReports(&file, reports); err != nil {
			t.Fatal(err)
		}
		again, err := eval.ReadQueryReports(&file)
		if err != nil || len(again) != len(reports) {
			t.Errorf("%v: %d outcomes, then %d", err, len(reports), len(again))
		}
	})
}
