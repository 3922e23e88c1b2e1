package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"lsp/encoder"
	"lsp/encoder/onnx"
	"lsp/encoder/rerank"
	"lsp/encoder/train"
	"lsp/indexer/eval"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// polyTraining holds the options of lsp train poly.
type polyTraining struct {
	*globals
	records, out   string
	pairs, heldOut int
	fit            rerank.FitOptions
	asJSON         bool
}

func newPoly(g *globals) *cobra.Command {
	p := polyTraining{globals: g, fit: rerank.DefaultFit()}
	cmd := &cobra.Command{
		Use:   "poly --records DIR --out FILE",
		Short: "Train the codes of a poly-encoder, a reranker",
		Long: `Train the codes of a poly-encoder, a reranker, on mined functions: a few vectors
that attend to the tokens' states of an installed transformer, which stays as it is
(lsp model; --encoder names another one than ` + defaultTeacher + `). Use the file with
--rerank poly:FILE. The same records give the same codes.

In the end, functions of repositories that were not trained with are ranked with
and without them.`,
		Example: "  lsp train poly --records mined --out codes.poly\n  lsp search --rerank poly:codes.poly \"retry a request with backoff\"",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&p.records, "records", "", "folder of mined records")
	flags.StringVar(&p.out, "out", "", "file to write the codes to")
	flags.IntVar(&p.pairs, "pairs", 6000, "most functions to train with")
	flags.IntVar(&p.heldOut, "held-out", 1000, "most functions to measure with")
	flags.IntVar(&p.fit.Codes, "codes", p.fit.Codes, "number of codes")
	flags.IntVar(&p.fit.Epochs, "epochs", p.fit.Epochs, "times that every function is seen")
	flags.Uint64Var(&p.fit.Seed, "seed", p.fit.Seed, "seed of everything that is drawn")
	flags.BoolVar(&p.asJSON, "json", false, "print the card of the codes as JSON")
	require(cmd, "records", "out")
	return cmd
}

// Functions of one repository that are drawn at most: many repositories teach more than many functions.
const (
	polyPerRepository    = 60
	polyHeldOutPerSource = 120
)

