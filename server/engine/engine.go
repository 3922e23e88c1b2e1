// Package engine joins workspace, watcher, indexes and search to what one process offers: the language server, the
// MCP server, the page and the command line are different faces of an Engine. It knows nothing of their protocols.
//
// Folders belong to repositories: an index describes a whole repository (or a folder outside any), however many of
// its folders are open, and a folder is a view of it. News goes up through the callbacks of Config.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"lsp/encoder"
	"lsp/encoder/static"
	"lsp/indexer/search"
	"lsp/server/settings"
	"lsp/workspace"
	"lsp/workspace/watch"
)

// Config says how an engine works and who wants to know.
type Config struct {
	CacheDir string             // of all indexes; "" means the setting, or "semantic-lsp" in the user's cache folder
	Encoder  encoder.Encoder    // of the first vectors; nil means the setting encoderFile, or the model inside the binary
	Models   Models             // opens the second encoder that the setting names; nil means what is installed
	Clock    Clock              // nil means that of the machine
	Layers   []settings.Layer   // settings stronger than those of a repository
	Encoding workspace.Encoding // of columns in text changes
	Watch    bool               // follow changes on disk as they happen
	Log      *slog.Logger       // nil discards

	// Patient lets a reranker take as long as it needs for every search.
	Patient bool

	// OnStatus is called when Status may have changed. It must return quickly.
	OnStatus func()
	// OnProgress is called when a bulk run of a root begins, goes on and ends, but not between Pause and Resume while it
	// goes on no more. It must return quickly.
	OnProgress func(Progress)
	// Ask is called before something huge is indexed for the first time. Nil means yes.
	Ask func(ctx context.Context, q Question) Answer
}

// Progress tells how far a bulk run is, or, with a model, how far its vectors are.
type Progress struct {
	Root     string
	Model    string // the second encoder, "" for a bulk run
	Done     int
	Total    int     // files, of a model units; 0 while they are being counted
	Left     float64 // seconds until the end, 0 when nobody knows; of a model
	Finished bool
	Err      error // why a finished run did not get to its end
}

// Question asks whether a root may be indexed.
type Question struct {
	Root  string
	Files int
	Bytes int64
	Never bool // was the answer before, and nobody has reindexed since
}

// Answer is what a person says to a Question.
type Answer int

// Answers. Never is kept with the index; Reindex and a setting that needs no question take it back.
const (
	NotNow Answer = iota // not until the root is opened again
	Yes
	Never
)

// Errors of an engine, to be tested with errors.Is.
var (
	ErrClosed    = errors.New("engine is closed")
	ErrNotOpen   = errors.New("folder is not open")
	ErrNotFolder = errors.New("not a folder")
)

// applyTimeout is how long a query waits for changes that were notified before it.
const applyTimeout = 20 * time.Millisecond

// Engine serves the open folders of one process. It is safe for concurrent use.
type Engine struct {
	cfg         Config
	log         *slog.Logger
	cacheDir    string
	temporary   string // the same when it has to be removed at the end
	encoder     encoder.Encoder
	degraded    string // what is not as it was asked for: the first encoder, the folder of the indexes
	transformer *transformer
	turns       *turns
	searcher    *search.Searcher
	files       *workspace.Workspace
	watcher     watch.Watcher // nil when changes on disk are not followed
	gate        gate
	atlas       atlas

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	reranker *Reranker // nil when there is none

	modifying sync.Mutex // keeps the order of modifications and of what the indexes are told
	mu        sync.Mutex
	layers    []settings.Layer
	roots     map[string]*root // by canonical path
	folders   map[string]string
}

// New returns an engine without folders.
func New(cfg Config) (*Engine, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.OnStatus == nil {
		cfg.OnStatus = func() {}
	}
	if cfg.OnProgress == nil {
		cfg.OnProgress = func(Progress) {}
	}
	if cfg.Clock == nil {
		cfg.Clock = systemClock{}
	}
	set, problems := settings.Resolve(cfg.Layers...)
	for _, p := range problems {
		cfg.Log.Warn("setting ignored", "problem", p)
	}
	e := &Engine{
		cfg: cfg, log: cfg.Log, layers: cfg.Layers, encoder: cfg.Encoder, cacheDir: cfg.CacheDir,
		files: workspace.New(workspace.Options{Encoding: cfg.Encoding}),
		roots: map[string]*root{}, folders: map[string]string{},
	}
	e.gate.init()
	if err := e.chooseCache(set); err != nil {
		return nil, err
	}
	if err := e.chooseEncoder(set); err != nil {
		return nil, err
	}
	e.searcher = search.New(e.encoder, search.Options{Rerank: e.openReranker(set.Rerank)})
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.turns = newTurns(cfg.Clock, onBattery)
	e.transformer = newTransformer(e)
	e.transformer.want(set)
	e.wg.Go(func() { e.transformer.manage(e.ctx) })
	e.wg.Go(e.reportTiers)
	if cfg.Watch {
		e.wg.Go(e.collect)
	}
	if kind, ok := watchKind(set.Index.Watch); cfg.Watch && ok {
		e.watcher = watch.New(watch.Options{
			Kind: kind, OnError: func(err error) { e.log.Warn("watching files", "error", err) },
		}, e.watched)
	}
	return e, nil
}

func watchKind(w settings.Watch) (watch.Kind, bool) {
	switch w {
	case settings.WatchOff:
		return 0, false
	case settings.WatchEvents:
		return watch.Notify, true
	case settings.WatchPoll:
		return watch.Polling, true
	}
	return watch.Auto, true
}

