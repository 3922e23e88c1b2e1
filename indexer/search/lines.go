package search

import (
	"strings"

	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// bestLinesHeight is how many lines of a long unit are pointed out.
const bestLinesHeight = 8

// bestLineLength is how many bytes of the best line are shown.
const bestLineLength = 200

// addBestLines points out, in every result that is longer, the lines with the most of the query's words. What has neither
// name nor documentation has one in any case, since nothing else tells what it is. Files that cannot be read any more have
// none.
func (r *run) addBestLines(results []Result, ranked []*scored) {
	for i := range results {
		res := &results[i]
		nameless := res.Name == "" && res.Documentation == ""
		if !nameless && (res.EndLine-res.StartLine < bestLinesHeight || len(r.words.Terms) == 0) {
			continue
		}
		s := &r.sources[ranked[i].source]
		var t texts
		if t.load(s, ranked[i].file) != nil {
			continue
		}
		runs := unitLines(s.seg, ranked[i].unit)
		res.BestLines = bestLines(&t, runs, r.wide)
		if res.BestLines == nil && nameless {
			res.BestLines = firstLine(&t, runs)
		}
	}
}

// firstLine returns the first line that is not blank, nil when all are.
func firstLine(t *texts, runs []store.LineRange) *Lines {
	for _, run := range runs {
		for l := run.Start; l <= run.End && int(l) < t.count(); l++ {
			if text := shortLine(t.span(l, l)); text != "" {
				return &Lines{StartLine: int(l) + 1, EndLine: int(l) + 1, Text: text}
			}
		}
	}
	return nil
}

// bestLines returns the window of bestLinesHeight lines in which the different words of the query weigh most, the
// first of equals, without lines at its ends that have none. It is nil when no line has any.
func bestLines(t *texts, runs []store.LineRange, q lexical.Query) *Lines {
	var best *Lines
	bestWeight := float32(0)
	for _, run := range runs {
		var matched [][]int // terms of each line
		for l := run.Start; l <= run.End && int(l) < t.count(); l++ {
			var terms []int
			for _, h := range lexical.Highlights(t.span(l, l), q) {
				terms = append(terms, h.Term)
			}
			matched = append(matched, terms)
		}
		for first := range matched {
			if len(matched[first]) == 0 {
				continue
			}
			weight, last := windowWeight(matched[first:], q)
			if weight > bestWeight {
				line := int(run.Start) + first + 1
				heaviest := run.Start + uint32(first+heaviestLine(matched[first:first+last+1], q))
				text := shortLine(t.span(heaviest, heaviest))
				best, bestWeight = &Lines{StartLine: line, EndLine: line + last, Text: text}, weight
			}
		}
	}
	return best
}

// heaviestLine returns the line in which the different words of the query weigh most, the first of equals.
func heaviestLine(matched [][]int, q lexical.Query) int {
	heaviest, most := 0, float32(0)
	for i := range matched {
		if weight, _ := windowWeight(matched[i:i+1], q); weight > most {
			heaviest, most = i, weight
		}
	}
	return heaviest
}

// shortLine trims a line and cuts it at a code point, so that it can be shown in one row.
func shortLine(line string) string {
	line = strings.TrimSpace(line)
	if len(line) <= bestLineLength {
		return line
	}
	return strings.ToValidUTF8(line[:bestLineLength], "") + "…"
}

// windowWeight sums the weights of the different terms in a window that starts at the first line, and returns the
// last of its lines that adds to it.
func windowWeight(matched [][]int, q lexical.Query) (weight float32, last int) {
	var seen, more uint64 // terms below 64, and those from 64 up to the 128 that a query can have
	for i, terms := range matched[:min(len(matched), bestLinesHeight)] {
		for _, t := range terms {
			set := &seen
			if t >= 64 {
				set = &more
			}
			if bit := uint64(1) << (t & 63); *set&bit == 0 {
				*set |= bit
				weight += q.Terms[t].Weight
				last = i
			}
		}
	}
	return weight, last
}
