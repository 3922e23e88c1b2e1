package workspace

import (
	"bytes"
	"unicode/utf8"
)

const (
	// sniffSize is how much of a file's beginning decides whether it is binary.
	sniffSize = 8 << 10
	// minifiedSize is the least size of a file whose line length is judged.
	minifiedSize = 4 << 10
	// minifiedLine and minifiedCodeLine are the mean line lengths, in bytes,
	// from which any file, and a file of JavaScript or style sheets, counts as minified.
	minifiedLine     = 1000
	minifiedCodeLine = 250
)

// CheckContent returns why a file is not indexed, judged by its content: it
// is binary or minified. The name is a base name or a path.
func CheckContent(name string, content []byte) Reason {
	switch {
	case IsBinary(content):
		return Binary
	case IsMinified(name, content):
		return Minified
	}
	return NotSkipped
}

// IsBinary reports whether the first 8 KiB of content hold a NUL byte, or
// more than a twentieth of control characters, or more than three tenths of
// bytes that are not UTF-8 (so that source in older encodings still counts
// as text).
func IsBinary(content []byte) bool {
	head := content[:min(len(content), sniffSize)]
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	control, invalid := 0, 0
	for i := 0; i < len(head); {
		c := head[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1b && c != 0x1a {
				control++
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && size == 1 && (utf8.FullRune(head[i:]) || len(head) == len(content)) {
			invalid++
		}
		i += size
	}
	return control*20 > len(head) || invalid*10 > len(head)*3
}

// IsMinified reports whether content of at least 4 KiB has lines of a mean
// length that no one writes by hand: 250 bytes in JavaScript and style
// sheets, 1000 in anything else.
func IsMinified(name string, content []byte) bool {
	if len(content) < minifiedSize {
		return false
	}
	limit := minifiedLine
	switch extensionOf(name) {
	case "js", "mjs", "cjs", "css":
		limit = minifiedCodeLine
	}
	return len(content) > limit*(1+bytes.Count(content, []byte{'\n'}))
}
