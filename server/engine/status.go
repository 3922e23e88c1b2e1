package engine

import (
	"context"
	"errors"
	"fmt"

	"lsp/indexer"
	"lsp/server/settings"
)

// State says in a word what can be expected of a root.
type State string

// The states.
const (
	Indexing State = "indexing" // being brought up to date; what is found so far can be searched
	Ready    State = "ready"    // everything known is in
	Paused   State = "paused"   // bulk work waits
	Degraded State = "degraded" // works, but not as it should; Reason says why
	Disabled State = "disabled" // switched off by a setting or declined
)

// Status tells how an engine is doing.
type Status struct {
	Model    string       `json:"model"`
	CacheDir string       `json:"cacheDir"`
	Degraded string       `json:"degraded,omitempty"` // what is wrong with the engine as a whole
	Watching string       `json:"watching,omitempty"` // how changes on disk are noticed
	Roots    []RootStatus `json:"roots"`
}

// RootStatus tells how one root is doing.
type RootStatus struct {
	Path     string `json:"path"`
	State    State  `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Declined bool   `json:"declined,omitempty"` // a person did not want so many files to be indexed; reindexing does it
	indexer.Status
}

// Status returns the present status.
func (e *Engine) Status() Status {
	id := e.encoder.Identity()
	st := Status{Model: id.Model, CacheDir: e.cacheDir, Degraded: e.degraded, Roots: []RootStatus{}}
	if id.Revision != "" {
		st.Model += " " + id.Revision
	}
	if why := e.transformer.trouble(); st.Degraded == "" {
		st.Degraded = why
	} else if why != "" {
		st.Degraded += "; " + why
	}
	if e.watcher != nil {
		mode := e.watcher.Mode()
		st.Watching = mode.Kind.String()
		if mode.Detail != "" {
			st.Watching += ": " + mode.Detail
		}
	}
	for _, r := range e.sortedRoots() {
		st.Roots = append(st.Roots, r.status())
	}
	return st
}

// disabled says why the root is not indexed although it is open, "" when it is, and whether a person declined it.
func (r *root) disabled() (why string, declined bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.settings.Enabled == settings.EnabledOff:
		return "the setting enabled is off", false
	case r.declined:
		return "indexing was declined; reindexing does it", true
	}
	return "", false
}

func (r *root) status() RootStatus {
	disabled, declined := r.disabled()
	r.mu.Lock()
	x, failure := r.index, r.failure
	waiting := r.ran < r.runs
	problems := r.problems
	r.mu.Unlock()
	st := RootStatus{Path: r.where.Path, State: Ready, Declined: declined}
	if x == nil {
		switch {
		case disabled != "":
			st.State, st.Reason = Disabled, disabled
		case failure != "":
			st.State, st.Reason = Degraded, failure
		default:
			st.State, st.Reason = Disabled, "indexing is being switched"
		}
		return st
	}
	st.Status = x.Status()
	switch {
	case disabled != "":
		st.State, st.Reason = Disabled, disabled
	case st.Status.Paused:
		st.State = Paused
	case failure != "":
		st.State, st.Reason = Degraded, failure
	case st.Problem != "":
		st.State, st.Reason = Degraded, st.Problem
	case waiting || st.Running || !st.Complete || st.Pending > 0:
		st.State = Indexing
	case len(problems) > 0:
		st.State, st.Reason = Degraded, problems[0]
	}
	return st
}

// Wait returns when all work known so far is done: every bulk run asked for and every change notified.
func (e *Engine) Wait(ctx context.Context) error {
	var errs []error
	for _, r := range e.sortedRoots() {
		if err := r.wait(ctx); err != nil {
			errs = append(errs, err)
			continue
		}
		if x := r.live(); x != nil {
			errs = append(errs, x.WaitFor(ctx, x.Pending()))
		}
	}
	return errors.Join(errs...)
}

// Flush makes everything that is indexed durable.
func (e *Engine) Flush(ctx context.Context) error {
	var errs []error
	for _, r := range e.sortedRoots() {
		if x := r.live(); x != nil {
			errs = append(errs, x.Flush(ctx))
		}
	}
	return errors.Join(errs...)
}

// Reindex throws away the index of the root that holds dir, of all roots when dir is empty, and builds it anew.
func (e *Engine) Reindex(ctx context.Context, dir string) error {
	return e.each(dir, func(r *root) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return r.reindex()
	})
}

// Pause stops background work of the root that holds dir, of all roots when dir is empty, until Resume.
func (e *Engine) Pause(dir string) error {
	return e.each(dir, func(r *root) error { r.pause(true); return nil })
}

// Resume lets background work go on.
func (e *Engine) Resume(dir string) error {
	return e.each(dir, func(r *root) error { r.pause(false); return nil })
}

// Reconcile compares the root that holds dir, all roots when dir is empty, with the disk in the background.
func (e *Engine) Reconcile(dir string) error {
	return e.each(dir, func(r *root) error { r.reconcile(); return nil })
}

func (e *Engine) each(dir string, do func(*root) error) error {
	if dir == "" {
		var errs []error
		for _, r := range e.sortedRoots() {
			errs = append(errs, do(r))
		}
		return errors.Join(errs...)
	}
	path, _, err := e.place("", dir)
	if err != nil {
		return err
	}
	r, _, ok := e.root(path)
	if !ok {
		return fmt.Errorf("%s: %w", dir, ErrNotOpen)
	}
	return do(r)
}
