package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lsp/server/settings"
)

// DefaultCacheDir returns the folder of all indexes of this user.
func DefaultCacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder (set cacheDir to choose one): %w", err)
	}
	return filepath.Join(dir, "semantic-lsp"), nil
}

// chooseCache finds the folder of the indexes. An engine that stays, and so can keep what it makes, goes on with a
// temporary one when nothing can be written there, as in a home that is read-only; any other fails with the first folder.
func (e *Engine) chooseCache(set settings.Settings) error {
	if e.cacheDir == "" {
		e.cacheDir = set.CacheDir
	}
	if e.cacheDir == "" {
		dir, err := DefaultCacheDir()
		if err != nil {
			return err
		}
		e.cacheDir = dir
	}
	abs, err := filepath.Abs(e.cacheDir)
	if err != nil {
		return fmt.Errorf("find cache folder %s: %w", e.cacheDir, err)
	}
	e.cacheDir = abs
	if !e.cfg.Watch {
		return nil
	}
	cause := probe(e.cacheDir)
	if cause == nil {
		return nil
	}
	if e.temporary, err = os.MkdirTemp("", "semantic-lsp-*"); err != nil {
		return fmt.Errorf("make a temporary folder, since %s cannot be written (%w): %w", e.cacheDir, cause, err)
	}
	e.degrade(fmt.Sprintf("nothing can be written to %s, so indexes are in a temporary folder and made anew with every start; "+
		"make it writable, or set cacheDir to another (%v)", e.cacheDir, cause))
	e.cacheDir = e.temporary
	return nil
}

// probe reports why nothing can be written to a folder, which is made when it does not exist.
func probe(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// degrade notes something that is wrong with the engine as a whole.
func (e *Engine) degrade(reason string) {
	e.log.Error("degraded", "reason", reason)
	if e.degraded != "" {
		reason = e.degraded + "; " + reason
	}
	e.degraded = reason
}
