package indexer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lsp/indexer/chunk"
	"lsp/indexer/store"
	"lsp/workspace"
)

// Change tells the index that a path is not what it was.
type Change struct {
	Path   string // relative to the root, with forward slashes; a folder stands for everything in it, not the root
	Buffer bool   // an unsaved buffer: Text is shown in place of the disk, for this process alone
	Closed bool   // the buffer is gone: the disk is shown again
	Text   []byte // of a buffer; must not be changed afterwards
}

// The work that a problem in Status can be about.
const (
	applyChanges = "apply changes"
	writeIndex   = "write the index"
	followWriter = "follow the writer of the index"
)

// editBatch bounds the files on disk that are looked at before an epoch is published and newer edits get a turn.
const editBatch = 64

// manyChanges is the number of paths on disk from which all workers share in them: a branch was switched.
const manyChanges = 4 * editBatch

// edits is the queue between Notify and the edit worker. Of several changes of a path the last one counts.
type edits struct {
	mu       sync.Mutex
	buffers  map[string]queued
	disk     map[string]queued
	intake   intake
	flying   uint64 // lowest number among the changes being worked on, 0 when none is
	working  int    // changes being worked on
	sweeping uint64 // like flying, of the changes that a sweep works on
	sweep    int    // their number
	last     uint64
	wake     chan struct{}
	progress chan struct{} // closed and replaced when changes were applied
}

// intake says what becomes of changes on disk.
type intake uint8

const (
	following intake = iota // they are worked on
	holding                 // they wait in the queue
	ignoring                // they are dropped
)

// follow has changes on disk worked on.
func (q *edits) follow() { q.admit(following) }

// hold keeps changes on disk in the queue.
func (q *edits) hold() { q.admit(holding) }

// ignore drops changes on disk.
func (q *edits) ignore() { q.admit(ignoring) }

func (q *edits) admit(how intake) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.intake == how {
		return
	}
	q.intake = how
	if how == ignoring {
		clear(q.disk)
		q.advance()
	}
	wake(q.wake)
}

// advance tells those who wait that there is less to wait for.
func (q *edits) advance() {
	close(q.progress)
	q.progress = make(chan struct{})
}

// queued is the newest change of a path under the number of the oldest that was not applied: who waits for that
// one waits for both.
type queued struct {
	change Change
	number uint64
}

// enqueue adds a change to a queue.
func enqueue(queue map[string]queued, c Change, number uint64) {
	if older, ok := queue[c.Path]; ok {
		number = older.number
	}
	queue[c.Path] = queued{c, number}
}

func (q *edits) init() {
	q.buffers, q.disk = map[string]queued{}, map[string]queued{}
	q.wake, q.progress = make(chan struct{}, 1), make(chan struct{})
}

// Notify queues changes and returns a ticket: once WaitFor returns for it, every epoch shows them, except those that
// Status tells a problem of. After a change of everything call Reconcile.
func (x *Index) Notify(changes []Change) uint64 {
	q := &x.edits
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range changes {
		q.last++
		if c.Buffer || c.Closed {
			enqueue(q.buffers, c, q.last)
		}
		if !c.Buffer && q.intake != ignoring {
			enqueue(q.disk, Change{Path: c.Path}, q.last)
		}
	}
	if len(changes) > 0 {
		wake(q.wake)
	}
	return q.last
}

// Pending returns the ticket of the last change that was notified.
func (x *Index) Pending() uint64 {
	x.edits.mu.Lock()
	defer x.edits.mu.Unlock()
	return x.edits.last
}

// WaitFor returns nil when every change up to the ticket is in the current epoch, and the context's error when it
// ends first.
func (x *Index) WaitFor(ctx context.Context, ticket uint64) error {
	for {
		x.edits.mu.Lock()
		done, progress := x.edits.lowest() > ticket, x.edits.progress
		x.edits.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return ctx.Err()
		case <-x.ctx.Done():
			return ErrClosed
		}
	}
}

// lowest returns the lowest number of a change that is not applied yet.
func (q *edits) lowest() uint64 {
	low := ^uint64(0)
	for _, n := range []uint64{q.flying, q.sweeping} {
		if n != 0 {
			low = min(low, n)
		}
	}
	for _, m := range []map[string]queued{q.buffers, q.disk} {
		for _, c := range m {
			low = min(low, c.number)
		}
	}
	return low
}

// take removes the next changes from the queue: all buffers, or when there are none some paths on disk.
func (q *edits) take() (batch []Change) {
	q.mu.Lock()
	defer q.mu.Unlock()
	from, limit := q.buffers, len(q.buffers)
	if limit == 0 && q.intake == following {
		from, limit = q.disk, editBatch
	}
	for path, c := range from {
		if len(batch) == limit {
			break
		}
		if q.flying == 0 || c.number < q.flying {
			q.flying = c.number
		}
		batch = append(batch, c.change)
		delete(from, path)
	}
	q.working = len(batch)
	return batch
}

