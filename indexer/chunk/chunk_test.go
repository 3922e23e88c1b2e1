package chunk

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden listings")

// listing describes a file's units, one line each and their documentation's first line below.
func listing(src []byte, f File) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", f.Language, f.Content)
	if f.Damaged {
		b.WriteString(" damaged")
	}
	if f.Fallback != "" {
		fmt.Fprintf(&b, " fallback(%s)", f.Fallback)
	}
	b.WriteByte('\n')
	if f.Documentation != "" {
		fmt.Fprintf(&b, "    | %s\n", firstLine(f.Documentation))
	}
	line := func(at int) int { return bytes.Count(src[:at], []byte{'\n'}) + 1 }
	for i := range f.Units {
		u := &f.Units[i]
		fmt.Fprintf(&b, "%d-%d %s %q", line(u.Range.Start), line(u.Range.End-1), u.Kind, u.Name)
		if u.Owner != "" {
			fmt.Fprintf(&b, " in %q", u.Owner)
		}
		for bit, name := range []string{"documented", "exported", "test", "generated", "deprecated", "example"} {
			if u.Flags&(1<<bit) != 0 {
				b.WriteString(" " + name)
			}
		}
		b.WriteByte('\n')
		if u.Signature != "" {
			fmt.Fprintf(&b, "    %s\n", u.Signature)
		}
		if u.Documentation != "" {
			fmt.Fprintf(&b, "    | %s\n", strings.ReplaceAll(u.Documentation, "\n", "\n    | "))
		}
		if u.Parts != nil {
			b.WriteString("    parts")
			for _, p := range u.Parts {
				fmt.Fprintf(&b, " %d-%d", line(p.Start), line(p.End-1))
			}
			b.WriteByte('\n')
		}
		if u.Children != nil {
			fmt.Fprintf(&b, "    children %d\n", len(u.Children))
		}
	}
	return b.String()
}

// sources returns the test sources. Their names end in .src so that no tool takes them for code of the module.
func sources(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*/*.src")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no sources in testdata")
	}
	return files
}

// pathInside is the path under which a test source is cut: without the folder testdata, which marks tests.
func pathInside(file string) string {
	return strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/"), ".src")
}

func chunkFile(t testing.TB, file string) ([]byte, File) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return src, Chunk(context.Background(), pathInside(file), src, Options{})
}

// goldenFile is the listing of a source. What a build without cgo reads in another way has a listing of its own.
func goldenFile(file string) string {
	base := strings.TrimSuffix(file, ".src")
	if l := byName[DetectLanguage(base, nil)]; !withParsers && l.content == Code && l.name != "go" && l.name != "swift" && l.name != "dart" {
		return base + ".nocgo.golden"
	}
	return base + ".golden"
}

func TestGolden(t *testing.T) {
	for _, file := range sources(t) {
		t.Run(pathInside(file), func(t *testing.T) {
			src, f := chunkFile(t, file)
			checkUnits(t, src, f)
			checkWords(t, src, f)
			got := listing(src, f)
			golden := goldenFile(file)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("units differ from %s; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", golden, got, want)
			}
		})
	}
}
