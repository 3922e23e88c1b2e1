package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lsp/indexer/bitset"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

var identity = store.Identity{Model: "test|1", Dimensions: 8, Chunker: 1}

func newBuilder(t testing.TB) *store.Builder {
	t.Helper()
	b, err := store.NewBuilder(identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectorOf(seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	v := make([]float32, identity.Dimensions)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

func unitOf(n int) store.Unit {
	line := uint32(n * 10)
	return store.Unit{
		Kind: chunk.Method, Flags: chunk.Documented | chunk.Exported,
		Owner: fmt.Sprintf("Owner%d", n%3), Name: fmt.Sprintf("name%d", n), Signature: fmt.Sprintf("func name%d(ä int)", n),
		Documentation: strings.Repeat("documentation ", n%4),
		Range:         store.Range{Start: store.Position{Line: line}, End: store.Position{Line: line + 9, UTF8: 1, UTF16: 1, UTF32: 1}},
		NameRange: store.Range{
			Start: store.Position{Line: line + 1, UTF8: 9, UTF16: 6, UTF32: 5},
			End:   store.Position{Line: line + 1, UTF8: 14, UTF16: 11, UTF32: 10},
		},
		Parts: []store.LineRange{{Start: line, End: line + 2}, {Start: line + 5, End: line + 9}}[:n%3],
		Hash:  store.Hash{byte(n * 7), byte(n)},
	}
}

// addFile adds a file with units numbered from first and one vector each, two for every fourth.
func addFile(t testing.TB, b *store.Builder, path string, first, count int) {
	t.Helper()
	b.AddFile(store.File{Path: path, Language: "go", Size: 100, ModTime: 5, IndexedAt: int64(first + 1), Hash: store.Hash{1}})
	for n := first; n < first+count; n++ {
		u := unitOf(n)
		rows := vectorOf(uint64(n))
		if n%4 == 0 {
			rows = append(rows, vectorOf(uint64(n)+1000)...)
		}
		text := lexical.Document{lexical.Name: u.Name, lexical.Body: "common word" + fmt.Sprint(n)}
		if err := b.AddUnit(&u, &text, store.Vectors{Rows: rows}); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB, data []byte) *store.Segment {
	t.Helper()
	s, err := store.OpenSegment("test", data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSegmentKeepsWhatWasAdded(t *testing.T) {
	b := newBuilder(t)
	addFile(t, b, "a.go", 0, 5)
	b.AddFile(store.File{Path: "gone.go", Flags: store.Deleted, IndexedAt: 9})
	addFile(t, b, "dir/b.go", 5, 7)
	s := open(t, b.Bytes())
	if s.Files() != 3 || s.Units() != 12 || s.SourceBytes() != 200 {
		t.Fatalf("segment has %d files, %d units, %d bytes of source", s.Files(), s.Units(), s.SourceBytes())
	}
	if f := s.File(1); f.Path != "gone.go" || f.Flags != store.Deleted || f.First != f.End {
		t.Errorf("file record 1 is %+v", f)
	}
	for n := range 12 {
		got, want := s.Unit(uint32(n)), unitOf(n)
		want.Language, want.Path = "go", "a.go"
		if n >= 5 {
			want.Path = "dir/b.go"
		}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("unit %d is\n%+v, want\n%+v", n, got, want)
		}
		if u, ok := s.Find(want.Hash); !ok || u != uint32(n) {
			t.Errorf("hash of unit %d finds %d, %v", n, u, ok)
		}
		if lines := s.Lines(uint32(n)); lines.Start != want.Range.Start.Line || lines.End != want.Range.End.Line {
			t.Errorf("lines of unit %d are %+v", n, lines)
		}
		from, to := s.Vectors().Slots(uint32(n))
		if wantSlots := 1 + b2i(n%4 == 0); int(to-from) != wantSlots {
			t.Errorf("unit %d has %d vectors, want %d", n, to-from, wantSlots)
		}
	}
	if _, ok := s.Find(store.Hash{255, 255}); ok {
		t.Error("an unknown hash was found")
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestMergeEqualsBuildingAgain(t *testing.T) {
	b := newBuilder(t)
	addFile(t, b, "a.go", 0, 5)
	addFile(t, b, "b.go", 5, 5)
	b.AddFile(store.File{Path: "gone.go", Flags: store.Deleted, IndexedAt: 9})
	first := open(t, b.Bytes())
	b.Reset()
	addFile(t, b, "a.go", 20, 3)
	second := open(t, b.Bytes())

	units, files := bitset.Full(first.Units()), bitset.Full(first.Files())
	units.RemoveRange(0, 5)
	files.Remove(0)
	for _, keep := range []bool{false, true} {
		got, err := store.Merge(context.Background(), identity, nil, []store.Part{
			{Segment: first, Units: units, Files: files}, {Segment: second},
		}, keep)
		if err != nil {
			t.Fatal(err)
		}
		b.Reset()
		addFile(t, b, "b.go", 5, 5)
		if keep {
			b.AddFile(store.File{Path: "gone.go", Flags: store.Deleted, IndexedAt: 9})
		}
		addFile(t, b, "a.go", 20, 3)
		if !bytes.Equal(got, b.Bytes()) {
			t.Errorf("keep deleted %v: merging gives other bytes than building again", keep)
		}
	}
}

// TestDamagedSegments runs through every kind of damage: each must be an error, never a panic or a wrong answer.
func TestDamagedSegments(t *testing.T) {
	b := newBuilder(t)
	addFile(t, b, "a.go", 0, 9)
	good := b.Bytes()
	for name, damage := range map[string]func([]byte) []byte{
		"empty":         func(d []byte) []byte { return nil },
		"cut header":    func(d []byte) []byte { return d[:6] },
		"cut in half":   func(d []byte) []byte { return d[:len(d)/2] },
		"cut last byte": func(d []byte) []byte { return d[:len(d)-1] },
		"longer":        func(d []byte) []byte { return append(d, 0) },
		"foreign":       func(d []byte) []byte { return bytes.Repeat([]byte("text "), 100) },
		"zeros":         func(d []byte) []byte { clear(d); return d },
		"sections":      func(d []byte) []byte { binary.LittleEndian.PutUint32(d[len(d)-16:], 1<<30); return d },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.OpenSegment("test", damage(bytes.Clone(good)))
			var corrupt *store.CorruptError
			if !errors.As(err, &corrupt) {
				t.Errorf("got %v, want a CorruptError", err)
			}
		})
	}
	t.Run("version", func(t *testing.T) {
		d := bytes.Clone(good)
		binary.LittleEndian.PutUint32(d[4:], store.FormatVersion+1)
		if _, err := store.OpenSegment("test", d); !errors.Is(err, store.ErrMismatch) {
			t.Errorf("got %v, want ErrMismatch", err)
		}
	})
	t.Run("any bit", func(t *testing.T) {
		padding := 0
		for i := range good {
			d := bytes.Clone(good)
			d[i] ^= 1 << (i % 8)
			if s, err := store.OpenSegment("test", d); err == nil {
				if fmt.Sprintf("%+v", s.Unit(3)) != fmt.Sprintf("%+v", open(t, good).Unit(3)) {
					t.Fatalf("a flipped bit in byte %d gives a wrong answer", i)
				}
				padding++
			}
		}
		if padding > 64*12 {
			t.Errorf("%d of %d flipped bits were not noticed, more than padding can explain", padding, len(good))
		}
	})
}

func FuzzOpenSegment(f *testing.F) {
	b := newBuilder(f)
	addFile(f, b, "a.go", 0, 3)
	f.Add(b.Bytes())
	f.Add([]byte("SLSG"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := store.OpenSegment("fuzz", store.Resum(data))
		if err != nil {
			return
		}
		for u := range uint32(s.Units()) {
			s.Unit(u)
			s.Lines(u)
			s.Find(s.Hash(u))
		}
		for file := range uint32(s.Files()) {
			s.File(file)
		}
	})
}

func TestDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index")
	d, err := store.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.ReadManifest(); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("manifest of an empty folder gives %v", err)
	}
	if err := d.Commit(&store.Manifest{}); !errors.Is(err, store.ErrLocked) {
		t.Fatalf("commit without the lock gives %v", err)
	}
	if ok, err := d.TryLock(); !ok || err != nil {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	other, err := store.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := other.TryLock(); ok || err != nil {
		t.Fatalf("second lock: %v, %v", ok, err)
	}
	b := newBuilder(t)
	addFile(t, b, "a.go", 0, 3)
	s, entry, err := d.WriteSegment(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	m := &store.Manifest{Root: "/r", Model: identity.Model, Dimensions: 8, Chunker: 1, Segments: []store.Entry{entry}}
	if err := d.Commit(m); err != nil {
		t.Fatal(err)
	}
	fresh, _, err := d.WriteSegment(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Release()
	os.WriteFile(filepath.Join(path, "old.seg"), []byte("left over"), 0o600)
	if freed, err := d.Collect(m); err != nil || freed != 9 {
		t.Errorf("collecting freed %d bytes, %v; want 9: a segment that was just written must stay", freed, err)
	}
	d.Abandon(filepath.Base(fresh.Label()))
	if freed, err := d.Collect(m); err != nil || freed != int64(fresh.Size()) {
		t.Errorf("collecting an abandoned segment freed %d bytes, %v; want %d", freed, err, fresh.Size())
	}
	os.WriteFile(filepath.Join(path, ".tmp-123"), []byte("left over"), 0o600)
	got, err := other.ReadManifest()
	if err != nil || len(got.Segments) != 1 {
		t.Fatalf("the other process reads %+v, %v", got, err)
	}
	seen, err := other.OpenSegment(got.Segments[0], identity)
	if err != nil {
		t.Fatal(err)
	}
	defer seen.Release()
	if _, err := other.OpenSegment(got.Segments[0], store.Identity{Model: "other", Dimensions: 8, Chunker: 1}); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("a segment of another model gives %v", err)
	}
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if seen.Unit(2).Name != "name2" {
		t.Error("a mapped segment changed when it was removed")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := other.TryLock(); !ok || err != nil {
		t.Errorf("lock after the writer closed: %v, %v", ok, err)
	}
	if _, err := os.Stat(filepath.Join(path, ".tmp-123")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a half-written file is still there: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedManifests(t *testing.T) {
	path := t.TempDir()
	d, err := store.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if ok, err := d.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := d.Commit(&store.Manifest{Root: "/r"}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(path, store.ManifestName)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-3], "flipped": bytes.Replace(good, []byte(`"/r"`), []byte(`"/s"`), 1),
		"foreign": []byte("{}\n"), "first line only": good[:bytes.IndexByte(good, '\n')+1],
	} {
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		var corrupt *store.CorruptError
		if _, err := d.ReadManifest(); !errors.As(err, &corrupt) {
			t.Errorf("%s: got %v, want a CorruptError", name, err)
		}
	}
	os.WriteFile(file, bytes.Replace(good, []byte("index 1 "), []byte("index 2 "), 1), 0o600)
	if _, err := d.ReadManifest(); !errors.Is(err, store.ErrMismatch) {
		t.Errorf("another format gives %v", err)
	}
}

func TestDirectoryName(t *testing.T) {
	a, b := store.DirectoryName("/home/me/project"), store.DirectoryName("/home/you/project")
	if a == b || !strings.HasPrefix(a, "project-") {
		t.Errorf("names are %q and %q", a, b)
	}
	if name := store.DirectoryName("/tmp/sp ace:*?/"); strings.ContainsAny(name, " :*?/") {
		t.Errorf("name %q is not safe", name)
	}
}

// TestLostFolder removes the folder of an index under its writer: it must notice before it disturbs who came after.
func TestLostFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // the system does not let a folder go whose files are open
	}
	path := filepath.Join(t.TempDir(), "index")
	first, err := store.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if ok, err := first.TryLock(); !ok || err != nil {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	second, err := store.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := second.TryLock(); !ok || err != nil {
		t.Fatalf("lock of the new folder: %v, %v", ok, err)
	}
	b := newBuilder(t)
	addFile(t, b, "a.go", 0, 3)
	if err := first.Commit(&store.Manifest{}); !errors.Is(err, store.ErrLost) {
		t.Errorf("commit gives %v, want ErrLost", err)
	}
	if _, _, err := first.WriteSegment(b.Bytes()); !errors.Is(err, store.ErrLost) {
		t.Errorf("writing a segment gives %v, want ErrLost", err)
	}
	if _, err := first.Collect(&store.Manifest{}); !errors.Is(err, store.ErrLost) {
		t.Errorf("collecting gives %v, want ErrLost", err)
	}
	if err := first.Discard(); !errors.Is(err, store.ErrLost) {
		t.Errorf("discarding gives %v, want ErrLost", err)
	}
	if err := first.Reopen(); err != nil {
		t.Fatal(err)
	}
	if ok, err := first.TryLock(); ok || err != nil {
		t.Errorf("lock while the second has it: %v, %v", ok, err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := first.TryLock(); !ok || err != nil {
		t.Errorf("lock after the second closed: %v, %v", ok, err)
	}
	if err := first.Commit(&store.Manifest{}); err != nil {
		t.Error(err)
	}
}

// FuzzReadManifest reads any bytes as a manifest, with a right checksum too: an error or names of segments that lie
// in the folder.
func FuzzReadManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"root":"/r","segments":[{"name":"1-2.seg","size":5,"files":1,"units":2}]}`))
	f.Add([]byte(`{"segments":[{"name":"../1-2.seg"}]}`))
	f.Add([]byte(`{"segments":null,"generation":18446744073709551615,"reconciled":"2024-05-06T07:08:09Z"}`))
	f.Add([]byte("semantic-lsp index 1 00000000\n"))
	f.Add([]byte("semantic-lsp index 99999999999999999999 zz\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, bytes := range [][]byte{data, store.SealManifest(data)} {
			m, err := store.DecodeManifest("fuzz", bytes)
			if err != nil {
				var corrupt *store.CorruptError
				if !errors.As(err, &corrupt) && !errors.Is(err, store.ErrMismatch) {
					t.Fatalf("the error is %v, want a CorruptError or ErrMismatch", err)
				}
				continue
			}
			for _, e := range m.Segments {
				if filepath.Base(e.Name) != e.Name || strings.ContainsAny(e.Name, `/\`) || e.Size < 0 || e.Files < 0 || e.Units < 0 {
					t.Fatalf("the manifest names %+v", e)
				}
			}
		}
	})
}
