//go:build cgo

package chunk

// goldenSuffix names the listings of a build with the parsers written in C.
const goldenSuffix = ".golden"
