package indexer

import (
	"slices"
	"testing"

	"lsp/indexer/store"
)

// layerOf returns a layer of file records without units.
func layerOf(t *testing.T, files ...store.File) *layer {
	t.Helper()
	b, err := store.NewBuilder(store.Identity{Dimensions: 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b.AddFile(f)
	}
	s, err := store.OpenSegment("test", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return newLayer(s)
}

// shown lists the paths that a state shows.
func shown(s *state) []string {
	var paths []string
	e := s.epoch()
	for _, l := range e.Layers {
		for f := range uint32(l.Segment.Files()) {
			if l.Files.Has(f) && l.Segment.FileFlags(f)&store.Deleted == 0 {
				paths = append(paths, l.Segment.FilePath(f))
			}
		}
	}
	e.release()
	slices.Sort(paths)
	return paths
}

func file(path string, at int64) store.File { return store.File{Path: path, IndexedAt: at} }
func deleted(path string, at int64) store.File {
	return store.File{Path: path, IndexedAt: at, Flags: store.Deleted}
}

// TestReplace puts a merge in place of layers while the stack changed in every way it can.
func TestReplace(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(*state)
		used      bool
		want      []string
	}{
		"nothing else": {func(*state) {}, true, []string{"a", "b", "c"}},
		"a file was read again": {func(s *state) {
			s.push(layerOf(t, file("a", 9)))
			s.dropShadowed()
		}, true, []string{"a", "b", "c"}},
		"a file was deleted": {func(s *state) {
			s.push(layerOf(t, deleted("b", 9)))
			s.dropShadowed()
		}, true, []string{"a", "c"}},
		"all was forgotten": {func(s *state) {
			s.close()
			*s = *newState()
		}, false, nil},
		"all was forgotten and read again": {func(s *state) {
			s.close()
			*s = *newState()
			s.push(layerOf(t, file("a", 9)))
		}, false, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newState()
			s.push(layerOf(t, file("a", 1)))
			s.push(layerOf(t, file("b", 2), deleted("d", 2)))
			s.push(layerOf(t, file("c", 3)))
			old := slices.Clone(s.layers[:2])
			test.meanwhile(s)
			merged := layerOf(t, file("a", 1), file("b", 2))
			if used := s.replace(old, merged); used != test.used {
				t.Errorf("replace gives %v, want %v", used, test.used)
			}
			if got := shown(s); !slices.Equal(got, test.want) {
				t.Errorf("shown are %q, want %q", got, test.want)
			}
			for path, p := range s.where {
				if !slices.Contains(s.layers, p.layer) || p.layer.segment.FilePath(p.file) != path {
					t.Errorf("the place of %s is not on the stack", path)
				}
			}
			s.close()
		})
	}
}
