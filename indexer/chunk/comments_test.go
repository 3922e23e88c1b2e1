package chunk

import (
	"bytes"
	"context"
	goscanner "go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestComments finds the comments of texts with what looks like comments in strings, and the other way round. Comments are
// marked «so» in the texts.
func TestComments(t *testing.T) {
	for _, tc := range []struct{ language, text string }{
		{"go", "«// a \"b»\nx := \"// no\" + `/* no\n// no` «/* yes \" */» + '\"' «// b»"},
		{"go", "x := '\\'' «// c»\ny := '/' «/* never closed»"},
		{"c", "int x = 1'000; char c = '\"'; «/* a // b */» puts(\"/*\"); «// c»\n"},
		{"cpp", "auto s = R\"x(// no)\" no)x\"; «// yes»"},
		{"java", "String s = \"\"\"\n // no \"quoted\" \"\"\"; «/** yes */»"},
		{"rust", "fn f<'a>(x: &'a str) { r#\"// \"no\"\"# } «/* a /* b */ c */» «//! d»"},
		{"javascript", "let a = /[/'\"]\\/\\/ no/g, b = a / 2; «// yes»\nlet c = `// no\n${'x'}`; return /'/ «/* d */»"},
		{"csharp", "var s = @\"c:\\\" + \"\\\"\"; «// yes»\nvar q = @\"a \"\" // no\"; «/// <doc>»"},
		{"python", "\"\"\"doc # no\n\"\"\"\nx = '#' «# yes it's»\ny = r'\\n' «# no'»\nz = f\"{a}#\" "},
		{"ruby", "x = \"#{y} # no\" «# yes»\ns = <<~SQL\n# no ' \"\nSQL\nz = 1 «# more»«\n=begin\nall of it 'here\n=end»\nw #{no}\n"},
		{"php", "<?php #[Pure]\n$a = '# no'; «// yes»\n$b = <<<EOT\n// no '\nEOT;\n«# c»"},
		{"kotlin", "val s = \"\"\"// no\"\"\" «/* a /* b */ c */» 'x'"},
		{"elixir", "x = ?\" «# yes»\n@doc \"\"\"\n# no ' \"\n\"\"\"\n«# b»"},
		{"lua", "x = [==[ -- no ]] ]==] «--[[ a\n-- b ]]» y = '--' «-- [c]»\n«--[=[ d ]] ]=]» z"},
		{"bash", "echo \"# no\" $# ${#x} a#b «# yes»\ncat <<'EOF'\n# no it's\nEOF\ny='# no\n# no' «# b»\necho \\' «# c'»"},
		{"haskell", "x --> y\n«-- | doc»\nf' = 'a' «{- a {- b -} c -}» {-# INLINE f #-} \"--\" «--- d»"},
		{"zig", "const s =\n  \\\\ // no\n; «// yes»"},
		{"swift", "let s = #\"// \"no\"\"# «/* a /* b */ c */»"},
		{"dart", "var s = '''// no\n'''; var t = \"it's\"; «/// yes»"},
		{"ocaml", "let s = \"(* no *)\" «(* a (* b *) c *)»"},
		{"clojure", "(str \\; \\\" \";\") «; yes»"},
		{"julia", "a' «# yes'»\n«#= b\nc =#»\n\"# no\""},
		{"powershell", "$a = \"`\" # no\" «# yes»\n«<# b\n#>»"},
		{"sql", "select 'it''s -- no' «-- yes»\n«/* b */»"},
		{"yaml", "a: don't «# no'»"},
		{"yaml", "«# a»\nb: \"# no\" «# yes»\nc: http://x#no\nd: it's «# f»"},
		{"toml", "a = '''\n# no\n''' «# yes»"},
		{"ini", "«; a»\nb = c ; no\n  «# d»"},
		{"html", "<p>it's</p> «<!-- a\n-->» <b>"},
		{"css", "a { background: url(//x) } «/* b */»\n«// c»"},
		{"makefile", "«# a»\nb: c «# d»\n\te\\#f"},
		{"dockerfile", "«# a»\nRUN echo # no"},
		{"latex", "50\\% «% yes»"},
		{"vim", "«\" a»\nlet x = \"no\""},
		{"markdown", "# a heading\n// no"},
		{"json", "{\"a\": \"// no\"}"},
		{"unknown", "// no"},
	} {
		var text strings.Builder
		var want []string
		for rest := tc.text; ; {
			before, inside, found := strings.Cut(rest, "«")
			text.WriteString(before)
			if !found {
				break
			}
			inside, rest, _ = strings.Cut(inside, "»")
			text.WriteString(inside)
			want = append(want, inside)
		}
		var got []string
		for _, r := range Comments(tc.language, []byte(text.String())) {
			got = append(got, text.String()[r.Start:r.End])
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s, in\n%s\ngot  %q\nwant %q", tc.language, text.String(), got, want)
		}
	}
}

// librarySource is the folder with the source of Go's library.
func librarySource(tb testing.TB) string {
	tb.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "src")
}

// TestCommentsOfGo compares with the scanner of the language over a part of its library.
func TestCommentsOfGo(t *testing.T) {
	var files []string
	for _, folder := range []string{"go/*", "net/http"} {
		found, err := filepath.Glob(filepath.Join(librarySource(t), filepath.FromSlash(folder), "*.go"))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(found), err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		at := set.AddFile(file, -1, len(src))
		var s goscanner.Scanner
		failed := 0
		s.Init(at, src, func(token.Position, string) { failed++ }, goscanner.ScanComments)
		var want []Range
		for {
			pos, tok, lit := s.Scan()
			if tok == token.EOF {
				break
			}
			if tok == token.COMMENT {
				start := at.Offset(pos)
				want = append(want, Range{start, start + len(lit)})
			}
		}
		if got := Comments("go", src); failed == 0 && !bytes.Contains(src, []byte{'\r'}) && !slices.Equal(got, want) {
			t.Errorf("%s: %d comments, want %d", file, len(got), len(want))
		}
	}
}

// TestUnitComments gives comments to the units in whose text they lie.
func TestUnitComments(t *testing.T) {
	src := []byte("package a // of the module\n\n// Doc of F.\nfunc F() {\n\t// inside of F\n\tx() // and beside\n}\n\n" +
		"// Doc of T.\ntype T struct {\n\ta int // a field\n}\n")
	file := Chunk(context.Background(), "a.go", src, Options{})
	got := map[string]string{}
	for i := range file.Units {
		u := &file.Units[i]
		got[u.Kind.String()+" "+u.Name] = u.CommentText(src)
	}
	want := map[string]string{"module ": "// of the module", "function F": "// inside of F\n// and beside", "struct T": "// a field"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzComments checks that comments are ascending pieces of the text in every language.
func FuzzComments(f *testing.F) {
	for _, l := range Languages() {
		f.Add(l.Name, "a // b\n# c ' \" /* d <<X\n-- e\nX\n[[ {- (* ''' `")
	}
	f.Fuzz(func(t *testing.T, language, text string) {
		at := 0
		for _, r := range Comments(language, []byte(text)) {
			if r.Start < at || r.End <= r.Start || r.End > len(text) {
				t.Fatalf("%v after %d in a text of %d bytes", r, at, len(text))
			}
			at = r.End
		}
	})
}

func BenchmarkComments(b *testing.B) {
	src, err := os.ReadFile(filepath.Join(librarySource(b), "net", "http", "server.go"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		Comments("go", src)
	}
}
