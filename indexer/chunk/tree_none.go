//go:build !cgo

package chunk

// tree is what a State keeps of a text for parsers in C, of which this build has none.
type tree struct{}
