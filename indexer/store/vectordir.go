package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/zeebo/xxh3"
)

// BlockPattern matches the names of blocks in a folder of vectors.
const BlockPattern = "*" + blockSuffix

const (
	vectorsPrefix = "vectors-" // of the folders of vectors in that of an index
	blockSuffix   = ".vec"     // of blocks
	useName       = "USE"      // locked for sharing by every process that uses the folder
	completeName  = "COMPLETE" // written when every unit had its vectors
	modelName     = "MODEL"    // the name of the model, for people
)

// VectorDir is the folder of all vectors of one model beside an index. There is no manifest: the folder holds the union
// of its blocks, so that one that is missing costs time and one too many costs space, never an answer. Any number of
// processes may read it, the one that holds the lock writes.
type VectorDir struct {
	path string
	id   VectorIdentity
	lock *flock.Flock
	use  *flock.Flock

	mu   sync.Mutex
	next uint64 // of block names
}

// VectorsName is the name of the folder of a model's vectors: readable, and unique by its hash.
func VectorsName(id VectorIdentity) string {
	h := xxh3.HashString128(fmt.Sprintf("%s %d", id.Model, id.Dimensions)).Bytes()
	model, _, _ := strings.Cut(id.Model, "|")
	return vectorsPrefix + readable(model) + "-" + hex.EncodeToString(h[:8])
}

// OpenVectorDir opens the folder of a model's vectors beside the index in a folder, and makes it when it does not exist.
// Nothing is locked for writing yet; as long as the folder is open it is not removed by StoredVectors.Remove.
func OpenVectorDir(index string, id VectorIdentity) (*VectorDir, error) {
	path := filepath.Join(index, VectorsName(id))
	d := &VectorDir{path: path, id: id, lock: flock.New(filepath.Join(path, lockName)), use: flock.New(filepath.Join(path, useName))}
	if err := d.make(); err != nil {
		return nil, err
	}
	return d, nil
}

// make creates the folder and says that it is in use.
func (d *VectorDir) make() error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("make folder of vectors: %w", err)
	}
	if _, err := d.use.TryRLock(); err != nil { // who cannot have the lock meets somebody who removes the folder
		return fmt.Errorf("lock vectors %s: %w", d.path, err)
	}
	return d.Touch()
}

// Touch notes that the vectors are in use now, which keeps them from being removed as unused.
func (d *VectorDir) Touch() error {
	now := time.Now()
	if err := os.Chtimes(d.use.Path(), now, now); err != nil {
		return fmt.Errorf("note the use of vectors: %w", err)
	}
	return nil
}

// Path returns the folder.
func (d *VectorDir) Path() string { return d.path }

// TryLock makes this process the writer of the vectors, unless another one is: then it returns false. The operating
// system gives the lock back when its holder ends, however it ends.
func (d *VectorDir) TryLock() (bool, error) {
	if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) { // it was removed under a reader
		if err := d.make(); err != nil {
			return false, err
		}
	}
	ok, err := d.lock.TryLock()
	if err != nil {
		return false, fmt.Errorf("lock vectors %s: %w", d.path, err)
	}
	if !ok {
		return false, nil
	}
	if !holds(d.lock) { // the file was removed between opening and locking it
		return false, d.Reopen()
	}
	if err := removeTemporary(d.path); err != nil {
		return true, err
	}
	return true, WriteFileAtomic(filepath.Join(d.path, modelName), func(w io.Writer) error {
		_, err := io.WriteString(w, d.id.Model+"\n")
		return err
	})
}

// mayWrite returns why this process may not do what it is about to do.
func (d *VectorDir) mayWrite(what string) error {
	switch {
	case !d.lock.Locked():
		return fmt.Errorf("%s %s: %w", what, d.path, ErrLocked)
	case !holds(d.lock):
		return fmt.Errorf("%s %s: %w", what, d.path, ErrLost)
	}
	return nil
}

// Reopen gives the lock back and makes the folder again, after it was lost.
func (d *VectorDir) Reopen() error {
	if err := errors.Join(d.lock.Unlock(), d.use.Unlock()); err != nil {
		return fmt.Errorf("unlock vectors %s: %w", d.path, err)
	}
	return d.make()
}

// Close gives the locks back.
func (d *VectorDir) Close() error { return errors.Join(d.lock.Close(), d.use.Close()) }

