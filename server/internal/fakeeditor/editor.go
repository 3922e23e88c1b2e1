// Package fakeeditor is an editor for tests: it speaks the language server protocol over a connection and lets a test
// wait for what the server does, without ever sleeping. It shares no code with the server, so that a mistake in
// framing or encoding shows.
package fakeeditor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long an expectation waits before the test fails. No passing test waits for it.
const patience = 30 * time.Second

// Message is what a server sent: a request (ID and Method), a notification (Method) or an answer (ID).
type Message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Error          `json:"error,omitempty"`
}

// Error is the error of an answer.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// Handler answers a request of the server.
type Handler func(params json.RawMessage) (result any, err *Error)

// Editor is one client. Its methods fail the test when the server breaks the protocol.
type Editor struct {
	t    testing.TB
	conn io.ReadWriteCloser

	writing sync.Mutex

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced whenever something arrived
	log      []Message     // everything the server sent, in order
	seen     int           // of log: what expectations have consumed
	answers  map[string][]Message
	handlers map[string]Handler
	ended    error // why reading ended; nil while it goes on
	nextID   int
}

// Pipe returns an editor and the server's end of a connection in memory.
func Pipe(t testing.TB) (*Editor, net.Conn) {
	client, server := net.Pipe()
	return New(t, client), server
}

// New returns an editor on a connection, which is closed when the test ends.
func New(t testing.TB, conn io.ReadWriteCloser) *Editor {
	e := &Editor{t: t, conn: conn, changed: make(chan struct{}), answers: map[string][]Message{}, handlers: map[string]Handler{}}
	for _, method := range []string{"window/workDoneProgress/create", "client/registerCapability", "client/unregisterCapability"} {
		e.Handle(method, func(json.RawMessage) (any, *Error) { return nil, nil })
	}
	go e.read()
	t.Cleanup(func() {
		conn.Close()
		e.wait("the connection to end", func() (bool, error) { return e.ended != nil, nil })
		if t.Failed() {
			e.dump()
		}
	})
	return e
}

// Handle sets how requests of a method are answered. Others are answered with MethodNotFound.
func (e *Editor) Handle(method string, h Handler) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handlers[method] = h
}

// read takes what the server sends until the connection ends.
func (e *Editor) read() {
	in := bufio.NewReader(e.conn)
	for {
		m, err := readMessage(in)
		e.mu.Lock()
		if err != nil {
			e.ended = err
		} else {
			e.log = append(e.log, m)
			if m.Method == "" {
				e.answers[string(m.ID)] = append(e.answers[string(m.ID)], m)
			}
		}
		close(e.changed)
		e.changed = make(chan struct{})
		handler := e.handlers[m.Method]
		e.mu.Unlock()
		if err != nil {
			return
		}
		if m.Method != "" && m.ID != nil {
			go e.answer(m, handler)
		}
	}
}

