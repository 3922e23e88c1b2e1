package watch

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"lsp/workspace"
)

// maxPasses bounds how often a tree that keeps growing is listed again; what
// is still unknown then is left to a rescan.
const maxPasses = 10

// A tree is the watched state of one root.
type tree struct {
	root  workspace.Root
	rules *workspace.Rules
	heads []string // files that tell of a checkout

	dirs      map[string]struct{} // directories with a watch
	headDirs  map[string]struct{} // git directories with a watch
	unwatched map[string]struct{} // directories that could not be watched
	lost      error               // why the last of them could not
	missing   bool                // the root is not there

	staleRules bool // the rules are to be reloaded before they are asked again
	renewing   bool // all watches are to be renewed before the next batch
	unsettled  bool // the caller may have scanned since the last scan here

	stamps    map[string]stamp // what the last scan saw, of files in directories without a watch
	scanDue   time.Time
	scanEvery time.Duration

	pending pending
}

func newTree(root workspace.Root, rules *workspace.Rules) *tree {
	return &tree{
		root: root, rules: rules, heads: root.HeadFiles(),
		dirs: map[string]struct{}{}, headDirs: map[string]struct{}{}, unwatched: map[string]struct{}{},
	}
}

// begin watches a root that was not watched, and records what cannot be.
func (w *watcher) begin(t *tree) {
	t.missing, t.unsettled = false, true
	w.watchTree(t)
	if w.needsScan(t) {
		w.record(t)
	}
	t.scanDue = w.opts.Clock.Now().Add(w.opts.PollMin)
}

// watchTree watches the directories of a tree that has no watches.
func (w *watcher) watchTree(t *tree) {
	if w.src == nil {
		return
	}
	for _, head := range t.heads {
		w.watch(t, t.headDirs, filepath.Dir(head))
	}
	w.cover(t, ".", false)
}

// watch adds a directory to one of the tree's sets of watched directories.
// One that cannot be watched is polled.
func (w *watcher) watch(t *tree, dirs map[string]struct{}, dir string) {
	err := w.src.Add(dir)
	switch {
	case err == nil:
		if _, ok := dirs[dir]; !ok {
			dirs[dir] = struct{}{}
			w.refs[dir]++
		}
	case !isGone(err):
		if len(t.unwatched) == 0 {
			w.opts.OnError(fmt.Errorf("watch %q, polling instead: %w", dir, err))
			t.pending.rescanFor(LostWatches, w.opts.Clock.Now())
		}
		t.unwatched[dir] = struct{}{}
		t.lost = err
	}
}

// unwatch removes a directory from one of the tree's sets.
func (w *watcher) unwatch(dirs map[string]struct{}, dir string) {
	if _, ok := dirs[dir]; !ok {
		return
	}
	delete(dirs, dir)
	if w.refs[dir]--; w.refs[dir] > 0 {
		return
	}
	delete(w.refs, dir)
	// The system drops watches of deleted directories by itself, so a refusal
	// to drop one means nothing.
	_ = w.src.Remove(dir)
}

// unwatchAll removes all watches of a tree.
func (w *watcher) unwatchAll(t *tree) {
	for dir := range t.dirs {
		w.unwatch(t.dirs, dir)
	}
	for dir := range t.headDirs {
		w.unwatch(t.headDirs, dir)
	}
	clear(t.unwatched)
}

// cover watches all directories at and below sub and returns the files in
// them. It lists until a listing meets no directory to watch, so that no file
// made meanwhile is missed. With again, also directories that are believed to
// be watched are, since others may have taken their places.
func (w *watcher) cover(t *tree, sub string, again bool) []string {
	done := map[string]struct{}{}
	opts := workspace.WalkOptions{Sub: sub, Dirs: true}
	for range maxPasses {
		var files []string
		added := false
		_, err := workspace.Walk(w.ctx, t.rules, opts, func(e workspace.Entry) error {
			if !e.Mode.IsDir() {
				files = append(files, e.Path)
				return nil
			}
			if _, ok := done[e.Path]; ok || !again && w.isCovered(t, e.Path) {
				return nil
			}
			done[e.Path] = struct{}{}
			w.watch(t, t.dirs, e.Path)
			added = true
			return nil
		})
		if err != nil {
			w.walkFailed(err)
			return files
		}
		if !added {
			return files
		}
	}
	t.pending.rescanFor(Changes, w.opts.Clock.Now())
	return nil
}

func (w *watcher) isCovered(t *tree, dir string) bool {
	if _, ok := t.dirs[dir]; ok {
		return true
	}
	_, ok := t.unwatched[dir]
	return ok
}

func (w *watcher) walkFailed(err error) {
	if !isGone(err) && w.ctx.Err() == nil {
		w.opts.OnError(fmt.Errorf("list watched files: %w", err))
	}
}

