package engine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBattery(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"none":        {nil, false},
		"discharging": {map[string]string{"BAT0/type": "Battery", "BAT0/status": "Discharging", "AC/type": "Mains", "AC/online": "0"}, true},
		"plugged in":  {map[string]string{"BAT0/type": "Battery", "BAT0/status": "Discharging", "AC/type": "Mains", "AC/online": "1"}, false},
		"charging":    {map[string]string{"BAT0/type": "Battery", "BAT0/status": "Charging"}, false},
		"mouse":       {map[string]string{"hid/type": "Battery", "hid/status": "Discharging", "hid/scope": "Device"}, false},
	} {
		dir := t.TempDir()
		for path, text := range test.files {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := batteryOf(dir); got != test.want {
			t.Errorf("%s: on battery %v, want %v", name, got, test.want)
		}
	}
}
