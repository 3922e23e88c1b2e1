// Package indexer keeps the live index of one repository: it cuts changed files into units, encodes what it has
// not seen before, and publishes immutable epochs that queries run on.
//
// # Flow
//
//	Notify (an edit, a file event)  ──> edit worker: read, chunk, hash, encode what is new ──┐
//	Notify of very many files,      ──> bulk workers: the same, in parallel, segment-wise  ──┤
//	Reconcile (look at all files)                                                             │
//	another process wrote           ──> follower: map its segments                          ──┤
//	                                                                                          v
//	                                  the publisher, one goroutine, applies them and publishes an epoch
//	                                                                                          │
//	                                  maintenance, off the query path: write, commit, merge  <┘
//
// Of two records of a path the one that was read later is seen, whatever order they arrive in. An epoch is never
// changed; segments are counted and unmapped when the last epoch that shows them is released.
//
// # Several processes
//
// The process that holds the lock of the store writes; the others follow its manifest and keep what they know
// beyond it, such as a file saved a moment ago, in memory. When the writer ends, however it ends, a follower
// takes the lock and goes on. Unsaved buffers are never written: they belong to one process.
package indexer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"lsp/encoder"
	"lsp/indexer/chunk"
	"lsp/indexer/store"
	"lsp/indexer/vector"
	"lsp/workspace"
)

// Config says what to index and where to keep it.
type Config struct {
	Root    workspace.Root
	Dir     string          // folder of the index on disk
	Encoder encoder.Encoder // must not change while the index is open
	Log     *slog.Logger    // nil discards

	Rules    *workspace.Rules // which files are indexed
	Siblings []string         // index folders of other worktrees of the repository, whose vectors may be reused

	Engine vector.Engine // "" and auto choose by size

	// Ask is called before a first index of more than AskAbove files is made. Nil means yes.
	Ask      func(ctx context.Context, files int, bytes int64) bool
	AskAbove int

	// Yield is called by background work between files; it may wait as long as somebody searches.
	Yield func(ctx context.Context)

	// OnChange is called whenever Status may have changed, by several goroutines at a time, those that index among
	// them. It must return quickly and not wait for the index.
	OnChange func()

	// OnTakeover is called when this process becomes the writer because the former one ended. The index should then
	// be reconciled.
	OnTakeover func()

	Workers int // goroutines that chunk and encode in bulk; 0 means one per processor
}

// ErrClosed is returned by calls on an index that was closed.
var ErrClosed = errors.New("index is closed")

// Index is the live index of one root. It is safe for concurrent use.
type Index struct {
	cfg  Config
	id   store.Identity
	dir  *store.Dir
	log  *slog.Logger
	path string // canonical root

	opened fs.FileInfo // the root when the index was opened, nil when it was not there

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup
	closed atomic.Bool // Close was called

	background    context.Context // of work that Close need not wait for
	endBackground context.CancelFunc
	rebuilding    sync.Mutex

	ops     chan operation
	current atomic.Pointer[Epoch]

	edits   edits
	bulk    bulkState
	clock   atomic.Int64 // last time stamp given to a record
	writer  atomic.Bool
	foreign atomic.Bool // another process writes an index that this one cannot use

	encoded, reused atomic.Int64

	tierMu sync.Mutex // guards the change of tier
	tier   atomic.Pointer[tier]

	maintain chan struct{}   // wakes the maintenance goroutine
	flushes  chan chan error // asks it to write now
	lost     chan struct{}   // tells the follower that this process no longer writes
	manifest atomic.Pointer[store.Manifest]

	statusMu sync.Mutex
	problems map[string]string // why the index is degraded, by what could not be done
	rebuilt  string            // why the last index was thrown away
	skipped  workspace.Counts
}

