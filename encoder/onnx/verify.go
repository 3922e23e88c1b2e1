package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrMismatch says that a file is not the one that was pinned: damaged, cut off, or another.
var ErrMismatch = errors.New("the content is not what the catalogue names")

// Matches compares the size and the SHA-256 of what was read with those of f. What differs is ErrMismatch.
func (f *File) Matches(n int64, sum []byte) error {
	got := hex.EncodeToString(sum)
	switch {
	case n > f.Bytes:
		return fmt.Errorf("%w: more than %d bytes", ErrMismatch, f.Bytes)
	case n < f.Bytes:
		return fmt.Errorf("%w: %d bytes, want %d", ErrMismatch, n, f.Bytes)
	case got != f.SHA256:
		return fmt.Errorf("%w: sha256 %s, want %s", ErrMismatch, got, f.SHA256)
	}
	return nil
}

// Verify reads a file on disk and compares it with f.
func (f *File) Verify(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != f.Bytes { // without reading it
		return fmt.Errorf("%s: %w: %d bytes, want %d", path, ErrMismatch, info.Size(), f.Bytes)
	}
	n, sum, err := hashed(file)
	if err != nil {
		return err
	}
	if err := f.Matches(n, sum); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// hashed reads an open file to its end and returns its size and its SHA-256.
func hashed(file *os.File) (n int64, sum []byte, err error) {
	h := sha256.New()
	if n, err = io.Copy(h, file); err != nil {
		return 0, nil, fmt.Errorf("read %s: %w", file.Name(), err)
	}
	return n, h.Sum(nil), nil
}

// Verify compares all files with the manifest.
func (m *Manifest) Verify() error {
	for i := range m.Files {
		f := &m.Files[i]
		if err := f.Verify(filepath.Join(m.Folder, f.Path)); err != nil {
			return err
		}
	}
	return nil
}
