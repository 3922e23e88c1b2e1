//go:build !cgo

package chunk

// variant is the part of Version that tells this build from the one with parsers written in C.
const variant = 1

// State would let the next version of a text be parsed from where it differs. This build has no parser that can, and
// what it has needs no help: no File carries one.
type State struct{}
