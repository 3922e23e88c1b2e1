package store

import (
	"errors"
	"fmt"
)

// ErrLocked is returned when another process writes the index.
var ErrLocked = errors.New("another process writes this index")

// ErrLost is returned when the folder of the index was removed or replaced while this process wrote it, so that
// another process may write there now. Call Dir.Reopen, then TryLock.
var ErrLost = errors.New("the index folder was removed or replaced")

// ErrMismatch is returned when an index is whole but was made by another format version or model.
var ErrMismatch = errors.New("index was made by another version or model")

// CorruptError says that bytes of the index are not what was written.
type CorruptError struct {
	File   string // path or "memory"
	Detail string // what was expected and what was found
}

// Error implements error.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("index file %s is damaged: %s", e.File, e.Detail)
}

func corrupt(file, format string, args ...any) error {
	return &CorruptError{File: file, Detail: fmt.Sprintf(format, args...)}
}
