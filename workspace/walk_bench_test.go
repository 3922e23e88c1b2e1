package workspace

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// BenchmarkWalk walks the standard library's source: some 11,000 files in 1,300 directories.
func BenchmarkWalk(b *testing.B) {
	top := filepath.Join(runtime.GOROOT(), "src")
	if _, err := os.Stat(top); err != nil {
		b.Fatalf("the benchmark needs the source of the standard library: %v", err)
	}
	path, err := Canonical(top)
	if err != nil {
		b.Fatal(err)
	}
	rules := LoadRules(Root{Path: path})
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
