package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Explanation tells what a query made of one unit.
type Explanation struct {
	Class    string   `json:"class"`              // what the query was taken for
	Words    []string `json:"words"`              // the terms that were looked up
	Rank     int      `json:"rank"`               // place in the full ranking, from 1; 0 when it is not in it
	Of       int      `json:"of"`                 // candidates in the full ranking
	Result   Result   `json:"result"`             // the unit, with all contributions to its score
	Best     *Result  `json:"best,omitempty"`     // the best result, to compare with
	Excluded []string `json:"excluded,omitempty"` // the parts of the query that the unit does not satisfy
}

// ErrNoUnit is returned when no unit is indexed at a place.
var ErrNoUnit = errors.New("no unit is indexed there")

// Explain tells how the unit at a line (from 1) of a file fares in a query: how its score came about if it passes
// the filters, which filters it fails if not.
func (s *Searcher) Explain(ctx context.Context, views []View, req Request, root, path string, line int) (*Explanation, error) {
	q, err := parseRequest(req)
	if err != nil {
		return nil, err
	}
	req.Explain = true
	r, err := s.newRun(ctx, views, q, req)
	if err != nil {
		return nil, failed("explain", q, err)
	}
	target, err := locate(r.sources, root, path, line)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Class: r.class.String(), Words: []string{}, Result: r.place(target)}
	for _, t := range r.words.Terms {
		e.Words = append(e.Words, t.Text)
	}
	if !r.sources[target.source].allow.Has(target.unit) {
		e.Excluded, err = r.failing(target)
		return e, err
	}
	if q.RankText() == "" {
		return e, nil
	}
	r.extra = []ref{target}
	if err := r.collect(); err != nil {
		return nil, failed("explain", q, err)
	}
	all, err := r.scoreCandidates()
	if err != nil {
		return nil, failed("explain", q, err)
	}
	best := all[0].score
	if best <= 0 {
		best = 1
	}
	i := slices.IndexFunc(all, func(c *scored) bool { return c.ref == target })
	e.Rank, e.Of = i+1, len(all)
	first := r.result(all[0], best)
	e.Result, e.Best = r.result(all[i], best), &first
	return e, nil
}

// locate finds the innermost live unit at a line of a file. An empty root means any.
func locate(sources []source, root, path string, line int) (ref, error) {
	best, size := ref{source: -1}, uint32(0)
	for i := range sources {
		s := &sources[i]
		if root != "" && s.view.Root != root {
			continue
		}
		for f := range uint32(s.seg.Files()) {
			if !s.layer.Files.Has(f) || s.seg.FilePath(f) != path {
				continue
			}
			first, end := s.seg.FileUnits(f)
			for u := first; u < end; u++ {
				l := s.seg.Lines(u)
				if int(l.Start) >= line || int(l.End) < line-1 {
					continue
				}
				if n := l.End - l.Start; best.source < 0 || n < size {
					best, size = ref{i, u}, n
				}
			}
		}
	}
	if best.source < 0 {
		return best, fmt.Errorf("%s:%d: %w", path, line, ErrNoUnit)
	}
	return best, nil
}

// failing names the clauses that a unit does not satisfy: those that it fails each for itself, else all of them when it
// fails them together.
func (r *run) failing(u ref) ([]string, error) {
	fails := func(clauses []Clause) (bool, error) {
		q := *r.query
		q.Clauses = clauses
		one := []source{r.sources[u.source]}
		one[0].allow = one[0].layer.Alive
		err := restrict(r.ctx, one, &q)
		return !one[0].allow.Has(u.unit), err
	}
	var out, all []string
	for i := range r.query.Clauses {
		c := r.query.Clauses[i : i+1]
		all = append(all, c[0].text(r.query))
		failed, err := fails(c)
		if err != nil {
			return nil, err
		}
		if failed {
			out = append(out, c[0].text(r.query))
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	if together, err := fails(r.query.Clauses); together || err != nil {
		return all, err
	}
	return []string{"outside the folder that is searched"}, nil
}

// text gives a clause as it was typed, or as it would be typed when it came from a filter.
func (c *Clause) text(q *Query) string {
	if c.Start < c.End {
		return q.Source[c.Start:c.End]
	}
	sign := ""
	if c.Not {
		sign = "-"
	}
	return sign + c.Operator + ":" + strings.Join(c.Values, ",")
}

// splitWords breaks the contribution of the words up by term, so that a person sees which word counted and where
// it was found.
func (r *run) splitWords(c *scored) {
	i := slices.IndexFunc(c.parts, func(p Contribution) bool { return p.Name == wordsPart })
	if i < 0 || c.words <= 0 {
		return
	}
	terms, err := r.scorer.Explain(c.source, c.unit)
	if err != nil || len(terms) == 0 {
		return // the sum stays
	}
	total := 0.0
	for _, t := range terms {
		total += t.Contribution
	}
	var split []Contribution
	for _, t := range terms {
		fields := make([]string, len(t.Fields))
		for j, f := range t.Fields {
			fields[j] = f.Field.String()
		}
		word := strconv.Quote(t.Term.Text)
		if t.Term.For != "" {
			word += fmt.Sprintf(" for %q", t.Term.For)
		}
		name := fmt.Sprintf("word %s in %s", word, strings.Join(fields, ", "))
		split = append(split, Contribution{name, c.parts[i].Value * t.Contribution / total})
	}
	c.parts = slices.Replace(c.parts, i, i+1, split...)
}
