package onnx

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2)
		enter := func() chan error {
			entered := make(chan error, 1)
			go func() { entered <- g.enter(t.Context()) }()
			synctest.Wait()
			return entered
		}
		first, second, third := enter(), enter(), enter()
		if len(first) != 1 || len(second) != 1 || len(third) != 0 {
			t.Fatalf("of three %d, %d, %d are in, want two", len(first), len(second), len(third))
		}
		done := g.query()
		g.leave()
		synctest.Wait()
		if len(third) != 0 {
			t.Error("two threads of background work beside a query")
		}
		g.leave()
		synctest.Wait()
		if len(third) != 1 {
			t.Error("no background work beside a query")
		}
		fourth := enter()
		if len(fourth) != 0 {
			t.Error("two threads of background work beside a query")
		}
		done()
		synctest.Wait()
		if len(fourth) != 1 {
			t.Error("the end of a query lets nobody in")
		}
	})
}

func TestGateCancelled(t *testing.T) {
	g := newGate(1)
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range 4 {
		waiting.Go(func() {
			if err := g.enter(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("waiting ended with %v", err)
			}
		})
	}
	cancel()
	waiting.Wait()
	if g.running != 1 {
		t.Errorf("%d are in, want the first", g.running)
	}
}
