package indexer_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"lsp/encoder/static"
	"lsp/indexer"
	"lsp/workspace"
)

// openStandardLibrary opens an empty index over the source of Go's standard library with the embedded model.
func openStandardLibrary(b *testing.B, dir string) *indexer.Index {
	b.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	root, err := workspace.Canonical(filepath.Join(strings.TrimSpace(string(out)), "src"))
	if err != nil {
		b.Fatal(err)
	}
	model, err := static.Default()
	if err != nil {
		b.Fatal(err)
	}
	where := workspace.Root{Path: root}
	x, err := indexer.Open(indexer.Config{Root: where, Dir: dir, Encoder: model, Rules: workspace.LoadRules(where, workspace.RuleOptions{})})
	if err != nil {
		b.Fatal(err)
	}
	return x
}

// BenchmarkColdIndex indexes the standard library from nothing to a complete index on disk.
func BenchmarkColdIndex(b *testing.B) {
	for range b.N {
		debug.FreeOSMemory()
		x := openStandardLibrary(b, filepath.Join(b.TempDir(), "index"))
		begin := time.Now()
		if err := x.Reconcile(context.Background()); err != nil {
			b.Fatal(err)
		}
		if err := x.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		e, release := x.Acquire()
		var source int64
		for _, l := range e.Layers {
			source += l.Segment.SourceBytes()
		}
		release()
		st := x.Status()
		b.ReportMetric(float64(source)/1e6/took.Seconds(), "MB/s")
		b.ReportMetric(float64(st.Units), "units")
		b.ReportMetric(float64(st.DiskBytes)/float64(source), "disk/source")
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWarmOpen opens a complete index of the standard library.
func BenchmarkWarmOpen(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "index")
	x := openStandardLibrary(b, dir)
	if err := x.Reconcile(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := openStandardLibrary(b, dir).Close(); err != nil {
			b.Fatal(err)
		}
	}
}