// renew watches anew what should be watched, after the rules changed, events
// were lost or directories moved. All watches are dropped first, since any may
// now belong to another path. Roots within or around the tree share watches
// with it, so they are renewed and rescanned along with it.
func (w *watcher) renew(t *tree) {
	var trees []*tree
	for _, o := range w.trees {
		_, within := t.root.Rel(o.root.Path)
		_, around := o.root.Rel(t.root.Path)
		if within || around {
			trees = append(trees, o)
			if w.src != nil {
				w.unwatchAll(o)
			}
		}
	}
	for _, o := range trees {
		o.renewing, o.lost = false, nil
		if o != t && w.src != nil {
			o.pending.rescanFor(t.pending.reason, w.opts.Clock.Now())
		}
		w.freshRules(o)
		if !o.missing {
			w.watchTree(o)
		}
		if w.needsScan(o) {
			w.scan(o)
		}
	}
}

func (w *watcher) freshRules(t *tree) {
	if t.staleRules {
		t.staleRules = false
		t.rules.Reload()
	}
}

// handle sorts an event of the source to the trees it concerns.
func (w *watcher) handle(event fsnotify.Event) {
	for _, t := range w.trees {
		for _, head := range t.heads {
			if event.Name == head && event.Has(fsnotify.Create|fsnotify.Write) {
				t.pending.rescanFor(HeadChanged, w.opts.Clock.Now())
			}
		}
		rel, ok := t.root.Rel(event.Name)
		switch {
		case !ok || event.Name == "":
		case rel == ".":
			if event.Has(fsnotify.Remove | fsnotify.Rename) {
				w.vanish(t)
			}
		case event.Has(fsnotify.Remove | fsnotify.Rename):
			w.handleGone(t, rel, event)
		case event.Has(fsnotify.Create):
			w.handleCreate(t, rel, event.Name)
		case event.Has(fsnotify.Write):
			w.handleWrite(t, rel, event.Name)
		}
	}
}

// vanish notes that the root is gone; scans look for its return.
func (w *watcher) vanish(t *tree) {
	now := w.opts.Clock.Now()
	if w.src != nil {
		w.unwatchAll(t)
	}
	t.missing, t.stamps, t.staleRules = true, nil, true
	t.pending.dir(t.root.Path, now)
	t.scanDue, t.scanEvery = now, 0
}

func (w *watcher) handleGone(t *tree, rel string, event fsnotify.Event) {
	now := w.opts.Clock.Now()
	if t.rules.IsIgnoreFile(rel) {
		w.rulesChanged(t)
	}
	_, watched := t.dirs[event.Name]
	if watched {
		t.staleRules = true
	}
	if watched && event.Has(fsnotify.Rename) {
		w.unwatchBelow(t, event.Name)
		t.pending.dir(event.Name, now)
		// Its new place may have been met under the old watches, which are
		// now gone.
		t.renewing = true
		t.pending.rescanFor(Moved, now)
		return
	}
	if watched {
		w.unwatch(t.dirs, event.Name) // it was empty, or it could not have been removed
	}
	delete(t.unwatched, event.Name)
	if watched || !w.skips(t, rel, false) {
		t.pending.file(event.Name, deleted, now)
	}
	// What is there now was perhaps met before this event.
	w.handleCreate(t, rel, event.Name)
}

// unwatchBelow removes the watches of a directory and of all below it.
func (w *watcher) unwatchBelow(t *tree, top string) {
	prefix := top + string(filepath.Separator)
	for dir := range t.dirs {
		if dir == top || strings.HasPrefix(dir, prefix) {
			w.unwatch(t.dirs, dir)
		}
	}
}

func (w *watcher) handleCreate(t *tree, rel, name string) {
	info, err := os.Lstat(name)
	if err != nil {
		return // gone again
	}
	now := w.opts.Clock.Now()
	if t.rules.IsIgnoreFile(rel) {
		w.rulesChanged(t)
	}
	switch {
	case info.IsDir():
		if !w.skips(t, rel, true) {
			for _, file := range w.cover(t, rel, true) {
				t.pending.file(file, created, now)
				t.staleRules = t.staleRules || t.rules.IsIgnoreFile(filepath.Base(file))
			}
		}
	case w.skips(t, rel, false):
	case info.Mode().IsRegular():
		t.pending.file(name, created, now)
	default: // a link or pipe may have taken a file's place
		t.pending.file(name, deleted, now)
	}
}

func (w *watcher) handleWrite(t *tree, rel, name string) {
	if _, ok := t.dirs[name]; ok {
		return // Windows reports a directory when its entries change
	}
	if path.Base(rel) != ".git" && t.rules.IsIgnoreFile(rel) {
		w.rulesChanged(t)
	}
	if !w.skips(t, rel, false) {
		t.pending.file(name, changed, w.opts.Clock.Now())
	}
}

func (w *watcher) rulesChanged(t *tree) {
	t.staleRules, t.renewing = true, true
	t.pending.rescanFor(RulesChanged, w.opts.Clock.Now())
}

func (w *watcher) skips(t *tree, rel string, isDir bool) bool {
	w.freshRules(t)
	_, skip := t.rules.Match(rel, isDir)
	return skip
}
