package search

import (
	"fmt"
	"strings"
)

// response turns ranked candidates into the answer.
func (r *run) response(ranked []*scored) *Response {
	resp := &Response{Results: make([]Result, 0, len(ranked)), Complete: complete(r.views), Class: r.class.String(), Tier: r.share}
	best := 1.0
	if len(ranked) > 0 && ranked[0].score > 0 {
		best = ranked[0].score
	}
	for i := range ranked {
		resp.Results = append(resp.Results, r.result(ranked[i], best))
	}
	if r.req.BestLines {
		r.addBestLines(resp.Results, ranked)
	}
	notes := r.query.Notes
	if len(resp.Results) == 0 {
		notes = append(notes[:len(notes):len(notes)], r.emptyNote())
	}
	if note := unreadNote(r.sources); note != "" {
		resp.Complete = false
		notes = append(notes[:len(notes):len(notes)], note)
	}
	resp.Message = strings.Join(notes, "; ")
	return resp
}

// emptyNote says why there is no result.
func (r *run) emptyNote() string {
	allowed, alive := 0, 0
	for _, s := range r.sources {
		n := s.seg.Units()
		if s.layer.Alive != nil {
			n = s.layer.Alive.Count()
		}
		alive += n
		if s.allow != nil {
			n = s.allow.Count()
		}
		allowed += n
	}
	switch {
	case alive == 0:
		return "nothing is indexed here yet"
	case allowed == 0:
		return fmt.Sprintf("the filters leave none of %d units", alive)
	}
	return "no good match"
}

func (r *run) result(c *scored, best float64) Result {
	res := r.place(c.ref)
	res.Score = c.score / best
	res.Duplicates = c.duplicates
	res.Confidence = r.confidence(c)
	if r.req.Explain {
		r.splitWords(c)
		r.splitMeaning(c)
	}
	for _, p := range c.parts {
		res.Explanation = append(res.Explanation, Contribution{p.Name, p.Value / best})
	}
	return res
}

// place describes a unit without a score.
func (r *run) place(u ref) Result { return describe(&r.sources[u.source], u.unit) }

func describe(s *source, u uint32) Result {
	unit, lines := s.seg.Unit(u).Clone(), s.seg.Lines(u)
	return Result{
		Path: unit.Path, Root: s.view.Root, StartLine: int(lines.Start) + 1, EndLine: int(lines.End) + 1,
		Name: unit.Name, Owner: unit.Owner, Kind: unit.Kind.String(), Language: unit.Language,
		Signature: unit.Signature, Documentation: unit.Documentation,
		Range: unit.Range, NameRange: unit.NameRange,
	}
}
