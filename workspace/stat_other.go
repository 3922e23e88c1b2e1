//go:build !unix

package workspace

import (
	"io/fs"
	"syscall"
)

const (
	errNotDirectory = syscall.ENOTDIR
	// errBadName is ERROR_INVALID_NAME, for names with reserved characters.
	errBadName = syscall.Errno(123)
)

// inodeOf returns 0: a directory listing holds no file identity here.
func inodeOf(fs.FileInfo) uint64 { return 0 }
