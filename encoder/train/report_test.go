package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
)

func TestReport(t *testing.T) {
	dir := t.TempDir()
	var records []Record
	for i := range 60 {
		r := Record{Name: fmt.Sprint("f", i), Body: fmt.Sprintf("alpha%d beta%d", i, i), Language: []string{"go", "lua"}[i%2], Split: SplitTest}
		if i%3 == 0 {
			r.Query = fmt.Sprint("alpha", i)
		}
		records = append(records, r)
	}
	records = append(records, Record{Query: "never asked", Name: "g", Body: "x", Language: "go", Split: SplitTrain})
	if err := writeRecords(recordFile(dir, "a/b"), records); err != nil {
		t.Fatal(err)
	}
	baseline := func(units []encoder.Unit) (func(string) []float32, error) {
		return func(query string) []float32 {
			scores := make([]float32, len(units))
			for i, u := range units {
				if strings.Contains(u.Body, query+" ") {
					scores[i] = 1
				}
			}
			return scores
		}, nil
	}
	opts := ReportOptions{Records: dir, Functions: 40, Queries: 15, Baseline: baseline, Plain: baseline}
	lines, err := Report(context.Background(), encoder.NewHashed(512), opts)
	if err != nil {
		t.Fatal(err)
	}
	var languages []string
	for _, l := range lines {
		languages = append(languages, l.Language)
		if l.Both.MRR != 1 || l.Plain.MRR != 1 || l.Distant.Model.Queries != l.Model.Queries || l.Distant.Baseline.MRR != 1 {
			t.Errorf("%s: both %+v, distant questions %+v", l.Language, l.Both, l.Distant)
		}
		if l.Baseline.MRR != 1 || l.Baseline.Recall10 != 1 || l.Model.MRR < 0.9 {
			t.Errorf("%s: %+v and baseline %+v, want every function found", l.Language, l.Model, l.Baseline)
		}
	}
	if !slices.Equal(languages, []string{"all", "go", "lua"}) {
		t.Errorf("languages %v", languages)
	}
	if m := lines[0].Model; m.Functions != 40 || m.Queries != 15 {
		t.Errorf("%d functions and %d questions, want the limits of 40 and 15", m.Functions, m.Queries)
	}
	opts.Baseline = func([]encoder.Unit) (func(string) []float32, error) { return nil, errors.New("no") }
	if _, err := Report(context.Background(), encoder.NewHashed(8), opts); err == nil {
		t.Error("a baseline that fails: no error")
	}
	opts.Records = t.TempDir()
	if _, err := Report(context.Background(), encoder.NewHashed(8), opts); err == nil {
		t.Error("no records: no error")
	}
}
