package mcp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// scripted is an engine that does what a test says.
type scripted struct {
	cfg    engine.Config
	answer func(context.Context) (*search.Response, error)
	wait   func(context.Context) error

	mu     sync.Mutex
	roots  []engine.RootStatus
	closed bool
}

func (e *scripted) open(c engine.Config) (Engine, error) {
	e.cfg = c
	return e, nil
}

func (e *scripted) AddFolder(_ context.Context, dir string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.roots) == 0 {
		e.roots = []engine.RootStatus{{Path: dir, State: engine.Indexing}}
	}
	return nil
}

func (e *scripted) RemoveFolder(string) error { return nil }

func (e *scripted) Search(ctx context.Context, _ search.Request) (*search.Response, error) {
	return e.answer(ctx)
}

func (e *scripted) Similar(ctx context.Context, _ search.SimilarRequest) (*search.Response, error) {
	return e.answer(ctx)
}

func (e *scripted) Explain(context.Context, search.Request, string, string, int) (*search.Explanation, error) {
	return nil, search.ErrNoUnit
}

func (e *scripted) Status() engine.Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	return engine.Status{Roots: slices.Clone(e.roots)}
}

func (e *scripted) Wait(ctx context.Context) error { return e.wait(ctx) }

func (e *scripted) Close() error {
	e.closed = true
	return nil
}

// stuck waits for nothing but the end of ctx.
func stuck(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func partial(context.Context) (*search.Response, error) {
	return &search.Response{Results: []search.Result{{Path: "a.go", Name: "A", StartLine: 1, EndLine: 2}}}, nil
}

// TestProgress waits for an index and hears how far it is.
func TestProgress(t *testing.T) {
	heard := make(chan *sdk.ProgressNotificationParams, 100)
	root := t.TempDir()
	e := &scripted{}
	asked := 0
	e.answer = func(context.Context) (*search.Response, error) {
		asked++
		return &search.Response{Results: []search.Result{}, Complete: asked == 2}, nil
	}
	var last *sdk.ProgressNotificationParams
	e.wait = func(context.Context) error {
		for _, done := range []int{10, 50} {
			e.cfg.OnProgress(engine.Progress{Root: root, Done: done, Total: 100})
			last = <-heard
			if last.Progress != float64(done) || last.Total != 100 || last.ProgressToken != "token" || last.Message == "" {
				t.Errorf("heard %+v", last)
			}
			e.cfg.OnProgress(engine.Progress{Root: root, Done: done - 5, Total: 100}) // progress never goes back
			e.cfg.OnProgress(engine.Progress{Root: root, Model: "m", Done: 600, Total: 6000})
		}
		e.cfg.OnProgress(engine.Progress{Root: root, Done: 100, Total: 100, Finished: true})
		return nil
	}
	client := &sdk.ClientOptions{ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
		heard <- r.Params
	}}
	a := connect(t, Options{Open: e.open, Roots: []string{root}}, withRequests, client)
	params := &sdk.CallToolParams{Name: "search", Arguments: arguments{"query": "x"}}
	params.SetProgressToken("token")
	result, err := a.CallTool(t.Context(), params)
	if err != nil || result.IsError || asked != 2 {
		t.Errorf("asked %d times: %+v, %v", asked, result, err)
	}
	if len(heard) > 0 {
		t.Errorf("heard also %+v", <-heard)
	}
}

