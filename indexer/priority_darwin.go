package indexer

import (
	"fmt"
	"syscall"
)

// lowerPriority makes the system prefer every other thread of this process to the calling one, which must be locked to its
// goroutine. The numbers are PRIO_DARWIN_THREAD and PRIO_DARWIN_BG of sys/resource.h.
func lowerPriority() error {
	const thread, background = 3, 0x1000
	if err := syscall.Setpriority(thread, 0, background); err != nil {
		return fmt.Errorf("lower the priority of a thread: %w", err)
	}
	return nil
}
