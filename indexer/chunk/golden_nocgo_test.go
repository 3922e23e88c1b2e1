//go:build !cgo

package chunk

const withParsers = false // this build lacks the parsers written in C
