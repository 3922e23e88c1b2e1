package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/zeebo/xxh3"

	"lsp/indexer/vector"
)

// ManifestName is the file that makes a folder an index.
const ManifestName = "MANIFEST"

const (
	lockName       = "LOCK"
	segmentSuffix  = ".seg"
	graphSuffix    = ".graph" // after the name of its segment
	manifestHeader = "semantic-lsp index"
)

// Manifest names the segments that make an index, bottom to top.
type Manifest struct {
	Format     int       `json:"format"`
	Generation uint64    `json:"generation"` // grows by one with every commit
	Root       string    `json:"root"`       // canonical folder that the index describes
	Model      string    `json:"model"`
	Dimensions int       `json:"dimensions"`
	Chunker    int       `json:"chunker"`
	Complete   bool      `json:"complete"` // every file found by the last full look at the disk is in
	Reconciled time.Time `json:"reconciled,omitzero"`
	Head       string    `json:"head,omitempty"` // what HEAD pointed at then
	Segments   []Entry   `json:"segments"`
}

// Entry is one segment of a manifest.
type Entry struct {
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	Files int    `json:"files"`
	Units int    `json:"units"`
}

// Identity returns what made the segments of the manifest.
func (m *Manifest) Identity() Identity {
	return Identity{Model: m.Model, Dimensions: m.Dimensions, Chunker: m.Chunker}
}

// Same reports whether two manifests describe the same state of an index. Generations alone do not tell: they start
// anew with an index that was thrown away.
func (m *Manifest) Same(other *Manifest) bool {
	return m.Generation == other.Generation && m.Complete == other.Complete && m.Reconciled.Equal(other.Reconciled) &&
		slices.Equal(m.Segments, other.Segments)
}

// Dir is the folder of one index. Any number of processes may read it, the one that holds the lock writes.
type Dir struct {
	path string
	lock *flock.Flock

	mu      sync.Mutex
	next    uint64          // of segment names
	pending map[string]bool // segments written that no manifest has named yet
}

// DirectoryName is the name of the folder that holds the index of a root: readable, and unique by its hash.
func DirectoryName(root string) string {
	h := xxh3.HashString128(root).Bytes()
	return readable(filepath.Base(root)) + "-" + hex.EncodeToString(h[:8])
}

// readable makes the start of a file name of any text.
func readable(text string) string {
	return clip(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, text), 40)
}

// OpenDir opens the index folder at path and makes it when it does not exist. Nothing is locked yet.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make index folder: %w", err)
	}
	return &Dir{path: path, lock: flock.New(filepath.Join(path, lockName)), pending: map[string]bool{}}, nil
}

// Path returns the folder.
func (d *Dir) Path() string { return d.path }

// TryLock makes this process the writer of the index, unless another one is: then it returns false. The
// operating system gives the lock back when its holder ends, however it ends.
func (d *Dir) TryLock() (bool, error) {
	ok, err := d.lock.TryLock()
	if err != nil {
		return false, fmt.Errorf("lock index %s: %w", d.path, err)
	}
	if !ok {
		return false, nil
	}
	if !holds(d.lock) { // the file was removed between opening and locking it
		return false, d.Reopen()
	}
	return true, removeTemporary(d.path)
}

// holds reports whether the file that this process locked is still the one of that name.
func holds(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, named)
}

// mayWrite returns why this process may not do what it is about to do, such as "commit to".
func (d *Dir) mayWrite(what string) error {
	switch {
	case !d.Locked():
		return fmt.Errorf("%s %s: %w", what, d.path, ErrLocked)
	case !holds(d.lock):
		return fmt.Errorf("%s %s: %w", what, d.path, ErrLost)
	}
	return nil
}

// Reopen gives the lock back and makes the folder again, after it was lost.
func (d *Dir) Reopen() error {
	if err := d.lock.Unlock(); err != nil {
		return fmt.Errorf("unlock index %s: %w", d.path, err)
	}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("make index folder: %w", err)
	}
	return nil
}

