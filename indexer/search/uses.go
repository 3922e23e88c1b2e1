package search

import (
	"math"

	"lsp/indexer/lexical"
)

// UsedDepth is the number of candidates, the best ones, for which it counts how widely their names occur.
const UsedDepth = 40

// usedOnAverage is what counts of a name that cannot be told from a word.
const usedOnAverage = 0.3

// addUses adds to the best candidates how widely their names occur: what is used in many places is what most people
// look for. A name of one word cannot be told from the word, so it gets what an average name has.
func (r *run) addUses(best []*scored) error {
	units := 0
	for i := range r.sources {
		units += int(r.sources[i].layer.Totals.Documents)
	}
	documents, err := r.countUses(best)
	if err != nil {
		return err
	}
	for i, c := range best {
		uses := usedOnAverage
		if documents[i] > 0 {
			uses = math.Log(float64(documents[i])) / math.Log(float64(max(units, 2)))
		}
		c.signals[Used] = uses
		r.adder(c)(Used.String(), r.weights.Evidence[r.class][Used]*c.factor*uses)
	}
	return nil
}

// usesAtOnce is how many names are looked up together. A look-up has a cost of its own, and every unit is compared with
// all names of its look-up.
const usesAtOnce = 8

// countUses returns how many units have the names of the given ones, 0 for a name of one word.
func (r *run) countUses(best []*scored) ([]uint32, error) {
	documents := make([]uint32, len(best))
	first := map[string]int{} // by name, in its indexed form: who has it
	var wanted []int
	names := make([]string, len(best))
	for i, c := range best {
		for _, t := range lexical.Analyze(r.sources[c.source].seg.Name(c.unit)).Terms {
			if t.Kind == lexical.Identifier {
				names[i] = t.Text
			}
		}
		if _, known := first[names[i]]; names[i] != "" && !known {
			first[names[i]] = i
			wanted = append(wanted, i)
		}
	}
	for len(wanted) > 0 {
		some := wanted[:min(len(wanted), usesAtOnce)]
		wanted = wanted[len(some):]
		var q lexical.Query
		for _, i := range some {
			q.Add(lexical.Term{Text: names[i], Weight: lexical.IdentifierWeight, Kind: lexical.Identifier})
		}
		scorer, err := lexical.NewScorer(r.lexical, q, lexical.DefaultParams())
		if err != nil {
			return nil, err
		}
		for _, i := range some {
			terms, err := scorer.Explain(best[i].source, best[i].unit)
			if err != nil {
				return nil, err
			}
			for _, t := range terms {
				if t.Term.Text == names[i] {
					documents[i] = t.Documents
				}
			}
		}
	}
	for i, name := range names {
		if name != "" {
			documents[i] = documents[first[name]]
		}
	}
	return documents, nil
}