// chooseEncoder opens the model of the first vectors. One that cannot be used is reported and the model inside the binary
// takes over.
func (e *Engine) chooseEncoder(set settings.Settings) error {
	if e.encoder != nil {
		return nil
	}
	if set.EncoderFile != "" {
		m, err := static.Open(set.EncoderFile)
		if err == nil {
			e.encoder = m
			return nil
		}
		e.degrade(fmt.Sprintf("the model inside the program is used instead: %v", err))
	}
	m, err := static.Default()
	if err != nil {
		return fmt.Errorf("open the model inside the program: %w", err)
	}
	e.encoder = m
	return nil
}

// CacheDir returns the folder that holds the indexes of this engine.
func (e *Engine) CacheDir() string { return e.cacheDir }

// Encoder returns the model in use.
func (e *Engine) Encoder() encoder.Encoder { return e.encoder }

// Snapshot returns the present state of folders and open documents.
func (e *Engine) Snapshot() *workspace.Snapshot { return e.files.Snapshot() }

// AddFolder opens a folder. It returns when what is stored of its index can be searched; the comparison with the
// disk and the watching go on in the background.
func (e *Engine) AddFolder(ctx context.Context, dir string) error {
	path, err := workspace.Canonical(dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("open folder %s: %w", path, ErrNotFolder)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	layers := e.layers
	e.mu.Unlock()
	where, err := FindRoot(e.cacheDir, path, layers...)
	if err != nil {
		return err
	}
	if err := e.openFolder(path, where); err != nil {
		return err
	}
	e.cfg.OnStatus()
	return nil
}

// openFolder adds a folder to the list and opens its root if no other folder uses it.
func (e *Engine) openFolder(path string, where workspace.Root) error {
	e.modifying.Lock()
	defer e.modifying.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx.Err() != nil {
		return ErrClosed
	}
	if _, open := e.folders[path]; open {
		return nil
	}
	r := e.roots[where.Path]
	if r == nil {
		var err error
		if r, err = e.openRoot(where); err != nil {
			return err
		}
		e.roots[where.Path] = r
	}
	e.folders[path] = where.Path
	if _, _, err := e.files.Modify([]workspace.Modification{
		{Path: path, Action: workspace.ActionFolderAdded, Cause: workspace.CauseEditor},
	}); err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	e.showDocuments(r)
	return nil
}

// RemoveFolder closes a folder, and its index when no other open folder uses it.
func (e *Engine) RemoveFolder(dir string) error {
	path, err := workspace.Canonical(dir)
	if err != nil {
		path = filepath.Clean(dir) // the folder itself may be gone
	}
	last, err := e.forgetFolder(path)
	if last != nil {
		err = errors.Join(err, last.close())
	}
	e.cfg.OnStatus()
	return err
}

// forgetFolder takes a folder from the list, and returns its root when no other folder needs it.
func (e *Engine) forgetFolder(path string) (last *root, err error) {
	e.modifying.Lock()
	defer e.modifying.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	where, open := e.folders[path]
	if !open {
		return nil, fmt.Errorf("close folder %s: %w", path, ErrNotOpen)
	}
	delete(e.folders, path)
	if !slices.Contains(mapValues(e.folders), where) {
		last = e.roots[where]
		delete(e.roots, where)
	}
	_, _, err = e.files.Modify([]workspace.Modification{
		{Path: path, Action: workspace.ActionFolderRemoved, Cause: workspace.CauseEditor},
	})
	return last, err
}

// Close stops everything, makes what is known durable and lets go of all indexes.
func (e *Engine) Close() error {
	roots, err := e.forgetAll()
	if err != nil {
		return err
	}
	var errs []error
	if e.watcher != nil {
		errs = append(errs, e.watcher.Close())
	}
	for _, r := range roots {
		errs = append(errs, r.close())
	}
	e.wg.Wait()
	if e.reranker != nil {
		errs = append(errs, e.reranker.Close())
	}
	if e.temporary != "" {
		errs = append(errs, os.RemoveAll(e.temporary))
	}
	return errors.Join(errs...)
}

// forgetAll ends the engine's context and returns the roots that were open. No root is opened after it.
func (e *Engine) forgetAll() ([]*root, error) {
	e.modifying.Lock()
	defer e.modifying.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ctx.Err() != nil {
		return nil, ErrClosed
	}
	e.cancel()
	roots := mapValues(e.roots)
	clear(e.roots)
	clear(e.folders)
	return roots, nil
}

// Configure replaces the settings that are stronger than those of repositories and applies what changed.
func (e *Engine) Configure(layers ...settings.Layer) error {
	e.mu.Lock()
	e.layers = layers
	roots := mapValues(e.roots)
	e.mu.Unlock()
	set, _ := settings.Resolve(layers...) // the roots report what is wrong
	e.transformer.want(set)
	var errs []error
	for _, r := range roots {
		errs = append(errs, r.configure())
	}
	e.cfg.OnStatus()
	return errors.Join(errs...)
}

// root returns the open root that holds a canonical path, and the path relative to it with forward slashes.
func (e *Engine) root(path string) (*root, string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var best *root
	var rel string
	for _, r := range e.roots {
		if name, ok := r.where.Rel(path); ok && (best == nil || len(r.where.Path) > len(best.where.Path)) {
			best, rel = r, name
		}
	}
	return best, rel, best != nil
}

// sortedRoots returns the open roots in order of their paths.
func (e *Engine) sortedRoots() []*root {
	e.mu.Lock()
	roots := mapValues(e.roots)
	e.mu.Unlock()
	slices.SortFunc(roots, func(a, b *root) int { return strings.Compare(a.where.Path, b.where.Path) })
	return roots
}

func mapValues[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
