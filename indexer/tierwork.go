package indexer

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"lsp/encoder"
	"lsp/indexer/chunk"
	"lsp/indexer/store"
)

// job is a unit to be encoded, as one or more texts.
type job struct {
	hash  store.Hash
	name  string // for messages
	texts []encoder.Unit
}

// length is that of the first text, which is the longest where there are several.
func (j *job) length() int { return len(j.texts[0].Body) + len(j.texts[0].Documentation) }

// wanted is a file some of whose units lack vectors.
type wanted struct {
	layer   int
	file    uint32
	path    string
	content store.Hash
	rank    int
	changed int64
	missing map[store.Hash]bool
}

// plan lists the files of an epoch whose units lack vectors in the order in which they get them: open buffers, then
// what was changed last, before tests and code that nobody here wrote.
func (t *tier) plan(e *Epoch) []wanted {
	var plan []wanted
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, l := range e.Layers {
		c := e.Coverage(i)
		if c != nil && c.count == l.Segment.Units() || !l.Overlay && t.shelf.follows {
			continue
		}
		for f := range uint32(l.Segment.Files()) {
			if !l.Files.Has(f) {
				continue
			}
			w := wanted{layer: i, file: f}
			first, end := l.Segment.FileUnits(f)
			for u := first; u < end; u++ {
				if c == nil || !c.Has.Has(u) {
					w.miss(t, l.Segment.Hash(u))
				}
			}
			if w.missing != nil {
				w.describe(&l)
				if t.shelf.tried[w.path] != w.content {
					plan = append(plan, w)
				}
			}
		}
	}
	slices.SortFunc(plan, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.changed, a.changed), strings.Compare(a.path, b.path))
	})
	return plan
}

// miss adds a hash to what is missing, unless somebody sees to it. The caller holds t.mu.
func (w *wanted) miss(t *tier, h store.Hash) {
	if _, known := t.fresh[h]; known || t.flying[h] || t.failed[h] != nil {
		return
	}
	if w.missing == nil {
		w.missing = map[store.Hash]bool{}
	}
	w.missing[h] = true
}

// Ranks of files.
const (
	rankOpen = iota
	rankCode
	rankRest // tests, examples, prose and what a program wrote
)

func (w *wanted) describe(l *Layer) {
	file := l.Segment.File(w.file)
	w.path, w.content, w.changed, w.rank = strings.Clone(file.Path), file.Hash, file.ModTime, rankCode
	const minor = chunk.IsTest | chunk.Example | chunk.Generated
	switch {
	case l.Overlay:
		w.rank, w.changed = rankOpen, file.IndexedAt
	case file.First < file.End && l.Segment.Flags(file.First)&minor != 0, chunk.ContentOf(file.Language) != chunk.Code:
		w.rank = rankRest
	}
}

// offer hands what a file lacks to the encoders. It returns false when the plan should be made anew.
func (t *tier) offer(e *Epoch, w wanted, tick <-chan time.Time) bool {
	t.announce(func(st *TierStatus) { st.State = TierEncoding })
	t.strike(&w)
	t.borrow(&w)
	if len(w.missing) > 0 {
		jobs := t.cut(&w)
		if t.cfg.Batch > 1 {
			slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(a.length(), b.length()) })
		}
		for group := range slices.Chunk(jobs, t.cfg.Batch) {
			if !t.give(group, tick) {
				return false
			}
		}
	}
	t.shelf.tried[w.path] = w.content
	return true
}

// strike takes out what came since the plan was made, such as the units of a file with the same text.
func (t *tier) strike(w *wanted) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for h := range w.missing {
		_, fresh := t.fresh[h]
		if fresh || t.flying[h] || t.failed[h] != nil || t.shelf.has(h) {
			delete(w.missing, h)
		}
	}
}

// borrow takes vectors that other work trees have.
func (t *tier) borrow(w *wanted) {
	lenders := t.shelf.lenders()
	if len(lenders) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for h := range w.missing {
		for _, b := range lenders {
			if entry, ok := b.Find(h); ok {
				t.fresh[h] = computed{from: b, entry: entry}
				t.changes++
				t.status.Reused++
				delete(w.missing, h)
				break
			}
		}
	}
}

// cut reads a file again and returns those of its units that lack vectors. What the file no longer holds is left to the
// epoch that shows the change.
func (t *tier) cut(w *wanted) []job {
	text, err := t.cfg.Read(w.path)
	if err != nil {
		t.log.Debug("a file cannot be read for its vectors", "path", w.path, "error", err)
		return nil
	}
	file := chunk.Chunk(t.ctx, w.path, text, chunk.Options{})
	if t.ctx.Err() != nil {
		return nil
	}
	var jobs []job
	var hasher xxh3.Hasher
	for i := range file.Units {
		u := &file.Units[i]
		body := u.Text(text)
		if h := hashUnit(&hasher, u, body); w.missing[h] {
			delete(w.missing, h)
			jobs = append(jobs, job{hash: h, name: w.path + " " + u.Name, texts: appendTexts(nil, u, body, text)})
		}
	}
	return jobs
}

