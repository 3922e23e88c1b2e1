package rerank

import (
	"context"
	"fmt"

	"lsp/encoder"
)

// judge is what rerankers have in common: something is kept of every unit, and read by several goroutines.
type judge struct {
	by      string // what is judged by, for errors
	cache   *Cache
	workers int
}

// Close implements [Reranker].
func (j *judge) Close() error { return j.cache.Close() }

// failed says what an error happened to.
func (j *judge) failed(err error) error { return fmt.Errorf("rerank by %s: %w", j.by, err) }

// units sets the scores of units to what score reads from what keep makes of each, which is looked up first: under the
// query, or under "" where it does not depend on one. It returns how many leading scores were set without an error.
func (j *judge) units(ctx context.Context, query string, units []encoder.Unit, scores []float64,
	keep func(context.Context, *encoder.Unit) ([]byte, error), score func(kept []byte) (float64, error),
) (int, error) {
	n, err := inOrder(ctx, len(units), j.workers, func(ctx context.Context, i int) error {
		kept, err := j.cache.get(ctx, query, &units[i], func(ctx context.Context) ([]byte, error) { return keep(ctx, &units[i]) })
		if err != nil {
			return err
		}
		scores[i], err = score(kept)
		return err
	})
	if err != nil {
		return n, j.failed(err)
	}
	return n, nil
}
