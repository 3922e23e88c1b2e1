//go:build !windows

package vector

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestCoderPanics has an index that panics when it is searched.
func TestCoderPanics(t *testing.T) {
	b, err := NewBuilder(2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for unit := range uint32(5) {
		if err := b.Add(unit, []float32{1, 0}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Section()
	if err != nil {
		t.Fatal(err)
	}
	var stats Stats
	hits, err := Search(t.Context(), []Source{{Section: s, Coder: &Coder{section: s}}}, []float32{1, 0}, 3,
		Options{Engine: EngineCoder, Stats: &stats})
	if err != nil || len(hits) != 3 {
		t.Errorf("%d hits: %v", len(hits), err)
	}
	if len(stats.Fallbacks) != 1 || !strings.Contains(stats.Fallbacks[0].Reason, "panic") || stats.Engines[0] != EngineScan {
		t.Errorf("the fallback was not reported: %+v", stats)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := BuildCoder(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("build with a cancelled context: %v", err)
	}
}
