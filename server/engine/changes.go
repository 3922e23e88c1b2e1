package engine

import (
	"path/filepath"
	"slices"

	"lsp/indexer"
	"lsp/server/settings"
	"lsp/workspace"
	"lsp/workspace/watch"
)

// Modify brings what editor or watcher noticed into the workspace and tells the indexes. It returns at once; every
// query made afterwards reflects it or says that it is not complete. Modifications that fail do not hold up others.
func (e *Engine) Modify(mods []workspace.Modification) error {
	e.modifying.Lock()
	defer e.modifying.Unlock()
	if slices.ContainsFunc(mods, func(m workspace.Modification) bool { return m.Action == workspace.ActionChange }) {
		e.turns.typed()
	}
	snapshot, changes, err := e.files.Modify(mods)
	byRoot := map[*root][]indexer.Change{}
	var reload []*root
	for _, c := range changes {
		r, rel, ok := e.root(c.Path)
		if !ok {
			continue
		}
		if rel == "." {
			r.reconcile() // the root came or went: no change of a file, but perhaps of all
			continue
		}
		if c.Disk && r.rules.IsIgnoreFile(rel) {
			r.rules.Reload()
			r.reconcile()
			e.showDocuments(r) // those that the rules leave out now are shown no longer
		}
		if c.Disk && rel == settings.RepositoryFile {
			reload = append(reload, r)
		}
		byRoot[r] = append(byRoot[r], changeOf(c, rel, snapshot)...)
	}
	for r, list := range byRoot {
		if x := r.live(); x != nil {
			x.Notify(list)
		}
	}
	for _, r := range reload {
		e.wg.Go(func() {
			if err := r.configure(); err != nil {
				e.log.Error("apply changed settings", "root", r.where.Path, "error", err)
			}
		})
	}
	return err
}

func changeOf(c workspace.Change, rel string, snapshot *workspace.Snapshot) (out []indexer.Change) {
	if c.Disk {
		out = append(out, indexer.Change{Path: rel})
	}
	if c.Buffer {
		if d, open := snapshot.Overlay(c.Path); open {
			out = append(out, indexer.Change{Path: rel, Buffer: true, Text: d.Content})
		} else {
			out = append(out, indexer.Change{Path: rel, Closed: true})
		}
	}
	return out
}

// showDocuments tells the index of a root about the documents that are open in it already.
func (e *Engine) showDocuments(r *root) {
	x := r.live()
	if x == nil {
		return
	}
	var changes []indexer.Change
	for _, d := range e.files.Snapshot().Documents() {
		if rel, ok := r.where.Rel(d.Path); ok {
			changes = append(changes, indexer.Change{Path: rel, Buffer: true, Text: d.Content})
		}
	}
	x.Notify(changes)
}

// watched receives what the watcher noticed.
func (e *Engine) watched(b watch.Batch) {
	if e.ctx.Err() != nil {
		return
	}
	var mods []workspace.Modification
	add := func(paths []string, action workspace.Action) {
		for _, path := range paths {
			mods = append(mods, workspace.Modification{Path: path, Action: action, Cause: workspace.CauseWatcherOwn})
		}
	}
	add(b.Deleted, workspace.ActionDelete)
	add(b.Created, workspace.ActionCreate)
	add(b.Changed, workspace.ActionWrite)
	if err := e.Modify(mods); err != nil {
		e.log.Warn("apply changes on disk", "error", err)
	}
	if !b.Rescan {
		return
	}
	if r, _, ok := e.root(filepath.Clean(b.Root)); ok {
		e.log.Debug("comparing all files", "root", b.Root, "reason", b.Reason)
		r.reconcile()
	}
}
