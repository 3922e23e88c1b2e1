//go:build unix

package workspace

import (
	"io/fs"
	"syscall"
)

const (
	errNotDirectory = syscall.ENOTDIR
	errBadName      = syscall.ENAMETOOLONG
)

// inodeOf returns the file's inode number, 0 where there is none.
func inodeOf(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
