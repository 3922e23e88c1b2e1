package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestScreen(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"lines", "one\ntwo\n", "one|two"},
		{"carriage return overwrites", "abc\rX", "Xbc"},
		{"erase to the end of the line", "progress 50%\r\x1b[Kdone\n", "done"},
		{"tab", "a\tb", "a       b"},
		{"colours take no room", "\x1b[1;36mpath\x1b[0m:1", "path:1"},
		{"unknown sequence", "\x1b[2Jx\x1b]y", "xy"},
		{"unfinished sequence", "x\x1b[12", "x"},
		{"bell", "x\ay", "xy"},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := readScreen(strings.NewReader(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, line := range s.lines {
				var b strings.Builder
				for _, c := range line {
					b.WriteRune(c.char)
				}
				lines = append(lines, b.String())
			}
			if got := strings.Join(lines, "|"); got != tt.want {
				t.Errorf("screen shows %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStyle(t *testing.T) {
	s, err := readScreen(strings.NewReader("\x1b[1;31ma\x1b[22mb\x1b[39;2mc\x1b[md"))
	if err != nil {
		t.Fatal(err)
	}
	want := []style{{color: 1, bold: true}, {color: 1}, {faint: true}, {}}
	for i, c := range s.lines[0] {
		if c.style != want[i] {
			t.Errorf("character %d has style %+v, want %+v", i, c.style, want[i])
		}
	}
}

func TestSVG(t *testing.T) {
	s, err := readScreen(strings.NewReader("\x1b[36ma <b> & \"c\"\x1b[0m  rest\n\nlast\n"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.writeSVG(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`fill="#56b6c2">a &lt;b&gt; &amp;`, ">rest</text>", ">last</text>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the drawing lacks %q:\n%s", want, b.String())
		}
	}
	for dec := xml.NewDecoder(&b); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the drawing is not XML: %v", err)
		}
	}
}

func FuzzPicture(f *testing.F) {
	f.Add("plain\n")
	f.Add("\x1b[1;36mx\x1b[K\r\t\n")
	f.Add("\x1b[999999999999m\x1b")
	f.Fuzz(func(t *testing.T, in string) {
		s, err := readScreen(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.writeSVG(io.Discard); err != nil {
			t.Fatal(err)
		}
	})
}
