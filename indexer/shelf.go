package indexer

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"lsp/indexer/store"
)

const (
	// vectorRetention is how many days a vector is kept that no unit needs: a branch that is left comes back. The day on
	// which a vector was needed last is noted when its block is rewritten, at the latest after useNoted days, so that a
	// vector lives for up to useNoted days less.
	vectorRetention = 37
	useNoted        = 7

	// Blocks of at most smallBlock bytes are merged once there are manySmall of them, likewise those of at most
	// mediumBlock. Larger ones stay as they are: a merge never takes more memory than manySmall of mediumBlock.
	smallBlock  = 1 << 20
	mediumBlock = 8 << 20

	// lendInterval is how often the vectors of other work trees are listed.
	lendInterval = time.Minute
)

// The work that a problem of a tier can be about.
const (
	storeVectors = "store vectors"
	readVectors  = "read vectors"
)

// shelved is a block that lies in the folder under its name, or in memory alone when it has none.
type shelved struct {
	name  string
	block *store.Block
}

// shelf keeps the vectors of a tier on disk and publishes them. It belongs to the tier's deciding goroutine; only the
// vectors that are not on disk lie in the tier, where the encoders put them.
type shelf struct {
	t       *tier
	dir     *store.VectorDir
	writer  bool // this process stores vectors
	follows bool // another one does; neither when the folder cannot be used

	blocks   []shelved
	bad      map[string]bool       // files that are no usable blocks
	obsolete []string              // files that could not be removed yet
	tried    map[string]store.Hash // content of files by path that was looked at for missing units

	number    uint64 // of the set published last
	published int64  // changes of what is not stored that are in it
	stale     bool   // blocks came or went since
	marked    bool   // that all is complete is noted on disk
	swept     store.Day
	touched   store.Day

	lent     []*store.Block
	lentAt   time.Time
	lastTick time.Time
	lastDone int64
}

// openShelf opens the folder of a tier's vectors and maps what is in it.
func openShelf(t *tier) (*shelf, error) {
	dir, err := store.OpenVectorDir(t.x.cfg.Dir, t.id)
	if err != nil {
		return nil, err
	}
	s := &shelf{t: t, dir: dir, bad: map[string]bool{}, tried: map[string]store.Hash{}, lastTick: t.cfg.Now()}
	if err := s.sync(); err != nil {
		s.release()
		return nil, errors.Join(err, dir.Close())
	}
	return s, nil
}

// close lets go of everything. Published sets stay valid.
func (s *shelf) close() {
	s.release()
	if err := s.dir.Close(); err != nil {
		s.t.log.Warn("let go of vectors", "error", err)
	}
}

func (s *shelf) release() {
	for _, b := range s.blocks {
		b.block.Release()
	}
	for _, b := range s.lent {
		b.Release()
	}
	s.blocks, s.lent = nil, nil
}

// checkpoint stores what was computed, looks at what another process did, and publishes the result.
func (t *tier) checkpoint() {
	s := t.shelf
	t.trouble(readVectors, s.sync())
	s.commit()
	s.measure()
	if s.dirty() {
		t.trouble("publish vectors", s.publish())
	}
}

// sync takes the lock when it is free, and makes the blocks those of the folder when another process has it.
func (s *shelf) sync() error {
	if s.writer {
		return nil
	}
	locked, err := s.dir.TryLock()
	if err != nil {
		return err
	}
	names, err := s.dir.List()
	if err != nil {
		return err
	}
	s.writer, s.follows = locked, !locked
	s.blocks = slices.DeleteFunc(s.blocks, func(b shelved) bool {
		if b.name == "" || slices.Contains(names, b.name) {
			return false
		}
		b.block.Release()
		s.stale = true
		return true
	})
	for _, name := range names {
		if !s.bad[name] && !slices.ContainsFunc(s.blocks, func(b shelved) bool { return b.name == name }) {
			s.open(name)
		}
	}
	return nil
}

// open maps a block of the folder. One that cannot be trusted is dropped: its vectors are computed again.
func (s *shelf) open(name string) {
	b, err := s.dir.Map(name)
	if errors.Is(err, fs.ErrNotExist) {
		return // merged into another one meanwhile
	}
	if err == nil {
		s.blocks, s.stale = append(s.blocks, shelved{name, b}), true
		return
	}
	s.bad[name] = true
	clear(s.tried)
	s.t.log.Warn("stored vectors cannot be used and are computed anew", "error", err)
	s.t.mu.Lock()
	s.t.status.Dropped = err.Error()
	s.t.mu.Unlock()
	if s.writer {
		s.discard(name)
	}
}

// discard removes a file, later if need be.
func (s *shelf) discard(name string) {
	if err := s.dir.Remove(name); err != nil {
		s.obsolete = append(s.obsolete, name)
	}
}

// dirty reports whether there is something that the set published last does not show.
func (s *shelf) dirty() bool {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	return s.number == 0 || s.stale || s.published != s.t.changes
}

