//go:build cgo

package chunk

// State lets the next version of a text be parsed from where it differs. It is opaque, immutable and safe for use by
// several goroutines; it refers to the text it was made from, and its memory is freed when nothing refers to it any
// more.
type State struct {
	lang *language
	text []byte
	tree *tree
}
