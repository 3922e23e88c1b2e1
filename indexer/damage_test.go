package indexer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/store"
)

// alter replaces the content of a file by what change makes of it.
func alter(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func cut(d []byte) []byte      { return d[:len(d)/2] }
func empty([]byte) []byte      { return nil }
func foreign([]byte) []byte    { return bytes.Repeat([]byte("some text of somebody else\n"), 50) }
func flipBody(d []byte) []byte { d[len(d)-40] ^= 4; return d }

// damages lists what can be wrong with a stored index, as changes of its manifest or of its first segment.
var damages = map[string]struct {
	manifest, segment func([]byte) []byte
	remove            bool // the segment
}{
	"manifest cut":                  {manifest: cut},
	"manifest empty":                {manifest: empty},
	"manifest foreign":              {manifest: foreign},
	"manifest flipped":              {manifest: flipBody},
	"manifest of another format":    {manifest: func(d []byte) []byte { return bytes.Replace(d, []byte("index 1 "), []byte("index 2 "), 1) }},
	"segment missing":               {remove: true},
	"segment cut":                   {segment: cut},
	"segment empty":                 {segment: empty},
	"segment foreign":               {segment: foreign},
	"segment flipped at the end":    {segment: flipBody},
	"segment flipped at the start":  {segment: func(d []byte) []byte { d[1] ^= 1; return d }},
	"segment flipped in its middle": {segment: func(d []byte) []byte { d[bytes.Index(d, []byte("a/a.go"))] ^= 1; return d }},
	"segment longer":                {segment: func(d []byte) []byte { return append(d, 0) }},
	"segment of another format": {segment: func(d []byte) []byte {
		binary.LittleEndian.PutUint32(d[4:], store.FormatVersion+1)
		return d
	}},
}

// stored returns a fixture whose index is stored and closed, and the path of its first segment.
func stored(t *testing.T) (*fixture, string) {
	t.Helper()
	f := newFixture(t, map[string]string{"a/a.go": twoFunctions, "b.go": source("Bee"), "notes.md": "# Notes\n\nfirst alpha\n"})
	f.reconcile()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(f.dir, "*.seg"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no segments are stored: %v", err)
	}
	return f, segments[0]
}

// likeFresh fails unless the index equals a fresh one after it was compared with the disk.
func (f *fixture) likeFresh() {
	f.t.Helper()
	f.reconcile()
	w := &world{fixture: f}
	if got, want := describe(f.t, f.Index), w.fresh(); !slices.Equal(got, want) {
		logDifference(f.t, got, want)
		f.t.Error("the index differs from a fresh one")
	}
}

// TestDamagedIndexIsBuiltAnew damages a stored index in every way: it must say so, be built anew, and be whole then.
func TestDamagedIndexIsBuiltAnew(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			f, segment := stored(t)
			if damage.manifest != nil {
				alter(t, filepath.Join(f.dir, store.ManifestName), damage.manifest)
			}
			if damage.segment != nil {
				alter(t, segment, damage.segment)
			}
			if damage.remove {
				if err := os.Remove(segment); err != nil {
					t.Fatal(err)
				}
			}
			f.open()
			if f.Status().Rebuilt == "" {
				t.Error("the status does not say that the index was thrown away")
			}
			if st := f.Status(); st.Complete || st.Units != 0 {
				t.Errorf("a damaged index shows %d units, complete: %v", st.Units, st.Complete)
			}
			f.likeFresh()
			if err := f.Index.Close(); err != nil {
				t.Fatal(err)
			}
			f.open()
			if st := f.Status(); st.Rebuilt != "" || !st.Complete {
				t.Errorf("the new index was thrown away too: %q, complete: %v", st.Rebuilt, st.Complete)
			}
			f.likeFresh()
			if n := f.Status().Encoded; n != 0 {
				t.Errorf("%d units were encoded again", n)
			}
		})
	}
}

