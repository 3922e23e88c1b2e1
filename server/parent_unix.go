//go:build unix

package server

import (
	"errors"
	"syscall"
)

// alive reports whether a process exists, also when it belongs to somebody else.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