// give hands units to the next free encoder. It returns false when there is something newer to look at first.
func (t *tier) give(group []job, tick <-chan time.Time) bool {
	t.mu.Lock()
	for _, j := range group {
		t.flying[j.hash] = true
	}
	t.mu.Unlock()
	for {
		select {
		case t.jobs <- group:
			return !t.exhausted()
		case <-t.landed:
			continue
		case <-tick:
			t.checkpoint()
			continue
		case <-t.wake:
		case <-t.ctx.Done():
		}
		t.mu.Lock()
		for _, j := range group {
			delete(t.flying, j.hash)
		}
		t.mu.Unlock()
		return false
	}
}

// encode is a goroutine that encodes units, on a thread of its own that lets others go first.
func (t *tier) encode() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	if err := lowerPriority(); err != nil {
		t.log.Debug("encoding in the background has the priority of everything else", "error", err)
	}
	for {
		select {
		case group := <-t.jobs:
			t.work(group)
		case <-t.ctx.Done():
			return
		}
	}
}

// work encodes units together, and one by one when that fails: the fault may be that of one of them.
func (t *tier) work(group []job) {
	rows, err := t.vectors(group)
	if err != nil && len(group) > 1 {
		for i := range group {
			rows, err := t.vectors(group[i : i+1])
			t.land(group[i], rows, err)
		}
		return
	}
	for _, j := range group {
		n := min(len(rows), len(j.texts)*t.id.Dimensions) // none after an error
		t.land(j, rows[:n:n], err)
		rows = rows[n:]
	}
}

// vectors encodes the texts of units one by one, or a batch of them at a time, so that whoever is more urgent waits for one
// of them at most.
func (t *tier) vectors(group []job) ([]float32, error) {
	dims := t.id.Dimensions
	var texts []encoder.Unit
	for _, j := range group {
		texts = append(texts, j.texts...)
	}
	rows := make([]float32, len(texts)*dims)
	room := rows
	for batch := range slices.Chunk(texts, t.cfg.Batch) {
		n := len(batch) * dims
		if err := t.inTurn(batch, room[:n]); err != nil {
			return nil, fmt.Errorf("%s: %w", group[0].name, err)
		}
		room = room[n:]
	}
	return rows, nil
}

// mostInterrupted is how often in a row the same texts are given up for something more urgent: after that they are encoded
// whatever comes, so that there is progress.
const mostInterrupted = 3

// inTurn encodes texts when it is their turn, again when they were interrupted.
func (t *tier) inTurn(texts []encoder.Unit, rows []float32) error {
	for interrupted := 0; ; interrupted++ {
		if err := t.x.bulk.awaitResume(t.ctx); err != nil {
			return err
		}
		turn, leave, err := t.cfg.Admit(t.ctx)
		if err != nil {
			return err
		}
		ctx := turn
		if interrupted == mostInterrupted {
			ctx = t.ctx
		}
		err = t.cfg.Encoder.EncodeUnits(ctx, texts, rows)
		again := err != nil && ctx.Err() != nil && t.ctx.Err() == nil
		leave()
		if !again {
			return err
		}
	}
}

// land takes what came of a unit.
func (t *tier) land(j job, rows []float32, err error) {
	broken := false
	t.mu.Lock()
	delete(t.flying, j.hash)
	switch {
	case err == nil:
		t.fresh[j.hash] = computed{rows: rows}
		t.changes++
		t.status.Encoded++
		t.excuse()
	case t.ctx.Err() == nil:
		t.failed[j.hash] = err
		if t.failures++; t.failures == mostFailures {
			broken = true
		}
	}
	t.mu.Unlock()
	if err != nil && t.ctx.Err() == nil {
		t.log.Warn("a unit has no vector of the second encoder", "error", err)
	}
	if broken && t.cfg.OnFault != nil {
		t.cfg.OnFault(err)
	}
	wake(t.landed)
}

// excuse notes that the encoder works: what it failed at before is the fault of those units, which are kept without
// vectors. The caller holds t.mu.
func (t *tier) excuse() {
	if t.failures == 0 {
		return
	}
	t.failures = 0
	for h := range t.failed {
		t.fresh[h] = computed{}
	}
}

// computed are the vectors of a unit that are not on disk: rows, or an entry of a block of another work tree.
type computed struct {
	rows  []float32
	from  *store.Block
	entry uint32
}
