package engine

import (
	"context"
	"errors"
	"fmt"
)

// ErrNotIndexed is returned for files that the index does not hold: they are ignored, were deleted, or lie outside
// the open folders of their repository.
var ErrNotIndexed = errors.New("file is not in the index")

// Source returns the text of an indexed file as it is now, unsaved text in place of the disk's. The path is absolute
// or relative to base, a root. Files that are not indexed are not read. The error wraps ErrNotOpen, ErrNotIndexed, or
// what the workspace says of a file that cannot be read, such as fs.ErrNotExist.
func (e *Engine) Source(ctx context.Context, base, path string) ([]byte, error) {
	where, rel, err := e.place(base, path)
	if err != nil {
		return nil, err
	}
	views, _, release := e.views(ctx)
	defer release()
	for _, v := range views {
		if v.Root != where || v.Within != "" && !isWithin(rel, v.Within) {
			continue
		}
		if _, _, ok := v.Epoch.Lookup(rel); ok {
			return v.Read(rel)
		}
	}
	return nil, fmt.Errorf("%s: %w", path, ErrNotIndexed)
}
