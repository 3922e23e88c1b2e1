//go:build !cgo

package chunk

// State would let the next version of a text be parsed from where it differs. This build has no parser that can, and
// what it has needs no help: no File carries one.
type State struct{}
