//go:build cgo

package chunk

// variant is the part of Version that tells this build, with parsers written in C, from the other.
const variant = 0

// State lets the next version of a text be parsed from where it differs. It is opaque, immutable and safe for use by
// several goroutines; it refers to the text it was made from, and its memory is freed when nothing refers to it any
// more.
type State struct {
	lang *language
	text []byte
	tree *tree
}
