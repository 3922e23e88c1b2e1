package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lsp/encoder"
	"lsp/encoder/static"
	"lsp/indexer/eval"
	"lsp/indexer/search"
	"lsp/server/engine"
)

// evaluation holds the options of lsp eval.
type evaluation struct {
	*globals
	functions, queries, repository, subfolder string
	suite, checkouts, against                 string
	snippets                                  snippetOptions
	only, without                             []string
	weights                                   string
	mode                                      string
	save, before                              string
	alone                                     bool
	asJSON, explain                           bool
}

// outcome is what a benchmark gave, whatever kind it is of.
type outcome struct {
	report    any                 // what --json prints
	questions *[]eval.QueryReport // those of the report
	summary   func(b *strings.Builder)
}

func newEval(g *globals) *cobra.Command {
	e := evaluation{globals: g}
	cmd := &cobra.Command{
		Use:   "eval (--functions FILE | --repository DIR | --suite FILE | --records DIR) --queries FILE",
		Short: "Measure how good and how fast search is",
		Long: `Measure how good and how fast search is, by questions with known answers.

With --functions, a file of JSON lines {"id", "text"}, every function is ranked
for every question of --queries, JSON lines {"id", "query", "relevant": [id]}.

With --repository, the folder is indexed from nothing and the first ten results
of every question are judged. --queries is a JSON array of {"query", "category",
"relevant": [...], "secondary": [...]}; a target is a path or an object
{"path", "start_line", "end_line"}.

With --suite, many repositories are measured in one run: a JSON array of {"name",
"language", "benchmark_root", "published_ndcg10": {SYSTEM: score,
SYSTEM_by_category: {CATEGORY: score}}}. They are checked out as --checkouts/NAME,
their questions are NAME.json in the folder --queries (by default the one beside
the file that has its name without extension). Every repository counts the same.
Differences to published figures come with the interval that holds them with
95 % confidence, by the bootstrap over repositories.

With --records, a folder of lsp train mine, functions of the repositories that
training did not see are asked for by the documentation that was taken from them:
the mean reciprocal rank among --distractors others, and the discounted cumulative
gain among all of them.

With --encoder, the answers are those of a workspace where that model's vectors are
all there, beside those of the model inside the program: both judge. With --alone as
well, the index is made with that model and no other.

With --rerank, questions about functions are asked without a reranker and with it;
several can be named, with commas between them.

--without takes a part of the ranking out, to see what it is worth; --weights reads
other weights than those inside the program, in the format of
indexer/search/weights.toml.

--save keeps the outcome of every question; a later run with --diff, or lsp eval
diff, tells what changed since.`,
		Example: `  lsp eval --functions functions.jsonl --queries queries.jsonl --mode lexical
  lsp eval --repository ~/src/chi --within middleware --queries chi.json --json
  lsp eval --repository ~/src/chi --queries chi.json --explain
  lsp eval --suite repositories.json --checkouts ~/src --save before.jsonl
  lsp eval --suite repositories.json --checkouts ~/src --diff before.jsonl
  lsp eval --records mined --mode dense --encoder all-minilm-l6-v2 --alone --rerank late,bi:bge-small-en-v1.5`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&e.functions, "functions", "", "file of functions to rank")
	flags.StringVar(&e.repository, "repository", "", "checked-out repository to search in")
	flags.StringVar(&e.subfolder, "within", "", "index only this folder of the repository")
	flags.StringVar(&e.suite, "suite", "", "file that lists repositories to search in")
	flags.StringVar(&e.checkouts, "checkouts", ".", "folder of the repositories of --suite")
	flags.StringSliceVar(&e.only, "only", nil, "names of the repositories of --suite to take")
	flags.StringVar(&e.against, "against", "", "published system to compare with in every line (default: the best)")
	flags.StringVar(&e.queries, "queries", "", "file of questions with their answers; with --suite, the folder of such files")
	e.snippets.add(flags)
	flags.StringVar(&e.mode, "mode", string(search.Hybrid), strings.Join(modes, ", "))
	flags.BoolVar(&e.alone, "alone", false, "with --encoder: without the model inside the program")
	flags.StringVar(&e.save, "save", "", "write the outcome of every question to this file of JSON lines")
	flags.StringVar(&e.before, "diff", "", "compare with the outcomes that an earlier run saved")
	flags.BoolVar(&e.asJSON, "json", false, "print JSON; with --diff a second line holds the comparison")
	flags.BoolVar(&e.explain, "explain", false, "show of every question what was ranked and why")
	flags.StringSliceVar(&e.without, "without", nil, "rank without these parts: "+strings.Join(search.Groups(), ", "))
	flags.StringVar(&e.weights, "weights", "", "rank by the weights of this file")
	completeValues(cmd, "mode", modes)
	completeValues(cmd, "without", search.Groups())
	cmd.AddCommand(newEvalDiff(g))
	return cmd
}

