package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Errors of modifications, to be tested with errors.Is.
var (
	ErrNotOpen       = errors.New("document is not open")
	ErrUnknownFolder = errors.New("not a workspace folder")
)

// Options configure a Workspace. The zero value means UTF-16.
type Options struct {
	Encoding Encoding // of the columns in text changes
}

// A Workspace holds the open folders and documents of one process. All
// changes go through Modify; reading goes through immutable snapshots. It is
// safe for concurrent use.
type Workspace struct {
	opts    Options
	mu      sync.Mutex // serialises Modify
	current atomic.Pointer[Snapshot]
}

// New returns a workspace without folders and documents.
func New(opts Options) *Workspace {
	w := &Workspace{opts: opts}
	w.current.Store(&Snapshot{})
	return w
}

// Snapshot returns the present state.
func (w *Workspace) Snapshot() *Snapshot { return w.current.Load() }

// Folder is an opened workspace folder.
type Folder struct {
	Path string
	Root Root
}

// A Snapshot is one immutable state of a Workspace. Disk content is not part
// of it: Read returns what the disk holds at the time of the call.
type Snapshot struct {
	id       uint64
	overlays map[string]*Document
	folders  []Folder
}

// ID returns the snapshot's number: 0 for a new workspace, one more after
// each Modify that changed something.
func (s *Snapshot) ID() uint64 { return s.id }

// Overlay returns the open document of a path.
func (s *Snapshot) Overlay(path string) (*Document, bool) {
	d, ok := s.overlays[path]
	return d, ok
}

// Documents returns the open documents in order of path.
func (s *Snapshot) Documents() []*Document {
	docs := make([]*Document, 0, len(s.overlays))
	for _, path := range slices.Sorted(maps.Keys(s.overlays)) {
		docs = append(docs, s.overlays[path])
	}
	return docs
}

// Folders returns the workspace folders in the order they were added. The
// result must not be modified.
func (s *Snapshot) Folders() []Folder { return s.folders }

// Read returns the content of a path and its hash: the open document's if
// there is one (overlay is true), else the file's, which must hold at most
// maxSize bytes: see Rules.MaxSize. The content must not be modified. Errors wrap fs.ErrNotExist, ErrNotRegular, ErrTooLarge or what
// the operating system said.
func (s *Snapshot) Read(path string, maxSize int64) (content []byte, hash Hash, overlay bool, err error) {
	if d, ok := s.overlays[path]; ok {
		return d.Content, d.Hash, true, nil
	}
	content, err = readRegular(path, maxSize)
	if err != nil {
		return nil, Hash{}, false, fmt.Errorf("read file: %w", err)
	}
	return content, HashOf(content), false, nil
}

// Modify applies modifications in order. Each is applied whole or not at all:
// one that fails leaves its path as it was, the others count, and the errors
// are joined. It returns the snapshot after all of them, never nil, and what
// changed, one Change for each path.
//
// An edit fails with ErrNotOpen on a document that is not open, and for no
// other reason: edits count in the order they arrive in, whatever versions they
// carry, since one left out would leave the text wrong for good. Opening an open
// document replaces it, since the editor has sent the whole truth.
func (w *Workspace) Modify(mods []Modification) (*Snapshot, []Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.current.Load()
	e := &edit{next: *old, enc: w.opts.Encoding, changeOf: map[string]int{}}
	var failures []error
	for i := range mods {
		if err := e.apply(&mods[i]); err != nil {
			failures = append(failures, fmt.Errorf("%s %q: %w", mods[i].Action, mods[i].Path, err))
		}
	}
	err := errors.Join(failures...)
	if !e.touched {
		return old, nil, err
	}
	e.next.id++
	next := &e.next
	w.current.Store(next)
	return next, e.changes, err
}

// An edit is a snapshot in the making.
type edit struct {
	next    Snapshot
	enc     Encoding
	touched bool
	cloned  bool // next.overlays is not shared with an older snapshot
	changes []Change
	// changeOf finds the change of a path in changes.
	changeOf map[string]int
}

