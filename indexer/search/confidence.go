package search

import "lsp/indexer/lexical"

// Confidence is judged by evidence that does not depend on the other candidates, unlike the score. The bounds were read
// off questions about things that the Go standard library has and has not.
const (
	// likelyCoverage is the share of the query's words that a unit must have to be a likely answer.
	likelyCoverage = 0.6
	// helpedCoverage is the share of words that an answer needs which is likely by nearness in meaning: words that an
	// encoder does not know can be near anything.
	helpedCoverage = 0.35
)

// confidence tells whether a result probably is what was asked for.
func (r *run) confidence(c *scored) string {
	if r.query.RankText() == "" || c.asked() {
		return Likely
	}
	coverage := r.coverage(c.ref)
	if coverage >= likelyCoverage || c.meaning >= r.weights.Bounds.LikelyMeaning && coverage >= helpedCoverage {
		return Likely
	}
	return Possible
}

// isGuess reports whether nothing but a weak nearness in meaning speaks for a candidate. What has the very text or
// name that was asked for is none.
func (r *run) isGuess(c *scored) bool {
	return !c.lifted && len(r.query.Words) > 0 && !c.literal && c.name == 0 && !c.spelled && c.meaning < r.weights.Bounds.LeastMeaning
}

// coverage is the share of the words of the query that a unit has in any of its fields.
func (r *run) coverage(u ref) float64 {
	if r.scorer == nil {
		return 0 // names alone were looked at
	}
	words := 0
	for _, t := range r.words.Terms {
		if t.Kind == lexical.Word {
			words++
		}
	}
	scores, err := r.scorer.Explain(u.source, u.unit)
	if err != nil || words == 0 {
		return 0 // damage was reported when the unit was scored
	}
	matched := 0
	for _, s := range scores {
		if s.Term.Kind == lexical.Word {
			matched++
		}
	}
	return float64(matched) / float64(words)
}
