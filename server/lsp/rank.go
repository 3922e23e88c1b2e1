package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lsp/encoder"
	"lsp/indexer/rank"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// ranking holds the options of lsp train rank.
type ranking struct {
	*globals
	sample       rank.SampleOptions
	fit          rank.FitOptions
	weights, out string
	list         string
	report       bool
}

func newRank(g *globals) *cobra.Command {
	r := ranking{globals: g, fit: rank.DefaultFit()}
	cmd := &cobra.Command{
		Use:   "rank --samples DIR [[NAME=]REPOSITORY...]",
		Short: "Fit the weights of the ranking",
		Long: `Fit the weights of the ranking to questions over repositories that the encoder was
not trained on: first sentences of documentation, headings of guides, subjects of
small commits, names. Repositories that are named are sampled, once each. Without
them, or with --out, the weights are then fitted to all samples in --samples, but
for those of one repository of five, on which they are measured. The result is the
same for the same samples, and sampling that was interrupted continues where it
stopped.

With --report nothing is fitted: the documentation of the functions of the named
repositories is asked for without it, in every mode of search.`,
		Example: `  lsp train rank --samples samples pallets/jinja=$HOME/src/jinja ~/src/bat
  lsp train rank --samples samples --out weights.toml
  lsp train rank --report pallets/jinja=$HOME/src/jinja`,
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&r.sample.Dir, "samples", "", "folder that the samples are written to and read from")
	flags.Float64Var(&r.sample.Scale, "scale", 1, "factor on the number of questions of a repository")
	flags.Uint64Var(&r.sample.Seed, "seed", 1, "seed of all random choices")
	flags.StringVar(&r.weights, "weights", "", "file of weights to start from or to report on, in place of those inside the program")
	flags.StringVar(&r.out, "out", "", "file of weights to write")
	flags.StringVar(&r.list, "list", "", "file to list the repositories in")
	flags.BoolVar(&r.report, "report", false, "compare the modes of search")
	return cmd
}

func (r *ranking) run(ctx context.Context, args []string) error {
	if r.sample.Dir == "" && !r.report {
		return errors.New("where are the samples? give --samples DIR")
	}
	var repositories []rank.Repository
	for _, arg := range args {
		repository, err := parseRepository(arg)
		if err != nil {
			return err
		}
		repositories = append(repositories, rank.Repository{Name: repository.Name, Path: repository.Path})
	}
	enc, err := r.encoder()
	if err != nil {
		return err
	}
	families, err := r.families()
	if err != nil {
		return err
	}
	r.sample.Encoder = enc
	if r.report {
		return r.compare(ctx, repositories, families[search.FamilyOf(enc.Identity())])
	}
	r.sample.Progress = func(h rank.Head, took time.Duration) {
		asked := 0
		for _, n := range h.Questions {
			asked += n
		}
		fmt.Fprintf(r.con.err, "%s: %s questions over %s units, %s not found, %s\n", h.Repository, thousands(asked),
			thousands(h.Units), thousands(h.Missed), took.Round(time.Second))
	}
	if err := rank.SampleAll(ctx, repositories, r.sample); err != nil {
		return err
	}
	if len(repositories) > 0 && r.out == "" {
		return nil
	}
	return r.train(ctx, enc, families)
}

// families reads the weights to start from.
func (r *ranking) families() (map[search.Family]*search.Weights, error) {
	if r.weights == "" {
		return search.EmbeddedWeights()
	}
	text, err := os.ReadFile(r.weights)
	if err != nil {
		return nil, fmt.Errorf("read weights: %w", err)
	}
	return search.ReadWeights(text)
}

// train fits the weights of the family of the encoder and tells what they are worth on repositories that were held out.
func (r *ranking) train(ctx context.Context, enc encoder.Encoder, families map[search.Family]*search.Weights) error {
	corpora, err := rank.Load(r.sample.Dir)
	if err != nil {
		return err
	}
	if r.list != "" {
		err := store.WriteFileAtomic(r.list, func(w io.Writer) error { return rank.WriteRepositories(w, corpora) })
		if err != nil {
			return fmt.Errorf("write the list of repositories: %w", err)
		}
	}
	var fitted, held []rank.Corpus
	for _, c := range corpora {
		if rank.Held(c.Head.Repository) {
			held = append(held, c)
		} else {
			fitted = append(fitted, c)
		}
	}
	progress := newBar(r.con)
	r.fit.Progress = func(done, total int) { progress.show("fitting", done, total) }
	family := search.FamilyOf(enc.Identity())
	r.fit.Turns = family == search.Table // the others have the turns of the table
	before := *families[family]
	after, err := rank.Fit(ctx, fitted, before, r.fit)
	progress.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.con.out, "fitted to %s repositories, held out %s\n", thousands(len(fitted)), thousands(len(held)))
	if err := r.printKinds(rank.ByKind(rank.Measure(held, &before)), rank.ByKind(rank.Measure(held, &after))); err != nil {
		return err
	}
	if r.out == "" {
		return nil
	}
	families[family] = &after
	err = store.WriteFileAtomic(r.out, func(w io.Writer) error { return search.WriteWeights(w, families) })
	if err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	return nil
}

// printKinds shows the NDCG of every kind of question before and after.
func (r *ranking) printKinds(before, after map[rank.Kind]float64) error {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(before)) {
		fmt.Fprintf(&b, "%-24s NDCG@10 %.4f -> %.4f\n", kind, before[kind], after[kind])
	}
	_, err := io.WriteString(r.con.out, b.String())
	return err
}

// compare reports how the modes of search do.
func (r *ranking) compare(ctx context.Context, repositories []rank.Repository, weights *search.Weights) error {
	if len(repositories) == 0 {
		return errors.New("which repositories? give their folders, as in: lsp train rank --report owner/name=FOLDER")
	}
	report, err := rank.Report(ctx, repositories, r.sample, weights)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s questions over %s repositories\n", thousands(report.Questions), thousands(report.Repositories))
	for _, m := range report.Modes {
		fmt.Fprintf(&b, "%-8s MRR %.3f  recall@10 %.3f", m.Mode, m.MRR, m.Recall10)
		if m.Mode != search.Hybrid {
			i := report.Intervals[m.Mode]
			fmt.Fprintf(&b, "  (hybrid better by %+.3f to %+.3f)", i[0], i[1])
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(r.con.out, b.String())
	return err
}
