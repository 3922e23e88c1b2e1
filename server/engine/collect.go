package engine

import (
	"errors"
	"time"

	"lsp/indexer/store"
)

// vanishedAge is how long an index whose folder is gone is kept, in case the folder comes back: a disk that is not
// mounted, a work tree that is made anew.
const vanishedAge = 30 * 24 * time.Hour

// collect removes the indexes that nobody can use any more and that were not written for long, and vectors that were not
// used for long. It runs once, beside everything else; what another process uses is left alone.
func (e *Engine) collect() {
	all, err := store.ListStored(e.cacheDir)
	if err != nil {
		e.log.Warn("look for indexes of vanished folders", "error", err)
		return
	}
	for _, s := range all {
		if e.ctx.Err() != nil {
			return
		}
		e.collectVectors(s.Dir)
		why := s.Useless()
		if why == "" || s.Changed.IsZero() || time.Since(s.Changed) < vanishedAge {
			continue
		}
		bytes, err := s.Remove()
		switch {
		case errors.Is(err, store.ErrLocked):
		case err != nil:
			e.log.Warn("remove the index of a vanished folder", "index", s.Dir, "error", err)
		default:
			e.log.Info("removed an index", "index", s.Dir, "bytes", bytes, "reason", why)
		}
	}
}

// collectVectors removes the vectors beside an index that were not used for long.
func (e *Engine) collectVectors(index string) {
	all, err := store.ListVectors(index)
	if err != nil {
		e.log.Warn("look for unused vectors", "error", err)
		return
	}
	for _, v := range all {
		why := v.Useless(nil, e.cfg.Clock.Now())
		if why == "" {
			continue
		}
		switch err := v.Remove(); {
		case errors.Is(err, store.ErrLocked):
		case err != nil:
			e.log.Warn("remove unused vectors", "folder", v.Path, "error", err)
		default:
			e.log.Info("removed vectors", "folder", v.Path, "bytes", v.Size, "reason", why)
		}
	}
}