// modes are the values of --mode.
var modes = []string{string(search.Dense), string(search.Lexical), string(search.Hybrid)}

// check reports options that do not go together.
func (e *evaluation) check() error {
	kinds := 0
	for _, file := range []string{e.functions, e.repository, e.suite, e.snippets.records} {
		if file != "" {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return errors.New("what to measure? give one of --functions FILE, --repository DIR, --suite FILE and --records DIR")
	case e.queries == "" && e.suite == "" && e.snippets.records == "":
		return errors.New("which questions? give --queries FILE")
	case e.subfolder != "" && e.repository == "":
		return errors.New("--within needs --repository")
	case (len(e.only) > 0 || e.against != "") && e.suite == "":
		return errors.New("--only and --against need --suite")
	case e.alone && !e.transformer():
		return errors.New("--alone needs --encoder")
	case !slices.Contains(modes, e.mode):
		return fmt.Errorf("--mode is %q; it can be %s", e.mode, strings.Join(modes, ", "))
	}
	return nil
}

// run checks the options, runs the benchmark they ask for, and shows what came out.
func (e *evaluation) run(ctx context.Context) (err error) {
	if err := e.check(); err != nil {
		return err
	}
	var before []eval.QueryReport
	if e.before != "" {
		var err error
		if before, err = eval.LoadQueryReports(e.before); err != nil {
			return err
		}
	}
	enc, second, err := e.encoders()
	if err != nil {
		return err
	}
	progress := newBar(e.con)
	defer progress.clear()
	weights, err := e.rankingWeights(enc)
	if err != nil {
		return err
	}
	rerankers, close, err := e.rerankers(cmp.Or(second, enc))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, close()) }()
	options := eval.Options{
		Encoder: enc, Second: second, Mode: search.Mode(e.mode), Weights: weights, Rerankers: rerankers, Explain: e.explain, Progress: progress.show,
	}
	measure := e.runFunctions
	switch {
	case e.repository != "":
		measure = e.runRepository
	case e.suite != "":
		measure = e.runSuite
	case e.snippets.records != "":
		measure = e.runSnippets
	}
	out, err := measure(ctx, options)
	progress.clear()
	if err != nil {
		return err
	}
	return e.show(out, before)
}

// encoders opens the encoder that the index is made with and, if there is to be one, that of the vectors beside.
func (e *evaluation) encoders() (first, second encoder.Encoder, err error) {
	named, err := e.encoder()
	if err != nil || e.alone || !e.transformer() {
		return named, nil, err
	}
	first, err = static.Default()
	return first, named, err
}

// rerankers opens what --rerank says: several, with commas between them, where each is asked by itself.
func (e *evaluation) rerankers(enc encoder.Encoder) (rerankers []search.Rerank, close func() error, err error) {
	var open []*engine.Reranker
	close = func() error {
		var errs []error
		for _, r := range open {
			errs = append(errs, r.Close())
		}
		return errors.Join(errs...)
	}
	names := strings.Split(e.rerank, ",")
	if len(names) > 1 && (e.repository != "" || e.suite != "") {
		return nil, nil, fmt.Errorf("--rerank %s: repositories are measured with one reranker at a time", e.rerank)
	}
	for _, name := range names {
		r, err := e.openReranker(name, enc)
		if err != nil {
			return nil, nil, errors.Join(err, close())
		}
		if open = append(open, r); r.Model != nil {
			rerankers = append(rerankers, search.Rerank{Model: r.Model})
		}
	}
	return rerankers, close, nil
}

// rankingWeights returns the weights to rank by: those of a file or those inside the program, without what was asked to be
// left out.
func (e *evaluation) rankingWeights(enc encoder.Encoder) (*search.Weights, error) {
	weights := search.DefaultWeights(enc.Identity())
	if e.weights != "" {
		text, err := os.ReadFile(e.weights)
		if err != nil {
			return nil, err
		}
		families, err := search.ReadWeights(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.weights, err)
		}
		weights = *families[search.FamilyOf(enc.Identity())]
	}
	for _, group := range e.without {
		var err error
		if weights, err = weights.Without(group); err != nil {
			return nil, fmt.Errorf("--without: %w", err)
		}
	}
	return &weights, nil
}

