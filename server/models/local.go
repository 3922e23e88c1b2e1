package models

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"lsp/encoder/onnx"
)

// local is a file, a folder or an archive (zip, jar or wheel). A file of it is found by its size and checksum,
// whatever its name, or by its name when nobody knows more.
type local struct {
	from    string
	entries []entry
	archive *zip.ReadCloser // nil for others
}

// entry is one file of a local source.
type entry struct {
	name string // with slashes, relative to the source
	size int64
	open func() (io.ReadCloser, error)
}

// maxEntries bounds how many files of a source are looked at.
const maxEntries = 100_000

func openLocal(from string) (*local, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, fmt.Errorf("open source: %w", err)
	}
	l := &local{from: from}
	if info.IsDir() {
		return l, l.walk()
	}
	l.archive, err = zip.OpenReader(from)
	if errors.Is(err, zip.ErrFormat) {
		l.entries = []entry{{name: filepath.Base(from), size: info.Size(), open: func() (io.ReadCloser, error) { return os.Open(from) }}}
		return l, nil
	} else if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if len(l.archive.File) > maxEntries {
		return nil, errors.Join(fmt.Errorf("archive %s has more than %d files", from, maxEntries), l.archive.Close())
	}
	for _, f := range l.archive.File {
		if !f.FileInfo().IsDir() && f.UncompressedSize64 <= maxFileBytes {
			l.entries = append(l.entries, entry{name: f.Name, size: int64(f.UncompressedSize64), open: f.Open})
		}
	}
	return l, nil
}

// walk lists the files of a folder.
func (l *local) walk() error {
	err := filepath.WalkDir(l.from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if len(l.entries) == maxEntries {
			return fmt.Errorf("more than %d files", maxEntries)
		}
		rel, err := filepath.Rel(l.from, name)
		if err != nil {
			return err
		}
		l.entries = append(l.entries, entry{
			name: filepath.ToSlash(rel), size: info.Size(), open: func() (io.ReadCloser, error) { return os.Open(name) },
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("list source %s: %w", l.from, err)
	}
	return nil
}

// Close implements [source].
func (l *local) Close() error {
	if l.archive == nil {
		return nil
	}
	return l.archive.Close()
}

// pin implements [source].
func (l *local) pin(f *onnx.File) error {
	if f.SHA256 != "" && f.Bytes > 0 {
		return nil
	}
	for _, e := range l.entries {
		if path.Base(e.name) != path.Base(f.Path) || f.Bytes > 0 && f.Bytes != e.size {
			continue
		}
		n, sum, err := e.hash()
		if err != nil {
			return fmt.Errorf("%s in %s: %w", e.name, l.from, err)
		}
		if f.SHA256 == "" || f.SHA256 == sum {
			f.Bytes, f.SHA256 = n, sum
			return nil
		}
	}
	return fmt.Errorf("%s: %w %s", f.Path, ErrNoSource, l.from)
}

func (e *entry) hash() (int64, string, error) {
	r, err := e.open()
	if err != nil {
		return 0, "", err
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(r, maxFileBytes))
	return n, hex.EncodeToString(sum.Sum(nil)), err
}

// copies implements [source].
func (l *local) copies() int64 { return 1 }

// fetch implements [source].
func (l *local) fetch(_ context.Context, f onnx.File, _ string, put func(io.Reader) error, count func(n int64)) error {
	err := fmt.Errorf("%w: nothing in %s has %d bytes and sha256 %s; is it another version?", ErrNoSource, l.from, f.Bytes, f.SHA256)
	for _, e := range l.entries {
		if e.size != f.Bytes {
			continue
		}
		if err = e.put(put, count); !errors.Is(err, ErrMismatch) {
			return err
		}
		err = fmt.Errorf("%s in %s: %w", e.name, l.from, err)
	}
	return err
}

func (e *entry) put(put func(io.Reader) error, count func(n int64)) error {
	r, err := e.open()
	if err != nil {
		return err
	}
	defer r.Close()
	read := int64(0)
	err = put(readerFunc(func(p []byte) (int, error) {
		n, err := r.Read(p)
		read += int64(n)
		count(int64(n))
		return n, err
	}))
	if err != nil {
		count(-read)
	}
	return err
}
