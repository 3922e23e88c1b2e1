package search

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"lsp/workspace/git"
)

// checkValue reports why an operator cannot work with a value, nil if it can.
func checkValue(op, value string) error {
	if (op == opPath || op == opFile || op == opName) && isGlob(value) && !doublestar.ValidatePattern(value) {
		return fmt.Errorf("%s:%s is no valid glob", op, value)
	}
	if op == opChangedSince {
		return git.CheckRevision(value)
	}
	return nil
}

func isGlob(value string) bool { return strings.ContainsAny(value, "*?[{") }

// globMeta are the characters that make a value a glob, the backslash besides.
const globMeta = `*?[{\`

// literalPrefix returns what every match of a glob starts with.
func literalPrefix(glob string) string {
	if i := strings.IndexAny(glob, globMeta); i >= 0 {
		return glob[:i]
	}
	return glob
}

// pathPattern is a value of path:. A glob matches as a whole, where one without a slash may match in any folder; plain text
// matches as a part, without regard to case. A leading slash or ./ ties it to the root.
type pathPattern struct {
	text     string
	anchored bool
	glob     bool
	prefix   string // of every path that the glob matches
}

func newPathPattern(value string) pathPattern {
	p := pathPattern{
		anchored: strings.HasPrefix(value, "/") || strings.HasPrefix(value, "./"),
		text:     strings.TrimPrefix(strings.TrimPrefix(value, "."), "/"),
	}
	p.glob = isGlob(p.text)
	if p.glob && !p.anchored && !strings.Contains(p.text, "/") {
		p.text = "**/" + p.text
	}
	p.prefix = literalPrefix(p.text)
	return p
}

func (p *pathPattern) match(file string) bool {
	switch {
	case p.glob:
		return strings.HasPrefix(file, p.prefix) && doublestar.MatchUnvalidated(p.text, file)
	case p.anchored:
		return hasPrefixFold(file, p.text)
	}
	return containsFold(file, p.text)
}

// matchPart reports whether a file name matches: a glob as a whole, plain text as a part.
func matchPart(value, name string) bool {
	if isGlob(value) {
		return doublestar.MatchUnvalidated(value, name)
	}
	return containsFold(name, value)
}

// namePattern is a value of name:, a name or a glob, compared without regard to case.
type namePattern struct {
	lower  string
	glob   bool
	prefix string // of every name that the glob matches, but for case
	mask   uint64 // of letters and digits that every match has
}

func newNamePattern(value string) namePattern {
	p := namePattern{lower: strings.ToLower(value), glob: isGlob(value)}
	p.prefix = literalPrefix(p.lower)
	if i := strings.IndexFunc(p.prefix, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
		p.prefix = p.prefix[:i] // other letters may change their length with their case
	}
	if !strings.ContainsAny(value, `[{\`) {
		p.mask = asciiMask(p.lower)
	}
	return p
}

func (p *namePattern) match(name string) bool {
	if p.glob {
		return hasPrefixFold(name, p.prefix) && doublestar.MatchUnvalidated(p.lower, strings.ToLower(name))
	}
	return strings.EqualFold(p.lower, name)
}

// matchOwner reports whether the value is the owner or its innermost or outermost parts.
func matchOwner(value, owner string) bool {
	if len(value) > len(owner) || value == "" {
		return false
	}
	if strings.EqualFold(owner, value) {
		return true
	}
	return strings.EqualFold(owner[len(owner)-len(value):], value) && isSeparator(owner[len(owner)-len(value)-1]) ||
		strings.EqualFold(owner[:len(value)], value) && isSeparator(owner[len(value)])
}

func isSeparator(c byte) bool {
	return c == '.' || c == ':' || c == '/' || c == '#' || c == '\\' || c == '$' || c == ' '
}

// containsFold reports whether text contains part, letters compared without regard to case.
func containsFold(text, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if part != "" && part[0] < utf8.RuneSelf && lowerASCII(text[i]) != lowerASCII(part[0]) {
			continue
		}
		if strings.EqualFold(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
