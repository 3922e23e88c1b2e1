package workspace

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func TestMapperLines(t *testing.T) {
	for _, c := range []struct {
		text  string
		lines []string
	}{
		{"", []string{""}},
		{"a", []string{"a"}},
		{"a\n", []string{"a", ""}},
		{"a\nb", []string{"a", "b"}},
		{"a\r\nb\rc\nd", []string{"a", "b", "c", "d"}},
		{"\r\r\n\n\r", []string{"", "", "", "", ""}},
		{"a\r", []string{"a", ""}},
		{"a\n\rb", []string{"a", "", "b"}},
		{"ä\u2028b\v\f\u0085c", []string{"ä\u2028b\v\f\u0085c"}},
	} {
		m := NewMapper([]byte(c.text))
		var got []string
		for line := range m.LineCount() {
			got = append(got, string(m.Line(line)))
		}
		if !slices.Equal(got, c.lines) {
			t.Errorf("lines of %q = %q, want %q", c.text, got, c.lines)
		}
	}
}

func TestMapperColumns(t *testing.T) {
	// a, tab, é as one and as two runes, an emoji of two UTF-16 units, an invalid byte, b
	const text = "x\na\té" + "e\u0301" + "😀\xffb\r\nend"
	m := NewMapper([]byte(text))
	for _, c := range []struct {
		at                 string // the text that begins there, on line 1
		utf8, utf16, utf32 int
	}{
		{"a\t", 0, 0, 0},
		{"\té", 1, 1, 1},
		{"ée", 2, 2, 2},
		{"e\u0301", 4, 3, 3},
		{"\u0301", 5, 4, 4},
		{"😀", 7, 5, 5},
		{"\xffb", 11, 7, 6},
		{"b\r", 12, 8, 7},
		{"\r\n", 13, 9, 8},
	} {
		offset := strings.Index(text, c.at)
		for enc, column := range map[Encoding]int{UTF8: c.utf8, UTF16: c.utf16, UTF32: c.utf32} {
			want := Position{1, column}
			if got := m.Position(offset, enc); got != want {
				t.Errorf("%s position of %q = %v, want %v", enc, c.at, got, want)
			}
			if got, err := m.Offset(want, enc); err != nil || got != offset {
				t.Errorf("%s offset of %v = %d, %v, want %d", enc, want, got, err, offset)
			}
		}
	}
}

func TestMapperEdges(t *testing.T) {
	m := NewMapper([]byte("a😀b\r\nc"))
	for _, c := range []struct {
		pos    Position
		enc    Encoding
		offset int // -1 for an error
	}{
		{Position{0, 2}, UTF16, 1}, // between surrogates
		{Position{0, 3}, UTF8, 1},  // within a character
		{Position{0, 99}, UTF16, 6},
		{Position{1, 99}, UTF8, 9},
		{Position{1, 0}, UTF32, 8},
		{Position{2, 0}, UTF16, -1},
		{Position{-1, 0}, UTF16, -1},
		{Position{0, -1}, UTF16, -1},
	} {
		got, err := m.Offset(c.pos, c.enc)
		if (err != nil) != (c.offset < 0) || err == nil && got != c.offset {
			t.Errorf("%s offset of %v = %d, %v, want %d", c.enc, c.pos, got, err, c.offset)
		}
	}
	for offset, want := range map[int]Position{
		-5: {0, 0}, 3: {0, 1}, 6: {0, 4}, 7: {0, 4}, 8: {1, 0}, 99: {1, 1},
	} {
		if got := m.Position(offset, UTF16); got != want {
			t.Errorf("position of %d = %v, want %v", offset, got, want)
		}
	}
	ascii := NewMapper([]byte("ab\r\nc"))
	if got := ascii.Position(3, UTF16); got != (Position{0, 2}) {
		t.Errorf("position within \\r\\n = %v, want the line's end", got)
	}
}

// slowColumn counts a column in the plainest way.
func slowColumn(line []byte, enc Encoding) int {
	n := 0
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		switch enc {
		case UTF8:
			n += size
		case UTF16:
			n += utf16.RuneLen(r)
		case UTF32:
			n++
		}
		line = line[size:]
	}
	return n
}

func FuzzMapper(f *testing.F) {
	for _, s := range []string{"", "a\nb", "\r\r\n", "ä😀\xff\n\xf0\x9f", "e\u0301\t\r", "\xed\xa0\x80"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		m := NewMapper(content)
		lines := bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
		if want := bytes.Count(lines, []byte("\n")) + 1; m.LineCount() != want {
			t.Fatalf("%d lines, want %d", m.LineCount(), want)
		}
		for line := range m.LineCount() {
			text := m.Line(line)
			for at := 0; at <= len(text); {
				offset := m.LineStart(line) + at
				for _, enc := range []Encoding{UTF8, UTF16, UTF32} {
					pos := m.Position(offset, enc)
					if want := (Position{line, slowColumn(text[:at], enc)}); pos != want {
						t.Fatalf("%s position of %d = %v, want %v", enc, offset, pos, want)
					}
					if back, err := m.Offset(pos, enc); err != nil || back != offset {
						t.Fatalf("%s offset of %v = %d, %v, want %d", enc, pos, back, err, offset)
					}
				}
				_, size := utf8.DecodeRune(text[at:])
				at += max(1, size)
			}
		}
		for offset := -1; offset <= len(content)+1; offset++ {
			pos := m.Position(offset, UTF16)
			if back, err := m.Offset(pos, UTF16); err != nil || back > max(offset, 0) {
				t.Fatalf("offset %d is %v, which is offset %d, %v", offset, pos, back, err)
			}
		}
	})
}

func BenchmarkMapper(b *testing.B) {
	ascii := bytes.Repeat([]byte("\tif err != nil { return fmt.Errorf(\"read: %w\", err) }\n"), 10_000)
	mixed := bytes.Repeat([]byte("\tif err != nil { return fmt.Errorf(\"lésen: %w\", err) }\n"), 10_000)
	for name, content := range map[string][]byte{"ascii": ascii, "mixed": mixed} {
		b.Run("new/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				NewMapper(content)
			}
		})
		m := NewMapper(content)
		b.Run("position/"+name, func(b *testing.B) {
			for b.Loop() {
				m.Position(len(content)/2+50, UTF16)
			}
		})
	}
}
