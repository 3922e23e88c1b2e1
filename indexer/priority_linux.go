package indexer

import (
	"fmt"
	"syscall"
)

// lowerPriority makes the system prefer every other thread of this process to the calling one, which must be locked to its
// goroutine. On Linux a priority belongs to a thread.
func lowerPriority() error {
	const least = 15 // of 19: even among programs that are nice, some time is left
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, least); err != nil {
		return fmt.Errorf("lower the priority of a thread: %w", err)
	}
	return nil
}
