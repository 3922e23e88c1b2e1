package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"lsp/indexer/store"
	"lsp/workspace"
)

// errNoIndex tells that a repository was never indexed.
var errNoIndex = errors.New("has no index yet")

// storedOf finds the index of the repository around a folder. The error wraps errNoIndex when there is none.
func (g *globals) storedOf(root string) (store.Stored, error) {
	dir, err := folder(root)
	if err != nil {
		return store.Stored{}, err
	}
	repository, err := workspace.FindRoot(dir)
	if err != nil {
		return store.Stored{}, err
	}
	cache, err := g.cache()
	if err != nil {
		return store.Stored{}, err
	}
	s := store.ReadStored(filepath.Join(cache, store.DirectoryName(repository.Path)))
	if errors.Is(s.Err, fs.ErrNotExist) {
		return store.Stored{}, fmt.Errorf("%s %w; make one with: lsp index --root %s", repository.Path, errNoIndex, repository.Path)
	}
	return s, nil
}

// totals sums up the segments of a manifest.
func totals(m *store.Manifest) (files, units int, bytes int64) {
	for _, e := range m.Segments {
		files, units, bytes = files+e.Files, units+e.Units, bytes+e.Size
	}
	return files, units, bytes
}

// size writes a number of bytes for people: 1.5 MB.
func size(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, names := float64(n)/unit, "kMGT"
	for value >= unit && len(names) > 1 {
		value, names = value/unit, names[1:]
	}
	return fmt.Sprintf("%.1f %cB", value, names[0])
}
