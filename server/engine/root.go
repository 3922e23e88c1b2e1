package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lsp/indexer"
	"lsp/indexer/store"
	"lsp/indexer/vector"
	"lsp/server/settings"
	"lsp/workspace"
	"lsp/workspace/watch"
)

// progressInterval is how often a bulk run tells how far it is.
const progressInterval = 100 * time.Millisecond

// root is an open repository with its index.
type root struct {
	engine *Engine
	where  workspace.Root
	rules  *workspace.Rules
	git    *history

	mu       sync.Mutex
	index    *indexer.Index // nil while the root is switched off
	settings settings.Settings
	problems []string // of settings
	declined bool     // the user did not want it to be indexed
	paused   bool     // background work is, whatever index is open
	failure  string   // why the last bulk run failed

	telling sync.Mutex // held while progress is told, and while paused changes

	again   chan struct{} // wakes the runner
	runs    int           // bulk runs asked for
	ran     int           // bulk runs ended
	ended   chan struct{} // closed and replaced when a bulk run ends
	cancel  context.CancelFunc
	stopped chan struct{}
}

// openRoot opens the index of a root and begins to follow it.
func (e *Engine) openRoot(where workspace.Root) (*root, error) {
	ctx, cancel := context.WithCancel(e.ctx)
	r := &root{
		engine: e, where: where, cancel: cancel, git: newHistory(where),
		again: make(chan struct{}, 1), ended: make(chan struct{}), stopped: make(chan struct{}),
	}
	r.resolve(e.layers)
	r.rules = workspace.LoadRules(where, ruleOptions(r.settings.Index))
	if r.settings.Enabled != settings.EnabledOff {
		if err := r.openIndex(); err != nil {
			cancel()
			return nil, err
		}
	}
	go r.run(ctx)
	r.reconcile()
	return r, nil
}

