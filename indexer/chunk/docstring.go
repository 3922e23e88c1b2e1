package chunk

import (
	"bytes"
	"strings"
)

// cleanDocstring returns the text of a string literal without quotes and common indentation; ok is false for
// formatted and byte strings, which are no documentation.
func cleanDocstring(literal []byte) (text string, ok bool) {
	quote := bytes.IndexAny(literal, `"'`)
	if quote < 0 || bytes.ContainsAny(literal[:quote], "fFbBtT") {
		return "", false
	}
	body := literal[quote:]
	marks := body[:1]
	if len(body) >= 6 && body[1] == body[0] && body[2] == body[0] {
		marks = body[:3]
	}
	if len(body) < 2*len(marks) {
		return "", false
	}
	body = bytes.TrimSuffix(body[len(marks):], marks)
	lines := bytes.Split(body, []byte{'\n'})
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i], " \t\r")
	}
	return joinDedented(lines), true
}

// pythonVisible reports whether neither a name nor its owners begin with an underscore; __names__ are visible.
func pythonVisible(owner, name string) bool {
	dunder := strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
	return (dunder || !strings.HasPrefix(name, "_")) && !strings.HasPrefix(owner, "_") && !strings.Contains(owner, "._")
}
