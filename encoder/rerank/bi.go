package rerank

import (
	"context"
	"fmt"

	"lsp/encoder"
)

// Bi is a second encoder: the cosine of its vectors of question and unit. Two models that were trained differently err
// differently, and the mean of their judgements is better than either.
type Bi struct {
	encoder encoder.Encoder
	cache   *Cache
	workers int
}

var _ Reranker = (*Bi)(nil)

// biWeight counts both encoders the same.
const biWeight = 1

// NewBi returns a reranker by enc, which stays open when the reranker is closed. The cache must be of that encoder.
func NewBi(enc encoder.Encoder, cache *Cache, workers int) *Bi {
	return &Bi{encoder: enc, cache: cache, workers: workers}
}

// BiIdentity names what decides about what is kept of units, for a Cache.
func BiIdentity(enc encoder.Encoder) string { return "bi/1 " + enc.Identity().String() }

// Name implements [Reranker].
func (b *Bi) Name() string { return "second encoder " + b.encoder.Identity().Model }

// Weight implements [Reranker].
func (b *Bi) Weight() float64 { return biWeight }

// Close implements [Reranker].
func (b *Bi) Close() error { return b.cache.Close() }

// Score implements [Reranker].
func (b *Bi) Score(ctx context.Context, query string, units []encoder.Unit, scores []float64) (int, error) {
	if len(units) != len(scores) {
		return 0, errRoom
	}
	dims := b.encoder.Dimensions()
	question := make([]float32, dims)
	if err := b.encoder.EncodeQuery(ctx, query, question); err != nil {
		return 0, fmt.Errorf("rerank by a second encoder: %w", err)
	}
	n, err := inOrder(ctx, len(units), b.workers, func(ctx context.Context, i int) error {
		kept, err := b.cache.get(ctx, &units[i], func(ctx context.Context) ([]byte, error) {
			v := make([]float32, dims)
			if err := b.encoder.EncodeUnits(ctx, units[i:i+1], v); err != nil {
				return nil, err
			}
			return encodeVector(v), nil
		})
		if err != nil {
			return err
		}
		vector, err := decodeVector(kept, dims)
		if err != nil {
			return err
		}
		scores[i] = dot(question, vector)
		return nil
	})
	if err != nil {
		return n, fmt.Errorf("rerank by a second encoder: %w", err)
	}
	return n, nil
}