// takeMany removes all paths on disk from the queue when there are many and none are being swept.
func (q *edits) takeMany() (paths []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sweeping != 0 || q.intake != following || len(q.disk) < manyChanges {
		return nil
	}
	q.sweeping = ^uint64(0)
	for path, c := range q.disk {
		q.sweeping = min(q.sweeping, c.number)
		paths = append(paths, path)
	}
	q.sweep = len(paths)
	clear(q.disk)
	return paths
}

// swept says that the paths that takeMany gave last are applied.
func (q *edits) swept() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sweeping, q.sweep = 0, 0
	q.advance()
}

// finish says that the batch taken last is applied.
func (q *edits) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flying, q.working = 0, 0
	q.advance()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// editor is the state of the edit worker.
type editor struct {
	*Index
	builder *store.Builder
	parsed  map[string]*chunk.State // of open buffers, for incremental parsing
}

// work is the edit worker: one goroutine that brings notified changes into the index.
func (x *Index) work(builder *store.Builder) {
	defer x.wg.Done()
	w := &editor{Index: x, builder: builder, parsed: map[string]*chunk.State{}}
	for {
		select {
		case <-x.edits.wake:
		case <-x.ctx.Done():
			return
		}
		for {
			if paths := x.edits.takeMany(); len(paths) > 0 {
				x.wg.Go(func() { x.sweep(paths) })
			}
			batch := x.edits.take()
			if len(batch) == 0 {
				break
			}
			if err := w.apply(batch); err != nil && x.ctx.Err() == nil {
				x.missed(err)
			}
			x.edits.finish()
			x.cfg.OnChange() // publishing told of it too soon: the change still counted as pending
		}
	}
}

// missed records that a change could not be brought into the index, which is incomplete until all files were compared.
func (x *Index) missed(err error) {
	x.report(applyChanges, err)
	if err := x.apply(func(s *state) { s.complete = false }); err != nil {
		x.log.Debug("the index was closed meanwhile", "error", err)
	}
}

// apply brings a batch into the index: buffers one segment each, files on disk one segment together.
func (w *editor) apply(batch []Change) error {
	epoch, release := w.Acquire()
	defer release()
	p := w.preparer(w.builder, epoch, nil)
	var disk []string
	var errs []error
	for _, c := range batch {
		switch {
		case c.Buffer:
			errs = append(errs, w.showBuffer(p, c))
		case c.Closed:
			delete(w.parsed, c.Path)
			errs = append(errs, w.Index.apply(func(s *state) { s.setOverlay(c.Path, nil) }))
		default:
			disk = append(disk, c.Path)
		}
	}
	if len(disk) > 0 {
		errs = append(errs, w.readDisk(p, disk))
	}
	return errors.Join(errs...)
}

// showBuffer publishes an open buffer, unless the rules skip its file. A buffer that equals the disk is shown too,
// since the disk may change under it, and of one whose text would not be indexed in a file that is what is shown.
func (w *editor) showBuffer(p *preparer, c Change) error {
	if _, skip := w.cfg.Rules.Match(c.Path, false); skip {
		delete(w.parsed, c.Path)
		return w.Index.apply(func(s *state) { s.setOverlay(c.Path, nil) })
	}
	w.builder.Reset()
	src := &source{path: c.Path, text: c.Text, hash: store.Hash(workspace.HashOf(c.Text)), size: int64(len(c.Text)), indexedAt: w.now()}
	if reason := w.judge(c); reason != workspace.NotSkipped {
		delete(w.parsed, c.Path)
		w.builder.AddFile(store.File{
			Path: src.path, Hash: src.hash, Size: src.size, IndexedAt: src.indexedAt, Flags: store.Skipped, Reason: uint8(reason),
		})
	} else {
		cut, err := p.add(w.ctx, src, chunk.Options{Keep: true, Previous: w.parsed[c.Path]})
		if err != nil {
			return err
		}
		w.parsed[c.Path] = cut.State
	}
	seg, err := store.OpenSegment("buffer of "+c.Path, w.builder.Bytes())
	if err != nil {
		return err
	}
	return w.Index.apply(func(s *state) { s.setOverlay(c.Path, newLayer(seg)) })
}

// judge returns why the text of a buffer is not indexed, for which the same counts as for that of a file.
func (w *editor) judge(c Change) workspace.Reason {
	if int64(len(c.Text)) > w.cfg.Rules.MaxSize() {
		return workspace.Huge
	}
	return workspace.CheckContent(c.Path, c.Text)
}

// readDisk looks at paths on disk and publishes one segment with what changed.
func (w *editor) readDisk(p *preparer, paths []string) error {
	w.builder.Reset()
	known, err := w.records(paths)
	if err != nil {
		return err
	}
	at := w.now()
	found, gone, err := w.survey(w.ctx, paths, known)
	errs := []error{err, w.bury(w.builder, gone, at)}
	for _, e := range found {
		errs = append(errs, w.read(w.ctx, p, e, known[e.Rel])) // one file must not hold up the others
	}
	if w.builder.Files() > 0 {
		errs = append(errs, w.pushBytes(w.builder.Bytes()))
	}
	return errors.Join(errs...)
}

