// Package mcp offers the search to agents, as a server of the Model Context Protocol.
//
// It is another face of the engine that serves editors: the same indexes, the same live view of the disk, the same
// JSON for results. What is particular to agents is thrift, since every word of an answer is paid for:
//
//	tools.go      the tools and their descriptions; arguments are checked against their schemas
//	search.go     search and similar
//	explain.go    why a place is found, or not
//	read.go       lines of files, within the roots and nowhere else
//	status.go     how far the index is
//	resource.go   the files as resources, which results link to
//
//	stdio.go      messages as lines
//	roots.go      which folders: those of the command line, those of the client, or the working directory
//	settle.go     waiting for the index, with progress
//	page.go       long answers in pages
//	text.go       answers as text
//	problem.go    errors that say what to do next
package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/settings"
)

// Engine is what the tools need of the engine behind them; *engine.Engine is one.
type Engine interface {
	AddFolder(ctx context.Context, dir string) error
	RemoveFolder(dir string) error

	Search(context.Context, search.Request) (*search.Response, error)
	Similar(context.Context, search.SimilarRequest) (*search.Response, error)
	Explain(ctx context.Context, req search.Request, root, path string, line int) (*search.Explanation, error)

	Status() engine.Status
	Wait(ctx context.Context) error
	Close() error
}

var _ Engine = (*engine.Engine)(nil)

// DefaultWait is how long a tool waits for an index that is being built before it answers from what there is.
const DefaultWait = 20 * time.Second

// NoWait is the wait of a tool that always answers from what there is.
const NoWait time.Duration = -1

// Options say what is served.
type Options struct {
	Open    func(engine.Config) (Engine, error) // opens the engine; its callbacks are those of the server
	Version string                              // of the program, told to clients
	Log     *slog.Logger                        // nil discards
	Flags   []settings.Layer                    // settings of the command line

	Roots     []string      // folders to search; with none, the client says which
	Directory string        // folder to search when the client does not say; "" is none
	Wait      time.Duration // for an index that is being built; 0 means DefaultWait

	rootsTimeout time.Duration // 0 means the constant
}

// server is one connection to one client.
type server struct {
	engine Engine
	log    *slog.Logger
	wait   time.Duration
	roots  roots
	news   news

	ctx  context.Context // ends with the connection
	work sync.WaitGroup  // what was begun by notifications
}

// Serve serves one client until it leaves or ctx ends; both are an orderly end. It fails when the engine or a folder
// of the options cannot be opened, and when what the client sends is not the protocol.
func Serve(ctx context.Context, transport sdk.Transport, o Options) (err error) {
	s := &server{log: o.Log, wait: o.Wait}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.wait == 0 {
		s.wait = DefaultWait
	}
	s.news.init()
	s.engine, err = o.Open(engine.Config{
		Layers: o.Flags, Log: o.Log, Watch: true, OnProgress: s.news.progress, Ask: s.decline,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.engine.Close()) }()
	served, cancel := context.WithCancel(ctx)
	defer s.work.Wait()
	defer cancel()
	s.ctx = served
	s.roots.init(s.engine, &o)
	if err := s.roots.openFixed(served); err != nil {
		return err
	}
	// A closed pipe is the client's end: something was still being written to it.
	if err := s.protocol(o.Version).Run(served, transport); err != nil && ctx.Err() == nil && !errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("serve the agent: %w", err)
	}
	return nil
}

// protocol builds the server of the library.
func (s *server) protocol(version string) *sdk.Server {
	p := sdk.NewServer(
		&sdk.Implementation{Name: "semantic", Title: "Semantic code search", Version: version},
		&sdk.ServerOptions{
			Instructions: instructions,
			Logger:       s.log,
			// What is offered never changes while the server runs.
			Capabilities:       &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}, Resources: &sdk.ResourceCapabilities{}},
			InitializedHandler: func(_ context.Context, r *sdk.InitializedRequest) { s.followRoots(r.Session) },
			//lint:ignore SA1019 roots are deprecated and in use
			RootsListChangedHandler: func(_ context.Context, r *sdk.RootsListChangedRequest) { s.followRoots(r.Session) },
		})
	s.addTools(p)
	s.addResources(p)
	return p
}

// decline answers the engine's question whether something huge shall be indexed: nobody is there to be asked. The
// answers to the agent say how a person allows it.
func (s *server) decline(_ context.Context, q engine.Question) engine.Answer {
	s.log.Warn("too large to be indexed without consent; start the server with --yes to allow it",
		"root", q.Root, "files", q.Files, "bytes", q.Bytes)
	return engine.NotNow
}
