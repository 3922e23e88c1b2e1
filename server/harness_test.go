package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lsp/indexer/search"
	"lsp/indexer/store"
	"lsp/server/engine"
	"lsp/server/internal/fakeeditor"
	"lsp/server/settings"
	"lsp/workspace"
)

// object is a JSON object.
type object = map[string]any

// scripted is an engine that does what a test says and remembers what it was told. Documents are real.
type scripted struct {
	config engine.Config
	files  *workspace.Workspace

	mu     sync.Mutex
	calls  []string
	layers []settings.Layer

	search     func(context.Context, search.Request) (*search.Response, error)
	symbols    func(ctx context.Context, query string) (*search.Response, error)
	similar    func(search.SimilarRequest) (*search.Response, error)
	duplicates func(search.DuplicatesRequest, func(done, total int)) (*search.DuplicatesResponse, error)
	modify     func([]workspace.Modification)
	addFolder  func(dir string) error
}

func (e *scripted) called(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, fmt.Sprintf(format, args...))
}

// history returns the calls so far that begin with a word.
func (e *scripted) history(word string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, call := range e.calls {
		if strings.HasPrefix(call, word+" ") || call == word {
			out = append(out, call)
		}
	}
	return out
}

func (e *scripted) AddFolder(_ context.Context, dir string) error {
	e.called("add %s", dir)
	if e.addFolder != nil {
		if err := e.addFolder(dir); err != nil {
			return err
		}
	}
	_, _, err := e.files.Modify([]workspace.Modification{{Path: dir, Action: workspace.ActionFolderAdded, Cause: workspace.CauseEditor}})
	return err
}

func (e *scripted) RemoveFolder(dir string) error {
	e.called("remove %s", dir)
	return nil
}

func (e *scripted) Modify(mods []workspace.Modification) error {
	for _, m := range mods {
		e.called("modify %s %s %s", m.Action, m.Cause, filepath.Base(m.Path))
	}
	if e.modify != nil {
		e.modify(mods)
	}
	_, _, err := e.files.Modify(mods)
	return err
}

func (e *scripted) Snapshot() *workspace.Snapshot { return e.files.Snapshot() }

func (e *scripted) Configure(layers ...settings.Layer) error {
	e.called("configure")
	e.mu.Lock()
	defer e.mu.Unlock()
	e.layers = layers
	return nil
}

func (e *scripted) Source(_ context.Context, _, path string) ([]byte, error) {
	return nil, fmt.Errorf("%s: %w", path, engine.ErrNotIndexed)
}

func (e *scripted) Map(context.Context) (*engine.Map, error) {
	e.called("map")
	return &engine.Map{Functions: []engine.Mapped{{Root: "/r", Path: "a.go", Name: "Add", StartLine: 3, EndLine: 5, X: -0.5, Y: 1}}, Of: 1}, nil
}

func (e *scripted) MapProgress() (done, total int) { return 0, 0 }

func (e *scripted) Search(ctx context.Context, req search.Request) (*search.Response, error) {
	e.called("search %s %d %v", req.Query, req.Limit, req.Filter)
	if e.search == nil {
		return &search.Response{Results: []search.Result{}, Complete: true}, nil
	}
	return e.search(ctx, req)
}

func (e *scripted) Symbols(ctx context.Context, query string, limit int) (*search.Response, error) {
	e.called("symbols %s", query)
	if e.symbols == nil {
		return &search.Response{Results: []search.Result{}, Complete: true}, nil
	}
	return e.symbols(ctx, query)
}

func (e *scripted) Similar(_ context.Context, req search.SimilarRequest) (*search.Response, error) {
	e.called("similar %s:%d %q", filepath.Base(req.Path), req.Line, req.Text)
	if e.similar == nil {
		return &search.Response{Results: []search.Result{}, Complete: true}, nil
	}
	return e.similar(req)
}

// Summarize guesses that the function getWidth at line 3 of a file does what getHeight is documented to do.
func (e *scripted) Summarize(_ context.Context, _, path string, line int) (*search.Summary, error) {
	e.called("summarize %s:%d", filepath.Base(path), line)
	if filepath.Base(path) == "outside.go" {
		return nil, fmt.Errorf("%s: %w", path, engine.ErrNotOpen)
	}
	if line != 3 {
		return nil, search.ErrNoUnit
	}
	unit := search.Result{Root: filepath.Dir(path), Path: filepath.Base(path), Name: "getWidth", StartLine: 3, EndLine: 3}
	unit.NameRange.Start = store.Position{Line: 2, UTF8: 5, UTF16: 5, UTF32: 5}
	unit.NameRange.End = store.Position{Line: 2, UTF8: 13, UTF16: 13, UTF32: 13}
	from := unit
	from.Owner, from.Name, from.StartLine = "box", "getHeight", 7
	return &search.Summary{Text: "Returns the width.", Guess: true, Unit: unit, From: &from}, nil
}

func (e *scripted) Duplicates(_ context.Context, req search.DuplicatesRequest, progress func(done, total int)) (*search.DuplicatesResponse, error) {
	e.called("duplicates %g", req.Min)
	if e.duplicates == nil {
		return &search.DuplicatesResponse{Complete: true}, nil
	}
	return e.duplicates(req, progress)
}

func (e *scripted) Explain(_ context.Context, req search.Request, _, path string, line int) (*search.Explanation, error) {
	e.called("explain %s %s:%d", req.Query, filepath.Base(path), line)
	return &search.Explanation{Class: "sentence", Rank: 3, Of: 9}, nil
}

