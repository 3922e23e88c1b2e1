package search

import (
	"strings"
	"unicode"

	"lsp/encoder"
	"lsp/indexer/lexical"
)

// Words that mean nearly what a word of the query means. A person asks for a "request" that is "req" in the code, for the
// "biggest" where it says "largest". Which words these are, the encoder knows that learned them from code and its
// documentation. They are looked up beside the query's own and count less, as the square of the cosine, and never more
// for being rarer: BM25 with translation, as in Rekabsaz, Lupu, Hanbury and Zuccon, "Generalizing Translation Models in
// the Probabilistic Relevance Framework" (CIKM 2016), but with a term of its own for each word.
const (
	leastNear = 0.4 // cosine
	mostNear  = 5   // for each word of the query
	mostWide  = 128 // terms of a query, these words included
)

// widened returns the words of the query with those near to them. by tells of every term which word it is or stands for,
// and how much it says that a unit has it: 1 for the word itself.
func (r *run) widened(text string) (wide lexical.Query, by []standsFor) {
	wide.Terms = append(wide.Terms, r.words.Terms...)
	by = make([]standsFor, len(wide.Terms))
	for i, t := range wide.Terms {
		by[i] = standsFor{term: i}
		if t.Kind == lexical.Word {
			by[i].share = 1
		}
	}
	thesaurus, ok := r.encoder.(encoder.Thesaurus)
	if !ok || r.weights.Fields.Near == 0 || !r.class.isProse() {
		return wide, by
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		own := stemOf(word)
		at := r.words.Has([]byte(own))
		if own == "" || at < 0 || r.words.Terms[at].Kind != lexical.Word {
			continue
		}
		added := 0
		for _, near := range thesaurus.NearWords(word) {
			if near.Cosine < leastNear || added == mostNear || len(wide.Terms) == mostWide {
				break
			}
			term := stemOf(near.Word)
			if term == "" || wide.Has([]byte(term)) >= 0 {
				continue
			}
			share := float64(near.Cosine) * float64(near.Cosine)
			weight := float32(r.weights.Fields.Near*share) * r.words.Terms[at].Weight
			wide.Terms = append(wide.Terms, lexical.Term{Text: term, Weight: weight, Kind: lexical.Expanded, For: own})
			by = append(by, standsFor{at, share})
			added++
		}
	}
	return wide, by
}

// standsFor says for which term of the query another one stands, and how much it says of it.
type standsFor struct {
	term  int
	share float64 // 1 for the term itself, 0 for terms that are no words
}
