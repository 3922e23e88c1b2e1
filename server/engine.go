package server

import (
	"context"

	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/settings"
	"lsp/workspace"
)

// Engine is what a session needs of the engine behind it; *engine.Engine is one. Where a directory may be empty, that
// means every open folder.
type Engine interface {
	AddFolder(ctx context.Context, dir string) error
	RemoveFolder(dir string) error

	// Modify takes changes in order and returns at once. Every later answer reflects them or says that it does not.
	Modify(mods []workspace.Modification) error
	Snapshot() *workspace.Snapshot
	Configure(layers ...settings.Layer) error

	Search(context.Context, search.Request) (*search.Response, error)
	Similar(context.Context, search.SimilarRequest) (*search.Response, error)
	Duplicates(ctx context.Context, req search.DuplicatesRequest, progress func(done, total int)) (*search.DuplicatesResponse, error)
	Symbols(ctx context.Context, query string, limit int) (*search.Response, error)
	Explain(ctx context.Context, req search.Request, root, path string, line int) (*search.Explanation, error)
	Summarize(ctx context.Context, root, path string, line int) (*search.Summary, error)
	Complete(ctx context.Context, query string, cursor int) []search.Completion

	Source(ctx context.Context, root, path string) ([]byte, error)

	Map(ctx context.Context) (*engine.Map, error)
	MapProgress() (done, total int)

	Status() engine.Status
	Reindex(ctx context.Context, dir string) error
	Pause(dir string) error
	Resume(dir string) error
	Close() error
}

var _ Engine = (*engine.Engine)(nil)
