package engine

import (
	"context"
	"sync"
	"time"
)

// gate lets searches go before background work: while one runs, bulk workers pause between files.
type gate struct {
	mu      sync.Mutex
	running int
	free    chan struct{} // closed when no search runs
}

// gatePatience bounds how long a worker waits, so that a stream of searches cannot stop indexing.
const gatePatience = 50 * time.Millisecond

func (g *gate) init() {
	g.free = make(chan struct{})
	close(g.free)
}

// enter begins a search.
func (g *gate) enter() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running == 0 {
		g.free = make(chan struct{})
	}
	g.running++
}

// leave ends a search.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running--; g.running == 0 {
		close(g.free)
	}
}

// yield waits while a search runs.
func (g *gate) yield(ctx context.Context) {
	g.mu.Lock()
	free := g.free
	g.mu.Unlock()
	select {
	case <-free:
		return
	default:
	}
	timer := time.NewTimer(gatePatience)
	defer timer.Stop()
	select {
	case <-free:
	case <-timer.C:
	case <-ctx.Done():
	}
}
