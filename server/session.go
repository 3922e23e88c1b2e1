package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"lsp/workspace"
)

// errExit ends a session: the client said exit, or its process ended.
var errExit = errors.New("exit")

// session is the life of one client.
type session struct {
	options Options
	log     *slog.Logger
	level   *slog.LevelVar

	// ctx ends with the session. Requests and everything that runs beside them derive from it.
	ctx    context.Context
	end    context.CancelCauseFunc
	stream *stream
	conn   jsonrpc2.Conn

	phase   atomic.Int32
	slots   chan struct{} // one for each search that may run
	flights flights
	tasks   tasks
	serving group // messages that are being served
	beside  group // goroutines that outlive a request

	// Set while initialize is served, before anything else can look.
	engine   Engine
	client   capabilities
	encoding workspace.Encoding

	folders  folders
	config   configuration
	out      outbox
	initial  []protocol.WorkspaceFolder // to be opened when the client is initialized
	status   latest[struct{}]
	page     page
	progress progressBars
}

func newSession(parent context.Context, rwc io.ReadWriteCloser, o Options) *session {
	s := &session{options: o, level: new(slog.LevelVar), slots: make(chan struct{}, parallelism())}
	s.ctx, s.end = context.WithCancelCause(parent)
	s.out.init()
	s.status.init()
	s.log = slog.New(&clientLog{next: o.Log.Handler(), level: s.level, out: &s.out})
	s.stream = newStream(rwc, o.MaxMessage, func(reason string) {
		s.log.Warn("message refused", "reason", reason)
	})
	s.stream.strict = o.strange
	s.conn = jsonrpc2.NewConn(s.stream)
	return s
}

// run serves until the connection is gone.
func (s *session) run() error {
	s.conn.Go(s.ctx, s.handle)
	s.beside.start(func() { s.out.run(s.ctx, s.conn) })
	s.beside.start(func() { s.status.run(s.ctx, s.options.timing.status, s.sendStatus) })
	select {
	case <-s.stream.ended: // the library would first wait for the requests that run
	case <-s.ctx.Done():
	}
	return s.close()
}

// queue adds a task of the session.
func (s *session) queue(f func()) {
	s.tasks.add(func() {
		defer func() {
			if cause := recover(); cause != nil {
				s.log.Error("panic in a task", "panic", cause, "stack", string(debug.Stack()))
			}
		}()
		f()
	})
}

// close ends everything that still runs and then the engine. What does not end, because the client does not read our
// answers, is left behind after a while, and a read that closing does not interrupt, at once: the process is about to
// exit.
func (s *session) close() error {
	s.end(errExit)
	s.flights.stopAll(errShuttingDown)
	closing := s.stream.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.serving.wait()
		_ = await(context.Background(), s.tasks.latest())
		s.beside.wait()
	}()
	timer := time.NewTimer(s.options.timing.drain)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		s.options.Log.Warn("requests did not end in time")
	}
	var engine error
	if s.engine != nil {
		if err := s.engine.Close(); err != nil {
			engine = fmt.Errorf("close the engine: %w", err)
		}
	}
	return errors.Join(s.outcome(closing), engine)
}

// outcome says how the session ended.
func (s *session) outcome(closing error) error {
	if phase(s.phase.Load()) == shutDown {
		return nil
	}
	select {
	case <-s.stream.ended:
		if err := s.stream.failure; !errors.Is(err, io.EOF) {
			return fmt.Errorf("serve: %w", err)
		}
	default:
		if closing != nil {
			return fmt.Errorf("close the connection: %w", closing)
		}
	}
	return fmt.Errorf("serve: %w", ErrNoShutdown)
}

// call sends a request to the client and waits for the answer. When ctx ends first, the client is told.
func (s *session) call(ctx context.Context, method string, params, result any) error {
	raw, err := protocol.Marshal(params)
	if err != nil {
		return fmt.Errorf("encode %s: %w", method, err)
	}
	var answer jsonrpc2.RawMessage
	id, err := s.conn.Call(ctx, method, jsonrpc2.RawMessage(raw), &answer)
	if err != nil {
		if n, ok := id.Number(); ok && ctx.Err() != nil && s.ctx.Err() == nil {
			s.out.notify(protocol.MethodCancelRequest, standardJSON(&protocol.CancelParams{ID: protocol.Integer(n)}))
		}
		return fmt.Errorf("%s: %w", method, err)
	}
	if result == nil || len(answer) == 0 {
		return nil
	}
	if err := protocol.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("decode the answer to %s: %w", method, err)
	}
	return nil
}
