package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DefaultMaxSize is the size in bytes above which a file is Huge.
const DefaultMaxSize int64 = 2 << 20

// Entry is a file or directory that a walk found.
type Entry struct {
	Path    string // absolute
	Rel     string // relative to the root, forward slashes
	Size    int64  // bytes; 0 for directories
	ModTime time.Time
	Mode    fs.FileMode
	Inode   uint64 // 0 where the system has none at hand
}

// WalkOptions narrow a walk. The zero value walks all of a root.
type WalkOptions struct {
	Sub  string // walk only this directory, relative to the root with forward slashes; "" or "." is the root
	Dirs bool   // also visit each directory, before its entries; without size, time and inode
}

// Walk visits the files to index under the root of the rules, depth first and
// in byte order of names within each directory, so that the order is the same
// everywhere. It neither follows symbolic links nor opens files: what only
// content can tell (Binary, Minified) is for CheckContent.
//
// It returns what it met. An error of visit stops the walk and is returned,
// except fs.SkipAll, which only stops it. Unreadable directories and files are
// counted, also when it is the top directory; a top that does not exist is an
// error. A Sub that the rules skip is counted and not entered.
func Walk(ctx context.Context, rules *Rules, opts WalkOptions, visit func(Entry) error) (Counts, error) {
	w := &walker{ctx: ctx, state: rules.current(), opts: opts, visit: visit}
	sub := opts.Sub
	if sub == "." {
		sub = ""
	}
	if sub != "" && !fs.ValidPath(sub) {
		return w.counts, fmt.Errorf("walk %q: subdirectory %q is not a clean relative path", rules.root.Path, sub)
	}
	top := w.state.abs(sub)
	if _, err := os.Lstat(top); err != nil {
		return w.counts, fmt.Errorf("walk: %w", err)
	}
	var parent *ruleFrame
	if sub != "" {
		if reason := w.state.frame(sub).reason; reason != NotSkipped {
			w.counts.Skipped[reason]++
			return w.counts, nil
		}
		parent = w.state.frame(strings.TrimSuffix(sub[:strings.LastIndexByte(sub, '/')+1], "/"))
	}
	err := w.dir(parent, top, sub)
	if errors.Is(err, fs.SkipAll) {
		err = nil
	}
	return w.counts, err
}

type walker struct {
	ctx    context.Context
	state  *ruleState
	opts   WalkOptions
	visit  func(Entry) error
	counts Counts
}

// dir walks one directory that its parent does not skip.
func (w *walker) dir(parent *ruleFrame, abs, rel string) error {
	if err := w.ctx.Err(); err != nil {
		return fmt.Errorf("walk %q: %w", abs, err)
	}
	entries, err := os.ReadDir(abs)
	if err != nil {
		w.counts.Skipped[Unreadable]++
		return nil
	}
	var files ruleFiles
	for _, e := range entries {
		if e.Name()[0] == '.' {
			files.note(e.Name(), e.Type())
		}
	}
	frame := w.state.enter(parent, rel, files)
	if frame.reason != NotSkipped {
		w.counts.Skipped[frame.reason]++
		return nil
	}
	w.counts.Dirs++
	if w.opts.Dirs {
		if err := w.visit(Entry{Path: abs, Rel: cmp.Or(rel, "."), Mode: fs.ModeDir}); err != nil {
			return err
		}
	}
	if !strings.HasSuffix(abs, string(filepath.Separator)) {
		abs += string(filepath.Separator)
	}
	for _, e := range entries {
		name := e.Name()
		if err := w.entry(frame, e, abs+name, frame.dir+name); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) entry(frame *ruleFrame, e fs.DirEntry, abs, rel string) error {
	isDir := e.IsDir()
	reason := frame.judge(rel, e.Name(), isDir)
	if reason == NotSkipped {
		reason = reasonOfType(e.Type())
	}
	if reason != NotSkipped {
		w.counts.Skipped[reason]++
		return nil
	}
	if isDir {
		return w.dir(frame, abs, rel)
	}
	info, err := e.Info()
	switch {
	case err != nil && isAbsent(err):
		return nil // deleted since the directory was read
	case err != nil:
		w.counts.Skipped[Unreadable]++
		return nil
	}
	entry := newEntry(abs, rel, info)
	if entry.Size > w.state.maxSize {
		w.counts.Skipped[Huge]++
		return nil
	}
	w.counts.Files++
	return w.visit(entry)
}

func newEntry(abs, rel string, info fs.FileInfo) Entry {
	return Entry{Path: abs, Rel: rel, Size: info.Size(), ModTime: info.ModTime(), Mode: info.Mode(), Inode: inodeOf(info)}
}