// readMessage reads one frame and checks it strictly.
func readMessage(in *bufio.Reader) (Message, error) {
	header, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return Message{}, err
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		return Message{}, fmt.Errorf("header %v: %w", header, err)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(in, body); err != nil {
		return Message{}, err
	}
	var m struct {
		Message
		Version string `json:"jsonrpc"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return Message{}, fmt.Errorf("body %q: %w", body, err)
	}
	if m.Version != "2.0" {
		return Message{}, fmt.Errorf("body %q: version %q", body, m.Version)
	}
	if m.Method == "" && (m.Result == nil) == (m.Error == nil) {
		return Message{}, fmt.Errorf("body %q: neither request nor answer", body)
	}
	return m.Message, nil
}

func (e *Editor) answer(m Message, h Handler) {
	reply := map[string]any{"jsonrpc": "2.0", "id": m.ID}
	if h == nil {
		reply["error"] = &Error{Code: -32601, Message: "the fake editor does not handle " + m.Method}
	} else if result, err := h(m.Params); err != nil {
		reply["error"] = err
	} else {
		reply["result"] = result
	}
	// The connection may be gone by now, which is not this goroutine's business.
	_ = e.send(reply)
}

func (e *Editor) send(m any) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return e.Raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// Raw writes bytes as they are.
func (e *Editor) Raw(bytes string) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	_, err := io.WriteString(e.conn, bytes)
	return err
}

// Body frames a text that need not be a message.
func (e *Editor) Body(text string) {
	e.t.Helper()
	if err := e.Raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text)); err != nil {
		e.t.Fatalf("write: %v", err)
	}
}

// Notify sends a notification. A nil params is left out.
func (e *Editor) Notify(method string, params any) {
	e.t.Helper()
	m := map[string]any{"jsonrpc": "2.0", "method": method}
	if params != nil {
		m["params"] = params
	}
	if err := e.send(m); err != nil {
		e.t.Fatalf("notify %s: %v", method, err)
	}
}

// Send sends a request under a new number and returns its id for Await.
func (e *Editor) Send(method string, params any) any {
	e.t.Helper()
	e.mu.Lock()
	e.nextID++
	id := e.nextID
	e.mu.Unlock()
	e.SendID(id, method, params)
	return id
}

// SendID sends a request under an id of the caller's.
func (e *Editor) SendID(id any, method string, params any) {
	e.t.Helper()
	m := map[string]any{"jsonrpc": "2.0", "id": id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if err := e.send(m); err != nil {
		e.t.Fatalf("request %s: %v", method, err)
	}
}

// Await waits for the answer to a request. The result is decoded into result unless that is nil.
func (e *Editor) Await(id any, result any) error {
	e.t.Helper()
	key, err := json.Marshal(id)
	if err != nil {
		e.t.Fatal(err)
	}
	var m Message
	e.wait(fmt.Sprintf("the answer to %s", key), func() (bool, error) {
		if got := e.answers[string(key)]; len(got) > 0 {
			m = got[0]
			e.answers[string(key)] = got[1:]
			return true, nil
		}
		return false, e.ended
	})
	if m.Error != nil {
		return m.Error
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			e.t.Fatalf("answer to %s: %v: %s", key, err, m.Result)
		}
	}
	return nil
}

// Call sends a request and waits for its answer.
func (e *Editor) Call(method string, params, result any) error {
	e.t.Helper()
	return e.Await(e.Send(method, params), result)
}

// MustCall is Call for a request that has to succeed.
func (e *Editor) MustCall(method string, params, result any) {
	e.t.Helper()
	if err := e.Call(method, params, result); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

// Fails expects a request to fail with a code and a message that holds a text.
func (e *Editor) Fails(err error, code int, holds string) {
	e.t.Helper()
	var got *Error
	if !errors.As(err, &got) || got.Code != code || !strings.Contains(got.Message, holds) {
		e.t.Errorf("got error %v, want %d with %q", err, code, holds)
	}
}

// Expect waits for a message of the server that matches and was not consumed by an earlier expectation, and consumes
// everything up to it. Answers are not among the messages.
func (e *Editor) Expect(what string, match func(Message) bool) Message {
	e.t.Helper()
	var found Message
	e.wait(what, func() (bool, error) {
		for i := e.seen; i < len(e.log); i++ {
			if e.log[i].Method != "" && match(e.log[i]) {
				found, e.seen = e.log[i], i+1
				return true, nil
			}
		}
		return false, e.ended
	})
	return found
}

// Seen waits for a message of the server that matches, whether consumed or not, and consumes nothing. It is for messages
// whose order does not matter.
func (e *Editor) Seen(what string, match func(Message) bool) Message {
	e.t.Helper()
	var found Message
	e.wait(what, func() (bool, error) {
		for _, m := range e.log {
			if m.Method != "" && match(m) {
				found = m
				return true, nil
			}
		}
		return false, e.ended
	})
	return found
}

// ExpectMethod is Expect for a method and, if decoded is not nil, decodes the parameters.
func (e *Editor) ExpectMethod(method string, decoded any) Message {
	e.t.Helper()
	m := e.Expect(method, func(m Message) bool { return m.Method == method })
	if decoded != nil {
		if err := json.Unmarshal(m.Params, decoded); err != nil {
			e.t.Fatalf("%s: %v: %s", method, err, m.Params)
		}
	}
	return m
}

// Messages returns everything the server sent so far.
func (e *Editor) Messages() []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.log)
}

// Close ends the connection, as an editor does that crashed.
func (e *Editor) Close() { e.conn.Close() }

// Ended waits until the server has closed the connection and returns every answer that nobody awaited.
func (e *Editor) Ended() []Message {
	e.t.Helper()
	e.wait("the server to close the connection", func() (bool, error) { return e.ended != nil, nil })
	e.mu.Lock()
	defer e.mu.Unlock()
	var rest []Message
	for _, list := range e.answers {
		rest = append(rest, list...)
	}
	return rest
}

// wait blocks until check, which is called with the lock held whenever something arrived, says so.
func (e *Editor) wait(what string, check func() (bool, error)) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		e.mu.Lock()
		ok, err := check()
		changed := e.changed
		e.mu.Unlock()
		if ok {
			return
		}
		if err != nil {
			e.t.Fatalf("waiting for %s: the connection ended: %v", what, err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			e.t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// dump prints what the server sent, for a test that failed.
func (e *Editor) dump() {
	for _, m := range e.Messages() {
		text, err := json.Marshal(m)
		if err == nil {
			e.t.Logf("server: %.400s", text)
		}
	}
}
