package workspace

import (
	"strings"
	"testing"
)

func TestCheckContent(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name, file, content string
		want                Reason
	}{
		{"empty", "a.go", "", NotSkipped},
		{"text", "a.go", "package a\n", NotSkipped},
		{"escape sequences", "a.txt", "\x1b[1mbold\x1b[0m\f\n", NotSkipped},
		{"nul", "a.go", "package\x00a", Binary},
		{"nul after the head", "a.go", strings.Repeat("a\n", sniffSize/2) + "\x00", NotSkipped},
		{"control characters", "a", "\x01\x02\x03\x04abcdef", Binary},
		{"latin-1 comment", "a.c", "/* caf\xe9, d\xe9j\xe0 vu */ int main() { return 0; }\n", NotSkipped},
		{"no utf-8 at all", "a", strings.Repeat("\xfe\xb1\xc3a", 100), Binary},
		{"character cut at the end of the head", "a", "a" + strings.Repeat("é", 99) + strings.Repeat("\né", sniffSize/3), NotSkipped},
		{"cyrillic", "a", strings.Repeat("Привет ", 2000), Minified},
		{"minified script", "a.js", strings.Repeat(long+"\n", 20), Minified},
		{"long lines elsewhere", "a.md", strings.Repeat(long+"\n", 20), NotSkipped},
		{"short minified script", "a.js", long, NotSkipped},
	} {
		if got := CheckContent(c.file, []byte(c.content)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