// removeTemporary removes what a writer that was killed left half written.
func removeTemporary(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, tempPattern))
	if err != nil {
		return fmt.Errorf("clean index folder: %w", err)
	}
	for _, path := range left {
		if err := ignoreMissing(os.Remove(path)); err != nil {
			return fmt.Errorf("clean index folder: %w", err)
		}
	}
	return nil
}

// Locked reports whether this process is the writer.
func (d *Dir) Locked() bool { return d.lock.Locked() }

// Close gives the lock back.
func (d *Dir) Close() error { return d.lock.Close() }

// ReadManifest reads the manifest. A folder without one gives os.ErrNotExist, a damaged one a *CorruptError, one
// of another format ErrMismatch.
func (d *Dir) ReadManifest() (*Manifest, error) {
	path := filepath.Join(d.path, ManifestName)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return decodeManifest(path, data)
}

func decodeManifest(path string, data []byte) (*Manifest, error) {
	head, body, ok := bytes.Cut(data, []byte("\n"))
	if !ok || !bytes.HasPrefix(head, []byte(manifestHeader)) {
		return nil, corrupt(path, "it does not start with %q", manifestHeader)
	}
	var format int
	var sum uint32
	if _, err := fmt.Sscanf(string(head[len(manifestHeader):]), "%d %x", &format, &sum); err != nil {
		return nil, corrupt(path, "its first line is %q", clip(string(head), 80))
	}
	if format != FormatVersion {
		return nil, fmt.Errorf("manifest %s has format %d, want %d: %w", path, format, FormatVersion, ErrMismatch)
	}
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return nil, corrupt(path, "it has checksum %08x, want %08x", got, sum)
	}
	m := new(Manifest)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, corrupt(path, "%v", err)
	}
	for _, e := range m.Segments {
		if strings.ContainsAny(e.Name, `/\:`) || !strings.HasSuffix(e.Name, segmentSuffix) ||
			e.Size < 0 || e.Files < 0 || e.Units < 0 {
			return nil, corrupt(path, "it names the segment %q", e.Name)
		}
	}
	return m, nil
}

// Commit replaces the manifest. Only the writer may call it; the segments must have been written before.
func (d *Dir) Commit(m *Manifest) error {
	if err := d.mayWrite("commit to"); err != nil {
		return err
	}
	m.Format = FormatVersion
	body, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	err = WriteFileAtomic(filepath.Join(d.path, ManifestName), func(w io.Writer) error {
		b := bufio.NewWriter(w)
		fmt.Fprintf(b, "%s %d %08x\n", manifestHeader, FormatVersion, crc32.Checksum(body, castagnoli))
		b.Write(body)
		return b.Flush()
	})
	if err != nil {
		return err
	}
	for _, e := range m.Segments {
		d.Abandon(e.Name)
	}
	return nil
}

// Abandon says that a segment needs no protection from Collect: a manifest names it, or none ever will.
func (d *Dir) Abandon(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pending, name)
}

// WriteSegment stores the bytes of a segment under a name that was never used before and maps it.
func (d *Dir) WriteSegment(data []byte) (*Segment, Entry, error) {
	if err := d.mayWrite("write segment to"); err != nil {
		return nil, Entry{}, err
	}
	h := xxh3.Hash128(data).Bytes()
	name := d.newName(hex.EncodeToString(h[:6]))
	path := filepath.Join(d.path, name)
	err := WriteFileAtomic(path, func(w io.Writer) error { _, err := w.Write(data); return err })
	var s *Segment
	if err == nil {
		s, err = MapSegment(path)
	}
	if err != nil {
		d.Abandon(name)
		return nil, Entry{}, err
	}
	return s, Entry{Name: name, Size: int64(len(data)), Files: s.Files(), Units: s.Units()}, nil
}

