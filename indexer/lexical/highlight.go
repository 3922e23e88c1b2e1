package lexical

// Range is a place in a text that matches a term of a query: the bytes from Start up to End.
type Range struct {
	Start, End int
	Term       int // index in Query.Terms
}

// Highlights returns where words of the text match terms of the query, in ascending order of Start. In an
// identifier the parts that match are given, or the whole if that is a term of the query. Ranges do not
// overlap.
func Highlights(text string, q Query) []Range {
	terms := make(map[string]int, len(q.Terms))
	for i, t := range q.Terms {
		terms[t.Text] = i
	}
	var (
		a      analyzer
		ranges []Range
	)
	for pos := 0; ; {
		start, end, kind := nextWord(text, pos)
		if kind == noWord {
			return ranges
		}
		pos = end
		a.analyze(text[start:end], kind)
		first := len(ranges)
		for _, t := range a.tokens {
			term, ok := terms[string(a.term(t))]
			if !ok {
				continue
			}
			r := Range{start + t.start, start + t.end, term}
			if t.end < 0 {
				r.End = end
			}
			switch last := len(ranges) - 1; {
			case t.kind == whole || t.end < 0:
				ranges = append(ranges[:first], r)
			case last < first || ranges[last].End <= r.Start:
				ranges = append(ranges, r)
			default: // a piece of the part before, or overlapping pairs of characters
				ranges[last].End = max(ranges[last].End, r.End)
			}
		}
	}
}
