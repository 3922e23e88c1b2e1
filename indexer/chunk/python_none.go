//go:build !cgo

package chunk

var pythonBackend backend
