package rank

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/zeebo/xxh3"

	"lsp/indexer/eval"
	"lsp/indexer/search"
)

// ModeReport is how well one mode of search found functions by what their documentation says.
type ModeReport struct {
	Mode     search.Mode `json:"mode"`
	MRR      float64     `json:"mrr"`       // of the first ten results
	Recall10 float64     `json:"recall@10"` // questions with an answer among them
}

// FunctionReport compares hybrid search with each retriever alone, over questions from the documentation of functions.
type FunctionReport struct {
	Repositories int                        `json:"repositories"`
	Questions    int                        `json:"questions"`
	Modes        []ModeReport               `json:"modes"`
	Intervals    map[search.Mode][2]float64 `json:"intervals"` // of the differences of hybrid to the others in MRR, 95 %
}

// reportModes are the modes that Report compares, hybrid first.
var reportModes = []search.Mode{search.Hybrid, search.Dense, search.Lexical}

// Report asks the questions that the documentation of functions gives over every repository without documentation, in
// every mode. weights nil means those inside the program.
func Report(ctx context.Context, repositories []Repository, opts SampleOptions, weights *search.Weights) (*FunctionReport, error) {
	report := &FunctionReport{Intervals: map[search.Mode][2]float64{}}
	found := make([][]float64, len(reportModes)) // reciprocal ranks by mode and question
	searcher := search.New(opts.Encoder, search.Options{Weights: weights})
	for _, r := range repositories {
		err := reportOne(ctx, r, searcher, opts, found)
		if err != nil {
			return nil, fmt.Errorf("report on %s: %w", r.Name, err)
		}
		report.Repositories++
	}
	report.Questions = len(found[0])
	for m, mode := range reportModes {
		line := ModeReport{Mode: mode}
		var differences []float64
		for i, rr := range found[m] {
			line.MRR += rr / float64(len(found[m]))
			if rr > 0 {
				line.Recall10 += 1 / float64(len(found[m]))
			}
			differences = append(differences, found[0][i]-rr)
		}
		report.Modes = append(report.Modes, line)
		if mode != search.Hybrid {
			report.Intervals[mode] = eval.Bootstrap(differences)
		}
	}
	return report, nil
}

// reportOne adds the reciprocal ranks of the questions of one repository.
func reportOne(ctx context.Context, r Repository, searcher *search.Searcher, opts SampleOptions, found [][]float64) error {
	files, err := readFiles(ctx, r.Path)
	if err != nil {
		return err
	}
	bare, err := os.MkdirTemp("", "rank-report-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bare)
	dir := filepath.Join(bare, "stripped")
	if err := writeFiles(dir, files, true); err != nil {
		return err
	}
	a := newAsker(opts.Seed, r.Name, 0)
	clear(a.most)
	a.most[FunctionDocs] = int(float64(questionsOf[FunctionDocs]) * max(opts.Scale, 0))
	questions := a.ask(files, nil)
	if len(questions) == 0 {
		return nil
	}
	index, err := open(ctx, dir, opts.Encoder)
	if err != nil {
		return err
	}
	defer index.close()
	for i := range questions {
		q := &questions[i]
		for m, mode := range reportModes {
			resp, err := searcher.Search(ctx, []search.View{index.view}, search.Request{Query: q.text, Plain: true, Mode: mode})
			if err != nil {
				return fmt.Errorf("question %q: %w", q.text, err)
			}
			rank := slices.IndexFunc(resp.Results, func(res search.Result) bool { return q.right(&res) })
			rr := 0.0
			if rank >= 0 {
				rr = 1 / float64(rank+1)
			}
			found[m] = append(found[m], rr)
		}
	}
	return nil
}

// newAsker returns an asker of as many questions as questionsOf says, times scale.
func newAsker(seed uint64, repository string, scale float64) *asker {
	a := &asker{
		random: rand.New(rand.NewPCG(seed, xxh3.HashString(repository))), most: map[Kind]int{},
		all: map[Kind][]question{}, known: map[string]int{},
	}
	for kind, n := range questionsOf {
		a.most[kind] = int(float64(n) * scale)
	}
	return a
}
