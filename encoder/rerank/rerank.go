// Package rerank judges the best candidates of a search once more, by models that are too slow for all units of a
// workspace: late interaction of the tokens' states of a transformer (Late), a second transformer (Bi), one that reads
// question and unit together (Cross), and learned codes that attend to the tokens' states (Poly).
//
// What a model makes of a unit is kept in a Cache, so a unit costs a run of the model once.
//
// None is on unless somebody asks for it. RERANKING.md has what each gains and costs, with intervals.
package rerank

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"lsp/encoder"
)

// Reranker tells how well units answer a question. Implementations are safe for concurrent use.
type Reranker interface {
	// Name says how units are judged, for explanations.
	Name() string

	// Weight is how much a standard deviation of the scores counts against one of the scores that the candidates came
	// with. Each kind has its own, found with questions about repositories that nothing was trained on.
	Weight() float64

	// Score writes into scores, which has room for one a unit, how well each unit answers, the better the higher. Only
	// scores of one call can be compared. Units are judged in their order; when ctx ends before all are, its error
	// comes with the number of leading units that were.
	Score(ctx context.Context, query string, units []encoder.Unit, scores []float64) (n int, err error)

	// Close lets go of what the reranker has opened itself.
	Close() error
}

// Gains returns what judgements add to the scores that candidates came with: standard deviations above the worst
// judgement, times the weight and the standard deviation of the scores. So nobody loses, and the unit of scores does not
// matter. Without a difference to build on all gains are 0.
func Gains(scores, judged []float64, weight float64) []float64 {
	gains := make([]float64, len(scores))
	spread, judgedSpread := deviation(scores), deviation(judged)
	if spread == 0 || judgedSpread == 0 {
		return gains
	}
	worst := slices.Min(judged)
	for i := range gains {
		gains[i] = weight * spread / judgedSpread * (judged[i] - worst)
	}
	return gains
}

// deviation is the standard deviation of values, 0 when it is none that one can divide by.
func deviation(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	d := math.Sqrt(sum / float64(len(values)))
	if !(d > 1e-9) || math.IsInf(d, 0) {
		return 0
	}
	return d
}

// errRoom is the error of a call with scores and units of different number.
var errRoom = errors.New("rerank: room for another number of scores than there are units")

// inOrder calls do for 0 to n-1 from several goroutines and returns how many leading calls were made without an error.
// After the first error, which it returns, no call begins.
func inOrder(ctx context.Context, n, workers int, do func(ctx context.Context, i int) error) (int, error) {
	var mu sync.Mutex
	next, done := 0, make([]bool, n)
	group, inner := errgroup.WithContext(ctx)
	for range min(n, max(1, workers)) {
		group.Go(func() error {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return nil
				}
				if err := inner.Err(); err != nil {
					return err
				}
				if err := do(inner, i); err != nil {
					return err
				}
				mu.Lock()
				done[i] = true
				mu.Unlock()
			}
		})
	}
	err := group.Wait()
	if end := ctx.Err(); end != nil && err != nil {
		err = end
	}
	for i, ok := range done {
		if !ok {
			return i, err
		}
	}
	return n, err
}
