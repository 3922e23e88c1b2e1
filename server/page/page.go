// Package page shows an engine in the browser of the person at this machine: a search, the code that was found, a map
// of all functions, and how the index is doing.
//
// It is another face of the engine that serves editors. What is particular to a page is that any other page in the
// same browser can send requests to it, and that names of other machines can be made to lead to this one; so
//
//	guard.go    lets in only who has the token of the address, names this machine, and asks from the page itself
//	api.go      answers, as JSON, in bounded time
//	code.go     files with their highlighting; only those that are indexed
//	atlas.go    the map, with colours for its folders
//	events.go   news of the index
//	browser.go  opens the browser
//	assets      the page itself, without anything from elsewhere
//
// The page changes nothing: it only reads.
package page

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// Engine is what the page needs of the engine behind it; *engine.Engine is one.
type Engine interface {
	Search(context.Context, search.Request) (*search.Response, error)
	Similar(context.Context, search.SimilarRequest) (*search.Response, error)
	Explain(ctx context.Context, req search.Request, root, path string, line int) (*search.Explanation, error)
	Complete(ctx context.Context, query string, cursor int) []search.Completion
	Source(ctx context.Context, root, path string) ([]byte, error)

	Map(ctx context.Context) (*engine.Map, error)
	MapProgress() (done, total int)
	Status() engine.Status
}

var _ Engine = (*engine.Engine)(nil)

// DefaultAddress is a free port of this machine.
const DefaultAddress = "127.0.0.1:0"

// Bounds of what is served.
const (
	maxHeader   = 16 << 10
	readTimeout = 10 * time.Second
	idleTimeout = 2 * time.Minute
	askTimeout  = 20 * time.Second // for one answer
	mapTimeout  = 25 * time.Second // to wait for a map before the page has to ask again
	maxStreams  = 32               // pages that are told news
	newsPeriod  = 500 * time.Millisecond
)

//go:embed assets
var embedded embed.FS

// ErrNotLocal is returned for addresses that other machines could reach.
var ErrNotLocal = errors.New("the page is for this machine alone: listen on 127.0.0.1 or [::1]")

// Server serves the page of one engine on one listener.
type Server struct {
	engine  Engine
	version string
	log     *slog.Logger
	address string // host and port of the listener
	token   string
	slots   chan struct{} // one for each answer that may be worked on
	streams chan struct{} // one for each page that is told news
	news    time.Duration // between looks at the engine
	ended   chan struct{} // closed when serving ends
	handler http.Handler
}

// Listen opens an address for a page: a port of 127.0.0.1 or [::1], 0 for a free one.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen for the page: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen for the page on %q: %w", address, ErrNotLocal)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the page: %w", err)
	}
	return listener, nil
}

// New returns a server of the page of an engine. Version is that of the program; log may be nil.
func New(listener net.Listener, e Engine, version string, log *slog.Logger) *Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		engine: e, version: version, log: log, address: listener.Addr().String(), token: rand.Text(),
		slots: make(chan struct{}, 2*runtime.GOMAXPROCS(0)), streams: make(chan struct{}, maxStreams),
		news: newsPeriod, ended: make(chan struct{}),
	}
	s.handler = s.guard(s.routes())
	return s
}

// URL is the address of the page with the token that lets a browser in.
func (s *Server) URL() string {
	return (&url.URL{Scheme: "http", Host: s.address, Path: "/", RawQuery: "token=" + s.token}).String()
}

// Serve serves until ctx ends, which is an orderly end.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	h := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(logWriter{s.log}, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { h.Close() })
	defer stop()
	defer close(s.ended)
	if err := h.Serve(listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve the page: %w", err)
	}
	return nil
}

// logWriter passes on what the library complains about, such as connections that break.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(p []byte) (int, error) {
	w.log.Debug("page", "message", string(p))
	return len(p), nil
}

// routes says what answers to which path.
func (s *Server) routes() http.Handler {
	assets, err := fs.Sub(embedded, "assets")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(assets))
	mux.HandleFunc("GET /api/search", s.answer(askTimeout, s.working(s.search)))
	mux.HandleFunc("GET /api/similar", s.answer(askTimeout, s.working(s.similar)))
	mux.HandleFunc("GET /api/explain", s.answer(askTimeout, s.working(s.explain)))
	mux.HandleFunc("GET /api/complete", s.answer(askTimeout, s.working(s.complete)))
	mux.HandleFunc("GET /api/code", s.answer(askTimeout, s.working(s.code)))
	mux.HandleFunc("GET /api/map", s.answer(mapTimeout, s.atlas))
	mux.HandleFunc("GET /api/events", s.events)
	return mux
}