// show saves what was asked to be saved, and prints the outcome and what changed since an earlier run.
func (e *evaluation) show(out outcome, before []eval.QueryReport) error {
	questions := *out.questions
	if e.save != "" {
		if err := saveQuestions(e.save, questions); err != nil {
			return err
		}
	}
	if !e.explain {
		*out.questions = nil
	}
	if e.asJSON {
		if err := writeJSON(e.con.out, out.report); err != nil {
			return err
		}
	} else {
		var b strings.Builder
		e.printQueries(&b, *out.questions)
		out.summary(&b)
		if _, err := io.WriteString(e.con.out, b.String()); err != nil {
			return err
		}
	}
	if e.before == "" {
		return nil
	}
	comparison := eval.Compare(before, questions)
	return e.con.writeComparison(&comparison, e.asJSON)
}

// saveQuestions writes the outcomes of questions to a file.
func saveQuestions(path string, questions []eval.QueryReport) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save the outcomes: %w", err)
	}
	if err := errors.Join(eval.WriteQueryReports(f, questions), f.Close()); err != nil {
		return fmt.Errorf("save the outcomes to %s: %w", path, err)
	}
	return nil
}

func (e *evaluation) runFunctions(ctx context.Context, options eval.Options) (outcome, error) {
	functions, err := eval.LoadFunctions(e.functions)
	if err != nil {
		return outcome{}, err
	}
	queries, err := eval.LoadFunctionQueries(e.queries)
	if err != nil {
		return outcome{}, err
	}
	report, err := eval.RunFunctions(ctx, functions, queries, options)
	if err != nil {
		return outcome{}, err
	}
	return outcome{report, &report.PerQuery, func(b *strings.Builder) {
		fmt.Fprintf(b, "MRR %.3f  recall@1 %.3f  recall@10 %.3f  (%s questions, %s functions, %s)\nencoding %.1f µs per function, query p50 %.2f ms\n",
			report.MRR, report.Recall1, report.Recall10, thousands(report.Queries), thousands(report.Functions), report.Mode,
			report.EncodeUs, report.QueryP50)
		gainLines(b, report.Rerank)
	}}, nil
}

func (e *evaluation) runRepository(ctx context.Context, options eval.Options) (outcome, error) {
	dir, err := folder(e.repository)
	if err != nil {
		return outcome{}, err
	}
	queries, err := eval.LoadRepositoryQueries(e.queries)
	if err != nil {
		return outcome{}, err
	}
	report, err := eval.RunRepository(ctx, dir, e.subfolder, queries, options)
	if err != nil {
		return outcome{}, err
	}
	return outcome{report, &report.PerQuery, func(b *strings.Builder) {
		fmt.Fprintf(b, "NDCG@10 %.3f  (%d questions, %s functions, %s)\n", report.NDCG, report.Queries, thousands(report.Functions), report.Mode)
		for _, category := range slices.Sorted(maps.Keys(report.ByCategory)) {
			fmt.Fprintf(b, "  %-14s %.3f\n", category, report.ByCategory[category])
		}
		fmt.Fprintf(b, "targets in the first ten files %.3f\nrecall@100 %s\n", report.Files10, recallText(report.Recall100))
		fmt.Fprintf(b, "index %.0f ms, query p50 %.2f ms, p99 %.2f ms\n", report.IndexMs, report.QueryP50, report.QueryP99)
	}}, nil
}

func (e *evaluation) runSuite(ctx context.Context, options eval.Options) (outcome, error) {
	suite, err := eval.LoadSuite(e.suite, e.checkouts, e.queries, e.only)
	if err != nil {
		return outcome{}, err
	}
	report, err := eval.RunSuite(ctx, suite, options)
	if err != nil {
		return outcome{}, err
	}
	if _, known := report.All.Against[e.against]; !known && e.against != "" {
		return outcome{}, fmt.Errorf("--against is %q; published figures are those of %s", e.against,
			strings.Join(slices.Sorted(maps.Keys(report.All.Against)), ", "))
	}
	return outcome{report, &report.PerQuery, func(b *strings.Builder) { suiteTables(b, report, e.against) }}, nil
}

// printQueries shows of every question what was found, which of it is right, and why it stands where it does.
func (e *evaluation) printQueries(b *strings.Builder, queries []eval.QueryReport) {
	r := renderer{con: e.con, format: formatGrep, current: currentFolder()}
	for i := range queries {
		q := &queries[i]
		if q.Repository != "" {
			fmt.Fprintf(b, "%s  ", clean(q.Repository))
		}
		fmt.Fprintf(b, "%.3f  %s  (%s)\n", q.Score, e.con.paint(styleStrong, clean(q.Query)), q.Class)
		for k := range q.Results {
			mark := "    "
			if k < len(q.Hits) && q.Hits[k] {
				mark = e.con.paint(styleGood, "  * ")
			}
			b.WriteString(mark)
			r.result(b, &q.Results[k])
		}
		for _, missed := range q.Missed {
			fmt.Fprintf(b, "  %s %s\n", e.con.paint(styleBad, "missed"), clean(missed))
		}
		b.WriteByte('\n')
	}
}
