package watch

import (
	"sync"
	"time"

	"lsp/workspace"
)

// A Stamp describes the state of a file when an event came. Two events with
// equal stamps tell the same.
type Stamp struct {
	Size    int64
	ModTime time.Time
	Inode   uint64
	Hash    workspace.Hash // zero when the content was not read
	Deleted bool
}

// same reports whether both stamps describe one state: equal content where
// both hashes are known, else equal size, time and inode.
func (s Stamp) same(t Stamp) bool {
	if s.Deleted || t.Deleted {
		return s.Deleted == t.Deleted
	}
	if !s.Hash.IsZero() && !t.Hash.IsZero() {
		return s.Hash == t.Hash
	}
	return s.Size == t.Size && s.ModTime.Equal(t.ModTime) && s.Inode == t.Inode
}

// A Merger drops the second of two reports of one change, such as the
// editor's and the program's own. It is safe for concurrent use.
type Merger struct {
	window time.Duration
	clock  Clock

	mu     sync.Mutex
	older  map[string]Stamp // guarded by mu; reported in the window before the present one
	newer  map[string]Stamp // guarded by mu; reported in the present window
	turned time.Time        // guarded by mu; when the present window began
}

// NewMerger returns a Merger that remembers each report for at least the
// window and less than twice as long.
func NewMerger(window time.Duration, clock Clock) *Merger {
	return &Merger{window: window, clock: clock, newer: map[string]Stamp{}, turned: clock.Now()}
}

// Fresh records a report and tells whether it says something new.
func (m *Merger) Fresh(path string, s Stamp) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch age := m.clock.Now().Sub(m.turned); {
	case age >= 2*m.window:
		m.older, m.newer, m.turned = nil, map[string]Stamp{}, m.clock.Now()
	case age >= m.window:
		m.older, m.newer, m.turned = m.newer, map[string]Stamp{}, m.clock.Now()
	}
	last, known := m.newer[path]
	if !known {
		last, known = m.older[path]
	}
	m.newer[path] = s
	return !known || !s.same(last)
}