// TestIndexOfAnotherModelIsBuiltAnew opens an index with a model of other dimensions.
func TestIndexOfAnotherModelIsBuiltAnew(t *testing.T) {
	f, _ := stored(t)
	f.open(func(cfg *indexer.Config) { cfg.Encoder = encoder.NewHashed(16) })
	if st := f.Status(); st.Rebuilt == "" || st.Units != 0 {
		t.Errorf("an index of another model shows %d units: %q", st.Units, st.Rebuilt)
	}
	f.reconcile()
	f.want("a/a.go:One", "b.go:Bee")
}

// TestIndexOfAnotherRootIsBuiltAnew opens an index that was copied to where another root's is kept.
func TestIndexOfAnotherRootIsBuiltAnew(t *testing.T) {
	f, _ := stored(t)
	g := newFixture(t, map[string]string{"c.go": source("See")})
	if err := g.Index.Close(); err != nil {
		t.Fatal(err)
	}
	g.dir = f.dir
	g.open()
	if st := g.Status(); st.Rebuilt == "" || st.Units != 0 {
		t.Errorf("an index of another root shows %d units: %q", st.Units, st.Rebuilt)
	}
	g.likeFresh()
}

// TestTakeoverOfADamagedIndex damages the manifest while two processes have it open and ends the writer. What the
// follower knows must be stored again, whole.
func TestTakeoverOfADamagedIndex(t *testing.T) {
	f, _ := stored(t)
	f.open()
	f.reconcile()
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	writer := f.Index
	f.open()
	alter(t, filepath.Join(f.dir, store.ManifestName), flipBody)
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the follower to take over", func() bool { return f.Status().Writer })
	if st := f.Status(); st.Rebuilt == "" || st.Complete {
		t.Errorf("a damaged index was taken over in silence: %+v", st)
	}
	f.likeFresh()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	f.open()
	f.want("a/a.go:One", "b.go:Bee")
	if st := f.Status(); st.Rebuilt != "" {
		t.Errorf("what was written after the takeover is damaged: %s", st.Rebuilt)
	}
}

// TestRemovedFolderIsWrittenAnew removes the folder of an index while it is open, as a user who clears caches does.
func TestRemovedFolderIsWrittenAnew(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // the system does not let a folder go whose files are open
	}
	f, _ := stored(t)
	f.open()
	f.reconcile()
	if err := os.RemoveAll(f.dir); err != nil {
		t.Fatal(err)
	}
	f.write("c.go", source("See"))
	f.change(indexer.Change{Path: "c.go"})
	f.want("a/a.go:One", "c.go:See")
	eventually(t, "the index to be written", func() bool {
		err := f.Flush(context.Background())
		if err != nil && !errors.Is(err, store.ErrLost) {
			t.Fatal(err)
		}
		return err == nil && f.Status().Writer
	})
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if st := f.Status(); st.Problem != "" {
		t.Errorf("a problem is left: %s", st.Problem)
	}
	f.likeFresh()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	f.open()
	f.want("a/a.go:One", "b.go:Bee", "c.go:See")
}

// TestManyEditsOfAFollower saves a file again and again where nothing can be written: segments must not pile up.
func TestManyEditsOfAFollower(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("Aye")})
	f.reconcile()
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	follower := f.openAnother()
	defer follower.Close()
	for i := range 60 {
		path := fmt.Sprintf("b%d.go", i%20)
		f.write(path, source(fmt.Sprint("Bee", i)))
		if err := follower.WaitFor(context.Background(), follower.Notify([]indexer.Change{{Path: path}})); err != nil {
			t.Fatal(err)
		}
	}
	if err := follower.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := follower.Status().Segments; n > 10 {
		t.Errorf("%d segments after 60 edits of 20 files", n)
	}
	for i := range 20 {
		if want := fmt.Sprintf("b%d.go:Bee%d", i, i+40); names(follower)[want] != 1 {
			t.Errorf("%s is not there", want)
		}
	}
}
