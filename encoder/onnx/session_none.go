//go:build !cgo

package onnx

import (
	"context"
	"errors"
)

// ErrNoCgo says that this program was built without cgo, which the runtime needs.
var ErrNoCgo = errors.New("built without cgo, which transformers need")

// Session runs one model; without cgo there is none.
type Session struct{}

// Open always fails in a build without cgo.
func Open(config Config) (*Session, error) { return nil, ErrNoCgo }

// Close does nothing.
func (s *Session) Close() error { return nil }

// Embed always fails in a build without cgo.
func (s *Session) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return nil, ErrNoCgo
}
