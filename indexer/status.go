package indexer

import (
	"strings"
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
}

// Status returns the current status. It reads the records of all files: call it when somebody looks.
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
		st.count(l)
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
	if size, err := x.dir.Size(); err == nil {
		st.DiskBytes = size
	}
	return st
}

// count adds the live part of a layer.
func (st *Status) count(l Layer) {
	s := l.Segment
	st.Segments++
	st.Vectors += s.Vectors().Len()
	if l.Overlay {
		st.Buffers++
	}
	for f := range uint32(s.Files()) {
		flags := s.FileFlags(f)
		switch {
		case !l.Files.Has(f) || flags&store.Deleted != 0:
			continue
		case flags&store.Skipped != 0:
			st.Skipped[workspace.Reason(s.File(f).Reason).String()]++
			continue
		}
		st.Files++
		if flags&store.Damaged != 0 {
			st.Damaged++
		}
		if flags&store.Fallback != 0 {
			st.Fallback++
		}
	}
	alive := l.Alive
	if alive == nil {
		alive = bitset.Full(s.Units())
	}
	for u := range alive.All {
		st.Units++
		if s.Kind(u).IsCallable() {
			st.Functions++
		}
	}
}
