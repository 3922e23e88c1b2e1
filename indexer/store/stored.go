package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Stored is an index as it lies in the cache folder, seen from outside: nothing is mapped or locked.
type Stored struct {
	Dir      string
	Manifest *Manifest // nil when it cannot be read
	Err      error     // why
	Changed  time.Time // when the manifest was written last, zero when there is none
}

// ReadStored reads the manifest of the index in a folder, which is not created.
func ReadStored(dir string) Stored {
	s := Stored{Dir: dir}
	path := filepath.Join(dir, ManifestName)
	info, err := os.Stat(path)
	if err != nil {
		s.Err = fmt.Errorf("read manifest: %w", err)
		return s
	}
	s.Changed = info.ModTime()
	data, err := os.ReadFile(path)
	if err != nil {
		s.Err = fmt.Errorf("read manifest: %w", err)
		return s
	}
	s.Manifest, s.Err = decodeManifest(path, data)
	return s
}

// ListStored lists the indexes in a cache folder. A folder that does not exist holds none.
func ListStored(cache string) ([]Stored, error) {
	entries, err := os.ReadDir(cache)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the indexes: %w", err)
	}
	var all []Stored
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		s := ReadStored(filepath.Join(cache, e.Name()))
		if errors.Is(s.Err, fs.ErrNotExist) && !s.empty() {
			continue // not a folder of ours
		}
		all = append(all, s)
	}
	return all, nil
}

// empty reports whether a folder without a manifest holds nothing but what an index starts with.
func (s Stored) empty() bool {
	entries, err := os.ReadDir(s.Dir)
	locked := false
	for _, e := range entries {
		locked = locked || e.Name() == lockName
		if e.Name() != lockName && e.Name() != refusedName && !strings.HasPrefix(e.Name(), vectorsPrefix) {
			return false
		}
	}
	return err == nil && locked
}

// Useless says why nobody will miss the index, "" when somebody may: its folder is gone, or it is damaged, of
// another version or was never finished.
func (s Stored) Useless() string {
	var corrupt *CorruptError
	switch {
	case errors.As(s.Err, &corrupt), errors.Is(s.Err, ErrMismatch), errors.Is(s.Err, fs.ErrNotExist):
		return s.Err.Error()
	case s.Manifest == nil:
		return "" // it may be readable another time
	}
	if _, err := os.Stat(s.Manifest.Root); errors.Is(err, fs.ErrNotExist) {
		return s.Manifest.Root + " is gone"
	}
	return ""
}

// Size returns how many bytes the index takes on disk.
func (s Stored) Size() (int64, error) { return (&Dir{path: s.Dir}).Size() }

// Remove deletes the index and returns its size. It fails with ErrLocked when a process uses the index.
func (s Stored) Remove() (int64, error) {
	bytes, err := s.Size()
	if err != nil {
		return 0, err
	}
	d, err := OpenDir(s.Dir)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	locked, err := d.TryLock()
	if err != nil {
		return 0, err
	}
	if !locked {
		return 0, fmt.Errorf("remove %s: %w", s.Dir, ErrLocked)
	}
	if err := d.Discard(); err != nil {
		return 0, err
	}
	// Systems that cannot remove an open file want the lock given back first.
	if err := d.Close(); err != nil {
		return 0, fmt.Errorf("unlock %s: %w", s.Dir, err)
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		return 0, fmt.Errorf("remove index: %w", err)
	}
	return bytes, nil
}
