package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// console is where a command reads and writes, and what the other end can show.
type console struct {
	in       io.Reader
	out, err io.Writer
	outTTY   bool // stdout is a terminal
	errTTY   bool // stderr is a terminal
	inTTY    bool // stdin is a terminal, so a person can answer a question
	color    bool // colour on stdout
	width    int  // columns of the terminal, 0 when stdout is none
}

// standardConsole describes the console of this process.
func standardConsole() *console {
	con := &console{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		inTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		outTTY: term.IsTerminal(int(os.Stdout.Fd())),
		errTTY: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if con.outTTY {
		con.width = defaultWidth
		if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
			con.width = width
		}
	}
	return con
}

// defaultWidth is assumed of a terminal that does not tell its size.
const defaultWidth = 80

// setColor decides about colour: mode is "always", "never" or "auto". Auto means colour on a terminal that is
// not "dumb", unless NO_COLOR is set to anything (https://no-color.org).
func (c *console) setColor(mode string) {
	switch mode {
	case "always":
		c.color = true
	case "never":
		c.color = false
	default:
		c.color = c.outTTY && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
}

// style is a way to set off a piece of text; the value is its ANSI parameter.
type style string

const (
	stylePath   style = "36" // cyan
	styleLine   style = "32" // green
	styleStrong style = "1"
	styleFaint  style = "2"
	styleGood   style = "32"
	styleWarn   style = "33"
	styleBad    style = "31"
)

// paint returns text in a style when stdout shows colour, else the text itself.
func (c *console) paint(s style, text string) string {
	if !c.color || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// clean makes text from a file safe for a terminal and for line-based readers: one line, runs of white space
// folded, control characters removed (a file must not be able to send escape sequences to the terminal).
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// oneLine folds an error message into one line; the words stay as they are.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// cut shortens text to at most width columns, counting each rune as one; 0 means no limit.
func cut(text string, width int) string {
	runes := []rune(text)
	if width <= 0 || len(runes) <= width {
		return text
	}
	if width == 1 {
		return "…"
	}
	return strings.TrimRight(string(runes[:width-1]), " ") + "…"
}
