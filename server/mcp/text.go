package mcp

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// Lengths, in characters, of what a result shows.
const (
	maxSignature     = 240
	maxDocumentation = 240
)

// answerText writes a page of results: where, what, and the first sentences of its documentation.
func (s *server) answerText(a *answer, v view, from int) string {
	var b strings.Builder
	switch {
	case a.Total == 0:
		b.WriteString("nothing found\n")
	case len(a.Results) == 0:
		fmt.Fprintf(&b, "no more results; there are %d\n", a.Total)
	default:
		more := ""
		if a.Total == maxResults {
			more = " or more"
		}
		fmt.Fprintf(&b, "results %d-%d of %d%s\n", from+1, from+len(a.Results), a.Total, more)
	}
	for i := range a.Results {
		resultText(&b, &a.Results[i])
	}
	if a.Message != "" {
		fmt.Fprintf(&b, "note: %s\n", oneLine(a.Message))
	}
	if !a.Complete {
		b.WriteString(s.incomplete())
	}
	if a.NextCursor != "" {
		fmt.Fprintf(&b, "next: for more, repeat with cursor %q\n", a.NextCursor)
	}
	if a.Total == 0 && a.Complete {
		b.WriteString("next: describe it in other words, or drop filters; for exact text use grep\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// resultText writes one result.
func resultText(b *strings.Builder, r *search.Result) {
	fmt.Fprintf(b, "%s:%d-%d %s", place(r), r.StartLine, r.EndLine, r.Kind)
	if r.Confidence != "" {
		fmt.Fprintf(b, ", %s", r.Confidence)
	}
	if r.Duplicates > 0 {
		fmt.Fprintf(b, ", %d copies left out", r.Duplicates)
	}
	b.WriteByte('\n')
	head := r.Signature
	if head == "" {
		head = oneLine(r.Name)
	}
	if owner := oneLine(r.Owner); owner != "" && !strings.Contains(head, owner) {
		head = strings.TrimSpace(owner + ": " + head)
	}
	for _, line := range []string{head, r.Documentation} {
		if line != "" {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
}

// place is a path that the other tools take.
func place(r *search.Result) string {
	if r.Root == "" {
		return oneLine(r.Path)
	}
	return oneLine(filepath.Join(r.Root, filepath.FromSlash(r.Path)))
}

// incomplete says why there may be more, and what helps.
func (s *server) incomplete() string {
	var b strings.Builder
	b.WriteString("incomplete: not everything is indexed, so there may be more\n")
	waiting := false
	for _, r := range s.engine.Status().Roots {
		waiting = waiting || r.State == engine.Indexing
		if next := remedy(r); next != "" {
			fmt.Fprintf(&b, "%s is %s: %s\nnext: %s\n", r.Path, r.State, oneLine(r.Reason), next)
		}
	}
	if waiting {
		done, total, _ := s.news.now()
		if total > 0 {
			fmt.Fprintf(&b, "%d of %d files are indexed\n", done, total)
		}
		b.WriteString("next: use what is here, or ask again shortly\n")
	}
	return b.String()
}

// explanationText writes how a place fares in a query.
func explanationText(x *explanation) string {
	var b strings.Builder
	if x.Rank > 0 {
		fmt.Fprintf(&b, "rank %d of %d", x.Rank, x.Of)
	} else {
		fmt.Fprintf(&b, "not among the %d candidates", x.Of)
	}
	fmt.Fprintf(&b, " for a query taken as %s", x.Class)
	if len(x.Words) > 0 {
		fmt.Fprintf(&b, ", words %s", oneLine(strings.Join(x.Words, " ")))
	}
	b.WriteByte('\n')
	for _, part := range x.Excluded {
		fmt.Fprintf(&b, "left out by %s\n", oneLine(part))
	}
	resultText(&b, &x.Result)
	contributions(&b, &x.Result)
	if x.Best != nil && x.Rank != 1 {
		b.WriteString("the best result:\n")
		resultText(&b, x.Best)
		contributions(&b, x.Best)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func contributions(b *strings.Builder, r *search.Result) {
	if len(r.Explanation) == 0 {
		return
	}
	parts := make([]string, len(r.Explanation))
	for i, c := range r.Explanation {
		parts[i] = fmt.Sprintf("%s %+.3f", c.Name, c.Value)
	}
	fmt.Fprintf(b, "  score = %s\n", strings.Join(parts, ", "))
}

// summary is the first paragraph of a documentation comment on one line.
func summary(documentation string) string {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(documentation), "\n\n")
	return oneLine(paragraph)
}

// oneLine joins lines and drops what is not meant to be seen.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

// clip cuts a text to so many characters.
func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

func listOr(values []string, none string) string {
	if len(values) == 0 {
		return none
	}
	return strings.Join(values, ", ")
}
