//go:build cgo

package chunk

const withParsers = true // this build has the parsers written in C