// List returns the names of the blocks. A folder that does not exist has none.
func (d *VectorDir) List() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list vectors: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), blockSuffix) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Map opens a block of the folder.
func (d *VectorDir) Map(name string) (*Block, error) {
	return MapBlock(filepath.Join(d.path, name), d.id)
}

// Write stores the bytes of a block under a name that was never used before and maps it.
func (d *VectorDir) Write(data []byte) (name string, b *Block, err error) {
	if err := d.mayWrite("write vectors to"); err != nil {
		return "", nil, err
	}
	h := xxh3.Hash128(data).Bytes()
	d.mu.Lock()
	d.next = max(d.next+1, uint64(time.Now().UnixNano()))
	name = fmt.Sprintf("%016x-%s%s", d.next, hex.EncodeToString(h[:6]), blockSuffix)
	d.mu.Unlock()
	path := filepath.Join(d.path, name)
	if err := WriteFileAtomic(path, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return "", nil, err
	}
	b, err = d.Map(name)
	return name, b, err
}

// Remove removes a block. Who has it mapped is not disturbed; where the system refuses to remove a mapped file an error
// is returned, and it may be tried again.
func (d *VectorDir) Remove(name string) error {
	if err := d.mayWrite("clean"); err != nil {
		return err
	}
	if err := ignoreMissing(os.Remove(filepath.Join(d.path, name))); err != nil {
		return fmt.Errorf("remove vectors: %w", err)
	}
	return nil
}

// SetComplete notes that every unit had its vectors now, after which vectors of other models that nobody uses are not
// needed any more.
func (d *VectorDir) SetComplete() error {
	if err := d.mayWrite("write to"); err != nil {
		return err
	}
	return WriteFileAtomic(filepath.Join(d.path, completeName), func(io.Writer) error { return nil })
}

// StoredVectors are the vectors of one model beside an index, seen from outside.
type StoredVectors struct {
	Path     string
	Model    string    // encoder.Identity.String, "" when nobody knows
	Used     time.Time // when a process used them last
	Complete time.Time // when every unit had its vectors last, zero when never
	Size     int64     // in bytes
}

// ListVectors lists the folders of vectors beside the index in a folder.
func ListVectors(index string) ([]StoredVectors, error) {
	entries, err := os.ReadDir(index)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list vectors: %w", err)
	}
	var all []StoredVectors
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), vectorsPrefix) {
			continue
		}
		v := StoredVectors{Path: filepath.Join(index, e.Name())}
		if text, err := os.ReadFile(filepath.Join(v.Path, modelName)); err == nil {
			v.Model = strings.TrimSpace(string(text))
		}
		v.Used, v.Complete = changed(v.Path, useName), changed(v.Path, completeName)
		if v.Size, err = sizeOf(v.Path); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// changed returns when a file was changed last, zero when it is not there.
func changed(dir, name string) time.Time {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// unusedVectors is how long vectors are kept that nobody uses: who goes back to a model within that time waits for nothing.
const unusedVectors = 30 * 24 * time.Hour

// Useless says why nobody will miss vectors among all of an index, "" when somebody may: they were not used for a month,
// or those of another model became complete after their last use.
func (v *StoredVectors) Useless(all []StoredVectors, now time.Time) string {
	if now.Sub(v.Used) > unusedVectors {
		return "not used since " + v.Used.Local().Format(time.DateOnly)
	}
	for _, other := range all {
		if other.Path != v.Path && other.Complete.After(v.Used) {
			return "replaced by those of another model"
		}
	}
	return ""
}

// Remove deletes the vectors. It fails with ErrLocked when a process uses them.
func (v *StoredVectors) Remove() error {
	use := flock.New(filepath.Join(v.Path, useName))
	free, err := use.TryLock()
	if err != nil {
		return fmt.Errorf("remove vectors %s: %w", v.Path, err)
	}
	if !free {
		return fmt.Errorf("remove vectors %s: %w", v.Path, errors.Join(ErrLocked, use.Close()))
	}
	blocks, err := filepath.Glob(filepath.Join(v.Path, BlockPattern))
	if err == nil {
		for _, path := range blocks {
			err = errors.Join(err, ignoreMissing(os.Remove(path)))
		}
	}
	// Systems that cannot remove an open file want the lock given back first.
	if err = errors.Join(err, use.Close(), os.RemoveAll(v.Path)); err != nil {
		return fmt.Errorf("remove vectors: %w", err)
	}
	return nil
}
