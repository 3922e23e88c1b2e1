package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lsp/indexer/eval"
	"lsp/indexer/search"
)

// evaluation holds the options of lsp eval.
type evaluation struct {
	*globals
	functions, queries, repository, subfolder string
	mode                                      string
	asJSON, explain                           bool
}

func newEval(g *globals) *cobra.Command {
	e := evaluation{globals: g}
	cmd := &cobra.Command{
		Use:   "eval (--functions FILE | --repository DIR) --queries FILE",
		Short: "Measure how good and how fast search is",
		Long: `Measure how good and how fast search is, by questions with known answers.

With --functions, a file of JSON lines {"id", "text"}, every function is ranked
for every question of --queries, JSON lines {"id", "query", "relevant": [id]}.

With --repository, the folder is indexed from nothing and the first ten results
of every question are judged. --queries is a JSON array of {"query", "category",
"relevant": [...], "secondary": [...]}; a target is a path or an object
{"path", "start_line", "end_line"}.`,
		Example: `  lsp eval --functions functions.jsonl --queries queries.jsonl --mode lexical
  lsp eval --repository ~/src/chi --within middleware --queries chi.json --json
  lsp eval --repository ~/src/chi --queries chi.json --explain`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&e.functions, "functions", "", "file of functions to rank")
	flags.StringVar(&e.repository, "repository", "", "checked-out repository to search in")
	flags.StringVar(&e.subfolder, "within", "", "index only this folder of the repository")
	flags.StringVar(&e.queries, "queries", "", "file of questions with their answers")
	flags.StringVar(&e.mode, "mode", string(search.Hybrid), strings.Join(modes, ", "))
	flags.BoolVar(&e.asJSON, "json", false, "print JSON")
	flags.BoolVar(&e.explain, "explain", false, "show of every question what was ranked and why")
	completeValues(cmd, "mode", modes)
	return cmd
}

// modes are the values of --mode.
var modes = []string{string(search.Dense), string(search.Lexical), string(search.Hybrid)}

// run checks the options and runs the benchmark they ask for.
func (e *evaluation) run(ctx context.Context) error {
	switch {
	case (e.functions == "") == (e.repository == ""):
		return errors.New("what to measure? give either --functions FILE or --repository DIR")
	case e.queries == "":
		return errors.New("which questions? give --queries FILE")
	case e.subfolder != "" && e.repository == "":
		return errors.New("--within needs --repository")
	case !slices.Contains(modes, e.mode):
		return fmt.Errorf("--mode is %q; it can be %s", e.mode, strings.Join(modes, ", "))
	}
	enc, err := e.encoder()
	if err != nil {
		return err
	}
	progress := newBar(e.con)
	defer progress.clear()
	options := eval.Options{Encoder: enc, Mode: search.Mode(e.mode), Explain: e.explain, Progress: progress.show}
	if e.functions != "" {
		return e.runFunctions(ctx, options, progress)
	}
	return e.runRepository(ctx, options, progress)
}

func (e *evaluation) runFunctions(ctx context.Context, options eval.Options, progress *bar) error {
	functions, err := eval.LoadFunctions(e.functions)
	if err != nil {
		return err
	}
	queries, err := eval.LoadFunctionQueries(e.queries)
	if err != nil {
		return err
	}
	report, err := eval.RunFunctions(ctx, functions, queries, options)
	progress.clear()
	if err != nil {
		return err
	}
	if !e.explain {
		report.PerQuery = nil
	}
	if e.asJSON {
		return writeJSON(e.con.out, report)
	}
	if err := e.printQueries(report.PerQuery); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.con.out, "MRR %.3f  recall@1 %.3f  recall@10 %.3f  (%s questions, %s functions, %s)\nencoding %.1f µs per function, query p50 %.2f ms\n",
		report.MRR, report.Recall1, report.Recall10, thousands(report.Queries), thousands(report.Functions), report.Mode,
		report.EncodeUs, report.QueryP50)
	return err
}

func (e *evaluation) runRepository(ctx context.Context, options eval.Options, progress *bar) error {
	dir, err := folder(e.repository)
	if err != nil {
		return err
	}
	queries, err := eval.LoadRepositoryQueries(e.queries)
	if err != nil {
		return err
	}
	report, err := eval.RunRepository(ctx, dir, e.subfolder, queries, options)
	progress.clear()
	if err != nil {
		return err
	}
	if !e.explain {
		report.PerQuery = nil
	}
	if e.asJSON {
		return writeJSON(e.con.out, report)
	}
	if err := e.printQueries(report.PerQuery); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "NDCG@10 %.3f  (%d questions, %s functions, %s)\n", report.NDCG, report.Queries, thousands(report.Functions), report.Mode)
	for _, category := range slices.Sorted(maps.Keys(report.ByCategory)) {
		fmt.Fprintf(&b, "  %-14s %.3f\n", category, report.ByCategory[category])
	}
	fmt.Fprintf(&b, "index %.0f ms, query p50 %.2f ms, p99 %.2f ms\n", report.IndexMs, report.QueryP50, report.QueryP99)
	_, err = io.WriteString(e.con.out, b.String())
	return err
}

// printQueries shows of every question what was found, which of it is right, and why it stands where it does.
func (e *evaluation) printQueries(queries []eval.QueryReport) error {
	var b strings.Builder
	r := renderer{con: e.con, format: formatGrep, current: currentFolder()}
	for i := range queries {
		q := &queries[i]
		fmt.Fprintf(&b, "%.3f  %s  (%s)\n", q.Score, e.con.paint(styleStrong, clean(q.Query)), q.Class)
		for k := range q.Results {
			mark := "    "
			if k < len(q.Hits) && q.Hits[k] {
				mark = e.con.paint(styleGood, "  * ")
			}
			b.WriteString(mark)
			r.result(&b, &q.Results[k])
		}
		for _, missed := range q.Missed {
			fmt.Fprintf(&b, "  %s %s\n", e.con.paint(styleBad, "missed"), clean(missed))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(e.con.out, b.String())
	return err
}
