//go:build !linux && !darwin && !windows

package indexer

import "errors"

// lowerPriority does nothing where priorities belong to processes.
func lowerPriority() error { return errors.ErrUnsupported }
