package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lsp/indexer/store"
	"lsp/workspace"
)

// stored is an index as it lies in the cache folder, seen without opening it for searches.
type stored struct {
	dir      string
	manifest *store.Manifest // nil when it cannot be read
	err      error           // why
}

// readStored reads the manifest of the index in a folder. Nothing is created or locked.
func readStored(dir string) stored {
	s := stored{dir: dir}
	if _, err := os.Stat(dir); err != nil {
		s.err = err
		return s
	}
	d, err := store.OpenDir(dir)
	if err != nil {
		s.err = err
		return s
	}
	s.manifest, s.err = d.ReadManifest()
	return s
}

// storedOf finds the index of the repository around a folder.
func (g *globals) storedOf(root string) (stored, error) {
	dir, err := folder(root)
	if err != nil {
		return stored{}, err
	}
	repository, err := workspace.FindRoot(dir)
	if err != nil {
		return stored{}, err
	}
	cache, err := g.cache()
	if err != nil {
		return stored{}, err
	}
	s := readStored(filepath.Join(cache, store.DirectoryName(repository.Path)))
	if errors.Is(s.err, fs.ErrNotExist) {
		return stored{}, fmt.Errorf("%s has no index yet; make one with: lsp index --root %s", repository.Path, repository.Path)
	}
	return s, nil
}

// allStored lists the indexes in the cache folder. A folder that does not exist holds none.
func allStored(cache string) ([]stored, error) {
	entries, err := os.ReadDir(cache)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the indexes: %w", err)
	}
	var all []stored
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		s := readStored(filepath.Join(cache, e.Name()))
		if errors.Is(s.err, fs.ErrNotExist) && !emptyIndex(s.dir) {
			continue // not a folder of ours
		}
		all = append(all, s)
	}
	return all, nil
}

// emptyIndex reports whether a folder without a manifest holds nothing but what an index starts with.
func emptyIndex(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 1 && entries[0].Name() == "LOCK"
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
