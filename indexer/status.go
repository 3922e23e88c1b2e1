package indexer

import (
	"strings"
	"sync"
	"time"

	"lsp/indexer/bitset"
	"lsp/indexer/store"
	"lsp/indexer/vector"
	"lsp/workspace"
)

// Status tells how an index is doing. The numbers are of the current epoch.
type Status struct {
	Root       string    `json:"root"`
	Writer     bool      `json:"writer"`   // this process writes the index, otherwise it follows another one
	Running    bool      `json:"running"`  // bulk work is under way
	Paused     bool      `json:"paused"`   // bulk work waits for Resume
	Complete   bool      `json:"complete"` // everything found on disk is in
	Done       int       `json:"done"`     // files, of the bulk work
	Total      int       `json:"total"`
	Pending    int       `json:"pending"` // changes notified and not yet applied
	Files      int       `json:"files"`
	Units      int       `json:"units"`
	Functions  int       `json:"functions"`
	Buffers    int       `json:"buffers"` // unsaved buffers shown in place of files
	Vectors    int       `json:"vectors"`
	Segments   int       `json:"segments"`
	Damaged    int       `json:"damaged"`  // files in which a grammar met errors
	Fallback   int       `json:"fallback"` // files cut into windows because no grammar could read them
	Encoded    int64     `json:"encoded"`  // units encoded since the index was opened
	Reused     int64     `json:"reused"`   // units whose vectors were known
	DiskBytes  int64     `json:"diskBytes"`
	Directory  string    `json:"directory"`
	Engine     string    `json:"engine"` // how nearest vectors are found now
	Head       string    `json:"head,omitempty"`
	Reconciled time.Time `json:"reconciled,omitzero"`
	Problem    string    `json:"problem,omitempty"` // why the index is behind, if it is
	Rebuilt    string    `json:"rebuilt,omitempty"` // why the stored index was thrown away

	Skipped map[string]int `json:"skipped"` // paths left out by reason

	Tier *TierStatus `json:"tier,omitempty"` // of the second encoder, absent without one
}

// Status returns the current status. What changed since the last call is counted anew.
func (x *Index) Status() Status {
	e, release := x.Acquire()
	defer release()
	st := Status{
		Root: x.path, Writer: x.writer.Load(), Running: x.bulk.running.Load(), Paused: x.bulk.paused.Load(),
		Complete: e.Complete, Done: int(x.bulk.done.Load()), Total: int(x.bulk.total.Load()),
		Encoded: x.encoded.Load(), Reused: x.reused.Load(), Directory: x.dir.Path(), Skipped: map[string]int{},
	}
	x.edits.mu.Lock()
	st.Pending = len(x.edits.buffers) + len(x.edits.disk) + x.edits.working + x.edits.sweep
	x.edits.mu.Unlock()
	x.statusMu.Lock()
	st.Rebuilt = x.rebuilt
	for _, what := range sortedKeys(x.problems) {
		st.Problem += "; " + what + ": " + x.problems[what]
	}
	st.Problem = strings.TrimPrefix(st.Problem, "; ")
	for reason, n := range x.skipped.Skipped {
		if n > 0 {
			st.Skipped[workspace.Reason(reason).String()] += n
		}
	}
	x.statusMu.Unlock()
	m := x.manifest.Load()
	st.Head, st.Reconciled = m.Head, m.Reconciled
	for _, l := range e.Layers {
		st.add(l)
	}
	st.Engine = string(vector.EngineScan)
	for _, l := range e.Layers {
		switch {
		case l.Segment.Graph() != nil:
			st.Engine = string(vector.EngineGraph)
		case l.Segment.Coder() != nil:
			st.Engine = string(vector.EngineCoder)
		}
	}
	st.Tier = x.TierStatus()
	if size, err := x.dir.Size(); err == nil {
		st.DiskBytes = size
	}
	return st
}

// liveCounts counts what is live of a layer, once and only when somebody asks.
type liveCounts struct {
	once sync.Once

	files, units, functions, damaged, fallback int

	skipped [workspace.ReasonCount]int
}

// of counts the live part of a layer, to which c belongs.
func (c *liveCounts) of(l Layer) *liveCounts {
	c.once.Do(func() {
		c.countFiles(l)
		alive := l.Alive
		if alive == nil {
			alive = bitset.Full(l.Segment.Units())
		}
		for u := range alive.All {
			c.units++
			if l.Segment.Kind(u).IsCallable() {
				c.functions++
			}
		}
	})
	return c
}

func (c *liveCounts) countFiles(l Layer) {
	for f := range uint32(l.Segment.Files()) {
		flags := l.Segment.FileFlags(f)
		switch {
		case !l.Files.Has(f) || flags&store.Deleted != 0:
			continue
		case flags&store.Skipped != 0:
			if reason := l.Segment.File(f).Reason; reason < uint8(workspace.ReasonCount) {
				c.skipped[reason]++
			}
			continue
		}
		c.files++
		if flags&store.Damaged != 0 {
			c.damaged++
		}
		if flags&store.Fallback != 0 {
			c.fallback++
		}
	}
}

// add adds the live part of a layer.
func (st *Status) add(l Layer) {
	c := l.counts.of(l)
	st.Segments++
	st.Vectors += l.Segment.Vectors().Len()
	if l.Overlay {
		st.Buffers++
	}
	st.Files += c.files
	st.Units += c.units
	st.Functions += c.functions
	st.Damaged += c.damaged
	st.Fallback += c.fallback
	for reason, n := range c.skipped {
		if n > 0 {
			st.Skipped[workspace.Reason(reason).String()] += n
		}
	}
}
