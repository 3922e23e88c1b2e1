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

// countUses returns how many units have the names of the given ones, 0 for a name of one word.
func (r *run) countUses(best []*scored) ([]uint32, error) {
	documents := make([]uint32, len(best))
	counted := map[string]uint32{} // by name, in its indexed form
	for i, c := range best {
		name := ""
		for _, t := range lexical.Analyze(r.sources[c.source].seg.Name(c.unit)).Terms {
			if t.Kind == lexical.Identifier {
				name = t.Text
			}
		}
		if name == "" {
			continue
		}
		n, known := counted[name]
		if !known {
			var err error
			if n, err = lexical.CountDocuments(r.lexical, name); err != nil {
				return nil, err
			}
			counted[name] = n
		}
		documents[i] = n
	}
	return documents, nil
}
