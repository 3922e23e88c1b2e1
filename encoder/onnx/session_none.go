//go:build !cgo

package onnx

import "context"

// Supported reports whether this build can run models.
const Supported = false

// LoadRuntime always fails in a build without cgo.
func LoadRuntime(string) (version string, err error) { return "", ErrNoCgo }

// session runs one model; in a build without cgo none can be opened.
type session struct{}

func openSession(string, Run, sessionUse) (*session, error) { return nil, ErrNoCgo }

func (*session) close() error { return ErrNoCgo }

func (*session) run(context.Context, *batch, func([]float32, []int64) error) error { return ErrNoCgo }