// newName returns a name for a segment that Collect leaves alone until a manifest names it or it is abandoned.
func (d *Dir) newName(sum string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = max(d.next+1, uint64(time.Now().UnixNano()))
	name := fmt.Sprintf("%016x-%s%s", d.next, sum, segmentSuffix)
	d.pending[name] = true
	return name
}

// OpenSegment maps a segment that a manifest names and checks it against the manifest.
func (d *Dir) OpenSegment(e Entry, id Identity) (*Segment, error) {
	path := filepath.Join(d.path, e.Name)
	s, err := MapSegment(path)
	if err != nil {
		return nil, err
	}
	if int64(s.Size()) != e.Size || s.Files() != e.Files || s.Units() != e.Units {
		defer s.Release()
		return nil, corrupt(path, "it has %d bytes, %d files and %d units, the manifest says %d, %d and %d",
			s.Size(), s.Files(), s.Units(), e.Size, e.Files, e.Units)
	}
	if s.Model() != id.Model || s.Chunker() != id.Chunker || s.meta.Dimensions != id.Dimensions {
		defer s.Release()
		return nil, fmt.Errorf("segment %s was made by %q: %w", path, s.Model(), ErrMismatch)
	}
	return s, nil
}

// Graph returns the nearest-neighbour graph over a segment's vectors: the stored one when it is whole, otherwise
// the one that build makes, which the writer stores for the next time.
func (d *Dir) Graph(s *Segment, build func() (*vector.Graph, error)) (*vector.Graph, error) {
	path := s.Label() + graphSuffix
	if s.mapping != nil {
		if data, err := os.ReadFile(path); err == nil {
			if g, err := vector.OpenGraph(data, s.vectors); err == nil {
				return g, nil
			}
		}
	}
	g, err := build()
	if err != nil {
		return nil, fmt.Errorf("build graph over %s: %w", s.Label(), err)
	}
	if s.mapping == nil || !d.Locked() {
		return g, nil
	}
	err = WriteFileAtomic(path, func(w io.Writer) error { _, err := w.Write(g.Bytes()); return err })
	return g, err
}

// Collect removes segments that m does not name, unless they were just written, and their graphs. It returns the
// number of bytes freed. Readers that still map a removed segment are not disturbed; where the
// system refuses to remove a mapped file it is tried again the next time.
func (d *Dir) Collect(m *Manifest) (freed int64, err error) {
	if err := d.mayWrite("clean"); err != nil {
		return 0, err
	}
	d.mu.Lock()
	keep := maps.Clone(d.pending)
	d.mu.Unlock()
	for _, e := range m.Segments {
		keep[e.Name] = true
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return 0, fmt.Errorf("clean index folder: %w", err)
	}
	for _, e := range entries {
		ours := strings.HasSuffix(e.Name(), segmentSuffix) || strings.HasSuffix(e.Name(), graphSuffix)
		if !ours || keep[strings.TrimSuffix(e.Name(), graphSuffix)] {
			continue
		}
		info, err := e.Info()
		if err == nil && os.Remove(filepath.Join(d.path, e.Name())) == nil {
			freed += info.Size()
		}
	}
	return freed, nil
}

// Size returns the number of bytes that the files of the index take on disk, vectors of further models among them.
func (d *Dir) Size() (int64, error) { return sizeOf(d.path) }

// sizeOf returns the number of bytes of all files in a folder and below.
func sizeOf(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = e.Info(); err == nil {
				sum += info.Size()
			}
		}
		return ignoreMissing(err)
	})
	if err != nil {
		return 0, fmt.Errorf("measure index folder: %w", err)
	}
	return sum, nil
}

// Discard removes the manifest, so that the index is built anew, and everything it named.
func (d *Dir) Discard() error {
	if err := d.mayWrite("discard"); err != nil {
		return err
	}
	manifest := filepath.Join(d.path, ManifestName)
	if err := ignoreMissing(whenShared(func() error { return os.Remove(manifest) })); err != nil {
		return fmt.Errorf("discard index: %w", err)
	}
	_, err := d.Collect(&Manifest{})
	return err
}
