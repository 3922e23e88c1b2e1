package onnx

import (
	"context"
	"sync"
)

// gate lets background work run on several threads, but on one only while somebody waits for a query.
type gate struct {
	mu      sync.Mutex
	changed *sync.Cond
	slots   int // of background work
	running int
	queries int
}

func newGate(slots int) *gate {
	g := &gate{slots: slots}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// query announces a query until the returned function is called.
func (g *gate) query() (done func()) {
	g.mu.Lock()
	g.queries++
	g.mu.Unlock()
	return func() {
		g.mu.Lock()
		g.queries--
		g.mu.Unlock()
		g.changed.Broadcast()
	}
}

// enter waits for a slot; leave gives it back. An error means that ctx ended first, and that there is no slot.
func (g *gate) enter(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changed.Broadcast()
	})
	defer stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for ctx.Err() == nil && g.running >= g.free() {
		g.changed.Wait()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g.running++
	return nil
}

func (g *gate) free() int {
	if g.queries > 0 {
		return 1
	}
	return g.slots
}

func (g *gate) leave() {
	g.mu.Lock()
	g.running--
	g.mu.Unlock()
	g.changed.Broadcast()
}
