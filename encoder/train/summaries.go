package train

import (
	"context"
	"fmt"
	"slices"

	"lsp/encoder"
	summaries "lsp/encoder/summary"
)

// A SummaryReport tells how near guessed lines come to the first sentence of the documentation that was taken away,
// as mean BLEU-4 of single lines.
type SummaryReport struct {
	Functions int     `json:"functions"`
	Guess     float64 `json:"guess"`
	Nearest   float64 `json:"nearest"` // the baseline: the sentence of the nearest neighbour as it is
	Name      float64 `json:"name"`    // the words of the function's name
}

// Summaries guesses a line for documented functions of repositories that training never saw, from the other documented
// functions of the same repository, as package summary does. Functions beyond opts.Queries are left out evenly.
func Summaries(ctx context.Context, e encoder.Encoder, opts ReportOptions) (SummaryReport, error) {
	var report SummaryReport
	files, err := recordFiles(opts.Records)
	if err != nil {
		return report, fmt.Errorf("report on summaries: %w", err)
	}
	var repositories [][]Record
	total := 0
	for _, file := range files {
		var records []Record
		err := readRecords(file, func(r *Record) error {
			if r.Query != "" && slices.Contains(opts.Splits, r.Split) {
				records = append(records, *r)
			}
			return ctx.Err()
		})
		if err != nil {
			return report, fmt.Errorf("report on summaries: %w", err)
		}
		repositories = append(repositories, records)
		total += len(records)
	}
	seen := 0
	for _, records := range repositories {
		var asked []int
		for i := range records {
			if seen++; seen*opts.Queries/max(total, opts.Queries) > (seen-1)*opts.Queries/max(total, opts.Queries) {
				asked = append(asked, i)
			}
		}
		if err := report.add(ctx, e, records, asked); err != nil {
			return report, fmt.Errorf("report on summaries: %w", err)
		}
	}
	n := float64(max(report.Functions, 1))
	report.Guess, report.Nearest, report.Name = report.Guess/n, report.Nearest/n, report.Name/n
	return report, nil
}

// add guesses lines for some of the functions of a repository and adds up how good they are.
func (s *SummaryReport) add(ctx context.Context, e encoder.Encoder, records []Record, asked []int) error {
	if len(asked) == 0 {
		return nil
	}
	d := e.Dimensions()
	units := make([]encoder.Unit, len(records))
	for i := range records {
		units[i] = records[i].Unit(true)
	}
	bare := make([]encoder.Unit, len(asked))
	for i, at := range asked {
		bare[i] = records[at].Unit(false)
	}
	near, own := newMatrix(len(units), d), newMatrix(len(bare), d)
	if err := e.EncodeUnits(ctx, units, near.Data); err != nil {
		return err
	}
	if err := e.EncodeUnits(ctx, bare, own.Data); err != nil {
		return err
	}
	scores := newMatrix(1, len(units))
	columns := transposed(near)
	var best [summaries.Neighbours]int32
	for i, at := range asked {
		multiply(band(own, i, i+1), columns, scores, 1)
		scores.Data[at] = -2 // itself
		var neighbours []summaries.Neighbour
		for _, j := range top(scores.Data, best[:min(len(best), len(units)-1)]) {
			neighbours = append(neighbours, summaries.Neighbour{
				Name: records[j].Name, Documentation: records[j].Documentation, Similarity: scores.Data[j],
			})
		}
		guess := summaries.Line(records[at].Name, neighbours)
		reference := firstSentence(records[at].Query)
		s.Functions++
		s.Guess += summaries.BLEU(guess.Text, reference)
		s.Name += summaries.BLEU(records[at].Name, reference)
		if len(neighbours) > 0 {
			s.Nearest += summaries.BLEU(summaries.FirstSentence(neighbours[0].Documentation), reference)
		}
	}
	return nil
}
