package engine

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lsp/indexer"
	"lsp/indexer/search"
	"lsp/workspace"
)

// views acquires the current epoch of every open root, after waiting shortly for changes notified before. It
// reports whether the epochs show everything that is known; release must be called when the answer is complete.
func (e *Engine) views(ctx context.Context) (views []search.View, complete bool, release func()) {
	e.gate.enter()
	answered := e.turns.search()
	var releases []func()
	release = func() {
		for _, f := range releases {
			f()
		}
		answered()
		e.gate.leave()
	}
	complete = true
	snapshot := e.files.Snapshot()
	wait, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	for _, r := range e.sortedRoots() {
		x, settled := r.present()
		complete = complete && settled
		if x == nil {
			continue
		}
		if x.WaitFor(wait, x.Pending()) != nil {
			complete = false
		}
		epoch, done := x.Acquire()
		releases = append(releases, done)
		complete = complete && epoch.Complete
		read := r.reader(snapshot)
		for _, within := range e.within(r) {
			views = append(views, search.View{
				Root: r.where.Path, Epoch: epoch, Within: within, Engine: x.Engine(), Read: read,
				Changes: r.git.changes(epoch), Revisions: r.git.revisions(),
			})
		}
	}
	return views, complete, release
}

// within returns the open folders of a root, relative to it, without those inside another; "" is the root itself.
func (e *Engine) within(r *root) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var rels []string
	for folder, where := range e.folders {
		if where != r.where.Path {
			continue
		}
		rel, ok := r.where.Rel(folder)
		if !ok || rel == "." {
			return []string{""}
		}
		rels = append(rels, rel)
	}
	slices.Sort(rels)
	var out []string
	for _, rel := range rels {
		if len(out) == 0 || !isWithin(rel, out[len(out)-1]) {
			out = append(out, rel)
		}
	}
	return out
}

func isWithin(rel, folder string) bool {
	return len(rel) > len(folder) && rel[:len(folder)] == folder && rel[len(folder)] == '/'
}

// Search answers a question over all open folders.
func (e *Engine) Search(ctx context.Context, req search.Request) (*search.Response, error) {
	return e.answer(ctx, func(views []search.View) (*search.Response, error) {
		return e.searcher.Search(ctx, views, req)
	})
}

// Symbols answers the standard symbol search: names for identifiers, meaning for sentences.
func (e *Engine) Symbols(ctx context.Context, query string, limit int) (*search.Response, error) {
	return e.answer(ctx, func(views []search.View) (*search.Response, error) {
		return e.searcher.Symbols(ctx, views, query, limit)
	})
}

// Similar finds units like the one at a place, or like a text. Path of the request is absolute or relative to
// Root; it must lie in an open folder unless a text is given.
func (e *Engine) Similar(ctx context.Context, req search.SimilarRequest) (*search.Response, error) {
	if req.Text == "" {
		var err error
		if req.Root, req.Path, err = e.place(req.Root, req.Path); err != nil {
			return nil, err
		}
	}
	return e.answer(ctx, func(views []search.View) (*search.Response, error) {
		return e.searcher.Similar(ctx, views, req)
	})
}

func (e *Engine) answer(ctx context.Context, ask func([]search.View) (*search.Response, error)) (*search.Response, error) {
	views, complete, release := e.views(ctx)
	defer release()
	response, err := ask(views)
	if err != nil {
		return nil, err
	}
	response.Complete = response.Complete && complete
	if len(response.Results) == 0 {
		if why := e.missing(); why != "" {
			response.Message = why
		}
	}
	return response, nil
}

// missing says in which open roots nothing can be found and why, "" when something can in all.
func (e *Engine) missing() string {
	var parts []string
	for _, r := range e.sortedRoots() {
		if why, _ := r.disabled(); why != "" {
			parts = append(parts, fmt.Sprintf("%s is not searched: %s", r.where.Path, why))
		} else if x := r.live(); x != nil && isEmpty(x) {
			if skipped := x.Status().Skipped; len(skipped) > 0 {
				reasons := slices.Sorted(maps.Keys(skipped))
				parts = append(parts, fmt.Sprintf("all of %s is left out: %s", r.where.Path, strings.Join(reasons, ", ")))
			}
		}
	}
	return strings.Join(parts, "; ")
}

// isEmpty reports whether an index that is complete holds nothing.
func isEmpty(x *indexer.Index) bool {
	epoch, release := x.Acquire()
	defer release()
	return epoch.Complete && epoch.Units() == 0
}

// Duplicates groups units that are nearly the same.
func (e *Engine) Duplicates(ctx context.Context, req search.DuplicatesRequest, progress func(done, total int)) (*search.DuplicatesResponse, error) {
	views, complete, release := e.views(ctx)
	defer release()
	response, err := e.searcher.Duplicates(ctx, views, req, progress)
	if err != nil {
		return nil, err
	}
	response.Complete = response.Complete && complete
	return response, nil
}

// Explain tells how the unit at a line (from 1) of a file scores for a question and why. The path is absolute or
// relative to base, a root; with an empty base it is relative to the first open root.
func (e *Engine) Explain(ctx context.Context, req search.Request, base, path string, line int) (*search.Explanation, error) {
	where, rel, err := e.place(base, path)
	if err != nil {
		return nil, err
	}
	views, _, release := e.views(ctx)
	defer release()
	return e.searcher.Explain(ctx, views, req, where, rel, line)
}

// Complete proposes operators and their values for the word at the cursor, a byte offset into the query.
func (e *Engine) Complete(ctx context.Context, query string, cursor int) []search.Completion {
	views, _, release := e.views(ctx)
	defer release()
	return search.Complete(ctx, views, query, cursor)
}

// place turns a path, absolute or relative to a root, into the root that holds it and the path relative to that.
func (e *Engine) place(base, path string) (root, rel string, err error) {
	if !filepath.IsAbs(path) {
		if base == "" {
			if roots := e.sortedRoots(); len(roots) > 0 {
				base = roots[0].where.Path
			}
		}
		path = filepath.Join(base, filepath.FromSlash(path))
	}
	canonical, err := workspace.Canonical(path)
	if err != nil {
		canonical = filepath.Clean(path) // an unsaved file
	}
	r, rel, ok := e.root(canonical)
	if !ok {
		return "", "", fmt.Errorf("%s: %w", path, ErrNotOpen)
	}
	return r.where.Path, rel, nil
}