func (p *polyTraining) run(ctx context.Context) (err error) {
	name := p.encoderName
	if name == "" {
		name = defaultTeacher
	}
	if name == staticModel {
		return errors.New("the model inside the program has no states of tokens; name an installed transformer with --encoder")
	}
	if p.pairs < p.fit.Batch || p.heldOut < 2 {
		return fmt.Errorf("%d functions to train with and %d to measure with are too few; want at least %d and 2", p.pairs, p.heldOut, p.fit.Batch)
	}
	model, err := onnx.OpenInstalled(name, onnx.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	progress := newBar(p.con)
	defer progress.clear()
	p.fit.Progress = progress.show
	codes, err := p.train(ctx, model)
	if err != nil {
		return err
	}
	if err := p.measure(ctx, model, codes, progress); err != nil {
		return err
	}
	progress.clear()
	data, err := codes.Bytes()
	if err != nil {
		return err
	}
	err = store.WriteFileAtomic(p.out, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the codes: %w", err)
	}
	return p.report(codes, len(data))
}

// train draws functions and trains codes with them.
func (p *polyTraining) train(ctx context.Context, model encoder.TokenStates) (*rerank.Codes, error) {
	records, err := train.DrawPairs(p.records, train.PairOptions{
		Split: train.SplitTrain, PerRepository: polyPerRepository, Most: p.pairs, Seed: p.fit.Seed,
	})
	if err != nil {
		return nil, err
	}
	examples, repositories := make([]rerank.Example, len(records)), map[string]bool{}
	for i := range records {
		examples[i] = rerank.Example{Question: records[i].Query, Unit: records[i].Unit(false)}
		repositories[records[i].Repository] = true
	}
	codes, err := rerank.Fit(ctx, model, examples, p.fit)
	if err != nil {
		return nil, err
	}
	codes.Card.Repositories = len(repositories)
	return codes, nil
}

// measure ranks functions that were not trained with: all by the cosines of vectors, then the best of them with the
// codes as reranker.
func (p *polyTraining) measure(ctx context.Context, model encoder.TokenStates, codes *rerank.Codes, progress *bar) error {
	var records []train.Record
	for _, split := range []string{train.SplitValidation, train.SplitTest} {
		drawn, err := train.DrawPairs(p.records, train.PairOptions{
			Split: split, PerRepository: polyHeldOutPerSource, Most: p.heldOut - len(records), Seed: p.fit.Seed,
		})
		if err != nil {
			return err
		}
		records = append(records, drawn...)
	}
	if len(records) < 2 {
		return nil // nothing to measure with; the card says so
	}
	reranker, err := rerank.NewPoly(codes, model, rerank.NewCache(0), runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	h := heldOut{reranker: reranker, dimensions: model.Dimensions()}
	h.vectors = make([]float32, len(records)*h.dimensions)
	for i := range records {
		h.units = append(h.units, records[i].Unit(false))
		if err := model.EncodeUnits(ctx, h.units[i:i+1], h.vectors[i*h.dimensions:][:h.dimensions]); err != nil {
			return err
		}
		progress.show("reading", i, len(records))
	}
	m := rerank.Measure{Questions: len(records), Functions: len(records)}
	differences := make([]float64, len(records))
	for i := range records {
		question := make([]float32, h.dimensions)
		if err := model.EncodeQuery(ctx, records[i].Query, question); err != nil {
			return err
		}
		before, after, err := h.ranks(ctx, i, records[i].Query, question)
		if err != nil {
			return err
		}
		m.Before += before / float64(len(records))
		m.After += after / float64(len(records))
		differences[i] = after - before
		progress.show("measuring", i, len(records))
	}
	m.Interval = eval.Bootstrap(differences)
	codes.Card.HeldOut = m
	return nil
}

// heldOut are functions to rank.
type heldOut struct {
	units      []encoder.Unit
	vectors    []float32
	dimensions int
	reranker   rerank.Reranker
}

// ranks returns the reciprocal rank of the function with number right, before and after reranking.
func (h *heldOut) ranks(ctx context.Context, right int, query string, question []float32) (before, after float64, err error) {
	cosines := make([]float64, len(h.units))
	order := make([]int, len(h.units))
	for i := range h.units {
		order[i], cosines[i] = i, cosine(question, h.vectors[i*h.dimensions:][:h.dimensions])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cosines[b], cosines[a]) })
	at := slices.Index(order, right)
	before = 1 / float64(at+1)
	best := order[:min(len(order), search.DefaultRerankDepth)]
	if at >= len(best) {
		return before, before, nil
	}
	units, scores, first := make([]encoder.Unit, len(best)), make([]float64, len(best)), make([]float64, len(best))
	for k, i := range best {
		units[k], first[k] = h.units[i], cosines[i]
	}
	if _, err := h.reranker.Score(ctx, query, units, scores); err != nil {
		return 0, 0, err
	}
	for k, gain := range rerank.Gains(first, scores, h.reranker.Weight()) {
		first[k] += gain
	}
	rank := 1
	for k, score := range first {
		if score > first[at] || score == first[at] && k < at {
			rank++
		}
	}
	return before, 1 / float64(rank), nil
}

// report says what was trained and how well it does.
func (p *polyTraining) report(codes *rerank.Codes, bytes int) error {
	c := &codes.Card
	if p.asJSON {
		return writeJSON(p.con.out, c)
	}
	_, err := fmt.Fprintf(p.con.out, "%s: %d codes for %s, %s, trained with %s functions of %d repositories\n", p.out, c.Codes, c.Model,
		size(int64(bytes)), thousands(c.Pairs), c.Repositories)
	if err != nil || c.HeldOut.Questions == 0 {
		return err
	}
	m := &c.HeldOut
	_, err = fmt.Fprintf(p.con.out, "MRR of %s functions not trained with: %.3f before, %.3f after (%+.4f, 95 %% %+.4f to %+.4f)\n",
		thousands(m.Functions), m.Before, m.After, m.After-m.Before, m.Interval[0], m.Interval[1])
	return err
}
