package lexical

import (
	"cmp"
	"fmt"
	"slices"
)

// TermCount is a term with the number of live documents that have it.
type TermCount struct {
	Text      string
	Documents uint32
}

// Commonest returns at most n of the terms that start with prefix, those of most live documents first, equal ones by their
// text, and the sum of the documents of all that start so. Of a section with dead documents only the terms that would be first
// with them are counted, eight times as many, and the sum has the dead ones too.
func Commonest(sources []Source, prefix string, n int) (terms []TermCount, sum uint64, err error) {
	counts := map[string]uint32{}
	for i, source := range sources {
		err := source.Section.Terms(prefix, func(term []byte, documents uint32) bool {
			counts[string(term)] += documents
			sum += uint64(documents)
			return true
		})
		if err != nil {
			return nil, 0, fmt.Errorf("search source %d for terms with %q: %w", i, prefix, err)
		}
	}
	for text, documents := range counts {
		t := TermCount{text, documents}
		at, _ := slices.BinarySearchFunc(terms, t, compareCounts)
		if at < 8*n {
			terms = slices.Insert(terms[:min(len(terms), 8*n-1)], at, t)
		}
	}
	if slices.ContainsFunc(sources, func(s Source) bool { return s.Alive != nil }) {
		for i := range terms {
			documents, err := CountDocuments(sources, terms[i].Text)
			if err != nil {
				return nil, 0, err
			}
			terms[i].Documents = documents
		}
		slices.SortFunc(terms, compareCounts)
	}
	return terms[:min(len(terms), n)], sum, nil
}

func compareCounts(a, b TermCount) int {
	return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Text, b.Text))
}

// CountDocuments returns how many live documents have a term.
func CountDocuments(sources []Source, term string) (n uint32, err error) {
	c := newCursor()
	defer freeCursor(c)
	for i, source := range sources {
		_, live, err := c.countLive(source, term)
		if err != nil {
			return 0, fmt.Errorf("search source %d for %q: %w", i, term, err)
		}
		n += live
	}
	return n, nil
}
