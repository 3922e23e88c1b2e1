package rerank

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"lsp/encoder"
)

// PairScorer reads a question and a unit together. Implementations are safe for concurrent use.
type PairScorer interface {
	// Name of the model.
	Name() string
	// ScorePair tells how well the unit answers, the better the higher.
	ScorePair(ctx context.Context, query string, unit *encoder.Unit) (float64, error)
}

// Cross judges with a cross-encoder, which reads question and unit together (Nogueira and Cho, Passage Re-ranking with
// BERT, 2019). Nothing of a unit can be computed before the question is known.
type Cross struct {
	judge
	scorer PairScorer
}

var _ Reranker = (*Cross)(nil)

// crossWeight counts a model that saw both texts as much as vectors that were made apart. With twice that, the one that was
// measured gained more for documentation and lost more for questions of people.
const crossWeight = 1

// NewCross returns a reranker by a cross-encoder, which stays open when the reranker is closed. The cache, which must be
// of that model, saves the work for a question that is asked again.
func NewCross(scorer PairScorer, cache *Cache, workers int) *Cross {
	return &Cross{judge{"cross-encoder " + scorer.Name(), cache, workers}, scorer}
}

// Name implements [Reranker].
func (c *Cross) Name() string { return c.by }

// Weight implements [Reranker].
func (c *Cross) Weight() float64 { return crossWeight }

// Score implements [Reranker].
func (c *Cross) Score(ctx context.Context, query string, units []encoder.Unit, scores []float64) (int, error) {
	if len(units) != len(scores) {
		return 0, errRoom
	}
	keep := func(ctx context.Context, u *encoder.Unit) ([]byte, error) {
		score, err := c.scorer.ScorePair(ctx, query, u)
		if err != nil {
			return nil, err
		}
		if math.IsNaN(score) || math.IsInf(score, 0) {
			return nil, fmt.Errorf("the model gave the score %v", score)
		}
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(score)), nil
	}
	return c.units(ctx, query, units, scores, keep, func(kept []byte) (float64, error) {
		if len(kept) != 8 {
			return 0, fmt.Errorf("score of %d bytes, want 8", len(kept))
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(kept)), nil
	})
}