// Open opens the index of a root and publishes what is stored of it. It neither looks at the files nor waits for
// another process; call Reconcile for that. A stored index that cannot be trusted is dropped with a log line.
func Open(cfg Config) (*Index, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.Yield == nil {
		cfg.Yield = func(context.Context) {}
	}
	if cfg.OnChange == nil {
		cfg.OnChange = func() {}
	}
	id := store.Identity{
		Model: cfg.Encoder.Identity().String(), Dimensions: cfg.Encoder.Dimensions(), Chunker: chunk.Version,
	}
	builder, err := store.NewBuilder(id, cfg.Encoder.Mean())
	if err != nil {
		return nil, fmt.Errorf("open index of %s: %w", cfg.Root.Path, err)
	}
	dir, err := store.OpenDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	x := &Index{
		cfg: cfg, id: id, dir: dir, log: cfg.Log.With("root", cfg.Root.Path), path: cfg.Root.Path,
		ops: make(chan operation), problems: map[string]string{}, maintain: make(chan struct{}, 1), flushes: make(chan chan error),
		lost: make(chan struct{}, 1),
	}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.background, x.endBackground = context.WithCancel(x.ctx)
	if info, err := os.Stat(x.path); err == nil {
		x.opened = info
	}
	x.edits.init()
	x.bulk.init()
	s, err := x.load()
	if err != nil {
		x.cancel()
		return nil, errors.Join(err, dir.Close())
	}
	x.current.Store(s.epoch())
	x.wg.Add(4)
	go x.publish(s)
	go x.work(builder)
	go x.maintenance()
	go x.follow()
	return x, nil
}

// Close stops all work, makes what is in memory durable when this process is the writer, and lets go of the index.
// Epochs that are still in use stay valid.
func (x *Index) Close() error {
	if x.closed.Swap(true) {
		return ErrClosed
	}
	if err := x.SetTier(nil); err != nil {
		x.log.Warn("end the work on vectors", "error", err)
	}
	x.endBackground()
	x.rebuilding.Lock() // one that is under way would let bulk runs begin again
	x.bulk.interrupt(ErrClosed)
	x.rebuilding.Unlock()
	var err error
	if x.writer.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		err = x.Flush(ctx)
	}
	x.cancel()
	x.wg.Wait()
	return errors.Join(err, x.dir.Close())
}

// closeTimeout bounds how long Close waits for the disk. What is lost then is found again by the next Reconcile.
const closeTimeout = 10 * time.Second

// Root returns the canonical folder that is indexed.
func (x *Index) Root() string { return x.path }

// Engine returns how the vectors of the index are to be searched.
func (x *Index) Engine() vector.Engine { return x.cfg.Engine }

// Acquire returns the current epoch and a function that must be called when it is no longer needed.
func (x *Index) Acquire() (*Epoch, func()) {
	for {
		e := x.current.Load()
		if e.retain() {
			return e, sync.OnceFunc(e.release)
		}
	}
}

