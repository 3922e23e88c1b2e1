package vector

import (
	"context"
	"errors"
	"fmt"
)

// Coder is an index of github.com/coder/hnsw, which does not compile for Windows.
type Coder struct{ section *Section }

// BuildCoder fails on Windows with an error that wraps errors.ErrUnsupported.
func BuildCoder(context.Context, *Section) (*Coder, error) {
	return nil, fmt.Errorf("build coder/hnsw index: the library does not compile for windows: %w", errors.ErrUnsupported)
}

func (c *Coder) search([]float32, int) ([]uint32, error) { return nil, errors.ErrUnsupported }
