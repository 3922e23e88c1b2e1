package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lsp/encoder/static"
	"lsp/encoder/train"
	"lsp/indexer/store"
)

func newFit(g *globals) *cobra.Command {
	options := train.DefaultFit()
	var out string
	var without []string
	cmd := &cobra.Command{
		Use:   "fit --records DIR --teacher FILE --out FILE",
		Short: "Train a model on mined functions",
		Long: `Train a model on mined functions. It starts from the vectors that a transformer,
the teacher, gives to the words of the vocabulary. The model is for --encoder-file.
--without leaves ingredients out, to see what they are worth: ` + ingredients() + `.`,
		Example: "  lsp train fit --records mined --teacher teacher.bin --checkpoint run.ckpt --out my.model",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, ingredient := range without {
				var err error
				if options, err = options.Without(train.Ingredient(ingredient)); err != nil {
					return err
				}
			}
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
	flags.IntVar(&options.Pairs, "pairs", options.Pairs, "most pairs trained on, 0 for all")
	flags.StringSliceVar(&without, "without", nil, "ingredients to leave out")
	flags.IntVar(&options.Dimensions, "dimensions", options.Dimensions, "length of the vectors, a multiple of 16")
	flags.IntVar(&options.Workers, "workers", options.Workers, "goroutines; the result does not depend on it")
	require(cmd, "records", "teacher", "out")
	return cmd
}

// ingredients lists what --without takes.
func ingredients() string {
	names := make([]string, len(train.Ingredients()))
	for i, name := range train.Ingredients() {
		names[i] = string(name)
	}
	return strings.Join(names, ", ")
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
	bytes, err := writeModel(ctx, out, result.Model)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(g.con.out, "%s: %s, %s pairs; validation %s\n", out, size(bytes),
		thousands(result.Pairs), describe(result.Quantised))
	return err
}

// writeModel writes a model with the list of the words that mean nearly the same, and returns the size of its file.
func writeModel(ctx context.Context, path string, model []byte) (bytes int64, err error) {
	model, err = static.AddNearWords(ctx, model)
	if err != nil {
		return 0, err
	}
	err = store.WriteFileAtomic(path, func(w io.Writer) error {
		_, err := w.Write(model)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("write the model: %w", err)
	}
	return int64(len(model)), nil
}

func newNear(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "near MODEL",
		Short: "List in a model which words mean nearly the same",
		Long: `List in a model which words mean nearly the same, so that a search for one finds
the others. Every word is compared with every other one, which takes minutes; its
vectors stay as they are, and so does every index. Training does it, too.`,
		Example: "  lsp train near my.model",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			model, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read the model: %w", err)
			}
			bytes, err := writeModel(cmd.Context(), args[0], model)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(g.con.out, "%s: %s\n", args[0], size(bytes))
			return err
		},
	}
}

// describe puts metrics in a line.
func describe(m train.Metrics) string {
	return fmt.Sprintf("MRR %.3f, recall@1 %.3f, recall@10 %.3f (%s questions, %s functions)",
		m.MRR, m.Recall1, m.Recall10, thousands(m.Queries), thousands(m.Functions))
}