// load reads the manifest and its segments into a new state. An index that is damaged or of another make is
// discarded by the writer and ignored by a follower, until the writer has made a new one.
func (x *Index) load() (*state, error) {
	locked, err := x.dir.TryLock()
	if err != nil {
		return nil, err
	}
	x.writer.Store(locked)
	m, segments, err := x.stored(nil)
	s := x.stack(m, segments)
	x.manifest.Store(m)
	if err != nil {
		x.distrust(err)
		if locked {
			if err := x.dir.Discard(); err != nil {
				return nil, err
			}
		}
	}
	if locked {
		if _, err := x.dir.Collect(m); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// distrust records why the stored index is not used.
func (x *Index) distrust(why error) {
	x.log.Warn("the stored index cannot be used and is built anew", "error", why)
	x.statusMu.Lock()
	x.rebuilt = why.Error()
	x.statusMu.Unlock()
}

// blank returns the manifest of an index that holds nothing yet.
func (x *Index) blank() *store.Manifest {
	return &store.Manifest{Root: x.path, Model: x.id.Model, Dimensions: x.id.Dimensions, Chunker: x.id.Chunker}
}

// stored reads the manifest and maps its segments; those in mapped, by name, are shared. Every segment returned is
// retained for the caller. The writer may replace segments meanwhile: then the newer manifest is read. Without any
// manifest, and on an error, a blank one is returned.
func (x *Index) stored(mapped map[string]*store.Segment) (*store.Manifest, []*store.Segment, error) {
	m, err := x.readManifest()
	for err == nil {
		var segments []*store.Segment
		if segments, err = x.open(m, mapped); err == nil {
			return m, segments, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
		newer, again := x.readManifest()
		if again == nil && newer.Same(m) {
			return x.blank(), nil, fmt.Errorf("a segment that the manifest names is missing: %v", err)
		}
		m, err = newer, again
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return x.blank(), nil, err
}

// readManifest reads the manifest and makes sure that it was made by the same model and chunker for this root.
func (x *Index) readManifest() (*store.Manifest, error) {
	m, err := x.dir.ReadManifest()
	if err != nil {
		return nil, err
	}
	if m.Identity() != x.id {
		return nil, fmt.Errorf("the index was made with %q, chunker %d: %w", m.Model, m.Chunker, store.ErrMismatch)
	}
	if m.Root != x.path {
		return nil, fmt.Errorf("the index describes %s: %w", m.Root, store.ErrMismatch)
	}
	return m, nil
}

// open maps the segments of a manifest, all or none.
func (x *Index) open(m *store.Manifest, mapped map[string]*store.Segment) ([]*store.Segment, error) {
	segments := make([]*store.Segment, 0, len(m.Segments))
	for _, e := range m.Segments {
		s := mapped[e.Name]
		if s != nil {
			s.Retain()
		} else {
			var err error
			if s, err = x.dir.OpenSegment(e, x.id); err != nil {
				for _, s := range segments {
					s.Release()
				}
				return nil, err
			}
			x.advanceClock(s)
		}
		segments = append(segments, s)
	}
	return segments, nil
}

// stack returns a state of the segments of a manifest, which it takes over.
func (x *Index) stack(m *store.Manifest, segments []*store.Segment) *state {
	s := newState()
	for i, segment := range segments {
		l := newLayer(segment)
		l.entry = &m.Segments[i]
		s.push(l)
	}
	s.complete, s.reconciled, s.head = m.Complete, m.Reconciled, m.Head
	return s
}

// advanceClock makes sure that records made from now on count as newer than those of a segment.
func (x *Index) advanceClock(s *store.Segment) {
	for f := range uint32(s.Files()) {
		for at := s.File(f).IndexedAt; ; {
			last := x.clock.Load()
			if last >= at || x.clock.CompareAndSwap(last, at) {
				break
			}
		}
	}
}

// now returns a time stamp in nanoseconds since 1970 that is later than any before.
func (x *Index) now() int64 {
	for {
		last := x.clock.Load()
		next := max(last+1, time.Now().UnixNano())
		if x.clock.CompareAndSwap(last, next) {
			return next
		}
	}
}

// operation is a step of the publisher.
type operation struct {
	apply  func(*state)
	silent bool // nothing changes: no epoch is published
	done   chan struct{}
}

// publish is the only goroutine that touches the state: it applies operations one after the other and publishes
// an epoch after each that changes something.
func (x *Index) publish(s *state) {
	defer x.wg.Done()
	for {
		select {
		case op := <-x.ops:
			op.apply(s)
			if !op.silent {
				x.install(s.epoch())
			}
			close(op.done)
		case <-x.ctx.Done():
			last := &Epoch{Number: s.number + 1}
			last.refs.Store(1)
			x.install(last)
			s.close()
			return
		}
	}
}

func (x *Index) install(e *Epoch) {
	x.current.Swap(e).release()
	x.changed()
}

// changed tells whoever wants to know that there is something new.
func (x *Index) changed() {
	if t := x.tier.Load(); t != nil {
		wake(t.wake)
	}
	x.cfg.OnChange()
}

// apply hands a change to the publisher and returns when its epoch is current.
func (x *Index) apply(change func(*state)) error { return x.send(operation{apply: change}) }

// inspect runs look on the publisher's goroutine. It must change nothing and keep nothing of the state.
func (x *Index) inspect(look func(*state)) error { return x.send(operation{apply: look, silent: true}) }

func (x *Index) send(op operation) error {
	op.done = make(chan struct{})
	select {
	case x.ops <- op:
		<-op.done
		return nil
	case <-x.ctx.Done():
		return ErrClosed
	}
}

// lenders are the indexes of other worktrees of the repository, whose vectors need not be computed again. They are
// mapped when the first vector is looked for, since all their bytes are checked then.
type lenders struct {
	index    *Index
	once     sync.Once
	segments []*store.Segment
}

// find returns a unit with the given hash in any worktree.
func (l *lenders) find(h store.Hash) (store.Vectors, bool) {
	l.once.Do(l.open)
	for _, s := range l.segments {
		if u, ok := s.Find(h); ok {
			return store.Vectors{From: s, Unit: u}, true
		}
	}
	return store.Vectors{}, false
}

func (l *lenders) open() {
	x := l.index
	for _, path := range x.cfg.Siblings {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		dir, err := store.OpenDir(path)
		if err != nil {
			continue
		}
		if m, err := dir.ReadManifest(); err == nil && m.Identity() == x.id {
			for _, e := range m.Segments {
				if s, err := dir.OpenSegment(e, x.id); err == nil {
					l.segments = append(l.segments, s)
				}
			}
		}
	}
}

// release unmaps everything, after which find must not be called.
func (l *lenders) release() {
	for _, s := range l.segments {
		s.Release()
	}
}
