package engine

import (
	"fmt"
	"os"
	"path/filepath"

	"lsp/indexer/store"
	"lsp/server/settings"
	"lsp/workspace"
)

// FindRoot returns the root that a folder is indexed under, in a folder of indexes and with settings stronger than those of
// a repository. It is the repository of the folder, unless that leaves the folder out (as the repository of a home does
// that ignores everything, or one that has somebody else's code in it): who opens such a folder means it, so it is a root
// of its own. Outside of repositories it is the nearest folder above that has an index, else the folder itself. The index
// of a home folder, and of what lies above it, is for searches in just that folder.
func FindRoot(cacheDir, dir string, layers ...settings.Layer) (workspace.Root, error) {
	dir, err := workspace.Canonical(dir)
	if err != nil {
		return workspace.Root{}, fmt.Errorf("find the root of a folder: %w", err)
	}
	where, err := workspace.FindRoot(dir)
	if err != nil {
		return where, fmt.Errorf("find the repository of %s: %w", dir, err)
	}
	if where.IsGit() {
		if leavesOut(where, dir, layers) {
			return workspace.Root{Path: dir}, nil
		}
		return where, nil
	}
	if isIndexed(cacheDir, dir) {
		return where, nil
	}
	home, err := os.UserHomeDir()
	if err == nil {
		home, err = workspace.Canonical(home)
	}
	for up := filepath.Dir(dir); up != filepath.Dir(up) && (err != nil || up != home); up = filepath.Dir(up) {
		if isIndexed(cacheDir, up) {
			return workspace.Root{Path: up}, nil
		}
	}
	return where, nil
}

// isIndexed reports whether a root has an index.
func isIndexed(cacheDir, root string) bool {
	_, err := os.Stat(filepath.Join(indexDir(cacheDir, root), store.ManifestName))
	return err == nil
}

// leavesOut reports whether a repository leaves out a folder inside that may hold code all the same.
func leavesOut(repository workspace.Root, dir string, layers []settings.Layer) bool {
	rel, inside := repository.Rel(dir)
	if !inside {
		return false
	}
	set, _ := settings.ResolveRoot(repository.Path, layers...) // what is wrong with them is told when the root is opened
	reason, _ := workspace.LoadRules(repository, ruleOptions(set.Index)).Match(rel, true)
	return reason == workspace.Ignored || reason == workspace.Vendored
}

// indexDir returns the folder of the index of a root.
func indexDir(cacheDir, root string) string {
	return filepath.Join(cacheDir, store.DirectoryName(root))
}
