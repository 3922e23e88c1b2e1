package engine

import (
	"syscall"
	"unsafe"
)

var getSystemPowerStatus = syscall.NewLazyDLL("kernel32.dll").NewProc("GetSystemPowerStatus")

// onBattery reports whether the machine runs on battery. It is false where nobody knows.
func onBattery() bool {
	var status struct { // SYSTEM_POWER_STATUS
		line, battery, percent, saver byte
		left, full                    uint32
	}
	ok, _, _ := getSystemPowerStatus.Call(uintptr(unsafe.Pointer(&status)))
	return ok != 0 && status.line == 0
}
