package train

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"lsp/encoder"
)

// ReportOptions says what a report covers.
type ReportOptions struct {
	Records   string   // directory of mined records
	Splits    []string // whose repositories are asked about; default test and validation
	Functions int      // functions ranked at most, per language and over all; default 10,000
	Queries   int      // questions asked at most, per language and over all; default 2,000

	// Baseline ranks the same functions in another way, such as by their words: it returns the scores of all
	// units for a question. It may be nil.
	Baseline func(units []encoder.Unit) (score func(query string) []float32, err error)
}

// A ReportLine is one language, or all of them, with functions stripped of their documentation.
type ReportLine struct {
	Language string  `json:"language"`
	Model    Metrics `json:"model"`
	Baseline Metrics `json:"baseline"` // zero without one
}

// Report measures an encoder on repositories that training never saw: whether the question that a function's
// documentation answers finds the function without it, among undocumented functions of the same repositories.
// The line of all languages comes first.
func Report(ctx context.Context, e encoder.Encoder, opts ReportOptions) ([]ReportLine, error) {
	if len(opts.Splits) == 0 {
		opts.Splits = []string{SplitTest, SplitValidation}
	}
	if opts.Functions <= 0 {
		opts.Functions = 10000
	}
	if opts.Queries <= 0 {
		opts.Queries = 2000
	}
	byLanguage := map[string][]Record{}
	files, err := recordFiles(opts.Records)
	if err != nil {
		return nil, fmt.Errorf("report on model: %w", err)
	}
	for _, file := range files {
		err := readRecords(file, func(r *Record) error {
			if slices.Contains(opts.Splits, r.Split) {
				byLanguage[""] = append(byLanguage[""], *r)
				byLanguage[r.Language] = append(byLanguage[r.Language], *r)
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, fmt.Errorf("report on model: %w", err)
		}
	}
	var lines []ReportLine
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		line, err := reportLine(ctx, e, byLanguage[language], opts)
		if err != nil {
			return nil, fmt.Errorf("report on model: %w", err)
		}
		if line.Language = language; language == "" {
			line.Language = "all"
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func reportLine(ctx context.Context, e encoder.Encoder, records []Record, opts ReportOptions) (ReportLine, error) {
	set := heldOut(records, opts.Functions, opts.Queries)
	var line ReportLine
	var err error
	if line.Model, err = Measure(ctx, e, set); err != nil || opts.Baseline == nil {
		return line, err
	}
	score, err := opts.Baseline(set.Units)
	if err != nil {
		return line, err
	}
	total := Metrics{Queries: len(set.Queries), Functions: len(set.Units)}
	for _, q := range set.Queries {
		if err := ctx.Err(); err != nil {
			return line, err
		}
		total.count(bestRank(score(q.Text), q.Relevant))
	}
	line.Baseline = total.mean()
	return line, nil
}

// heldOut makes a set of at most so many functions and questions, spread evenly over the records. Documented
// functions come before undocumented ones where there are too many.
func heldOut(records []Record, functions, queries int) Set {
	pairs, total := 0, len(records)
	for i := range records {
		if records[i].Query != "" {
			pairs++
		}
	}
	keepPairs := min(pairs, max(functions/2, functions-(total-pairs)))
	keepBare := min(total-pairs, functions-keepPairs)
	asked := min(keepPairs, queries)
	var set Set
	seenPairs, seenBare, kept := 0, 0, 0
	for i := range records {
		r := &records[i]
		if r.Query == "" {
			if seenBare++; spread(seenBare, total-pairs, keepBare) {
				set.Units = append(set.Units, r.Unit(false))
			}
			continue
		}
		if seenPairs++; !spread(seenPairs, pairs, keepPairs) {
			continue
		}
		if kept++; spread(kept, keepPairs, asked) {
			set.Queries = append(set.Queries, Question{r.Query, []int{len(set.Units)}})
		}
		set.Units = append(set.Units, r.Unit(false))
	}
	return set
}

// spread reports whether the i-th of n, from 1, is among the keep that are spread evenly.
func spread(i, n, keep int) bool { return i*keep/n > (i-1)*keep/n }
