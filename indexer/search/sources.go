package search

import (
	"slices"

	"lsp/indexer"
	"lsp/indexer/bitset"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
	"lsp/indexer/vector"
	"lsp/workspace/git"
)

// source is one segment of one root with the units of it that may be found.
type source struct {
	view  *View // any view of the root: its folder has gone into allow
	seg   *store.Segment
	layer indexer.Layer
	allow bitset.Set // nil allows all
	at    int        // of the layer in its epoch

	cover      *indexer.Coverage // of the units by the second encoder, nil when it has none of them
	firstBlock int               // of its blocks among those of the tier

	changes map[string]*git.Changes // by revision that the query compares with, "" for the last commit
	unread  []unreadFile            // those that a clause about text could not look into
}

// each visits the units that may be found.
func (s *source) each(visit func(u uint32)) {
	if s.allow == nil {
		for u := range uint32(s.seg.Units()) {
			visit(u)
		}
		return
	}
	for u := range s.allow.All {
		visit(u)
	}
}

// allows reports whether all units that may be found are in a set that holds no others.
func (s *source) allows(set bitset.Set) bool {
	if s.allow == nil {
		return set.Count() == s.seg.Units()
	}
	return slices.Equal(s.allow, set)
}

// ref names a unit by the position of its source and its number.
type ref struct {
	source int
	unit   uint32
}

// gather makes sources of the live units of all views. Views of the same root, such as an opened folder inside
// another one, become one: no unit is found twice.
func gather(views []View) ([]source, error) {
	var out []source
	for i := range views {
		v := &views[i]
		if v.Epoch == nil {
			return nil, errNoEpoch
		}
		if slices.ContainsFunc(views[:i], func(w View) bool { return w.Root == v.Root }) {
			continue
		}
		folders := foldersOf(views, v.Root)
		for at, l := range v.Epoch.Layers {
			if l.Segment.Units() == 0 {
				continue
			}
			s := source{view: v, seg: l.Segment, layer: l, allow: l.Alive, at: at}
			if folders != nil {
				s.allow = unitsWithin(l, folders)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// foldersOf returns the folders of all views of a root, nil when one of them is the whole root.
func foldersOf(views []View, root string) (folders []string) {
	for _, w := range views {
		if w.Root != root {
			continue
		}
		if w.Within == "" {
			return nil
		}
		folders = append(folders, w.Within)
	}
	return folders
}

func unitsWithin(l indexer.Layer, folders []string) bitset.Set {
	set := bitset.New(l.Segment.Units())
	for f := range uint32(l.Segment.Files()) {
		path := l.Segment.FilePath(f)
		if slices.ContainsFunc(folders, func(folder string) bool { return within(path, folder) }) {
			set.AddRange(l.Segment.FileUnits(f))
		}
	}
	set.And(l.Alive)
	return set
}

func lexicalSources(sources []source) []lexical.Source {
	out := make([]lexical.Source, len(sources))
	for i := range sources {
		s := &sources[i]
		out[i] = lexical.Source{Section: s.seg.Lexical(), Alive: s.layer.Alive, Allow: s.allow, Totals: &s.layer.Totals}
	}
	return out
}

func vectorSources(sources []source) []vector.Source {
	out := make([]vector.Source, len(sources))
	for i, s := range sources {
		out[i] = vector.Source{Section: s.seg.Vectors(), Graph: s.seg.Graph(), Coder: s.seg.Coder(), Engine: s.view.Engine, Allow: s.allow}
	}
	return out
}

func complete(views []View) bool {
	return !slices.ContainsFunc(views, func(v View) bool { return !v.Epoch.Complete })
}
