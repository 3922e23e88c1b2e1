package engine

import (
	"os"
	"path/filepath"
	"strings"
)

// powerSupplies is where Linux describes batteries and adapters.
const powerSupplies = "/sys/class/power_supply"

// onBattery reports whether the machine runs on battery: one is discharging and no adapter is connected. It is false
// where nobody knows.
func onBattery() bool { return batteryOf(powerSupplies) }

func batteryOf(dir string) bool {
	supplies, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	discharging := false
	for _, s := range supplies {
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(dir, s.Name(), name))
			if err != nil {
				return ""
			}
			return strings.TrimSpace(string(text))
		}
		switch read("type") {
		case "Mains", "USB":
			if read("online") == "1" {
				return false
			}
		case "Battery":
			// That of a mouse or a keyboard has the scope "Device".
			discharging = discharging || read("scope") != "Device" && read("status") == "Discharging"
		}
	}
	return discharging
}
