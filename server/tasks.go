package server

import (
	"context"
	"sync"
)

// tasks runs functions one after the other in the order they were added, beside everything else: changes of folders
// and configuration, which may wait for the client and so must not hold up reading.
type tasks struct {
	mu   sync.Mutex
	last chan struct{} // closed when every task added so far has ended; nil when there was none
}

// add runs f when the tasks before it have ended.
func (t *tasks) add(f func()) {
	done := make(chan struct{})
	t.mu.Lock()
	previous := t.last
	t.last = done
	t.mu.Unlock()
	go func() {
		defer close(done)
		if previous != nil {
			<-previous
		}
		f()
	}()
}

// latest returns a channel that is closed when every task added so far has ended, or nil when there was none.
func (t *tasks) latest() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// await waits for a channel of latest.
func await(ctx context.Context, done <-chan struct{}) error {
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// group is work that ends with the session: requests, and goroutines that outlive them.
type group struct {
	mu     sync.Mutex
	closed bool
	all    sync.WaitGroup
}

// start runs f on a goroutine of its own, unless the session is ending.
func (g *group) start(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.all.Go(f)
	}
}

// enter counts work on the goroutine of the caller until leave. It returns false when the session is ending.
func (g *group) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.all.Add(1)
	}
	return !g.closed
}

func (g *group) leave() { g.all.Done() }

// wait waits for all of it; nothing is started any more.
func (g *group) wait() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.all.Wait()
}
