package engine

import (
	"context"

	"lsp/indexer/search"
)

// Summarize says in a line what the function at a line of a file does, guessed when nobody documented it. The path is
// absolute or relative to root and must lie in an open folder.
func (e *Engine) Summarize(ctx context.Context, root, path string, line int) (*search.Summary, error) {
	root, path, err := e.place(root, path)
	if err != nil {
		return nil, err
	}
	views, _, release := e.views(ctx)
	defer release()
	return e.searcher.Summarize(ctx, views, root, path, line)
}
