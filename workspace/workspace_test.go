package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func at(line, column int) *Range {
	return &Range{Position{line, column}, Position{line, column}}
}

func TestModifyLifeCycle(t *testing.T) {
	file := filepath.Join(tempRoot(t), "a.go")
	writeFile(t, file, "on disk")
	w := New(Options{})
	read := func(want string, wantOverlay bool) {
		t.Helper()
		content, hash, overlay, err := w.Snapshot().Read(file, DefaultMaxSize)
		if err != nil || string(content) != want || overlay != wantOverlay || hash != HashOf([]byte(want)) {
			t.Errorf("read %q, overlay %v, %v; want %q, %v", content, overlay, err, want, wantOverlay)
		}
	}
	modify := func(m Modification, want Change) {
		t.Helper()
		m.Path, m.Cause = file, CauseEditor
		want.Path, want.Cause = file, CauseEditor
		before := w.Snapshot().ID()
		s, changes, err := w.Modify([]Modification{m})
		if err != nil || !slices.Equal(changes, []Change{want}) || s.ID() != before+1 || s != w.Snapshot() {
			t.Errorf("%s: snapshot %d after %d, changes %+v, %v; want %+v", m.Action, s.ID(), before, changes, err, want)
		}
	}
	read("on disk", false)
	modify(Modification{Action: ActionOpen, Version: 1, LanguageID: "go", Text: "aé😀z\nb"}, Change{State: StateOverlay, Buffer: true})
	read("aé😀z\nb", true)
	first := w.Snapshot()
	modify(Modification{Action: ActionChange, Version: 2, Changes: []TextChange{
		{Range: &Range{Position{0, 2}, Position{0, 4}}, Text: "x\n"}, // the emoji
		{Range: at(1, 0), Text: "y"},                                 // counts in the text after the first
	}}, Change{State: StateOverlay, Buffer: true})
	read("aéx\nyz\nb", true)
	modify(Modification{Action: ActionSave}, Change{State: StateOverlay, Disk: true})
	if d, _ := w.Snapshot().Overlay(file); !d.Saved || d.LanguageID != "go" || d.Version != 2 {
		t.Errorf("after save: %+v", d)
	}
	modify(Modification{Action: ActionSave, Changes: []TextChange{{Text: "formatted"}}}, Change{State: StateOverlay, Buffer: true, Disk: true})
	read("formatted", true)
	modify(Modification{Action: ActionWrite}, Change{State: StateOverlay, Disk: true})
	modify(Modification{Action: ActionDelete}, Change{State: StateOverlay, Disk: true})
	modify(Modification{Action: ActionClose}, Change{State: StateDisk, Buffer: true})
	read("on disk", false)
	modify(Modification{Action: ActionDelete}, Change{State: StateDeleted, Disk: true})
	if d, ok := first.Overlay(file); !ok || string(d.Content) != "aé😀z\nb" || d.Mapper().LineCount() != 2 {
		t.Error("an old snapshot changed")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	modify(Modification{Action: ActionOpen, Version: 9, Text: "new"}, Change{State: StateOverlay, Buffer: true})
	modify(Modification{Action: ActionClose}, Change{State: StateDeleted, Buffer: true})
	if _, _, _, err := w.Snapshot().Read(file, DefaultMaxSize); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read a deleted file: %v", err)
	}
}

