package search

import (
	"context"
	"slices"
	"strings"
)

// Completion is one way to go on with a query under the cursor.
type Completion struct {
	Text   string `json:"text"`             // what replaces the span
	Start  int    `json:"start"`            // of the span to replace, in bytes
	End    int    `json:"end"`              // the cursor
	Detail string `json:"detail,omitempty"` // what it means
	Final  bool   `json:"final"`            // nothing needs to follow; false after an operator that wants a value
}

// maxCompletions bounds the answer: values such as folders may be many.
const maxCompletions = 50

// Complete offers operators and their values for the word that ends at the cursor, a byte offset in the text.
// Languages, folders, files, roots and revisions are those of the views. Inside a quotation there is nothing to offer.
func Complete(ctx context.Context, views []View, text string, cursor int) []Completion {
	cursor = floorRune(text, min(max(cursor, 0), len(text)))
	start, ok := wordStart(text[:cursor])
	if !ok {
		return nil
	}
	word := text[start:cursor]
	if strings.HasPrefix(word, "-") {
		start, word = start+1, word[1:]
	}
	name, value, found := strings.Cut(word, ":")
	if !found {
		return completeOperator(word, start, cursor)
	}
	op := operatorNamed(name)
	if op == nil {
		return nil
	}
	comma := strings.LastIndexByte(value, ',')
	value = value[comma+1:]
	start = cursor - len(value)
	var out []Completion
	for _, v := range operatorValues(ctx, op, views) {
		if len(out) < maxCompletions && hasPrefixFold(v, value) {
			out = append(out, Completion{Text: quoteValue(v), Start: start, End: cursor, Detail: op.Name, Final: true})
		}
	}
	return out
}

// wordStart finds where the word that ends the text begins. It reports false inside a quotation.
func wordStart(text string) (int, bool) {
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted && (i == start || text[i-1] == ':' || text[i-1] == ',' || text[i-1] == '-')
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '(' && i == start):
			start = i + 1
		}
	}
	return start, !quoted
}

func completeOperator(word string, start, cursor int) []Completion {
	var out []Completion
	for _, o := range Operators {
		if strings.HasPrefix(o.Name, word) {
			out = append(out, Completion{Text: o.Name + ":", Start: start, End: cursor, Detail: o.Help})
		}
	}
	return out
}

// operatorValues lists what an operator can be given: its fixed values, or what the views hold.
func operatorValues(ctx context.Context, op *Operator, views []View) []string {
	if op.Name == opChangedSince {
		return completeRevision(ctx, views)
	}
	set := map[string]bool{}
	for i := range views {
		v := &views[i]
		if op.Name == opRepo {
			set[rootName(v.Root)] = true
			continue
		}
		if v.Epoch == nil {
			continue // of a folder that is not open, revisions may be known
		}
		for _, l := range v.Epoch.Layers {
			for f := range uint32(l.Segment.Files()) {
				first, end := l.Segment.FileUnits(f)
				if !l.Files.Has(f) || first == end {
					continue // in what is skipped, deleted or empty nothing can be found
				}
				if path := l.Segment.FilePath(f); within(path, v.Within) {
					addValues(set, op.Name, path, l.Segment.FileLanguage(f))
				}
			}
		}
	}
	var present []string
	for v := range set {
		present = append(present, strings.Clone(v))
	}
	slices.Sort(present)
	if op.Name == opLang && len(present) > 0 || op.Values == nil {
		return present
	}
	return op.Values
}

func addValues(set map[string]bool, op, path, language string) {
	slash := strings.LastIndexByte(path, '/')
	switch op {
	case opLang:
		set[language] = true
	case opFile:
		set[path[slash+1:]] = true
	case opPath:
		for ; slash > 0; slash = strings.LastIndexByte(path[:slash], '/') {
			set[path[:slash+1]] = true
		}
	}
}

func quoteValue(v string) string {
	if strings.ContainsAny(v, " ,\"\t") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
	}
	return v
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