// resolve reads the settings of the root.
func (r *root) resolve(layers []settings.Layer) {
	set, problems := settings.ResolveRoot(r.where.Path, layers...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settings, r.problems = set, nil
	for _, p := range problems {
		r.engine.log.Warn("setting ignored", "root", r.where.Path, "problem", p)
		r.problems = append(r.problems, fmt.Sprint(p))
	}
}

func ruleOptions(set settings.Index) workspace.RuleOptions {
	return workspace.RuleOptions{
		Exclude: set.Exclude, Include: set.Include, Nested: set.NestedRepositories, MaxSize: set.MaxFileSize,
	}
}

func (r *root) openIndex() error {
	e := r.engine
	x, err := indexer.Open(indexer.Config{
		Root: r.where, Dir: r.dir(), Siblings: r.siblings(), Encoder: e.encoder, Log: e.log,
		Rules: r.rules, Engine: vector.Engine(r.settings.Index.Engine),
		AskAbove: r.askAbove(), Ask: r.ask(), Yield: e.gate.yield, OnChange: e.cfg.OnStatus, OnTakeover: r.reconcile,
	})
	if err != nil {
		return fmt.Errorf("open index of %s: %w", r.where.Path, err)
	}
	if r.askAbove() == 0 {
		r.refuse(false)
	}
	r.mu.Lock()
	r.index = x
	paused := r.paused
	r.mu.Unlock()
	if paused {
		x.Pause()
	}
	e.wg.Go(func() { e.transformer.attach(r, x) })
	return nil
}

// read returns the text of a file: the unsaved buffer, else what is on disk.
func (r *root) read(rel string) ([]byte, error) { return r.reader(r.engine.files.Snapshot())(rel) }

// reader returns a function that reads files as read does, with the buffers of a snapshot.
func (r *root) reader(buffers *workspace.Snapshot) func(rel string) ([]byte, error) {
	limit := r.rules.MaxSize()
	return func(rel string) ([]byte, error) {
		text, _, _, err := buffers.Read(filepath.Join(r.where.Path, filepath.FromSlash(rel)), limit)
		return text, err
	}
}

// pause stops background work, or lets it go on.
func (r *root) pause(paused bool) {
	r.telling.Lock()
	r.mu.Lock()
	r.paused = paused
	x := r.index
	r.mu.Unlock()
	r.telling.Unlock()
	switch {
	case x == nil:
	case paused:
		x.Pause()
	default:
		x.Resume()
	}
}

// tell passes on how far some work is. Of paused work only the end is told: what hangs would look like what goes on.
func (r *root) tell(p Progress) {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.mu.Lock()
	paused := r.paused
	r.mu.Unlock()
	if p.Finished || !paused {
		r.engine.cfg.OnProgress(p)
	}
}

func (r *root) askAbove() int {
	if r.settings.Enabled == settings.EnabledOn {
		return 0
	}
	return r.settings.Index.AskAboveFiles
}

func (r *root) ask() func(context.Context, int, int64) bool {
	if r.engine.cfg.Ask == nil {
		return nil
	}
	return func(ctx context.Context, files int, bytes int64) bool {
		before := store.Refused(r.dir())
		answer := r.engine.cfg.Ask(ctx, Question{Root: r.where.Path, Files: files, Bytes: bytes, Never: before})
		if now := answer == Never; ctx.Err() == nil && now != before && answer != NotNow {
			r.refuse(now)
		}
		return answer == Yes
	}
}

// dir is the folder of the root's index.
func (r *root) dir() string { return indexDir(r.engine.cacheDir, r.where.Path) }

// refuse keeps, or forgets, that a person never wants the root to be indexed.
func (r *root) refuse(never bool) {
	if err := store.SetRefused(r.dir(), never); err != nil {
		r.engine.log.Warn("an answer is forgotten with this session", "root", r.where.Path, "error", err)
	}
}

// siblings returns the index folders of the other work trees of the repository.
func (r *root) siblings() []string {
	if !r.where.IsGit() {
		return nil
	}
	trees := []string{}
	if filepath.Base(r.where.CommonDir) == ".git" {
		trees = append(trees, filepath.Dir(r.where.CommonDir))
	}
	links, err := filepath.Glob(filepath.Join(r.where.CommonDir, "worktrees", "*", "gitdir"))
	if err != nil {
		return nil
	}
	for _, link := range links {
		if data, err := os.ReadFile(link); err == nil {
			trees = append(trees, filepath.Dir(string(trimLine(data))))
		}
	}
	var dirs []string
	for _, tree := range trees {
		if path, err := workspace.Canonical(tree); err == nil && path != r.where.Path {
			dirs = append(dirs, indexDir(r.engine.cacheDir, path))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func trimLine(data []byte) []byte {
	for len(data) > 0 && (data[len(data)-1] == '\n' || data[len(data)-1] == '\r') {
		data = data[:len(data)-1]
	}
	return data
}

// live returns the index, or nil when the root is switched off.
func (r *root) live() *indexer.Index {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index
}

// present returns the index, or nil when there is none, and whether it was compared with the disk as often as was
// asked for. A root that is switched off or was declined has nothing to wait for.
func (r *root) present() (x *indexer.Index, settled bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	off := r.settings.Enabled == settings.EnabledOff
	return r.index, off || r.ran >= r.runs && (r.index != nil || r.declined)
}

// reconcile asks for a comparison of the index with the disk. Several requests become one.
func (r *root) reconcile() {
	r.mu.Lock()
	r.runs++
	r.mu.Unlock()
	select {
	case r.again <- struct{}{}:
	default:
	}
}

// run is the goroutine that does the bulk runs of the root, one after the other. Watching begins before the first
// of them, so that no change falls between the two.
func (r *root) run(ctx context.Context) {
	defer close(r.stopped)
	if w := r.engine.watcher; w != nil {
		switch err := w.Add(r.where, r.rules); {
		case err == nil:
			defer w.Remove(r.where) // fails only when the watcher is closed
		case !errors.Is(err, watch.ErrClosed): // closed: the session ended before it began
			r.engine.log.Warn("changes on disk are not followed", "root", r.where.Path, "error", err)
		}
	}
	for {
		select {
		case <-r.again:
		case <-ctx.Done():
			return
		}
		r.mu.Lock()
		asked, x := r.runs, r.index
		r.mu.Unlock()
		var err error
		if x != nil {
			err = r.runOnce(ctx, x)
		}
		if errors.Is(err, indexer.ErrClosed) || errors.Is(err, indexer.ErrInterrupted) || ctx.Err() != nil {
			err = nil // somebody put an end to it and sees to the next one
		}
		r.mu.Lock()
		r.ran = asked
		if x != nil {
			r.failure, r.declined = "", errors.Is(err, indexer.ErrDeclined)
		}
		if err != nil && !r.declined {
			r.failure = err.Error()
			r.engine.log.Error("bring the index up to date", "root", r.where.Path, "error", err)
		}
		close(r.ended)
		r.ended = make(chan struct{})
		r.mu.Unlock()
		r.engine.cfg.OnStatus()
	}
}

// runOnce compares the index with the disk and tells how far it is while it lasts.
func (r *root) runOnce(ctx context.Context, x *indexer.Index) error {
	finished := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if done, total := x.Progress(); total > done {
					r.tell(Progress{Root: r.where.Path, Done: done, Total: total})
				}
			case <-finished:
				return
			}
		}
	})
	err := x.Reconcile(ctx)
	close(finished)
	wg.Wait()
	done, total := x.Progress()
	r.tell(Progress{Root: r.where.Path, Done: done, Total: total, Finished: true, Err: err})
	return err
}

