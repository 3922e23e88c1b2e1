package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lsp/encoder/train"
	"lsp/indexer/store"
)

func newFit(g *globals) *cobra.Command {
	options := train.DefaultFit()
	var out string
	cmd := &cobra.Command{
		Use:   "fit --records DIR --teacher FILE --out FILE",
		Short: "Train a model on mined functions",
		Long: `Train a model on mined functions. It starts from the vectors that a transformer,
the teacher, gives to the words of the vocabulary. The model is for --encoder-file.`,
		Example: "  lsp train fit --records mined --teacher teacher.bin --checkpoint run.ckpt --out my.model",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return fit(cmd.Context(), g, options, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Records, "records", "", "folder of mined records")
	flags.StringVar(&options.Teacher, "teacher", "", "file of the teacher's vectors")
	flags.StringVar(&out, "out", "", "model file to write")
	flags.StringVar(&options.Checkpoint, "checkpoint", "", "file to continue from and to write after every epoch")
	flags.StringVar(&options.Model, "name", options.Model, "name of the model")
	flags.Uint64Var(&options.Seed, "seed", options.Seed, "seed of all random choices")
	flags.IntVar(&options.Epochs, "epochs", options.Epochs, "passes over the records")
	flags.IntVar(&options.Dimensions, "dimensions", options.Dimensions, "length of the vectors, a multiple of 16")
	flags.IntVar(&options.Workers, "workers", options.Workers, "goroutines; the result does not depend on it")
	require(cmd, "records", "teacher", "out")
	return cmd
}

// fit trains a model and writes its file.
func fit(ctx context.Context, g *globals, options train.FitOptions, out string) error {
	progress := newBar(g.con)
	options.Progress = func(p train.FitProgress) {
		progress.show(fmt.Sprintf("epoch %d of %d, loss %.3f, %s left", p.Epoch, p.Epochs, p.Loss, p.Left.Round(time.Second)),
			p.Batch, p.Batches)
	}
	result, err := train.Fit(ctx, options)
	progress.clear()
	if err != nil {
		return err
	}
	err = store.WriteFileAtomic(out, func(w io.Writer) error {
		_, err := w.Write(result.Model)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	_, err = fmt.Fprintf(g.con.out, "%s: %s, %s pairs; validation %s\n", out, size(int64(len(result.Model))),
		thousands(result.Pairs), describe(result.Quantised))
	return err
}

// describe puts metrics in a line.
func describe(m train.Metrics) string {
	return fmt.Sprintf("MRR %.3f, recall@1 %.3f, recall@10 %.3f (%s questions, %s functions)",
		m.MRR, m.Recall1, m.Recall10, thousands(m.Queries), thousands(m.Functions))
}

func newReport(g *globals) *cobra.Command {
	options := train.ReportOptions{}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report --records DIR",
		Short: "Tell how well a model does on repositories it has not seen",
		Long: `Tell how well a model does on repositories it has not seen: whether the question
that a function's documentation answers finds the function without it.
--encoder-file names another model than the one inside the program.`,
		Example: "  lsp train report --records mined --encoder-file my.model",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			enc, err := g.encoder()
			if err != nil {
				return err
			}
			lines, err := train.Report(cmd.Context(), enc, options)
			if err != nil {
				return err
			}
			if len(lines) == 0 {
				return fmt.Errorf("no records of the splits %s in %s", strings.Join(options.Splits, " and "), options.Records)
			}
			if asJSON {
				return writeJSON(g.con.out, lines)
			}
			for _, line := range lines {
				fmt.Fprintf(g.con.out, "%-12s %s\n", line.Language, describe(line.Model))
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Records, "records", "", "folder of mined records")
	flags.StringSliceVar(&options.Splits, "splits", []string{train.SplitTest, train.SplitValidation}, "which repositories are asked about")
	flags.IntVar(&options.Functions, "functions", 10000, "most functions ranked for a question")
	flags.IntVar(&options.Queries, "queries", 2000, "most questions asked")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	require(cmd, "records")
	return cmd
}
