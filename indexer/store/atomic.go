package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// tempPattern names files that are being written. Leftovers are removed when a writer opens the index.
const tempPattern = ".tmp-*"

// WriteFileAtomic replaces the file at path by what write produces. The content is written beside the file,
// synced, renamed over it, and the rename is synced too: after a crash the file is either the old or the new one.
func WriteFileAtomic(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return fmt.Errorf("create temporary file for %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
	}()
	if err = write(f); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	if err = f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", path, err)
	}
	if err = whenShared(func() error { return os.Rename(f.Name(), path) }); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return syncDir(dir)
}

// How long a file that another process is reading is tried to be replaced or removed.
const (
	sharedPatience = 2 * time.Second
	sharedInterval = 5 * time.Millisecond
)

// whenShared does what replaces or removes a file. Windows refuses that while another process reads the file, which
// readers of an index do for a moment only: there it is tried again for a while.
func whenShared(do func() error) error {
	const sharingViolation = syscall.Errno(32)
	err := do()
	if runtime.GOOS != "windows" {
		return err
	}
	for end := time.Now().Add(sharedPatience); err != nil && time.Now().Before(end); err = do() {
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, sharingViolation) {
			return err
		}
		time.Sleep(sharedInterval)
	}
	return err
}

// syncDir makes a rename inside dir durable. Windows has no such call and needs none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open folder to sync: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