// sweep brings very many changed paths into the index with all bulk workers, while edits go on. It takes its turn
// with Reconcile and is paused like it.
func (x *Index) sweep(paths []string) {
	err := x.exclusively(x.ctx, func(ctx context.Context) error {
		known, err := x.records(paths)
		if err != nil {
			return err
		}
		at := x.now()
		found, gone, err := x.survey(ctx, paths, known)
		x.bulk.total.Store(int64(len(found)))
		builder, failed := store.NewBuilder(x.id, x.cfg.Encoder.Mean())
		if failed != nil {
			return failed
		}
		return errors.Join(err, x.bury(builder, gone, at), x.seal(builder), x.process(ctx, found, known))
	})
	if err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrInterrupted) {
		x.missed(err)
	}
	x.edits.swept()
	x.cfg.OnChange()
}

// survey finds out what is at paths, and in those that are folders: files that are to be indexed, and known ones
// that are gone or left out now.
func (x *Index) survey(ctx context.Context, paths []string, known map[string]store.File) (found []workspace.Entry, gone []string, err error) {
	var errs []error
	missing := map[string]bool{} // paths without a file
	folders := map[string]bool{} // paths below which nothing is expected but what is in seen
	seen := map[string]bool{}    // files found
	add := func(e workspace.Entry) error {
		if !seen[e.Rel] {
			seen[e.Rel] = true
			found = append(found, e)
		}
		return nil
	}
	for _, path := range paths {
		folders[path] = true
		if info, err := os.Lstat(filepath.Join(x.path, filepath.FromSlash(path))); err == nil && info.IsDir() {
			missing[path] = true
			_, err := workspace.Walk(ctx, x.cfg.Rules, workspace.WalkOptions{Sub: path}, add)
			errs = append(errs, err)
			continue
		}
		entry, reason, err := x.cfg.Rules.Check(path)
		if err != nil || reason != workspace.NotSkipped {
			missing[path] = true
			continue
		}
		errs = append(errs, add(entry))
	}
	for path, r := range known {
		if present(r) && !seen[path] && (missing[path] || within(path, folders)) {
			gone = append(gone, path)
		}
	}
	return found, gone, errors.Join(errs...)
}

// bury adds deletion records to a builder, unless it is the root that is gone. The time is one before the files were
// looked for, so that one that came back meanwhile is not hidden.
func (x *Index) bury(b *store.Builder, gone []string, at int64) error {
	if len(gone) == 0 {
		return nil
	}
	if err := x.vanished(); err != nil {
		return err
	}
	for _, path := range gone {
		b.AddFile(store.File{Path: path, IndexedAt: at, Flags: store.Deleted})
	}
	return nil
}

// records returns what is known of paths and of everything below those that are no files, deleted files included.
// The strings are copies.
func (x *Index) records(paths []string) (map[string]store.File, error) {
	known := map[string]store.File{}
	err := x.inspect(func(s *state) {
		folders := map[string]bool{}
		for _, path := range paths {
			if p, ok := s.where[path]; ok {
				known[path] = p.record()
			}
			if !present(known[path]) {
				folders[path] = true
			}
		}
		if len(folders) == 0 {
			return
		}
		for name, p := range s.where {
			if within(name, folders) {
				f := p.record()
				known[f.Path] = f
			}
		}
	})
	return known, err
}

// within reports whether a path lies in one of some folders, however deep.
func within(path string, folders map[string]bool) bool {
	for i := len(path) - 1; i > 0; i-- {
		if path[i] == '/' && folders[path[:i]] {
			return true
		}
	}
	return false
}

// record returns the file record at p with copied strings.
func (p place) record() store.File {
	f := p.layer.segment.File(p.file)
	f.Path, f.Language = strings.Clone(f.Path), strings.Clone(f.Language)
	return f
}

// preparer returns a preparer that finds known vectors in an epoch and, unless siblings is nil, in other worktrees.
func (x *Index) preparer(b *store.Builder, known *Epoch, siblings *lenders) *preparer {
	return &preparer{
		enc: x.cfg.Encoder, builder: b, encoded: &x.encoded, reused: &x.reused,
		find: func(h store.Hash) (store.Vectors, bool) {
			if v, ok := known.find(h); ok {
				return v, true
			}
			if siblings == nil {
				return store.Vectors{}, false
			}
			return siblings.find(h)
		},
	}
}

// report records whether the index could do what it should, such as "write the index". Status shows a fault until
// the same is done with success.
func (x *Index) report(what string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	x.statusMu.Lock()
	before := x.problems[what]
	if text == "" {
		delete(x.problems, what)
	} else {
		x.problems[what] = text
	}
	x.statusMu.Unlock()
	if text == before {
		return
	}
	if err != nil {
		x.log.Error(what, "error", err)
	}
	x.cfg.OnChange()
}
