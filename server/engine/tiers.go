package engine

import (
	"errors"
	"time"

	"lsp/indexer"
)

// reportTiers tells how far the vectors of the second encoder are, until the engine is closed.
func (e *Engine) reportTiers() {
	ticker := time.NewTicker(5 * progressInterval)
	defer ticker.Stop()
	running := map[string]string{} // model by root
	for {
		select {
		case <-ticker.C:
			e.reportTiersOnce(running)
		case <-e.ctx.Done():
			return
		}
	}
}

// reportTiersOnce tells about every root whose vectors are being computed, and about each one more time when they are
// not any more.
func (e *Engine) reportTiersOnce(running map[string]string) {
	open := map[string]bool{}
	for _, r := range e.sortedRoots() {
		x := r.live()
		if x == nil {
			continue
		}
		st := x.TierStatus()
		if st == nil {
			continue
		}
		p := Progress{Root: r.where.Path, Model: st.Model, Done: st.Done, Total: st.Total, Left: st.Left}
		switch st.State {
		case indexer.TierEncoding, indexer.TierWaiting, indexer.TierFollowing:
			open[r.where.Path] = true
			running[r.where.Path] = st.Model
		case indexer.TierDegraded:
			p.Finished, p.Err = true, errors.New(st.Reason)
		default:
			p.Finished = true
		}
		if p.Finished && running[r.where.Path] == "" {
			continue
		}
		if p.Finished {
			delete(running, r.where.Path)
		}
		r.tell(p)
	}
	for root, model := range running {
		if !open[root] {
			delete(running, root)
			e.cfg.OnProgress(Progress{Root: root, Model: model, Finished: true})
		}
	}
}