func (e *edit) apply(m *Modification) error {
	if err := checkPath(m.Path); err != nil {
		return err
	}
	switch m.Action {
	case ActionOpen:
		e.store(newDocument(m.Path, m.LanguageID, m.Version, []byte(m.Text)))
		e.report(m, true, false)
	case ActionChange:
		return e.change(m)
	case ActionSave:
		return e.save(m)
	case ActionClose:
		if _, ok := e.next.overlays[m.Path]; !ok {
			return ErrNotOpen
		}
		e.cloneOverlays()
		delete(e.next.overlays, m.Path)
		e.report(m, true, false)
	case ActionCreate, ActionWrite, ActionDelete:
		e.report(m, false, true)
	case ActionFolderAdded:
		return e.addFolder(m.Path)
	case ActionFolderRemoved:
		return e.removeFolder(m.Path)
	default:
		return fmt.Errorf("unknown action %d", m.Action)
	}
	return nil
}

func (e *edit) change(m *Modification) error {
	d, ok := e.next.overlays[m.Path]
	if !ok {
		return ErrNotOpen
	}
	e.store(newDocument(m.Path, d.LanguageID, m.Version, ApplyChanges(d.Content, m.Changes, e.enc)))
	e.report(m, true, false)
	return nil
}

func (e *edit) save(m *Modification) error {
	d, ok := e.next.overlays[m.Path]
	if !ok {
		return ErrNotOpen
	}
	saved, content := *d, ApplyChanges(d.Content, m.Changes, e.enc)
	differs := HashOf(content) != d.Hash
	if differs {
		saved = *newDocument(m.Path, d.LanguageID, d.Version, content)
	}
	saved.Saved = true
	e.store(&saved)
	e.report(m, differs, true)
	return nil
}

func (e *edit) addFolder(path string) error {
	if slices.ContainsFunc(e.next.folders, func(f Folder) bool { return f.Path == path }) {
		return nil
	}
	root, err := FindRoot(path)
	if err != nil {
		return err
	}
	e.next.folders = append(slices.Clip(e.next.folders), Folder{Path: path, Root: root})
	e.touched = true
	return nil
}

func (e *edit) removeFolder(path string) error {
	at := slices.IndexFunc(e.next.folders, func(f Folder) bool { return f.Path == path })
	if at < 0 {
		return ErrUnknownFolder
	}
	e.next.folders = slices.Delete(slices.Clone(e.next.folders), at, at+1)
	e.touched = true
	return nil
}

func (e *edit) store(d *Document) {
	e.cloneOverlays()
	e.next.overlays[d.Path] = d
}

func (e *edit) cloneOverlays() {
	if e.cloned {
		return
	}
	e.cloned = true
	overlays := make(map[string]*Document, len(e.next.overlays)+1)
	maps.Copy(overlays, e.next.overlays)
	e.next.overlays = overlays
}

// report adds the change a modification made to those of its path before it.
func (e *edit) report(m *Modification, buffer, disk bool) {
	e.touched = true
	c := Change{Path: m.Path, Cause: m.Cause, State: e.stateOf(m), Buffer: buffer, Disk: disk}
	if at, ok := e.changeOf[m.Path]; ok {
		c.Buffer = c.Buffer || e.changes[at].Buffer
		c.Disk = c.Disk || e.changes[at].Disk
		e.changes[at] = c
		return
	}
	e.changeOf[m.Path] = len(e.changes)
	e.changes = append(e.changes, c)
}

func (e *edit) stateOf(m *Modification) State {
	if _, ok := e.next.overlays[m.Path]; ok {
		return StateOverlay
	}
	switch m.Action {
	case ActionDelete:
		return StateDeleted
	case ActionClose:
		if _, err := os.Lstat(m.Path); errors.Is(err, fs.ErrNotExist) || !filepath.IsAbs(m.Path) {
			return StateDeleted
		}
	}
	return StateDisk
}

// checkPath accepts clean absolute paths and URIs of other schemes.
func checkPath(path string) error {
	if filepath.IsAbs(path) {
		if filepath.Clean(path) != path {
			return errors.New("path is not clean")
		}
		return nil
	}
	scheme, _, ok := strings.Cut(path, ":")
	if !ok || len(scheme) < 2 || strings.EqualFold(scheme, "file") || strings.ContainsAny(scheme, `/\`) {
		return errors.New("path is neither absolute nor the uri of an unsaved document")
	}
	return nil
}
