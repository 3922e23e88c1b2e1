package indexer

import (
	"fmt"
	"syscall"
)

var setThreadPriority = syscall.NewLazyDLL("kernel32.dll").NewProc("SetThreadPriority")

// lowerPriority makes the system prefer every other thread of this process to the calling one, which must be locked to its
// goroutine.
func lowerPriority() error {
	const (
		currentThread = ^uintptr(1) // what GetCurrentThread returns, (HANDLE)-2
		lowest        = ^uintptr(1) // THREAD_PRIORITY_LOWEST, -2
	)
	if ok, _, err := setThreadPriority.Call(currentThread, lowest); ok == 0 {
		return fmt.Errorf("lower the priority of a thread: %w", err)
	}
	return nil
}