func TestModifyErrors(t *testing.T) {
	dir := tempRoot(t)
	doc, other := filepath.Join(dir, "doc"), filepath.Join(dir, "other")
	w := New(Options{})
	if _, _, err := w.Modify([]Modification{{Path: doc, Action: ActionOpen, Version: 5, Text: "text"}}); err != nil {
		t.Fatal(err)
	}
	edit := []TextChange{{Range: at(0, 0), Text: "x"}}
	for _, c := range []struct {
		name string
		m    Modification
		is   error
	}{
		{"edit of a closed document", Modification{Path: other, Action: ActionChange, Version: 1, Changes: edit}, ErrNotOpen},
		{"save of a closed document", Modification{Path: other, Action: ActionSave}, ErrNotOpen},
		{"close of a closed document", Modification{Path: other, Action: ActionClose}, ErrNotOpen},
		{"relative path", Modification{Path: "a/b", Action: ActionWrite}, nil},
		{"unclean path", Modification{Path: dir + "/../x", Action: ActionWrite}, nil},
		{"file uri", Modification{Path: "file:///a", Action: ActionWrite}, nil},
		{"empty path", Modification{Action: ActionWrite}, nil},
		{"unknown action", Modification{Path: doc}, nil},
		{"unknown folder", Modification{Path: dir, Action: ActionFolderRemoved}, ErrUnknownFolder},
		{"missing folder", Modification{Path: other, Action: ActionFolderAdded}, fs.ErrNotExist},
	} {
		before := w.Snapshot()
		s, changes, err := w.Modify([]Modification{c.m})
		if err == nil || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.is)
		}
		if s != before || len(changes) > 0 {
			t.Errorf("%s: snapshot %d after %d, changes %v", c.name, s.ID(), before.ID(), changes)
		}
	}
	// What fails does not hold up the rest.
	s, changes, err := w.Modify([]Modification{
		{Path: other, Action: ActionChange, Version: 1, Changes: edit},
		{Path: "untitled:1", Action: ActionOpen, Version: 1, Text: "u"},
		{Path: doc, Action: ActionChange, Version: 6, Changes: edit},
		{Path: doc, Action: ActionChange, Version: 6, Changes: edit}, // it says so itself that it is not newer
	})
	if !errors.Is(err, ErrNotOpen) || len(changes) != 2 || changes[1].Path != doc {
		t.Errorf("changes %+v, %v", changes, err)
	}
	if d, ok := s.Overlay(doc); !ok || string(d.Content) != "xxtext" || d.Version != 6 {
		t.Errorf("document %+v", d)
	}
	if docs := s.Documents(); len(docs) != 2 || docs[0].Path != doc || docs[1].Path != "untitled:1" {
		t.Errorf("documents %v", docs)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := tempRoot(t)
	writeFile(t, filepath.Join(dir, "big"), strings.Repeat("x", 11))
	s := New(Options{}).Snapshot()
	for name, want := range map[string]error{".": ErrNotRegular, "big": ErrTooLarge, "none": fs.ErrNotExist} {
		if _, _, _, err := s.Read(filepath.Join(dir, name), 10); !errors.Is(err, want) {
			t.Errorf("read %s: %v, want %v", name, err, want)
		}
	}
}

func TestFolders(t *testing.T) {
	isolateGit(t)
	top := tempRoot(t)
	runGit(t, top, "", "init", "-q")
	sub := filepath.Join(top, "sub")
	writeFile(t, filepath.Join(sub, "f"), "")
	w := New(Options{})
	add := Modification{Path: sub, Action: ActionFolderAdded}
	s, _, err := w.Modify([]Modification{add, add, {Path: top, Action: ActionFolderAdded}})
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Folders(); len(f) != 2 || f[0].Path != sub || f[0].Root.Path != top || f[1].Root.Path != top {
		t.Errorf("folders %+v", f)
	}
	s2, _, err := w.Modify([]Modification{{Path: sub, Action: ActionFolderRemoved}})
	if err != nil || len(s2.Folders()) != 1 || len(s.Folders()) != 2 || s.Folders()[0].Path != sub {
		t.Errorf("after removal %+v and before it %+v, %v", s2.Folders(), s.Folders(), err)
	}
}

func TestModifyConcurrently(t *testing.T) {
	dir := tempRoot(t)
	w := New(Options{})
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			path := filepath.Join(dir, fmt.Sprint(i))
			mods := []Modification{{Path: path, Action: ActionOpen}}
			for v := int32(1); v <= 50; v++ {
				mods = append(mods, Modification{Path: path, Action: ActionChange, Version: v, Changes: []TextChange{{Range: at(0, 0), Text: "x"}}})
			}
			for _, m := range mods {
				if _, _, err := w.Modify([]Modification{m}); err != nil {
					t.Error(err)
				}
				for _, d := range w.Snapshot().Documents() {
					if len(d.Content) != int(d.Version) || d.Mapper().LineCount() != 1 {
						t.Errorf("version %d holds %q", d.Version, d.Content)
					}
				}
			}
		})
	}
	group.Wait()
	if id := w.Snapshot().ID(); id != 4*51 {
		t.Errorf("snapshot %d after 204 modifications", id)
	}
}
