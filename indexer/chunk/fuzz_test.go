package chunk

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tortures are texts of any language that have broken something somewhere.
func tortures() map[string][]byte {
	nested := func(open, shut string, n int) []byte {
		return []byte(strings.Repeat(open, n) + strings.Repeat(shut, n))
	}
	return map[string][]byte{
		"empty":           {},
		"one byte":        {'x'},
		"newline":         {'\n'},
		"blank lines":     []byte("\n\n  \n\t\r\n"),
		"nul":             {0},
		"invalid utf-8":   []byte("func \xff\xfe(\x80) {\n\xc3\n}\nclass \xf0\x90: pass\n"),
		"byte order mark": []byte("\ufeffpackage p\n\nfunc f() {}\n"),
		"crlf":            []byte("package p\r\n\r\n// F does.\r\nfunc F() {\r\n}\r\n"),
		"lone cr":         []byte("a\rb\rc"),
		"long line":       bytes.Repeat([]byte("x = 1; "), 40000),
		"braces":          nested("{", "}", 3000),
		"brackets":        nested("f(", ")", 3000),
		"open braces":     bytes.Repeat([]byte("class a { "), 1000),
		"close braces":    bytes.Repeat([]byte("}\n"), 1000),
		"open string":     []byte("x = \"abc\ndef f():\n  return '''\n"),
		"open comment":    []byte("/* never closed\nfunc f() {}\n"),
		"only comments":   []byte("// a\n// b\n# c\n-- d\n"),
		"late start":      []byte("A!&A00{\n<try{0}A(){}00"),
		"nested defs":     nested("def f():\n ", "x", 200),
		"short string":    []byte("class 0\n \"\"\n00"),
		"many blanks":     []byte("0" + strings.Repeat("\n", 105) + "0\n0"),
		"binary":          {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0xff, '\n', 0, 1, 2},
	}
}

func TestTortures(t *testing.T) {
	for name, text := range tortures() {
		for _, l := range languages {
			path := "file" + strings.Fields(l.extensions + " " + l.basenames)[0]
			f := Chunk(context.Background(), path, text, Options{})
			t.Run(l.name+"/"+name, func(t *testing.T) { checkUnits(t, text, f) })
		}
	}
}

// TestTruncated cuts every source at random places: nothing may fail and no line may be lost.
func TestTruncated(t *testing.T) {
	const seed = 1
	r := rand.New(rand.NewPCG(seed, seed))
	for _, file := range sources(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			from, to := 0, r.IntN(len(src)+1)
			if r.IntN(3) == 0 {
				from = r.IntN(to + 1)
			}
			text := slices.Clone(src[from:to])
			if len(text) > 0 && r.IntN(4) == 0 {
				text[r.IntN(len(text))] = byte(r.IntN(256))
			}
			f := Chunk(context.Background(), pathInside(file), text, Options{WindowBytes: 200})
			t.Run(fmt.Sprintf("%s[%d:%d],seed=%d", pathInside(file), from, to, seed), func(t *testing.T) {
				checkUnits(t, text, f)
				checkWords(t, text, f)
			})
		}
	}
}

// TestWordAtTheEnd holds that no scanner waits for a blank that never comes.
func TestWordAtTheEnd(t *testing.T) {
	for _, l := range languages {
		path := "file" + strings.Fields(l.extensions + " " + l.basenames)[0]
		for _, end := range []string{"@D", "@D(", "#", "x", "\"", "/*", "<<A", "=begin", "\\"} {
			text := []byte("class A\n" + end)
			checkUnits(t, text, Chunk(context.Background(), path, text, Options{}))
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, file := range sources(t) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := Chunk(ctx, pathInside(file), src, Options{})
		checkUnits(t, src, f)
	}
}

// TestCaps holds the limits on size: what is longer than a grammar takes is cut into windows, what is longer than
// MaxBytes is cut off.
func TestCaps(t *testing.T) {
	text := []byte(strings.Repeat("def f():\n    return 1\n\n", 400))
	f := Chunk(context.Background(), "a.py", text, Options{MaxGrammar: 1000})
	checkUnits(t, text, f)
	if f.Fallback == "" || f.Truncated {
		t.Errorf("fallback %q, truncated %v", f.Fallback, f.Truncated)
	}
	f = Chunk(context.Background(), "a.py", text, Options{MaxBytes: 1000})
	if !f.Truncated || f.Units[len(f.Units)-1].Range.End > 1000 {
		t.Errorf("truncated %v, last unit %v", f.Truncated, f.Units[len(f.Units)-1].Range)
	}
	line := bytes.Repeat([]byte{'x'}, 100<<20)
	f = Chunk(context.Background(), "a.js", line, Options{})
	if f.Fallback != "too large for a grammar" || !f.Truncated || len(f.Units) > 10000 {
		t.Errorf("a line of 100 MB: fallback %q, truncated %v, %d units", f.Fallback, f.Truncated, len(f.Units))
	}
}

// fuzzLanguage fuzzes the chunking of files with one extension, seeded with the sources of that language.
func fuzzLanguage(f *testing.F, folder, path string) {
	files, err := filepath.Glob("testdata/" + folder + "/*.src")
	if err != nil || len(files) == 0 {
		f.Fatalf("no sources of %s: %v", folder, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, text := range tortures() {
		if len(text) < 10000 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkUnits(t, text, Chunk(context.Background(), path, text, Options{WindowBytes: 300}))
	})
}

func FuzzGo(f *testing.F)         { fuzzLanguage(f, "go", "a.go") }
func FuzzPython(f *testing.F)     { fuzzLanguage(f, "python", "a.py") }
func FuzzJavaScript(f *testing.F) { fuzzLanguage(f, "javascript", "a.js") }
func FuzzTypeScript(f *testing.F) { fuzzLanguage(f, "typescript", "a.tsx") }
func FuzzJava(f *testing.F)       { fuzzLanguage(f, "java", "a.java") }
func FuzzRust(f *testing.F)       { fuzzLanguage(f, "rust", "a.rs") }
func FuzzC(f *testing.F)          { fuzzLanguage(f, "c", "a.c") }
func FuzzCPlusPlus(f *testing.F)  { fuzzLanguage(f, "cpp", "a.cpp") }
func FuzzCSharp(f *testing.F)     { fuzzLanguage(f, "csharp", "a.cs") }
func FuzzRuby(f *testing.F)       { fuzzLanguage(f, "ruby", "a.rb") }
func FuzzPHP(f *testing.F)        { fuzzLanguage(f, "php", "a.php") }
func FuzzKotlin(f *testing.F)     { fuzzLanguage(f, "kotlin", "a.kt") }
func FuzzScala(f *testing.F)      { fuzzLanguage(f, "scala", "a.scala") }
func FuzzElixir(f *testing.F)     { fuzzLanguage(f, "elixir", "a.ex") }
func FuzzLua(f *testing.F)        { fuzzLanguage(f, "lua", "a.lua") }
func FuzzBash(f *testing.F)       { fuzzLanguage(f, "bash", "a.sh") }
func FuzzHaskell(f *testing.F)    { fuzzLanguage(f, "haskell", "a.hs") }
func FuzzZig(f *testing.F)        { fuzzLanguage(f, "zig", "a.zig") }
func FuzzSwift(f *testing.F)      { fuzzLanguage(f, "swift", "a.swift") }
func FuzzDart(f *testing.F)       { fuzzLanguage(f, "dart", "a.dart") }
func FuzzMarkdown(f *testing.F)   { fuzzLanguage(f, "markdown", "a.md") }
func FuzzConfig(f *testing.F)     { fuzzLanguage(f, "config", "a.yaml") }
