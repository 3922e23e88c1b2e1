package server

import (
	"context"
	"encoding/json"
	"runtime/debug"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// phase is where a session is in its life.
type phase int32

const (
	waiting  phase = iota // for initialize
	serving               // initialize was answered
	shutDown              // shutdown was answered; only exit is left
)

// handler serves one method. The result is encoded already; notifications return nothing.
type handler func(ctx context.Context, s *session, params []byte) (jsonrpc2.RawMessage, error)

// How a request is scheduled.
type order int

const (
	inline  order = iota // on the goroutine that reads: before any later message
	prompt               // beside later messages, at once
	ordered              // beside later messages, after the folder and configuration changes that came before it, and with bounded parallelism
)

// route says how a method is served.
type route struct {
	order   order
	handler handler
}

// standard makes a handler of a function on types of the protocol library.
func standard[P any, R any](f func(context.Context, *session, *P) (R, error)) handler {
	return func(ctx context.Context, s *session, params []byte) (jsonrpc2.RawMessage, error) {
		var p P
		if len(params) > 0 {
			if err := protocol.Unmarshal(params, &p); err != nil {
				return nil, decodeError(params, err)
			}
		} else if _, none := any(&p).(*struct{}); !none {
			return nil, invalidParams("params are missing")
		}
		result, err := f(ctx, s, &p)
		if err != nil {
			return nil, err
		}
		return protocol.Marshal(result)
	}
}

// custom makes a handler of a function on types of our own, whose parameters may be missing.
func custom[P any, R any](f func(context.Context, *session, *P) (R, error)) handler {
	return func(ctx context.Context, s *session, params []byte) (jsonrpc2.RawMessage, error) {
		var p P
		if len(params) > 0 {
			if err := json.Unmarshal(params, &p); err != nil {
				return nil, decodeError(params, err)
			}
		}
		result, err := f(ctx, s, &p)
		if err != nil {
			return nil, err
		}
		return json.Marshal(result)
	}
}

// notification makes a handler of a function that answers nothing.
func notification[P any](f func(context.Context, *session, *P) error) handler {
	return standard(func(ctx context.Context, s *session, p *P) (protocol.LSPAny, error) {
		return nil, f(ctx, s, p)
	})
}

// handle implements jsonrpc2.Handler. It runs on the goroutine that reads until the request releases it, so what it
// does before is done in the order of the messages.
func (s *session) handle(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	if !s.serving.enter() {
		return nil, nil // the connection is closed
	}
	defer s.serving.leave()
	if !req.IsCall() {
		s.notified(req)
		return nil, nil // an error here would end the connection
	}
	r, known := requests[req.Method()]
	if err := s.admit(req.Method(), known); err != nil {
		return nil, err
	}
	if r.order == inline {
		return s.serve(s.ctx, req, r.handler)
	}
	// Not from ctx, which the library uses again for another request while a context derived from it still looks at it.
	flight, end, err := s.flights.begin(s.ctx, req.ID())
	if err != nil {
		return nil, err
	}
	defer end()
	before := s.tasks.latest()
	jsonrpc2.Async(ctx)
	if r.order == ordered {
		if err := await(flight, before); err != nil {
			return nil, wireError(flight, err)
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-flight.Done():
			return nil, wireError(flight, flight.Err())
		}
	}
	return s.serve(flight, req, r.handler)
}

// admit refuses requests that have no place in the current phase.
func (s *session) admit(method string, known bool) error {
	switch current := phase(s.phase.Load()); {
	case current == shutDown:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s after shutdown", method)
	case current == waiting && method != protocol.MethodInitialize:
		return jsonrpc2.Errorf(jsonrpc2.ServerNotInitialized, "%s before initialize", method)
	case current == serving && method == protocol.MethodInitialize:
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, "initialize a second time")
	case !known:
		return jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "method %q is not supported", method)
	}
	return nil
}

// serve runs a handler and turns a panic into an error.
func (s *session) serve(ctx context.Context, req *jsonrpc2.Request, h handler) (result any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("panic in a request", "method", req.Method(), "panic", cause, "stack", string(debug.Stack()))
			result, err = nil, panicError(req.Method(), cause)
		}
	}()
	raw, err := h(ctx, s, req.Params())
	if err != nil {
		wire := wireError(ctx, err)
		if wire.Code != protocol.CodeRequestCancelled {
			s.log.Debug("request failed", "method", req.Method(), "code", wire.Code, "error", wire.Message)
		}
		return nil, wire
	}
	return raw, nil
}

// notified serves a notification. Nobody can be told about an error in it, so it is logged.
func (s *session) notified(req *jsonrpc2.Request) {
	r, known := notifications[req.Method()]
	if current := phase(s.phase.Load()); current != serving && req.Method() != protocol.MethodExit {
		s.log.Debug("notification ignored: not initialized, or shut down", "method", req.Method())
		return
	}
	if !known {
		if !strings.HasPrefix(req.Method(), "$/") {
			s.log.Debug("unknown notification ignored", "method", req.Method())
		}
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("panic in a notification", "method", req.Method(), "panic", cause, "stack", string(debug.Stack()))
		}
	}()
	if _, err := r(s.ctx, s, req.Params()); err != nil {
		s.log.Warn("notification failed", "method", req.Method(), "error", err)
	}
}
