package mcp

import (
	"context"
	"maps"
	"slices"
	"sync"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/server/engine"
)

// news is how far bulk runs are, for the calls that wait for them.
type news struct {
	mu      sync.Mutex
	runs    map[string]engine.Progress // unfinished runs by root
	changed chan struct{}              // closed and replaced with every change
}

func (n *news) init() {
	n.runs, n.changed = map[string]engine.Progress{}, make(chan struct{})
}

// progress takes a report of the engine. Nobody waits for a second encoder.
func (n *news) progress(p engine.Progress) {
	if p.Model != "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.Finished {
		delete(n.runs, p.Root)
	} else {
		n.runs[p.Root] = p
	}
	close(n.changed)
	n.changed = make(chan struct{})
}

// now sums up the unfinished runs and returns a channel that is closed with the next report.
func (n *news) now() (done, total int, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, root := range slices.Sorted(maps.Keys(n.runs)) {
		done += n.runs[root].Done
		total += n.runs[root].Total
	}
	return done, total, n.changed
}

// settled asks, and when the answer is only partial because an index is being built, waits and asks again. What is
// still partial then is returned as it is. While it waits, a client that gave a token hears how far the index is.
func settled[T any](ctx context.Context, s *server, req *sdk.CallToolRequest, ask func() (answer T, complete bool, err error)) (T, error) {
	answer, complete, err := ask()
	if complete || ctx.Err() != nil || s.wait < 0 {
		return answer, err
	}
	if s.indexing() { // else it became ready meanwhile, or waiting does not help
		s.await(ctx, req)
	}
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	answer, _, err = ask()
	return answer, err
}

// indexing reports whether waiting helps.
func (s *server) indexing() bool {
	return slices.ContainsFunc(s.engine.Status().Roots, func(r engine.RootStatus) bool { return r.State == engine.Indexing })
}

// await returns when the engine has done all it knows of, when the time for waiting is over, or when ctx ends.
func (s *server) await(ctx context.Context, req *sdk.CallToolRequest) {
	limited, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.engine.Wait(limited) }()
	last := -1
	for {
		done, total, changed := s.news.now()
		if token := req.Params.GetProgressToken(); token != nil && done > last && total > 0 {
			last = done
			err := req.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{
				ProgressToken: token, Message: "indexing files", Progress: float64(done), Total: float64(total),
			})
			if err != nil && ctx.Err() == nil {
				s.log.Warn("progress does not reach the client", "error", err)
			}
		}
		select {
		case <-changed:
		case err := <-ended:
			if err != nil && limited.Err() == nil {
				s.log.Warn("the index is not up to date", "error", err)
			}
			return
		}
	}
}
