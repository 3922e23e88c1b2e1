package server

import (
	"context"
	"sync"

	"go.lsp.dev/jsonrpc2"
)

// flights are the requests being served, so that they can be cancelled by id.
type flights struct {
	mu     sync.Mutex
	cancel map[jsonrpc2.ID]context.CancelCauseFunc
}

// begin registers a request before the next message is read, so that no cancellation can overtake it. The function
// it returns must be called when the request has been served. A second request under the id of one that is being
// served is refused.
func (f *flights) begin(ctx context.Context, id jsonrpc2.ID) (context.Context, func(), error) {
	ctx, cancel := context.WithCancelCause(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := f.cancel[id]; taken {
		cancel(nil)
		return nil, nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "id %q is in use by a request that is not answered yet", id)
	}
	if f.cancel == nil {
		f.cancel = map[jsonrpc2.ID]context.CancelCauseFunc{}
	}
	f.cancel[id] = cancel
	return ctx, func() {
		f.mu.Lock()
		delete(f.cancel, id)
		f.mu.Unlock()
		cancel(nil)
	}, nil
}

// stop cancels the request with the given id, if it is being served.
func (f *flights) stop(id jsonrpc2.ID, cause error) {
	f.mu.Lock()
	cancel := f.cancel[id]
	f.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// stopAll cancels every request.
func (f *flights) stopAll(cause error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, cancel := range f.cancel {
		cancel(cause)
	}
}