// wait returns when every bulk run asked for so far has ended, with the reason why the last one failed.
func (r *root) wait(ctx context.Context) error {
	r.mu.Lock()
	target := r.runs
	r.mu.Unlock()
	for {
		r.mu.Lock()
		done, ended, failure, declined := r.ran >= target, r.ended, r.failure, r.declined
		r.mu.Unlock()
		if done {
			switch {
			case declined:
				return fmt.Errorf("index %s: %w", r.where.Path, indexer.ErrDeclined)
			case failure != "":
				return errors.New(failure)
			}
			return nil
		}
		select {
		case <-ended:
		case <-r.stopped:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// configure applies changed settings: an index is opened, closed, or opened anew with other bounds.
func (r *root) configure() error {
	e := r.engine
	e.modifying.Lock()
	defer e.modifying.Unlock()
	e.mu.Lock()
	layers, open := e.layers, e.roots[r.where.Path] == r
	e.mu.Unlock()
	if !open {
		return nil // closed meanwhile
	}
	r.mu.Lock()
	old, x := r.settings, r.index
	r.mu.Unlock()
	r.resolve(layers)
	off := r.settings.Enabled == settings.EnabledOff
	same := slices.Equal(old.Index.Exclude, r.settings.Index.Exclude) &&
		slices.Equal(old.Index.Include, r.settings.Index.Include) &&
		old.Index.MaxFileSize == r.settings.Index.MaxFileSize && old.Index.Engine == r.settings.Index.Engine &&
		old.Index.NestedRepositories == r.settings.Index.NestedRepositories && old.Enabled == r.settings.Enabled
	if same && (x == nil) == off {
		return nil
	}
	if x != nil {
		r.mu.Lock()
		r.index = nil
		r.mu.Unlock()
		if err := x.Close(); err != nil { // what was not written is found again
			e.log.Warn("close the index to apply settings", "root", r.where.Path, "error", err)
		}
	}
	r.rules.Configure(ruleOptions(r.settings.Index))
	if off {
		return nil
	}
	err := r.openIndex()
	r.mu.Lock()
	r.failure = message(err)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	e.showDocuments(r)
	r.reconcile()
	if e.watcher != nil {
		e.watcher.Poke()
	}
	return nil
}

// message returns the text of an error, "" for none.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// close stops the root's work and lets go of its index.
func (r *root) close() error {
	var errs []error
	r.cancel()
	<-r.stopped
	if x := r.live(); x != nil {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}

// reindex throws the stored index away and builds it anew.
func (r *root) reindex() error {
	x := r.live()
	if x == nil {
		return fmt.Errorf("reindex %s: indexing is switched off there", r.where.Path)
	}
	if err := x.Rebuild(); err != nil {
		return fmt.Errorf("reindex %s: %w", r.where.Path, err)
	}
	r.refuse(false)
	r.reconcile()
	return nil
}
