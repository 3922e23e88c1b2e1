package workspace

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkWalk walks the standard library's source: some 11,000 files in 1,300 directories.
func BenchmarkWalk(b *testing.B) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	path, err := Canonical(filepath.Join(strings.TrimSpace(string(goroot)), "src"))
	if err != nil {
		b.Fatal(err)
	}
	rules := LoadRules(Root{Path: path}, RuleOptions{})
	var counts Counts
	for b.Loop() {
		counts, err = Walk(context.Background(), rules, WalkOptions{}, func(Entry) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(counts.Files), "files")
	b.ReportMetric(float64(counts.Dirs), "dirs")
}
