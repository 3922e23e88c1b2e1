package search

import (
	"cmp"
	"slices"
	"strings"

	"lsp/indexer/lexical"
)

// While somebody types, each key would change the list: the beginning of a word is to the index either no word or another one.
// So the last word counts as the commonest word of the index that begins with it, unless it is about as common itself or is all
// of the query and may be a name, and as none as long as it may become anything. What was typed counts a little besides.
//
// The constants were chosen with BenchmarkTyping: with others that were tried, the first result changes more often or is less
// often the one that the finished word brings.

const (
	// typedWeight is the weight of the word as it was typed beside the one that it was taken for.
	typedWeight = 0.25
	// commonShare is the share of the documents of the commonest word with the same beginning from which a word is taken for
	// finished.
	commonShare = 0.5
	// leastTyped is the number of letters below which a word is left out.
	leastTyped = 2
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
	if len(w.Text) < leastTyped {
		if last > 0 {
			r.query.Words = r.query.Words[:last]
			r.class = Classify(r.query)
		}
		return nil
	}
	own := stemOf(w.Text)
	term, err := r.meantTerm(w.Text, own)
	if err != nil {
		return err
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
func (r *run) meantTerm(word, own string) (string, error) {
	sources := lexicalSources(r.sources)
	found, err := lexical.Commonest(sources, word, 1)
	if err != nil {
		return "", err
	}
	documents, err := lexical.CountDocuments(sources, own)
	if err != nil {
		return "", err
	}
	for _, ending := range endings {
		if stem, ok := strings.CutSuffix(word, ending); ok && len(stem) > leastTyped {
			n, err := lexical.CountDocuments(sources, stem)
			if err != nil {
				return "", err
			}
			found = append(found, lexical.TermCount{Text: stem, Documents: n})
		}
	}
	if len(found) == 0 {
		return own, nil
	}
	best := slices.MaxFunc(found, func(a, b lexical.TermCount) int { return cmp.Compare(a.Documents, b.Documents) })
	switch {
	case best.Documents == 0 || float64(documents) >= commonShare*float64(best.Documents):
		return own, nil
	case r.class == Identifier && documents > 0:
		return own, nil // which may be a name, however rare
	}
	return best.Text, nil
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
