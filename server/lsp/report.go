package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lsp/encoder"
	"lsp/encoder/static"
	"lsp/encoder/train"
	"lsp/indexer/eval"
	"lsp/indexer/lexical"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// reporting holds the options of lsp train report.
type reporting struct {
	*globals
	benchmark
	options         train.ReportOptions
	card, ablations string
	asJSON, words   bool
}

func newReport(g *globals) *cobra.Command {
	r := reporting{globals: g}
	cmd := &cobra.Command{
		Use:   "report --records DIR",
		Short: "Tell how well a model does on repositories it has not seen",
		Long: `Tell how well a model does on repositories it has not seen: whether the question
that a function's documentation answers finds the function without it, beside the
ranking by words (BM25F). --encoder-file names another model than the one inside the
program.

--card writes the model card, with the ablations of lsp train ablate and, given
--functions and --queries as of lsp eval, the figures of that benchmark.`,
		Example: `  lsp train report --records mined --encoder-file my.model
  lsp train report --records mined --ablations ablations.json --card encoder/static/MODEL.md`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&r.options.Records, "records", "", "folder of mined records")
	flags.StringSliceVar(&r.options.Splits, "splits", []string{train.SplitTest, train.SplitValidation}, "which repositories are asked about")
	flags.IntVar(&r.options.Functions, "most-functions", 10000, "most functions ranked for a question")
	flags.IntVar(&r.options.Queries, "most-queries", 2000, "most questions asked")
	flags.BoolVar(&r.words, "words", true, "rank by words too")
	flags.StringVar(&r.card, "card", "", "model card to write")
	flags.StringVar(&r.ablations, "ablations", "", "file of lsp train ablate, for the card")
	flags.BoolVar(&r.asJSON, "json", false, "print JSON")
	r.benchmark.add(cmd)
	require(cmd, "records")
	return cmd
}

func (r *reporting) run(ctx context.Context) error {
	enc, err := r.encoder()
	if err != nil {
		return err
	}
	if r.words {
		r.options.Baseline = func(units []encoder.Unit) (func(string) []float32, error) {
			return scoreByWords(ctx, units, fielded, lexical.DefaultParams())
		}
		r.options.Plain = func(units []encoder.Unit) (func(string) []float32, error) {
			return scoreByWords(ctx, units, unfielded, plainParams())
		}
	}
	lines, err := train.Report(ctx, enc, r.options)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return fmt.Errorf("no records of the splits %s in %s", strings.Join(r.options.Splits, " and "), r.options.Records)
	}
	if r.card != "" {
		if err := r.writeCard(ctx, enc, lines); err != nil {
			return err
		}
	}
	if r.asJSON {
		return writeJSON(r.con.out, lines)
	}
	for _, line := range lines {
		fmt.Fprintf(r.con.out, "%-12s %s\n", line.Language, describe(line.Model))
		if line.Baseline != nil {
			fmt.Fprintf(r.con.out, "%-12s by words: MRR %.3f, recall@10 %.3f; by both: MRR %.3f, recall@10 %.3f\n", "",
				line.Baseline.MRR, line.Baseline.Recall10, line.Both.MRR, line.Both.Recall10)
		}
	}
	return nil
}

// writeCard gathers the figures of the model card and writes it.
func (r *reporting) writeCard(ctx context.Context, enc encoder.Encoder, lines []train.ReportLine) error {
	model, ok := enc.(*static.Model)
	if !ok {
		return errors.New("the card describes the model inside the program or a file of its kind (--encoder-file)")
	}
	card := train.Card{Model: model, Bytes: model.Bytes(), Options: train.DefaultFit(), HeldOut: lines}
	var err error
	if card.Corpus, err = train.CountCorpus(ctx, r.options.Records); err != nil {
		return err
	}
	if r.ablations != "" {
		if card.Ablations, err = readAblations(r.ablations); err != nil {
			return err
		}
	}
	test := r.options
	test.Splits = []string{train.SplitTest}
	if card.Summaries, err = train.Summaries(ctx, enc, test); err != nil {
		return err
	}
	if card.Speed, err = train.MeasureSpeed(ctx, enc, r.options); err != nil {
		return err
	}
	if card.Benchmark, err = r.benchmark.lines(ctx, model); err != nil {
		return err
	}
	return store.WriteFileAtomic(r.card, func(w io.Writer) error { return train.WriteCard(w, card) })
}

// fielded is a unit as the index has it.
func fielded(u *encoder.Unit) *lexical.Document {
	return &lexical.Document{
		lexical.Name: u.Name, lexical.Owner: u.Owner, lexical.Signature: u.Signature,
		lexical.Documentation: u.Documentation, lexical.Body: u.Body,
	}
}

// unfielded is a unit as one text. The body holds the name and the signature.
func unfielded(u *encoder.Unit) *lexical.Document {
	return &lexical.Document{lexical.Body: u.Owner + "\n" + u.Documentation + "\n" + u.Body}
}

// plainParams are the constants of BM25 that most papers compare with, for documents of one field.
func plainParams() lexical.Params {
	p := lexical.Params{K1: 1.2}
	p.Weight[lexical.Body], p.B[lexical.Body] = 1, 0.75
	return p
}

// scoreByWords ranks units by BM25F over the fields that document gives them.
func scoreByWords(ctx context.Context, units []encoder.Unit, document func(*encoder.Unit) *lexical.Document, params lexical.Params) (func(query string) []float32, error) {
	b := lexical.NewBuilder()
	for i := range units {
		b.Add(document(&units[i]))
	}
	section, err := lexical.Open(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("rank by words: %w", err)
	}
	return func(query string) []float32 {
		scores := make([]float32, len(units))
		scorer, err := lexical.NewScorer([]lexical.Source{{Section: section}}, lexical.Analyze(query), params)
		if err != nil {
			return scores
		}
		hits, err := scorer.Search(ctx, len(units))
		if err != nil {
			return scores
		}
		for _, h := range hits {
			scores[h.Document] = h.Score
		}
		return scores
	}, nil
}

