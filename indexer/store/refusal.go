package store

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// refusedName is the file in the folder of an index that says that a person does not want the index to be made.
const refusedName = "REFUSED"

// Refused reports whether a person said that the index of this folder must not be made.
func Refused(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, refusedName))
	return err == nil
}

// SetRefused notes whether the index of this folder, which must exist, must not be made. It goes with the folder.
func SetRefused(dir string, refused bool) error {
	path := filepath.Join(dir, refusedName)
	if refused {
		return WriteFileAtomic(path, func(io.Writer) error { return nil })
	}
	if err := ignoreMissing(os.Remove(path)); err != nil {
		return fmt.Errorf("forget that an index was refused: %w", err)
	}
	return nil
}
