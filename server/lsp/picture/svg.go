package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
)

// Measures of the drawing in pixels.
const (
	charWidth  = 8.4
	lineHeight = 19
	fontSize   = 14
	margin     = 18
	titleBar   = 30
	minColumns = 60
)

const (
	background = "#1e2127"
	foreground = "#d7dae0"
)

// colors are the terminal's red, green, yellow, blue, magenta, cyan and white, from index 1.
var colors = [8]string{foreground, "#ef6b73", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff"}

// writeSVG draws the screen as a window.
func (s *screen) writeSVG(w io.Writer) error {
	columns := minColumns
	for _, line := range s.lines {
		columns = max(columns, len(line))
	}
	width := 2*margin + float64(columns)*charWidth
	height := titleBar + margin + len(s.lines)*lineHeight
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", background)
	for i, color := range []string{"#ef6b73", "#e5c07b", "#98c379"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="6" fill="%s"/>`+"\n", margin+6+i*20, titleBar/2+3, color)
	}
	fmt.Fprintf(&b, `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%d" fill="%s">`+"\n", fontSize, foreground)
	for row, line := range s.lines {
		writeLine(&b, line, titleBar+margin/2+(row+1)*lineHeight-5)
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// writeLine draws the runs of equal style of one line. Every run states its length, so that columns stay in
// place whatever font the reader has.
func writeLine(b *bytes.Buffer, line []cell, y int) {
	for start := 0; start < len(line); {
		end := start + 1
		for end < len(line) && line[end].style == line[start].style {
			end++
		}
		writeRun(b, line, start, end, y)
		start = end
	}
}

func writeRun(b *bytes.Buffer, line []cell, start, end, y int) {
	for end > start && line[end-1].char == ' ' {
		end--
	}
	for start < end && line[start].char == ' ' {
		start++
	}
	if start == end {
		return
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f" xml:space="preserve"`,
		margin+float64(start)*charWidth, y, float64(end-start)*charWidth)
	st := line[start].style
	if st.color != 0 {
		fmt.Fprintf(b, ` fill="%s"`, colors[st.color])
	}
	if st.bold {
		b.WriteString(` font-weight="bold"`)
	}
	if st.faint {
		b.WriteString(` opacity="0.6"`)
	}
	b.WriteByte('>')
	var text []rune
	for _, c := range line[start:end] {
		text = append(text, c.char)
	}
	xml.EscapeText(b, []byte(string(text))) // a bytes.Buffer takes everything
	b.WriteString("</text>\n")
}
