package server

import (
	"context"
	"time"
)

// parentPeriod is how often the editor's process is looked for.
const parentPeriod = 3 * time.Second

// watchParent calls gone when the process pid ends. A process that cannot be seen from here (the editor runs on
// another machine or in another container) is not watched: that it is missing says nothing.
func watchParent(ctx context.Context, pid int, period time.Duration, gone func()) {
	if pid <= 1 || !alive(pid) {
		return
	}
	go func() {
		ticker := time.NewTicker(period)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if !alive(pid) {
					gone()
					return
				}
			}
		}
	}()
}
