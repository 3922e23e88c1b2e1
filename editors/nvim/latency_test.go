package nvim

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lsp/editors/internal/editortest"
)

// BenchmarkTyping measures with testdata/latency.lua, over Go's standard library with some 77,000 functions, the time from
// a key to the refreshed list on the screen, beyond the debounce, and to the last change, that of the preview. It needs
// the pickers themselves, in the folder that the variable PICKERS names:
//
//	PICKERS=DIR go test ./editors/nvim -run '^$' -bench Typing
func BenchmarkTyping(b *testing.B) {
	clones := os.Getenv("PICKERS")
	if clones == "" {
		b.Skip("the variable PICKERS names no folder with clones of the pickers")
	}
	script, err := filepath.Abs("testdata/latency.lua")
	if err != nil {
		b.Fatal(err)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	folder := filepath.Join(strings.TrimSpace(string(goroot)), "src")
	for _, picker := range []string{"snacks", "telescope", "fzf-lua", "mini.pick"} {
		b.Run(picker, func(b *testing.B) {
			var sum struct{ Functions, Keys, Answered, P50, P95, Screen95 float64 }
			for b.Loop() {
				out := runNeovim(b, folder, "-l", script, editortest.Server(b), folder, pluginFolder(b), picker, clones)
				if err := json.Unmarshal([]byte(out[strings.LastIndex(out, "{"):]), &sum); err != nil {
					b.Fatalf("%v in %s", err, out)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(sum.Functions, "functions")
			b.ReportMetric(sum.Keys, "keys")
			b.ReportMetric(sum.Answered, "answered")
			b.ReportMetric(sum.P50, "p50-ms")
			b.ReportMetric(sum.P95, "p95-ms")
			b.ReportMetric(sum.Screen95, "screen-p95-ms")
		})
	}
}
