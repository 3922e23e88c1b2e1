package search

import (
	"slices"

	"lsp/indexer/bitset"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// With content:comments a query looks in comments alone. Comments are the documentation of a unit, be it a comment or a
// string, and all comments inside its own text. Of the free words at least one must be there, and by what is there the
// words are scored; literals and regular expressions must match there. Without any of these the unit needs a comment.

// asksComments reports whether a clause has results only for what comments say.
func asksComments(c *Clause) bool {
	return c.Kind == OperatorClause && c.Operator == opContent && slices.Contains(c.Values, inComments)
}

// looksInComments reports whether all of the query is about comments, so that words elsewhere say nothing.
func (q *Query) looksInComments() bool {
	return slices.ContainsFunc(q.Clauses, func(c Clause) bool { return !c.Not && asksComments(&c) && len(c.Values) == 1 })
}

// commentParams are the weights by which the words of comments are scored.
func commentParams() lexical.Params {
	p := lexical.DefaultParams()
	p.Weight = [lexical.NumFields]float64{lexical.Documentation: lexical.DocumentationWeight, lexical.Comment: lexical.DocumentationWeight}
	return p
}

// commented returns the units whose comments have one of the free words, or which have a comment when there are none.
func (f *filter) commented() (bitset.Set, error) {
	if len(f.words.Terms) > 0 {
		return f.having(f.words, commentParams())
	}
	seg := f.source.seg
	return seg.UnitSet(opContent+":"+inComments, func() (bitset.Set, error) {
		passed, section := f.newSet(), seg.Lexical()
		for u := range uint32(seg.Units()) {
			if lengths := section.Lengths(u); lengths[lexical.Documentation]+lengths[lexical.Comment] > 0 {
				passed.Add(u)
			}
		}
		return passed, nil
	})
}

// onlyComments reports whether literals and patterns are to be looked for in the comments of a unit alone: when a clause
// beside them asks for comments and the file is none of the others that it asks for.
func (f *filter) onlyComments(u uint32) bool {
	if f.comments == nil {
		return false
	}
	content := chunk.ContentOf(f.source.seg.FileLanguage(f.source.seg.FileOf(u))).String()
	return !slices.Contains(f.comments.Values, content)
}

// matchesComments checks the documentation of a unit whose file is loaded, and each comment inside it.
func matchesComments(t *texts, seg *store.Segment, u uint32, match func(string) bool) bool {
	if match(seg.Unit(u).Documentation) {
		return true
	}
	for _, l := range unitLines(seg, u) {
		start, end := t.lineSpan(l.Start, l.End)
		for _, c := range t.commentsOf(seg.FileLanguage(seg.FileOf(u))) {
			if c.Start >= end {
				break
			}
			if c.End > start && match(t.text[max(c.Start, start):min(c.End, end)]) {
				return true
			}
		}
	}
	return false
}
