package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"lsp/indexer/store"
	"lsp/server/engine"
	"lsp/workspace"
)

// errNoIndex tells that a repository was never indexed.
var errNoIndex = errors.New("has no index yet")

// rootOf finds the root that a folder is indexed under, and the folder of all indexes.
func (g *globals) rootOf(path string) (where workspace.Root, cache string, err error) {
	dir, err := folder(path)
	if err != nil {
		return where, "", err
	}
	if cache, err = g.cache(); err != nil {
		return where, "", err
	}
	where, err = engine.FindRoot(cache, dir, g.flags())
	return where, cache, err
}

// storedOf finds the index that a folder belongs to. The error wraps errNoIndex when there is none.
func (g *globals) storedOf(root string) (store.Stored, error) {
	where, cache, err := g.rootOf(root)
	if err != nil {
		return store.Stored{}, err
	}
	s := store.ReadStored(filepath.Join(cache, store.DirectoryName(where.Path)))
	if errors.Is(s.Err, fs.ErrNotExist) {
		return store.Stored{}, fmt.Errorf("%s %w; make one with: lsp index --root %s", where.Path, errNoIndex, where.Path)
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
