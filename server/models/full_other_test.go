//go:build !linux && !darwin

package models

// limitFiles does nothing where a process cannot limit itself.
func limitFiles(string) error { return nil }
