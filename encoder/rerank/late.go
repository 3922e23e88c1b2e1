package rerank

import (
	"context"
	"fmt"

	"lsp/encoder"
)

// Late is late interaction (Khattab and Zaharia, ColBERT, 2020): every token of the question is compared with every
// token of the unit, and the best cosines of the question's tokens are averaged. The states are those of a transformer
// that was trained for vectors of whole texts.
type Late struct {
	judge
	encoder encoder.TokenStates
}

var _ Reranker = (*Late)(nil)

// lateWeight counts late interaction as much as the ranking. Documentation of mined functions gains most from four times
// that, questions of people from about as much.
const lateWeight = 1

// NewLate returns late interaction by the states of enc, which stays open when the reranker is closed. The cache must
// be of that encoder.
func NewLate(enc encoder.TokenStates, cache *Cache, workers int) *Late {
	return &Late{judge{"late interaction", cache, workers}, enc}
}

// LateIdentity names what decides about what is kept of units, for a Cache.
func LateIdentity(enc encoder.Encoder) string { return "late/1 " + enc.Identity().String() }

// Name implements [Reranker].
func (l *Late) Name() string { return "late interaction" }

// Weight implements [Reranker].
func (l *Late) Weight() float64 { return lateWeight }

// Score implements [Reranker].
func (l *Late) Score(ctx context.Context, query string, units []encoder.Unit, scores []float64) (int, error) {
	if len(units) != len(scores) {
		return 0, errRoom
	}
	states, err := l.encoder.QueryStates(ctx, query)
	if err != nil {
		return 0, l.failed(err)
	}
	question := quantise(states, true)
	keep := func(ctx context.Context, u *encoder.Unit) ([]byte, error) {
		states, err := l.encoder.UnitStates(ctx, u)
		if err != nil {
			return nil, err
		}
		return quantise(states, true).encode(), nil
	}
	return l.units(ctx, "", units, scores, keep, func(kept []byte) (float64, error) {
		unit, err := decodeRows(kept)
		if err != nil {
			return 0, err
		}
		return maxSim(question, unit)
	})
}

// maxSim is the mean over the rows of a question of their best cosine with a row of a unit.
func maxSim(question, unit *rows) (float64, error) {
	if question.width != unit.width {
		return 0, fmt.Errorf("states of %d values, want %d", unit.width, question.width)
	}
	if question.count() == 0 || unit.count() == 0 {
		return 0, nil
	}
	sum := 0.0
	for i := range question.count() {
		q, best := question.row(i), -1.0
		for j := range unit.count() {
			best = max(best, float64(dot8(q, unit.row(j)))*float64(unit.scales[j]))
		}
		sum += best * float64(question.scales[i])
	}
	return sum / float64(question.count()), nil
}
