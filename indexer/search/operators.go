package search

import (
	"slices"
	"strings"

	"lsp/indexer/chunk"
)

// Names of operators that code refers to.
const (
	opLang    = "lang"
	opPath    = "path"
	opFile    = "file"
	opKind    = "kind"
	opIn      = "in"
	opName    = "name"
	opRepo    = "repo"
	opIs      = "is"
	opContent = "content"

	opChangedSince = "changed-since"
)

// Operator describes one in-query operator.
type Operator struct {
	Name   string
	Help   string
	Values []string // the only values it takes, nil when any text will do
}

// Operators is every operator of the query language, in the order they are offered.
var Operators = []Operator{
	{opLang, "language of the file: lang:go, lang:go,python", languageNames()},
	{opPath, "path below the root: a part of it (path:server) or a glob (path:server/**)", nil},
	{opFile, "name of the file: a part of it (file:util) or a glob (file:*_linux.go)", nil},
	{opKind, "what the unit is: kind:method", kindValues()},
	{opIn, "enclosing type, namespace or function: in:Server", nil},
	{opName, "declared name, without regard to case: name:Copy, name:Read*", nil},
	{opRepo, "a part of the path of the repository root: repo:server", nil},
	{opIs, "facts about the unit: is:test, is:undocumented", []string{isTest, isDocumented, isUndocumented, isExported, isGenerated, isDeprecated, isExample, isChanged}},
	{opContent, "what the file is for, or where in it to look: content:docs, content:comments", []string{chunk.Code.String(), chunk.Docs.String(), chunk.Config.String(), chunk.Other.String(), inComments}},
	{opChangedSince, "file that differs from where this branch left a branch, tag, commit or date: changed-since:main", nil},
}

// Values of is:.
const (
	isTest         = "test"
	isDocumented   = "documented"
	isUndocumented = "undocumented"
	isExported     = "exported"
	isGenerated    = "generated"
	isDeprecated   = "deprecated"
	isExample      = "example"
	isChanged      = "changed" // the file differs from the last commit, or its buffer from the disk
)

// inComments is the value of content: that means comments of whatever file.
const inComments = "comments"

// groups of kinds that kind: takes besides the names of package chunk.
var kindGroups = map[string]func(chunk.Kind) bool{
	"callable": chunk.Kind.IsCallable,
	"typedef":  chunk.Kind.IsType,
}

func kindValues() []string {
	var names []string
	for k := chunk.Kind(0); k.String() != "unknown"; k++ {
		names = append(names, k.String())
	}
	return append(names, "callable", "typedef")
}

// kindMatches reports whether a kind is what a value of kind: asks for.
func kindMatches(value string, k chunk.Kind) bool {
	if group, ok := kindGroups[value]; ok {
		return group(k)
	}
	return k.String() == value
}

// languageAliases are other names people give to languages.
var languageAliases = map[string]string{
	"golang": "go", "py": "python", "python3": "python", "js": "javascript", "node": "javascript", "jsx": "javascript",
	"ts": "typescript", "c++": "cpp", "cc": "cpp", "cxx": "cpp", "h": "c", "c#": "csharp", "cs": "csharp", "rs": "rust",
	"rb": "ruby", "kt": "kotlin", "sh": "bash", "shell": "bash", "hs": "haskell", "ex": "elixir", "exs": "elixir",
	"md": "markdown", "yml": "yaml",
}

func languageNames() []string {
	var names []string
	for _, l := range chunk.Languages() {
		names = append(names, l.Name)
	}
	return names
}

func operatorNamed(name string) *Operator {
	for i := range Operators {
		if Operators[i].Name == name {
			return &Operators[i]
		}
	}
	return nil
}

// canonical returns the value as the operator stores it, and whether it takes such a value.
func (o *Operator) canonical(value string) (string, bool) {
	if o.Values == nil {
		return value, true
	}
	value = strings.ToLower(value)
	if o.Name == opLang {
		if full, ok := languageAliases[value]; ok {
			value = full
		}
	}
	return value, slices.Contains(o.Values, value)
}

// nearest returns the candidate within one edit of the word (insertion, deletion, replacement, or two neighbours
// swapped), or "".
func nearest(word string, candidates []string) string {
	for _, c := range candidates {
		if oneEdit(word, c) {
			return c
		}
	}
	return ""
}

func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
