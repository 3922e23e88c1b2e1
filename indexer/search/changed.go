package search

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lsp/indexer/bitset"
	"lsp/indexer/store"
	"lsp/workspace/git"
)

// revisions returns what the clauses compare with, as often as it is said, with the clause and the number of the value
// that says so; "" is the last commit.
func revisions(clauses []Clause, found func(c *Clause, value int, revision string) error) error {
	for i := range clauses {
		c := &clauses[i]
		for _, all := range c.Any {
			if err := revisions(all, found); err != nil {
				return err
			}
		}
		for k, v := range c.Values {
			var err error
			switch {
			case c.Kind != OperatorClause:
			case c.Operator == opIs && v == isChanged:
				err = found(c, k, "")
			case c.Operator == opChangedSince:
				err = found(c, k, v)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// resolveChanges asks git for what the clauses of the query compare with, of every root. A revision that only some roots
// have leaves nothing of the others, which a note says; one that none has is an error at its place in the query.
func resolveChanges(ctx context.Context, sources []source, q *Query) error {
	return revisions(q.Clauses, func(c *Clause, value int, revision string) error {
		var problems []error
		known := false
		for i := range sources {
			s := &sources[i]
			if i > 0 && sources[i-1].view.Root == s.view.Root {
				s.changes = sources[i-1].changes
				continue
			}
			if s.changes == nil {
				s.changes = map[string]*git.Changes{}
			}
			if s.changes[revision] == nil {
				changes, err := changesOf(ctx, s.view, revision)
				if err != nil {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					problems = append(problems, err)
					continue
				}
				s.changes[revision] = changes
			}
			known = true
		}
		switch {
		case len(problems) == 0:
			return nil
		case !known:
			return q.fault(c, value, errors.Join(problems...))
		}
		for _, err := range problems {
			q.Notes = append(q.Notes, err.Error())
		}
		return nil
	})
}

func changesOf(ctx context.Context, v *View, revision string) (*git.Changes, error) {
	if v.Changes == nil {
		return nil, fmt.Errorf("%s: %w", v.Root, git.ErrNotRepository)
	}
	changes, err := v.Changes(ctx, revision)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rootName(v.Root), err)
	}
	return changes, nil
}

// fault is an error at a value of a clause: of the query, or of the filter that the clause was made of.
func (q *Query) fault(c *Clause, value int, problem error) error {
	text := fmt.Sprintf("%s:%s: %v", c.Operator, c.Values[value], problem)
	if value < len(c.at) {
		return &SyntaxError{Query: q.Source, Offset: c.at[value], Problem: text}
	}
	return &FilterError{Field: c.Operator, Value: c.Values[value], Problem: problem.Error()}
}

// changedFiles returns the files of the source that differ from a revision: those that git names, and buffers that differ
// from what is on disk.
func (s *source) changedFiles(revision string) bitset.Set {
	set := bitset.New(s.seg.Files())
	changes := s.changes[revision]
	if changes == nil {
		return set // of a root that does not have the revision
	}
	for f := range uint32(s.seg.Files()) {
		if s.layer.Files.Has(f) && (changes.Has(s.seg.FilePath(f)) || s.layer.Overlay && !s.onDisk(f)) {
			set.Add(f)
		}
	}
	return set
}

// onDisk reports whether a file of a buffer has the text that was read from the disk last.
func (s *source) onDisk(file uint32) bool {
	path, same := s.seg.FilePath(file), false
	for _, l := range s.view.Epoch.Layers {
		if l.Overlay {
			continue
		}
		for f := range uint32(l.Segment.Files()) {
			if l.Segment.FilePath(f) == path { // of several layers the upper one tells
				same = l.Segment.FileFlags(f)&store.Deleted == 0 && l.Segment.File(f).Hash == s.seg.File(file).Hash
			}
		}
	}
	return same
}

// completeRevision offers the revisions of the roots, those with the latest commits first.
func completeRevision(ctx context.Context, views []View) []string {
	var names []string
	for i := range views {
		if views[i].Revisions == nil || slices.ContainsFunc(views[:i], func(w View) bool { return w.Root == views[i].Root }) {
			continue
		}
		found, err := views[i].Revisions(ctx, maxRevisions)
		if err != nil {
			continue // a completion that cannot be made is none
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// maxRevisions is how many revisions of a repository completion looks through.
const maxRevisions = 1000
