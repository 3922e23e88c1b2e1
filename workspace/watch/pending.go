package watch

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type op uint8

const (
	created op = iota + 1
	changed
	deleted
)

// pending gathers what happened under one root until it is due.
type pending struct {
	files       map[string]op
	deletedDirs map[string]struct{}
	rescan      bool
	reason      Reason
	wanted      bool      // a batch is due even if nothing happened
	first, last time.Time // when the batch began and when something was last added; zero if nothing was
}

func (p *pending) touch(now time.Time) {
	if p.first.IsZero() {
		p.first = now
	}
	p.last = now
}

// file adds what happened to a file. A file that was deleted and came back
// counts as changed; one that was created and deleted as deleted, since
// "created" may have replaced an older file.
func (p *pending) file(path string, what op, now time.Time) {
	p.touch(now)
	if p.files == nil {
		p.files = map[string]op{}
	}
	before := p.files[path]
	switch {
	case before == created && what == changed:
		what = created
	case before == deleted && what == created:
		what = changed
	case before == changed && what == created:
		what = changed
	}
	p.files[path] = what
}

// dir adds the deletion of a directory, which supersedes what happened in it.
func (p *pending) dir(path string, now time.Time) {
	p.touch(now)
	prefix := path + string(filepath.Separator)
	maps.DeleteFunc(p.files, func(file string, _ op) bool { return file == path || strings.HasPrefix(file, prefix) })
	if p.deletedDirs == nil {
		p.deletedDirs = map[string]struct{}{}
	}
	p.deletedDirs[path] = struct{}{}
}

// rescanFor asks for a comparison of the whole root.
func (p *pending) rescanFor(reason Reason, now time.Time) {
	p.touch(now)
	p.rescan = true
	p.because(reason)
}

// demand makes a batch due at once, even without content.
func (p *pending) demand(reason Reason, now time.Time) {
	p.touch(now)
	p.wanted = true
	p.because(reason)
}

func (p *pending) because(reason Reason) { p.reason = max(p.reason, reason) }

// due returns when the batch ends; ok is false if nothing is pending.
func (p *pending) due(quiet, maxDelay time.Duration) (at time.Time, ok bool) {
	switch {
	case p.first.IsZero():
		return time.Time{}, false
	case p.wanted:
		return p.first, true
	}
	at = p.last.Add(quiet)
	if end := p.first.Add(maxDelay); end.Before(at) {
		at = end
	}
	return at, true
}

// take returns the batch and begins a new one.
func (p *pending) take(root string) Batch {
	b := Batch{Root: root, Rescan: p.rescan, Reason: p.reason}
	b.Deleted = slices.Collect(maps.Keys(p.deletedDirs))
	for file, what := range p.files {
		switch what {
		case created:
			b.Created = append(b.Created, file)
		case changed:
			b.Changed = append(b.Changed, file)
		case deleted:
			b.Deleted = append(b.Deleted, file)
		}
	}
	slices.Sort(b.Created)
	slices.Sort(b.Changed)
	slices.Sort(b.Deleted)
	b.Deleted = slices.Compact(b.Deleted)
	*p = pending{}
	return b
}
