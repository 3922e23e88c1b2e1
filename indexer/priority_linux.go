package indexer

import (
	"fmt"
	"syscall"
)

// lowerPriority makes the system prefer every other thread of this process to the calling one, which must be locked to its
// goroutine. On Linux a priority belongs to a thread.
func lowerPriority() error {
	// A third of the share of a thread of ordinary priority. Less would let a machine that is busy with other programs
	// suspend the thread for long, and between two texts it holds what the collector of garbage waits for.
	const niceness = 5
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness); err != nil {
		return fmt.Errorf("lower the priority of a thread: %w", err)
	}
	return nil
}
