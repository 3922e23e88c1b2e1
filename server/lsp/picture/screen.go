package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// cell is one character of the terminal with its looks.
type cell struct {
	char  rune
	style style
}

// style is what SGR sequences can set here.
type style struct {
	color       int // 1 to 7 as in SGR 31 to 37, 0 is the foreground
	bold, faint bool
}

// screen is everything a session wrote, line by line. It scrolls without end and knows what progress bars and
// colours need: line feed, carriage return, tab, erase to the end of the line, and SGR.
type screen struct {
	lines  [][]cell
	column int
	style  style
}

// readScreen interprets the output of a session. Unknown escape sequences are left out.
func readScreen(r io.RuneReader) (*screen, error) {
	s := &screen{lines: make([][]cell, 1)}
	for {
		c, _, err := r.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the session: %w", err)
		}
		switch c {
		case '\n':
			s.lines, s.column = append(s.lines, nil), 0
		case '\r':
			s.column = 0
		case '\t':
			s.put(' ')
			for s.column%8 != 0 {
				s.put(' ')
			}
		case 0x1b:
			if err := s.escape(r); err != nil && !errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("read the session: %w", err)
			}
		default:
			if c >= ' ' {
				s.put(c)
			}
		}
	}
	for len(s.lines) > 0 && len(s.lines[len(s.lines)-1]) == 0 {
		s.lines = s.lines[:len(s.lines)-1]
	}
	return s, nil
}

// put writes a character at the cursor and moves on.
func (s *screen) put(c rune) {
	line := s.lines[len(s.lines)-1]
	for len(line) <= s.column {
		line = append(line, cell{char: ' '})
	}
	line[s.column] = cell{c, s.style}
	s.lines[len(s.lines)-1] = line
	s.column++
}

// escape reads a control sequence, "ESC [ parameters letter", after its ESC.
func (s *screen) escape(r io.RuneReader) error {
	c, _, err := r.ReadRune()
	if err != nil || c != '[' {
		return err
	}
	var parameters strings.Builder
	for {
		c, _, err := r.ReadRune()
		if err != nil {
			return err
		}
		if c < '@' || c > '~' {
			parameters.WriteRune(c)
			continue
		}
		switch c {
		case 'K':
			if last := s.lines[len(s.lines)-1]; s.column < len(last) {
				s.lines[len(s.lines)-1] = last[:s.column]
			}
		case 'm':
			for _, p := range strings.Split(parameters.String(), ";") {
				s.style = s.style.with(p)
			}
		}
		return nil
	}
}

// with applies one SGR parameter; an empty one means 0.
func (st style) with(parameter string) style {
	n, err := strconv.Atoi(parameter)
	if err != nil && parameter != "" {
		return st
	}
	switch {
	case n == 0:
		return style{}
	case n == 1:
		st.bold = true
	case n == 2:
		st.faint = true
	case n == 22:
		st.bold, st.faint = false, false
	case n >= 31 && n <= 37:
		st.color = n - 30
	case n == 39:
		st.color = 0
	}
	return st
}
