package search

import (
	"context"
	"fmt"
	"slices"
)

// Sample is one question with the evidence for every candidate, for fitting weights.
type Sample struct {
	Class Class
	Units []SampleUnit // best first by the weights of the searcher
}

// SampleUnit is one candidate. Its score is the sum of Signals times weights, times Factor. A search adds Used to the best
// UsedDepth candidates by the other signals alone.
type SampleUnit struct {
	Result  Result // without contributions
	Signals Signals
	Factor  float64
	Asked   bool // for by its name, so that other units of that name do not lower its score
}

// Sample measures the candidates of a request: the best depth of them by the weights of the searcher and all that keep
// accepts. Used is measured for each of those.
func (s *Searcher) Sample(ctx context.Context, views []View, req Request, depth int, keep func(*Result) bool) (*Sample, error) {
	q, err := parseRequest(req)
	if err != nil {
		return nil, err
	}
	r, err := s.newRun(ctx, views, q, req)
	if err != nil {
		return nil, fmt.Errorf("sample %q: %w", q.Source, err)
	}
	sample := &Sample{Class: r.class}
	if q.RankText() == "" {
		return sample, nil
	}
	if err := r.collect(); err != nil {
		return nil, fmt.Errorf("sample %q: %w", q.Source, err)
	}
	all, err := r.scoreCandidates()
	if err != nil {
		return nil, fmt.Errorf("sample %q: %w", q.Source, err)
	}
	all = slices.DeleteFunc(r.foldDuplicates(all), r.isGuess)
	var kept []*scored
	for i, c := range all {
		if place := r.place(c.ref); i < depth || keep(&place) {
			kept = append(kept, c)
		}
	}
	for _, c := range kept {
		c.parts, c.score = nil, 0
	}
	if err := r.addUses(kept); err != nil {
		return nil, fmt.Errorf("sample %q: %w", q.Source, err)
	}
	for _, c := range kept {
		sample.Units = append(sample.Units, SampleUnit{
			Result: r.place(c.ref), Signals: c.signals, Factor: c.factor, Asked: c.asked(),
		})
	}
	return sample, nil
}
