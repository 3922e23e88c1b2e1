package watch

import (
	"os"
	"path/filepath"
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

// look returns the stamps of the files in directories without a watch, and of
// the files that tell of a checkout.
func (w *watcher) look(t *tree) (map[string]stamp, error) {
	stamps := make(map[string]stamp, len(t.stamps))
	now := w.opts.Clock.Now()
	opts := workspace.WalkOptions{MaxSize: w.opts.MaxSize}
	_, err := workspace.Walk(w.ctx, t.rules, opts, func(e workspace.Entry) error {
		if _, watched := t.dirs[filepath.Dir(e.Path)]; !watched {
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

// compare reports the differences between the last scan and stamps.
func (w *watcher) compare(t *tree, stamps map[string]stamp) bool {
	now := w.opts.Clock.Now()
	found := false
	report := func(path string, what op) {
		found = true
		if w.isHead(t, path) {
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
		if old, ok := t.stamps[path]; !ok {
			report(path, created)
		} else if !s.same(old) {
			report(path, changed)
		}
	}
	for path := range t.stamps {
		if _, ok := stamps[path]; ok {
			continue
		}
		if _, watched := t.dirs[filepath.Dir(path)]; !watched {
			report(path, deleted)
		}
	}
	return found
}

func (w *watcher) isHead(t *tree, path string) bool {
	for _, head := range t.heads {
		if path == head {
			return true
		}
	}
	return false
}