func (e *scripted) Complete(_ context.Context, query string, cursor int) []search.Completion {
	e.called("complete %s %d", query, cursor)
	return []search.Completion{{Text: "lang:go", Start: cursor - 1, End: cursor, Final: true}}
}

func (e *scripted) Status() engine.Status {
	return engine.Status{Model: "scripted", Roots: []engine.RootStatus{{Path: "/scripted", State: engine.Ready}}}
}

func (e *scripted) Reindex(_ context.Context, dir string) error {
	e.called("reindex %s", dir)
	return nil
}
func (e *scripted) Pause(dir string) error  { e.called("pause %s", dir); return nil }
func (e *scripted) Resume(dir string) error { e.called("resume %s", dir); return nil }
func (e *scripted) Close() error            { e.called("close"); return nil }

// quick are periods for tests: nothing to wait for, and nothing that passes by waiting.
var quick = timing{
	parent:   time.Millisecond,
	status:   time.Millisecond,
	progress: time.Millisecond,
	patience: time.Nanosecond,
	answer:   30 * time.Second,
	drain:    30 * time.Second,
}

// session under test with a scripted engine.
type fixture struct {
	*fakeeditor.Editor
	t      *testing.T
	engine *scripted
	done   chan error // the result of Serve
}

// start serves a new editor. change may alter the options.
func start(t *testing.T, change ...func(*Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, engine: &scripted{}, done: make(chan error, 1)}
	options := Options{
		Version: "1.2.3",
		timing:  quick,
		Open: func(c engine.Config) (Engine, error) {
			f.engine.config = c
			f.engine.files = workspace.New(workspace.Options{Encoding: c.Encoding})
			return f.engine, nil
		},
		OpenPage: func(context.Context, Engine) (string, func(context.Context) error, error) {
			return "http://127.0.0.1:9/", func(ctx context.Context) error { <-ctx.Done(); return nil }, nil
		},
	}
	for _, c := range change {
		c(&options)
	}
	editor, conn := fakeeditor.Pipe(t)
	f.Editor = editor
	go func() { f.done <- Serve(context.Background(), conn, options) }()
	return f
}

// initialize performs the handshake. params are merged over the least a client sends.
func (f *fixture) initialize(params object) object {
	f.t.Helper()
	all := object{"processId": nil, "rootUri": nil, "capabilities": object{}}
	for key, value := range params {
		all[key] = value
	}
	var result object
	f.MustCall("initialize", all, &result)
	f.Notify("initialized", object{})
	return result
}

// settle waits until everything sent so far has been served, queued tasks included.
func (f *fixture) settle() {
	f.t.Helper()
	f.MustCall("semantic/complete", object{"text": "x", "cursor": 1}, nil)
}

// leave ends the session properly and checks that the engine was closed once.
func (f *fixture) leave() {
	f.t.Helper()
	f.MustCall("shutdown", nil, nil)
	f.Notify("exit", nil)
	if err := <-f.done; err != nil {
		f.t.Errorf("Serve: %v", err)
	}
	if rest := f.Ended(); len(rest) != 0 {
		f.t.Errorf("answers that nobody asked for: %+v", rest)
	}
	if closed := f.engine.history("close"); len(closed) != 1 {
		f.t.Errorf("the engine was closed %d times", len(closed))
	}
}

// folderParams are initialize parameters with folders.
func folderParams(dirs ...string) object {
	var list []object
	for _, dir := range dirs {
		list = append(list, object{"uri": workspace.PathToURI(dir), "name": filepath.Base(dir)})
	}
	return object{"workspaceFolders": list}
}

// tempDir is a temporary directory in its canonical spelling.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := workspace.Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// found is a response with results.
func found(results ...search.Result) *search.Response {
	return &search.Response{Results: results, Complete: true, TookMs: 0.5}
}

// at is a range of a stored unit whose columns differ in every encoding.
func at(line uint32) store.Range {
	return store.Range{
		Start: store.Position{Line: line, UTF8: 1, UTF16: 2, UTF32: 3},
		End:   store.Position{Line: line + 2, UTF8: 4, UTF16: 5, UTF32: 6},
	}
}

func wantEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantList(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// readWriteCloser makes a connection of its parts.
type readWriteCloser struct {
	io.Reader
	io.Writer
}

func (readWriteCloser) Close() error { return nil }

// readerFunc is a reader of one function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

var errScripted = errors.New("the engine is tired")

// openNothing opens an engine that finds nothing.
func openNothing(c engine.Config) (Engine, error) {
	return &scripted{config: c, files: workspace.New(workspace.Options{Encoding: c.Encoding})}, nil
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// script is a client that sends what it has prepared, stays until every request is answered, and leaves. The server
// writes one message at a time, each with one write.
type script struct {
	in       io.Reader
	waiting  int // requests without an answer
	answered chan struct{}
}

func (s *script) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	if errors.Is(err, io.EOF) {
		<-s.answered
	}
	return n, err
}

func (s *script) Write(frame []byte) (int, error) {
	_, body, _ := bytes.Cut(frame, []byte("\r\n\r\n"))
	var m fakeeditor.Message
	if err := json.Unmarshal(body, &m); err != nil {
		return 0, err
	}
	if m.Method == "" {
		if s.waiting--; s.waiting == 0 {
			close(s.answered)
		}
	}
	return len(frame), nil
}

func (s *script) Close() error { return nil }

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
