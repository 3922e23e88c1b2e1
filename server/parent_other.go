//go:build !unix && !windows

package server

// alive reports false where processes cannot be looked at, so that none is watched.
func alive(int) bool { return false }
