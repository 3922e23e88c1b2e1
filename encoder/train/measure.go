package train

import (
	"context"
	"fmt"

	"lsp/encoder"
)

// A Set is functions and questions about them.
type Set struct {
	Units   []encoder.Unit
	Queries []Question
}

// A Question is answered by the units of the given indexes.
type Question struct {
	Text     string
	Relevant []int
}

// Metrics says how high right functions are ranked among all functions of a set.
type Metrics struct {
	MRR       float64 `json:"mrr"`       // mean reciprocal rank over the full ranking
	Recall1   float64 `json:"recall@1"`  // share of questions with a right function first
	Recall10  float64 `json:"recall@10"` // share with one in the first ten
	Queries   int     `json:"queries"`
	Functions int     `json:"functions"`
}

// Measure encodes a set and ranks its functions for every question by the dot product of vectors.
func Measure(ctx context.Context, e encoder.Encoder, set Set) (Metrics, error) {
	units, queries, err := encodeSet(ctx, e, set)
	if err != nil {
		return Metrics{}, err
	}
	targets := make([][]int, len(set.Queries))
	for i, q := range set.Queries {
		targets[i] = q.Relevant
	}
	return rank(queries, units, targets), nil
}

func encodeSet(ctx context.Context, e encoder.Encoder, set Set) (units, queries matrix, err error) {
	d := e.Dimensions()
	units, queries = newMatrix(len(set.Units), d), newMatrix(len(set.Queries), d)
	if err := e.EncodeUnits(ctx, set.Units, units.Data); err != nil {
		return units, queries, fmt.Errorf("measure encoder: %w", err)
	}
	for i, q := range set.Queries {
		if err := e.EncodeQuery(ctx, q.Text, rowOf(queries, i)); err != nil {
			return units, queries, fmt.Errorf("measure encoder: %w", err)
		}
	}
	return units, queries, nil
}

func identityTargets(n int) [][]int {
	targets := make([][]int, n)
	for i := range targets {
		targets[i] = []int{i}
	}
	return targets
}

// rankBand is how many questions are scored at a time.
const rankBand = 256

// rank scores every unit for every query. Ties count against the right function.
func rank(queries, units matrix, targets [][]int) Metrics {
	m := Metrics{Queries: queries.Rows, Functions: units.Rows}
	if m.Queries == 0 || m.Functions == 0 {
		return m
	}
	columns := transposed(units)
	for from := 0; from < queries.Rows; from += rankBand {
		end := min(from+rankBand, queries.Rows)
		scores := newMatrix(end-from, units.Rows)
		multiply(band(queries, from, end), columns, scores, 1)
		for i := from; i < end; i++ {
			m.count(bestRank(rowOf(scores, i-from), targets[i]))
		}
	}
	return m.mean()
}

// count adds the rank of one question, 0 when nothing right was ranked, to sums that mean divides.
func (m *Metrics) count(position int) {
	if position == 0 {
		return
	}
	m.MRR += 1 / float64(position)
	if position == 1 {
		m.Recall1++
	}
	if position <= 10 {
		m.Recall10++
	}
}

func (m Metrics) mean() Metrics {
	n := float64(max(m.Queries, 1))
	m.MRR, m.Recall1, m.Recall10 = m.MRR/n, m.Recall1/n, m.Recall10/n
	return m
}

// bestRank is the rank of the best right unit, from 1, or 0 when there is none.
func bestRank(scores []float32, relevant []int) int {
	best := 0
	for _, target := range relevant {
		position := 0
		for _, s := range scores {
			if s >= scores[target] { // the target itself is one of them
				position++
			}
		}
		if best == 0 || position < best {
			best = position
		}
	}
	return best
}
