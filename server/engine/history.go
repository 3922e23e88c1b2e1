package engine

import (
	"context"
	"slices"
	"sync"
	"weak"

	"lsp/indexer"
	"lsp/indexer/store"
	"lsp/workspace"
	"lsp/workspace/git"
)

// history is what git knows of a root.
type history struct {
	repository *git.Repository

	mu   sync.Mutex
	tree uint64                        // counts the states of the files on disk that questions were asked about
	disk []weak.Pointer[store.Segment] // the segments that show the last of them
}

// newHistory returns the history of a root, nil outside of git.
func newHistory(where workspace.Root) *history {
	if !where.IsGit() {
		return nil
	}
	return &history{repository: git.Open(where)}
}

// changes returns the function by which a query on an epoch learns what differs from a revision, nil outside of git.
func (h *history) changes(epoch *indexer.Epoch) func(context.Context, string) (*git.Changes, error) {
	if h == nil {
		return nil
	}
	return func(ctx context.Context, revision string) (*git.Changes, error) {
		return h.repository.Changed(ctx, revision, h.state(epoch))
	}
}

// revisions returns the function that names revisions, nil outside of git.
func (h *history) revisions() func(context.Context, int) ([]string, error) {
	if h == nil {
		return nil
	}
	return h.repository.Revisions
}

// state numbers what an epoch shows of the disk: every change there brings other segments. Typing brings buffers, which
// git does not know of.
func (h *history) state(epoch *indexer.Epoch) uint64 {
	var disk []weak.Pointer[store.Segment]
	for _, l := range epoch.Layers {
		if !l.Overlay {
			disk = append(disk, weak.Make(l.Segment))
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(disk, h.disk) {
		h.tree++
		h.disk = disk
	}
	return h.tree
}
