package watch

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"lsp/workspace"
)

const (
	// scanShare is how many times longer than a scan the pause after it is at least.
	scanShare = 20
	// fineGrain and coarseGrain are how recent a file's time must be for a
	// later write to be able to leave it the same, where the file system
	// keeps fractions of seconds and where it does not.
	fineGrain   = 50 * time.Millisecond
	coarseGrain = 2 * time.Second
)

// A stamp is what a scan remembers of a file.
type stamp struct {
	size    int64
	modTime int64 // nanoseconds since 1970
	inode   uint64
	isDir   bool
	// doubtful stamps were taken so soon after the last write that another
	// one may have left the same stamp.
	doubtful bool
}

func newStamp(size int64, modTime time.Time, inode uint64, now time.Time) stamp {
	grain := fineGrain
	if modTime.Nanosecond() == 0 {
		grain = coarseGrain
	}
	return stamp{size: size, modTime: modTime.UnixNano(), inode: inode, doubtful: now.Sub(modTime) < grain}
}

// same reports whether the file is unchanged for sure since old.
func (s stamp) same(old stamp) bool {
	return s.size == old.size && s.modTime == old.modTime && s.inode == old.inode && !old.doubtful
}

// needsScan reports whether part of the tree is known by scans only.
func (w *watcher) needsScan(t *tree) bool {
	return w.src == nil || len(t.unwatched) > 0 || t.missing
}

// look returns the stamps of the directories without a watch, of the files in
// them, and of the files that tell of a checkout.
func (w *watcher) look(t *tree) (map[string]stamp, error) {
	stamps := make(map[string]stamp, len(t.stamps))
	now := w.opts.Clock.Now()
	opts := workspace.WalkOptions{Dirs: true}
	_, err := workspace.Walk(w.ctx, t.rules, opts, func(e workspace.Entry) error {
		switch {
		case e.Mode.IsDir():
			if info, err := os.Lstat(e.Path); err == nil && !isWatched(t, e.Path) {
				s := newStamp(0, info.ModTime(), 0, now)
				s.isDir = true
				stamps[e.Path] = s
			}
		case !isWatched(t, filepath.Dir(e.Path)):
			stamps[e.Path] = newStamp(e.Size, e.ModTime, e.Inode, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, head := range t.heads {
		if info, err := os.Stat(head); err == nil {
			stamps[head] = newStamp(info.Size(), info.ModTime(), 0, now)
		}
	}
	return stamps, nil
}

func isWatched(t *tree, dir string) bool {
	_, ok := t.dirs[dir]
	return ok
}

// record notes the present state without reporting anything.
func (w *watcher) record(t *tree) {
	stamps, err := w.look(t)
	if err != nil {
		w.walkFailed(err)
		stamps = map[string]stamp{}
	}
	t.stamps = stamps
}

// scan compares what is polled with the last scan, and finds out whether a
// missing root is back.
func (w *watcher) scan(t *tree) {
	start := w.opts.Clock.Now()
	found := false
	switch {
	case t.missing:
		found = w.revive(t)
	case t.stamps == nil:
		w.record(t)
	default:
		w.freshRules(t)
		stamps, err := w.look(t)
		switch {
		case err == nil:
			found = w.compare(t, stamps)
			t.stamps = stamps
			w.settle(t, found)
		case isGone(err):
			w.vanish(t)
			found = true
		default:
			w.walkFailed(err)
		}
	}
	w.scheduleScan(t, w.opts.Clock.Now().Sub(start), found)
}

// scheduleScan sets when the tree is scanned next: soon after something was
// found, later and later while nothing is.
func (w *watcher) scheduleScan(t *tree, cost time.Duration, found bool) {
	if found || t.scanEvery == 0 || t.missing {
		t.scanEvery = w.opts.PollMin
	} else {
		t.scanEvery = min(t.scanEvery*3/2, w.opts.PollMax)
	}
	t.scanDue = w.opts.Clock.Now().Add(max(t.scanEvery, scanShare*cost))
}

func (w *watcher) revive(t *tree) bool {
	info, err := os.Lstat(t.root.Path)
	if err != nil || !info.IsDir() {
		return false
	}
	w.freshRules(t)
	w.begin(t)
	t.pending.rescanFor(RootReturned, w.opts.Clock.Now())
	return true
}

// settle asks for another rescan when the tree changed around the last one: it
// may have met files that came and went between two scans, of which no scan
// can tell.
func (w *watcher) settle(t *tree, found bool) {
	if found && t.unsettled {
		t.pending.rescanFor(Changes, w.opts.Clock.Now())
	}
	t.unsettled = t.unsettled && found
}

// compare reports the differences between the last scan and stamps, and
// whether there were any.
func (w *watcher) compare(t *tree, stamps map[string]stamp) bool {
	now := w.opts.Clock.Now()
	found := false
	report := func(path string, s stamp, what op) {
		found = true
		switch {
		case s.isDir:
			return // its entries tell
		case slices.Contains(t.heads, path):
			t.pending.rescanFor(HeadChanged, now)
			return
		}
		if t.rules.IsIgnoreFile(filepath.Base(path)) {
			t.staleRules = true
			t.pending.rescanFor(RulesChanged, now)
		}
		t.pending.file(path, what, now)
	}
	for path, s := range stamps {
		if old, ok := t.stamps[path]; !ok || old.isDir != s.isDir {
			report(path, s, created)
		} else if !s.same(old) {
			report(path, s, changed)
		}
	}
	for path, old := range t.stamps {
		if s, ok := stamps[path]; ok && s.isDir == old.isDir {
			continue
		}
		if old.isDir && !isWatched(t, path) || !old.isDir && !isWatched(t, filepath.Dir(path)) {
			report(path, old, deleted)
		}
	}
	return found
}
