package search

import (
	"cmp"
	"slices"
	"strings"

	"lsp/indexer/lexical"
)

// While somebody types, each key would change the list: the beginning of a word is to the index either no word or another one.
// So the last word counts as the commonest word of the index that begins with it, unless it is about as common itself or is all
// of the query and may be a name, and after other words as none as long as it may become anything. What was typed counts a little
// besides.
//
// The constants were chosen with BenchmarkTyping: with others that were tried, the first result changes more often or is less
// often the one that the finished word brings.

const (
	// typedWeight is the weight of the word as it was typed beside the one that it was taken for.
	typedWeight = 0.25
	// commonShare is the share of the documents of the commonest word with the same beginning from which a word is taken for
	// finished.
	commonShare = 0.5
	// leastShare is the share that the commonest word must have of all that begin so: below it the word may become anything.
	leastShare = 0.3
	// leastStem is the number of letters below which a term is not looked for in what was typed.
	leastStem = 3
	// surfaceUnits is how many units are looked at for how a term is written.
	surfaceUnits = 12
)

// finishWord replaces the last word of the query if somebody may still be typing it.
func (r *run) finishWord() error {
	last := len(r.query.Words) - 1
	if !r.req.Typing || last < 0 {
		return nil
	}
	if r.class == Identifier {
		r.names = wantedNames(r.query.RankText(), r.class)
	}
	w := &r.query.Words[last]
	if w.Start+len(w.Text) != len(r.query.Source) || !isPlainWord(w.Text) || lexical.IsStopWord(w.Text) {
		return nil
	}
	own := stemOf(w.Text)
	term, likely, err := r.meantTerm(w.Text, own)
	if err != nil {
		return err
	}
	if last > 0 && !likely {
		r.query.Words = r.query.Words[:last]
		r.class = Classify(r.query)
		return nil
	}
	if w.Text, err = r.written(term, w.Text); err != nil {
		return err
	}
	if term != own {
		r.typed = own
	}
	r.class = Classify(r.query)
	return nil
}

// isPlainWord reports whether a word has small letters alone, as the words of a sentence have.
func isPlainWord(word string) bool {
	return strings.IndexFunc(word, func(c rune) bool { return c < 'a' || c > 'z' }) < 0
}

// endings are what stemming takes from a word, without their last letter: of caching, cach is the term.
var endings = []string{"i", "in", "e"}

// meantTerm returns the term that a word is probably the beginning of: its own, when the word is finished as likely as not.
// Unless it is likely, most of the words that begin so are others.
func (r *run) meantTerm(word, own string) (term string, likely bool, err error) {
	sources := lexicalSources(r.sources)
	found, all, err := lexical.Commonest(sources, word, 1)
	if err != nil {
		return "", false, err
	}
	documents, err := lexical.CountDocuments(sources, own)
	if err != nil {
		return "", false, err
	}
	for _, ending := range endings {
		if stem, ok := strings.CutSuffix(word, ending); ok && len(stem) >= leastStem {
			n, err := lexical.CountDocuments(sources, stem)
			if err != nil {
				return "", false, err
			}
			found = append(found, lexical.TermCount{Text: stem, Documents: n})
			all += uint64(n)
		}
	}
	if len(found) == 0 {
		return own, true, nil
	}
	best := slices.MaxFunc(found, func(a, b lexical.TermCount) int { return cmp.Compare(a.Documents, b.Documents) })
	switch {
	case best.Documents == 0 || float64(documents) >= commonShare*float64(best.Documents):
		return own, true, nil
	case r.class == Identifier && documents > 0:
		return own, true, nil // which may be a name, however rare
	}
	return best.Text, float64(best.Documents) >= leastShare*float64(all), nil
}

// written returns how a term is written in the index where it begins with the letters that were typed: as in most of some units
// that have it in their names and documentation.
func (r *run) written(term, typed string) (string, error) {
	p := lexical.DefaultParams()
	p.Weight = [lexical.NumFields]float64{lexical.Documentation: 1, lexical.Name: 1}
	q := lexical.Query{Terms: []lexical.Term{{Text: term, Weight: 1}}}
	hits, err := lexical.Search(r.ctx, lexicalSources(r.sources), q, p, surfaceUnits)
	if err != nil {
		return "", err
	}
	counts := map[string]int{}
	for _, h := range hits {
		u := r.sources[h.Source].seg.Unit(h.Document)
		for _, text := range []string{u.Name, u.Documentation} {
			for _, at := range lexical.Highlights(text, q) {
				if word := strings.ToLower(text[at.Start:at.End]); strings.HasPrefix(word, typed) {
					counts[word]++
				}
			}
		}
	}
	best := typed
	for word, n := range counts {
		if m := counts[best]; n > m || n == m && (len(word) < len(best) || len(word) == len(best) && word < best) {
			best = word
		}
	}
	if len(counts) == 0 && strings.HasPrefix(term, typed) {
		return term, nil
	}
	return best, nil
}
