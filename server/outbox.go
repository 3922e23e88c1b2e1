package server

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// maxQueued is how many notifications wait for a client that does not read.
const maxQueued = 1024

// outbox sends notifications in order from a goroutine of its own, so that the engine never waits for a client.
type outbox struct {
	mu    sync.Mutex
	queue []outgoing
	lost  int // log lines that found the queue full
	wake  chan struct{}
}

type outgoing struct {
	method string
	params func() ([]byte, error)
}

func (o *outbox) init() { o.wake = make(chan struct{}, 1) }

// standardJSON encodes parameters of the protocol library, customJSON our own.
func standardJSON(v any) func() ([]byte, error) {
	return func() ([]byte, error) { return protocol.Marshal(v) }
}

func customJSON(v any) func() ([]byte, error) {
	return func() ([]byte, error) { return json.Marshal(v) }
}

// notify queues a notification. When the client reads nothing, log lines are dropped; the others are few.
func (o *outbox) notify(method string, params func() ([]byte, error)) {
	o.mu.Lock()
	if len(o.queue) >= maxQueued && method == protocol.MethodWindowLogMessage {
		o.lost++
	} else {
		o.queue = append(o.queue, outgoing{method, params})
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *outbox) take() ([]outgoing, int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue, lost := o.queue, o.lost
	o.queue, o.lost = nil, 0
	return queue, lost
}

// run sends what is queued until ctx ends.
func (o *outbox) run(ctx context.Context, conn jsonrpc2.Conn) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		}
		queue, lost := o.take()
		if lost > 0 {
			queue = append(queue, logLine(protocol.MessageTypeWarning, "%d log messages were dropped", lost))
		}
		for _, m := range queue {
			params, err := m.params()
			if err != nil || ctx.Err() != nil {
				continue
			}
			if conn.Notify(ctx, m.method, jsonrpc2.RawMessage(params)) != nil {
				return // the connection is gone, which ends the session
			}
		}
	}
}

// latest delivers the newest of many values, not too often.
type latest[T any] struct {
	mu    sync.Mutex
	value T
	wake  chan struct{}
}

func (l *latest[T]) init() { l.wake = make(chan struct{}, 1) }

// put replaces the value that is to be delivered.
func (l *latest[T]) put(value T) {
	l.mu.Lock()
	l.value = value
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends, at most once in every period.
func (l *latest[T]) run(ctx context.Context, period time.Duration, deliver func(T)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		l.mu.Lock()
		value := l.value
		l.mu.Unlock()
		deliver(value)
		select {
		case <-ctx.Done():
			return
		case <-time.After(period):
		}
	}
}