// TestPartial answers from what there is when waiting does not help, and says why.
func TestPartial(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  time.Duration
		state engine.RootStatus
		wants []string
	}{
		{"time is over", time.Nanosecond, engine.RootStatus{State: engine.Indexing}, []string{"ask again shortly"}},
		{"no waiting", NoWait, engine.RootStatus{State: engine.Indexing}, []string{"ask again shortly"}},
		{"paused", DefaultWait, engine.RootStatus{State: engine.Paused}, []string{" is paused", "resume indexing"}},
		{"declined", DefaultWait, engine.RootStatus{State: engine.Disabled, Reason: "declined"}, []string{" is disabled: declined", "--yes"}},
		{"degraded", DefaultWait, engine.RootStatus{State: engine.Degraded, Reason: "disk full"}, []string{" is degraded: disk full", "lsp doctor"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			c.state.Path = root
			e := &scripted{answer: partial, wait: stuck, roots: []engine.RootStatus{c.state}}
			a := connect(t, Options{Open: e.open, Roots: []string{root}, Wait: c.wait}, withRequests, nil)
			var got answer
			text := a.call("search", arguments{"query": "x"}, &got)
			if got.Complete || len(got.Results) != 1 {
				t.Errorf("got %+v", got)
			}
			for _, want := range append(c.wants, "incomplete: ", "\nnext: ") {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

// TestCancel takes back a question while the engine is at it, and while it waits for the index.
func TestCancel(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	hang := func(ctx context.Context) error {
		close(begun)
		err := stuck(ctx)
		ended <- err
		return err
	}
	for name, e := range map[string]*scripted{
		"asking":  {answer: func(ctx context.Context) (*search.Response, error) { return nil, hang(ctx) }},
		"waiting": {answer: partial, wait: hang},
	} {
		t.Run(name, func(t *testing.T) {
			begun, ended = make(chan struct{}), make(chan error, 1)
			a := connect(t, Options{Open: e.open, Roots: []string{t.TempDir()}}, withRequests, nil)
			ctx, cancel := context.WithCancel(t.Context())
			answered := make(chan error, 1)
			go func() {
				_, err := a.CallTool(ctx, &sdk.CallToolParams{Name: "search", Arguments: arguments{"query": "x"}})
				answered <- err
			}()
			<-begun
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the engine ended with %v", err)
			}
			if err := <-answered; !errors.Is(err, context.Canceled) {
				t.Errorf("the client got %v", err)
			}
			a.call("status", nil, nil) // the session goes on
		})
	}
}

// TestLeave has a client that goes away in the middle of a question: the server must not wait for the index.
func TestLeave(t *testing.T) {
	begun := make(chan struct{})
	e := &scripted{answer: partial, wait: func(ctx context.Context) error {
		close(begun)
		return stuck(ctx)
	}}
	in, send := io.Pipe()
	receive, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Serve(context.Background(), Stdio(in, out), Options{Open: e.open, Roots: []string{t.TempDir()}, Wait: time.Hour})
	}()
	go func() {
		for _, message := range []string{
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`,
			`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"query":"x"}}}`,
		} {
			fmt.Fprintln(send, message)
		}
		<-begun
		send.Close()
	}()
	go func() {
		lines := bufio.NewScanner(receive)
		for lines.Scan() {
			if !json.Valid(lines.Bytes()) {
				t.Errorf("wrote %q", lines.Text())
			}
		}
	}()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if !e.closed {
		t.Error("the engine is left open")
	}
}

// TestPanic survives a bug.
func TestPanic(t *testing.T) {
	e := &scripted{answer: func(context.Context) (*search.Response, error) { panic("a bug") }}
	a := connect(t, Options{Open: e.open, Roots: []string{t.TempDir()}}, withRequests, nil)
	a.refuse("search", arguments{"query": "x"}, "search failed: a bug")
	a.call("status", nil, nil)
}

// TestDecline does not index something huge that nobody has allowed.
func TestDecline(t *testing.T) {
	e := &scripted{}
	connect(t, Options{Open: e.open, Roots: []string{t.TempDir()}}, withRequests, nil)
	if e.cfg.Ask(t.Context(), engine.Question{Root: "/huge", Files: 1 << 20}) != engine.NotNow {
		t.Error("indexed without consent")
	}
}

// TestDeclined says what to do about a repository that is too large to be indexed without a question.
func TestDeclined(t *testing.T) {
	root := tree(t, project)
	write(t, filepath.Join(root, ".semantic.toml"), "[index]\naskAboveFiles = 1\n")
	a := connect(t, Options{Roots: []string{root}, Log: slog.New(slog.DiscardHandler)}, withRequests, nil)
	var got answer
	text := a.call("search", arguments{"query": "retry"}, &got)
	if want := "lsp index --yes --root " + strconv.Quote(root); got.Complete || !strings.Contains(text, want) {
		t.Errorf("the answer is %q, want %q", text, want)
	}
}
