package nvim

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lsp/editors/internal/editortest"
)

// BenchmarkTyping measures with testdata/latency.lua, over Go's standard library without its commands, some 55,000
// functions, the time from a key to the refreshed list on the screen, beyond the debounce, and to the last change, that of
// the preview; and in percent how many keys that continue a word put another result first. It needs the pickers
// themselves, in the folder that the variable PICKERS names:
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
	folder := filepath.Join(b.TempDir(), "library")
	if err := os.CopyFS(folder, withoutCommands{os.DirFS(filepath.Join(strings.TrimSpace(string(goroot)), "src"))}); err != nil {
		b.Fatal(err)
	}
	for _, picker := range []string{"snacks", "telescope", "fzf-lua", "mini.pick"} {
		b.Run(picker, func(b *testing.B) {
			var sum struct{ Functions, Keys, Answered, P50, P95, Screen95, Changed float64 }
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
			b.ReportMetric(100*sum.Changed, "changed-%")
		})
	}
}

// withoutCommands is Go's standard library, in which the folder cmd looks empty.
type withoutCommands struct{ fs.FS }

func (f withoutCommands) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "cmd" {
		return nil, nil
	}
	return fs.ReadDir(f.FS, name)
}
