package chunk

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type sourceFile struct {
	path string
	text []byte
}

// readTree returns up to limit bytes of the files below root that have the extension.
func readTree(tb testing.TB, root, ext string, limit int) (files []sourceFile, size int) {
	tb.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || size >= limit {
			return fs.SkipDir
		}
		if e.Type().IsRegular() && strings.HasSuffix(path, ext) {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files, size = append(files, sourceFile{path, text}), size+len(text)
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files, size
}

// BenchmarkGoroot cuts the standard library of Go, or CHUNK_BENCH_ROOT with extension CHUNK_BENCH_EXT, on one thread.
func BenchmarkGoroot(b *testing.B) {
	root, ext := os.Getenv("CHUNK_BENCH_ROOT"), os.Getenv("CHUNK_BENCH_EXT")
	if root == "" {
		root, ext = librarySource(b), ".go"
	}
	files, size := readTree(b, root, ext, 24<<20)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	units, fallbacks, damaged := 0, 0, 0
	for b.Loop() {
		units, fallbacks, damaged = 0, 0, 0
		for _, f := range files {
			file := Chunk(context.Background(), f.path, f.text, Options{})
			units += len(file.Units)
			if file.Fallback != "" {
				fallbacks++
			}
			if file.Damaged {
				damaged++
			}
		}
	}
	b.ReportMetric(float64(len(files)), "files")
	b.ReportMetric(float64(units), "units")
	b.ReportMetric(float64(fallbacks), "fallbacks")
	b.ReportMetric(float64(damaged), "damaged")
}