// publish makes a new set of all blocks and of what is not stored, and lets the next epoch carry it.
func (s *shelf) publish() error {
	blocks := make([]*store.Block, 0, len(s.blocks)+1)
	for _, b := range s.blocks {
		b.block.Retain()
		blocks = append(blocks, b.block)
	}
	memory, changes, err := s.inMemory()
	if memory != nil {
		blocks = append(blocks, memory)
	}
	s.number, s.published, s.stale = s.number+1, changes, false
	v := newVectorSet(s.t.cfg.Encoder, s.number, blocks)
	epoch, release := s.t.x.Acquire()
	for i := range epoch.Layers {
		l := &epoch.Layers[i]
		l.coverage.of(l.Segment, v) // now, rather than in the next query
	}
	release()
	if failed := s.t.x.apply(func(st *state) { st.setVectors(v) }); failed != nil {
		v.release()
		return failed
	}
	return err
}

// inMemory returns a block of the vectors that are not stored, nil when there are none, and how often they had changed. What no
// unit of the epoch needs any more is forgotten: it was typed and changed again.
func (s *shelf) inMemory() (*store.Block, int64, error) {
	t := s.t
	epoch, release := t.x.Acquire()
	defer release()
	today := store.DayOf(t.cfg.Now())
	t.mu.Lock()
	build, err := store.NewBlockBuilder(t.id, t.cfg.Encoder.Mean())
	if err != nil {
		t.mu.Unlock()
		return nil, 0, err
	}
	for h, c := range t.fresh {
		if _, needed := epoch.find(h); needed {
			c.addTo(build, h, today)
		} else {
			delete(t.fresh, h)
		}
	}
	changes := t.changes
	t.mu.Unlock()
	if build.Len() == 0 {
		return nil, changes, nil
	}
	data, err := build.Bytes()
	if err != nil {
		t.log.Warn("a vector of the second encoder cannot be used", "error", err)
	}
	memory, err := store.OpenBlock("memory", data, t.id)
	return memory, changes, err
}

// addTo adds computed vectors to a block.
func (c *computed) addTo(b *store.BlockBuilder, h store.Hash, day store.Day) {
	if c.from != nil {
		b.AddFrom(c.from, c.entry, day)
		return
	}
	b.Add(h, day, c.rows)
}

// commit stores the vectors of units that are on disk, merges blocks, and forgets what is not needed any more. Units of
// unsaved buffers stay in memory: what somebody typed and did not save leaves no trace.
func (s *shelf) commit() {
	if !s.writer {
		return
	}
	err := s.store()
	if err == nil {
		err = s.merge()
	}
	if errors.Is(err, store.ErrLost) {
		err = errors.Join(err, s.startOver())
	}
	s.t.trouble(storeVectors, err)
	s.obsolete = slices.DeleteFunc(s.obsolete, func(name string) bool { return s.dir.Remove(name) == nil })
	if today := store.DayOf(s.t.cfg.Now()); s.touched != today {
		s.touched = today
		if err := s.dir.Touch(); err != nil {
			s.t.log.Debug("note the use of vectors", "error", err)
		}
	}
}

// has reports whether the vectors of a hash are stored.
func (s *shelf) has(h store.Hash) bool {
	return slices.ContainsFunc(s.blocks, func(b shelved) bool { _, ok := b.block.Find(h); return ok })
}

// store writes what is in memory and may be written.
func (s *shelf) store() error {
	for i, b := range s.blocks { // of a folder that was lost
		if b.name == "" {
			name, block, err := s.dir.Write(b.block.Bytes())
			if err != nil {
				return err
			}
			b.block.Release()
			s.blocks[i], s.stale = shelved{name, block}, true
		}
	}
	build, err := store.NewBlockBuilder(s.t.id, s.t.cfg.Encoder.Mean())
	if err != nil {
		return err
	}
	saved := s.savable(build)
	if len(saved) == 0 {
		return nil
	}
	data, err := build.Bytes()
	if err != nil {
		s.t.log.Warn("a vector of the second encoder cannot be used", "error", err)
	}
	name, block, err := s.dir.Write(data)
	if err != nil {
		return err
	}
	s.blocks, s.stale = append(s.blocks, shelved{name, block}), true
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	for _, h := range saved {
		delete(s.t.fresh, h)
	}
	return nil
}

// savable adds to a block what was computed for units that are on disk.
func (s *shelf) savable(build *store.BlockBuilder) (saved []store.Hash) {
	epoch, release := s.t.x.Acquire()
	defer release()
	today := store.DayOf(s.t.cfg.Now())
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	for h, c := range s.t.fresh {
		if epoch.onDisk(h) {
			c.addTo(build, h, today)
			saved = append(saved, h)
		}
	}
	return saved
}

