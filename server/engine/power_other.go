//go:build !linux && !windows

package engine

// onBattery is false: the source of power is not known on this system.
func onBattery() bool { return false }
