package main

import (
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lsp/encoder/train"
	"lsp/indexer/eval"
)

// snippetOptions are the options of lsp eval --records.
type snippetOptions struct {
	records       string
	splits        []string
	perRepository int
	perLanguage   int
	questions     int
	distractors   int
}

func (o *snippetOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.records, "records", "", "folder of mined records to take functions from")
	flags.StringSliceVar(&o.splits, "splits", []string{train.SplitTest, train.SplitValidation}, "which repositories of --records to take")
	flags.IntVar(&o.perRepository, "per-repository", 500, "most functions of a repository of --records")
	flags.IntVar(&o.perLanguage, "per-language", 1000, "most functions of a language of --records")
	flags.IntVar(&o.questions, "most-questions", 1000, "most questions about --records")
	flags.IntVar(&o.distractors, "distractors", 999, "functions of --records ranked beside the right one")
}

// snippetSeed is the seed of what is drawn: the same records give the same questions.
const snippetSeed = 1

// runSnippets asks for mined functions by their documentation.
func (e *evaluation) runSnippets(ctx context.Context, options eval.Options) (outcome, error) {
	o := &e.snippets
	if o.perRepository < 1 || o.perLanguage < 1 || o.questions < 1 || o.distractors < 1 {
		return outcome{}, fmt.Errorf("--per-repository, --per-language, --most-questions and --distractors are %d, %d, %d and %d; want at least 1 of each",
			o.perRepository, o.perLanguage, o.questions, o.distractors)
	}
	snippets, err := o.draw()
	if err != nil {
		return outcome{}, err
	}
	report, err := eval.RunSnippets(ctx, snippets, eval.SnippetOptions{Options: options, Distractors: o.distractors, Questions: o.questions})
	if err != nil {
		return outcome{}, err
	}
	return outcome{report, &report.PerQuery, func(b *strings.Builder) { snippetTable(b, report) }}, nil
}

// draw takes functions from the records, evenly from their repositories.
func (o *snippetOptions) draw() ([]eval.Snippet, error) {
	var snippets []eval.Snippet
	languages := map[string]int{}
	for _, split := range slices.Compact(slices.Sorted(slices.Values(o.splits))) {
		records, err := train.DrawPairs(o.records, train.PairOptions{
			Split: split, PerRepository: o.perRepository, Most: math.MaxInt, Seed: snippetSeed,
		})
		if err != nil {
			return nil, err
		}
		for i := range records {
			r := &records[i]
			if languages[r.Language]++; languages[r.Language] > o.perLanguage {
				continue
			}
			snippets = append(snippets, eval.Snippet{
				Query: r.Query, Unit: r.Unit(false), Language: r.Language, Extension: path.Ext(r.Path), Repository: r.Repository,
			})
		}
	}
	if len(snippets) < 2 {
		return nil, fmt.Errorf("fewer than two documented functions of the splits %s in %s", strings.Join(o.splits, " and "), o.records)
	}
	return snippets, nil
}

// snippetTable shows the scores of a benchmark of snippets, with a reranker what it gains.
func snippetTable(b *strings.Builder, r *eval.SnippetsReport) {
	fmt.Fprintf(b, "MRR %.3f among %s others, NDCG %.3f among %s  (%s questions, %s)\n", r.MRR, thousands(r.Distractors),
		r.NDCG, thousands(r.Functions), thousands(r.Questions), r.Mode)
	fmt.Fprintf(b, "encoding %.1f µs per function, query p50 %.2f ms\n", r.EncodeUs, r.QueryP50)
	gainLines(b, r.Rerank)
}

// gainLines shows what rerankers gain.
func gainLines(b *strings.Builder, rerankers []eval.RerankScores) {
	for i := range rerankers {
		r := &rerankers[i]
		fmt.Fprintf(b, "%s: MRR %.3f, %+.3f%s", clean(r.Name), r.MRR, r.MRRGain, intervalText(&r.MRRInterval))
		if r.NDCG > 0 {
			fmt.Fprintf(b, ", NDCG %.3f, %+.3f%s", r.NDCG, r.NDCGGain, intervalText(&r.NDCGInterval))
		}
		fmt.Fprintf(b, "; query p50 %.2f ms, asked again %.2f ms\n", r.FirstP50, r.AgainP50)
	}
}
