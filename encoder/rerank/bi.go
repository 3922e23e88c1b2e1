package rerank

import (
	"context"

	"lsp/encoder"
)

// Bi is a second encoder: the cosine of its vectors of question and unit. Two models that were trained differently err
// differently, and the mean of their judgements is better than either.
type Bi struct {
	judge
	encoder encoder.Encoder
}

var _ Reranker = (*Bi)(nil)

// biWeight counts both encoders the same.
const biWeight = 1

// NewBi returns a reranker by enc, which stays open when the reranker is closed. The cache must be of that encoder.
func NewBi(enc encoder.Encoder, cache *Cache, workers int) *Bi {
	return &Bi{judge{"a second encoder", cache, workers}, enc}
}

// BiIdentity names what decides about what is kept of units, for a Cache.
func BiIdentity(enc encoder.Encoder) string { return "bi/1 " + enc.Identity().String() }

// Name implements [Reranker].
func (b *Bi) Name() string { return "second encoder " + b.encoder.Identity().Model }

// Weight implements [Reranker].
func (b *Bi) Weight() float64 { return biWeight }

// Score implements [Reranker].
func (b *Bi) Score(ctx context.Context, query string, units []encoder.Unit, scores []float64) (int, error) {
	if len(units) != len(scores) {
		return 0, errRoom
	}
	dims := b.encoder.Dimensions()
	question := make([]float32, dims)
	if err := b.encoder.EncodeQuery(ctx, query, question); err != nil {
		return 0, b.failed(err)
	}
	keep := func(ctx context.Context, u *encoder.Unit) ([]byte, error) {
		v := make([]float32, dims)
		if err := b.encoder.EncodeUnits(ctx, []encoder.Unit{*u}, v); err != nil {
			return nil, err
		}
		return encodeVector(v), nil
	}
	return b.units(ctx, "", units, scores, keep, func(kept []byte) (float64, error) {
		vector, err := decodeVector(kept, dims)
		if err != nil {
			return 0, err
		}
		return dot(question, vector), nil
	})
}