// benchmark names the files of a benchmark of functions.
type benchmark struct{ functions, queries string }

func (b *benchmark) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&b.functions, "functions", "", "benchmark of functions, as of lsp eval")
	cmd.Flags().StringVar(&b.queries, "queries", "", "its questions")
	cmd.MarkFlagsRequiredTogether("functions", "queries")
}

// measure ranks the functions of the benchmark in a mode.
func (b *benchmark) measure(ctx context.Context, enc encoder.Encoder, mode search.Mode) (train.Metrics, error) {
	functions, err := eval.LoadFunctions(b.functions)
	if err != nil {
		return train.Metrics{}, err
	}
	queries, err := eval.LoadFunctionQueries(b.queries)
	if err != nil {
		return train.Metrics{}, err
	}
	report, err := eval.RunFunctions(ctx, functions, queries, eval.Options{Encoder: enc, Mode: mode})
	if err != nil {
		return train.Metrics{}, err
	}
	return train.Metrics{
		MRR: report.MRR, Recall1: report.Recall1, Recall10: report.Recall10, Queries: report.Queries, Functions: report.Functions,
	}, nil
}

// lines measures a model at all its lengths, the words alone, and the search with both.
func (b *benchmark) lines(ctx context.Context, model *static.Model) ([]train.BenchmarkLine, error) {
	if b.functions == "" {
		return nil, nil
	}
	var lines []train.BenchmarkLine
	add := func(name string, enc encoder.Encoder, mode search.Mode) error {
		m, err := b.measure(ctx, enc, mode)
		if err == nil {
			lines = append(lines, train.BenchmarkLine{Name: name, Metrics: m})
		}
		return err
	}
	if err := add(fmt.Sprintf("this model, %d dimensions", model.Dimensions()), model, search.Dense); err != nil {
		return nil, err
	}
	for _, n := range model.Shorter() {
		short, err := model.Truncated(n)
		if err != nil {
			return nil, err
		}
		if err := add(fmt.Sprintf("its first %d", n), short, search.Dense); err != nil {
			return nil, err
		}
	}
	return lines, errors.Join(add("BM25F", model, search.Lexical), add("search with both", model, search.Hybrid))
}

// readAblations reads the file of lsp train ablate.
func readAblations(path string) ([]train.Ablation, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read ablations: %w", err)
	}
	var done []train.Ablation
	if err := json.Unmarshal(data, &done); err != nil {
		return nil, fmt.Errorf("read ablations from %s: %w", path, err)
	}
	return done, nil
}

func newAblate(g *globals) *cobra.Command {
	b := benchmark{}
	options := train.AblateOptions{Fit: train.DefaultFit()}
	options.Fit.Pairs, options.Fit.Epochs = 60000, 3
	var out string
	cmd := &cobra.Command{
		Use:   "ablate --records DIR --teacher FILE --out FILE",
		Short: "Train without one ingredient after the other, to see what each is worth",
		Long: `Train a small model with everything and one without each ingredient, and measure
them on repositories that training does not see. The results are kept in a file
for lsp train report --card; what it holds already is not run again.
The ingredients: ` + ingredients() + `.`,
		Example: "  lsp train ablate --records mined --teacher teacher.bin --out ablations.json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options.Report.Records = options.Fit.Records
			return ablate(cmd.Context(), g, options, b, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Fit.Records, "records", "", "folder of mined records")
	flags.StringVar(&options.Fit.Teacher, "teacher", "", "file of the teacher's vectors")
	flags.StringVar(&out, "out", "", "file of results to write and to continue")
	flags.IntVar(&options.Fit.Pairs, "pairs", options.Fit.Pairs, "most pairs each model is trained on")
	flags.IntVar(&options.Fit.Epochs, "epochs", options.Fit.Epochs, "passes over them")
	flags.IntVar(&options.Fit.Workers, "workers", options.Fit.Workers, "goroutines; the result does not depend on it")
	b.add(cmd)
	require(cmd, "records", "teacher", "out")
	return cmd
}

// ablate runs the ablations that are still to be done and prints all of them.
func ablate(ctx context.Context, g *globals, options train.AblateOptions, b benchmark, out string) error {
	var err error
	if options.Done, err = readAblations(out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if b.functions != "" {
		options.Benchmark = func(ctx context.Context, enc encoder.Encoder) (train.Metrics, error) {
			return b.measure(ctx, enc, search.Dense)
		}
	}
	options.Save = func(done []train.Ablation) error {
		return store.WriteFileAtomic(out, func(w io.Writer) error { return writeJSON(w, done) })
	}
	progress := newBar(g.con)
	options.Progress = func(run, runs int, without train.Ingredient, p train.FitProgress) {
		progress.show(fmt.Sprintf("run %d of %d, without %q, epoch %d of %d", run, runs, without, p.Epoch, p.Epochs), p.Batch, p.Batches)
	}
	done, err := train.Ablate(ctx, options)
	progress.clear()
	if err != nil {
		return err
	}
	for _, a := range done {
		name := string(a.Without)
		if name == "" {
			name = "(nothing)"
		}
		fmt.Fprintf(g.con.out, "%-17s %s\n", name, describe(a.HeldOut))
	}
	return nil
}
