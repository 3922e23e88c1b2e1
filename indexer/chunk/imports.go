package chunk

import "bytes"

// importWords begin the lines that only make known what other files define, in any of the languages.
var importWords = words("import", "from", "package", "using", "use", "require", "require_once", "require_relative", "include",
	"include_once", "#include", "#import", "#pragma", "#ifndef", "#ifdef", "#if", "#else", "#elif", "#endif", "@import", "<?php", "?>")

// importsOnly reports whether the lines of all parts do nothing but name other files and packages. Lines inside brackets
// belong to the line that opened them; a comment on a line of its own is something else.
func (c *cutter) importsOnly(parts []Range) bool {
	for _, p := range parts {
		depth := 0
		for line := range bytes.Lines(c.src[p.Start:p.End]) {
			line = bytes.TrimSpace(line)
			code := bytes.TrimSpace(c.lang.comment.uncommented(line))
			if depth == 0 && len(line) > 0 && !isImport(code) {
				return false
			}
			depth = max(0, depth+opened(code))
		}
	}
	return true
}

// opened is by how many the brackets that a line opens exceed those that it closes, outside of quotes.
func opened(line []byte) int {
	depth, quote := 0, byte(0)
	for _, b := range line {
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'' || b == '`':
			quote = b
		case b == '(' || b == '{' || b == '[':
			depth++
		case b == ')' || b == '}' || b == ']':
			depth--
		}
	}
	return depth
}

func isImport(line []byte) bool {
	word := line
	if end := bytes.IndexAny(line, " \t(\"'<;{"); end > 0 {
		word = line[:end]
	}
	switch string(word) {
	case "const", "var", "let", "local": // const a = require("b")
		_, value, _ := bytes.Cut(line, []byte("="))
		value = bytes.TrimRight(bytes.TrimSpace(value), ";,")
		called := bytes.HasPrefix(value, []byte("require")) || bytes.HasPrefix(value, []byte("@import"))
		return called && bytes.Count(value, []byte("(")) <= 1
	case "#define": // the guard of a header
		return len(bytes.Fields(line)) == 2
	case "namespace":
		return bytes.HasSuffix(line, []byte(";"))
	case "using", "use": // using Name = type defines it
		return !bytes.Contains(line, []byte("="))
	}
	return importWords[string(word)] || bytes.HasPrefix(line, []byte(`"use `)) || bytes.HasPrefix(line, []byte(`'use `)) // "use strict"
}