// onDisk reports whether a unit of a hash is, or was lately, in a file and not only in an unsaved buffer.
func (e *Epoch) onDisk(h store.Hash) bool {
	for i := range e.Layers {
		if _, ok := e.Layers[i].Segment.Find(h); ok && !e.Layers[i].Overlay {
			return true
		}
	}
	return false
}

// startOver is for a writer whose folder is gone: it knows everything and has stored nothing.
func (s *shelf) startOver() error {
	s.writer, s.follows, s.marked, s.obsolete = false, false, false, nil
	for i := range s.blocks {
		s.blocks[i].name = ""
	}
	return s.dir.Reopen()
}

// merge keeps the number of blocks small.
func (s *shelf) merge() error {
	for _, limit := range []int{smallBlock, mediumBlock} {
		var group []shelved
		for _, b := range s.blocks {
			if b.block.Size() <= limit {
				group = append(group, b)
			}
		}
		if len(group) >= manySmall {
			if err := s.rewrite(group); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewrite replaces blocks by one without what was not needed for too long.
func (s *shelf) rewrite(group []shelved) error {
	build, err := store.NewBlockBuilder(s.t.id, s.t.cfg.Encoder.Mean())
	if err != nil {
		return err
	}
	epoch, release := s.t.x.Acquire()
	today := store.DayOf(s.t.cfg.Now())
	for _, g := range group {
		for e := range uint32(g.block.Len()) {
			used := g.block.Used(e)
			if _, needed := epoch.find(g.block.Hash(e)); needed {
				used = today
			}
			if used+vectorRetention >= today {
				build.AddFrom(g.block, e, used)
			}
		}
	}
	release()
	var merged []shelved
	if build.Len() > 0 {
		data, err := build.Bytes()
		if err != nil {
			return fmt.Errorf("merge vectors: %w", err)
		}
		name, block, err := s.dir.Write(data)
		if err != nil {
			return err
		}
		merged = []shelved{{name, block}}
	}
	s.blocks = slices.DeleteFunc(s.blocks, func(b shelved) bool { return slices.Contains(group, b) })
	s.blocks, s.stale = append(s.blocks, merged...), true
	for _, g := range group {
		g.block.Release()
		s.discard(g.name)
	}
	return nil
}

// completed notes on disk that every unit has its vectors, and looks once a day for vectors to be forgotten and for
// uses to be noted.
func (s *shelf) completed(e *Epoch) {
	today := store.DayOf(s.t.cfg.Now())
	if s.swept != today {
		s.swept = today
		for _, b := range slices.Clone(s.blocks) {
			if !s.outdated(b.block, e, today) {
				continue
			}
			if err := s.rewrite([]shelved{b}); err != nil {
				s.t.trouble(storeVectors, err)
				return
			}
		}
	}
	if s.marked {
		return
	}
	err := s.dir.SetComplete()
	s.marked = err == nil
	if !errors.Is(err, store.ErrLost) { // which the next commit meets
		s.t.trouble(storeVectors, err)
	}
}

// outdated reports whether a block holds what is to be forgotten, or uses that should be noted.
func (s *shelf) outdated(b *store.Block, e *Epoch, today store.Day) bool {
	for entry := range uint32(b.Len()) {
		age := today - min(today, b.Used(entry))
		if age <= useNoted {
			continue
		}
		if _, needed := e.find(b.Hash(entry)); needed || age > vectorRetention {
			return true
		}
	}
	return false
}

// lenders returns the blocks of the same model in other work trees of the repository.
func (s *shelf) lenders() []*store.Block {
	now := s.t.cfg.Now()
	if len(s.t.x.cfg.Siblings) == 0 || !s.lentAt.IsZero() && now.Sub(s.lentAt) < lendInterval {
		return s.lent
	}
	s.lentAt = now
	known := map[string]bool{}
	for _, b := range s.lent {
		known[b.Label()] = true
	}
	for _, sibling := range s.t.x.cfg.Siblings {
		paths, err := filepath.Glob(filepath.Join(sibling, store.VectorsName(s.t.id), store.BlockPattern))
		if err != nil {
			continue // no pattern, then
		}
		for _, path := range paths {
			if known[path] {
				continue
			}
			if b, err := store.MapBlock(path, s.t.id); err == nil {
				s.lent = append(s.lent, b)
			}
		}
	}
	return s.lent
}

// measure estimates how fast units are encoded.
func (s *shelf) measure() {
	now := s.t.cfg.Now()
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	st := &s.t.status
	seconds := now.Sub(s.lastTick).Seconds()
	if seconds <= 0 {
		return
	}
	rate := float64(st.Encoded-s.lastDone) / seconds
	s.lastTick, s.lastDone = now, st.Encoded
	switch {
	case st.State != TierEncoding:
		st.Rate = 0
	case st.Rate == 0:
		st.Rate = rate
	default:
		st.Rate = 0.7*st.Rate + 0.3*rate
	}
}
