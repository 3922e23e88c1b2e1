package chunk

import "bytes"

// importWords begin the lines that only make known what other files define, in any of the languages.
var importWords = func() map[string]bool {
	words := map[string]bool{}
	for _, w := range []string{
		"import", "from", "package", "using", "use", "require", "require_once", "require_relative", "include", "include_once",
		"#include", "#import", "#pragma", "#ifndef", "#ifdef", "#if", "#else", "#elif", "#endif", "@import", "open",
		"alias", "library", "<?php", "?>",
	} {
		words[w] = true
	}
	return words
}()

// importsOnly reports whether the lines of all parts do nothing but name other files and packages. Lines inside brackets
// belong to the line that opened them; a comment is something else.
func (c *cutter) importsOnly(parts []Range) bool {
	for _, p := range parts {
		depth := 0
		for line := range bytes.Lines(c.src[p.Start:p.End]) {
			line = bytes.TrimSpace(line)
			if depth == 0 && len(line) > 0 && !isImport(line) {
				return false
			}
			for _, b := range line {
				switch b {
				case '(', '{', '[':
					depth++
				case ')', '}', ']':
					depth = max(0, depth-1)
				}
			}
		}
	}
	return true
}

func isImport(line []byte) bool {
	if bytes.HasPrefix(line, []byte("const ")) || bytes.HasPrefix(line, []byte("var ")) || bytes.HasPrefix(line, []byte("local ")) {
		return bytes.Contains(line, []byte("require(")) || bytes.Contains(line, []byte("require ")) || bytes.Contains(line, []byte("@import("))
	}
	switch {
	case bytes.HasPrefix(line, []byte(`"use `)), bytes.HasPrefix(line, []byte(`'use `)): // "use strict"
		return true
	case bytes.HasPrefix(line, []byte("#define ")): // the guard of a header
		return len(bytes.Fields(line)) == 2
	case bytes.HasPrefix(line, []byte("namespace ")):
		return bytes.HasSuffix(line, []byte(";"))
	}
	word := line
	if end := bytes.IndexAny(line, " \t(\"'<;{"); end > 0 {
		word = line[:end]
	}
	return importWords[string(word)]
}
