package search

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lsp/encoder"
	"lsp/indexer/vector"
)

// SimilarRequest asks for units like a given one, or like a piece of text.
type SimilarRequest struct {
	Root   string `json:"root,omitempty"` // "" means any root that has the path
	Path   string `json:"path,omitempty"`
	Line   int    `json:"line,omitempty"` // from 1; the innermost unit there is meant
	Text   string `json:"text,omitempty"` // code, or a comment that says what the code should do; instead of a place
	Limit  int    `json:"limit,omitempty"`
	Filter Filter `json:"filter"`
}

// likelySimilar is the cosine from which two units are said to be likely alike.
const likelySimilar = 0.8

// Similar finds the units whose vectors are nearest to that of a unit or of a text. A text of words is answered as a
// question would be.
func (s *Searcher) Similar(ctx context.Context, views []View, req SimilarRequest) (*Response, error) {
	begin := time.Now()
	search := Request{Limit: req.Limit, Filter: req.Filter, Mode: Dense}
	if req.Text != "" && classifyText(req.Text) != Code {
		search.Query, search.Plain, search.Mode = req.Text[:floorRune(req.Text, min(len(req.Text), maxQueryBytes))], true, Hybrid
		return s.Search(ctx, views, search)
	}
	q, err := parseRequest(search)
	if err != nil {
		return nil, err
	}
	r, err := s.newRun(ctx, views, q, search)
	if err != nil {
		return nil, fmt.Errorf("find similar: %w", err)
	}
	self := ref{source: -1}
	if req.Text == "" {
		if self, err = locate(r.sources, req.Root, req.Path, req.Line); err != nil {
			return nil, fmt.Errorf("find similar: %w", err)
		}
		section := r.sources[self.source].seg.Vectors()
		if slot, end := section.Slots(self.unit); slot < end {
			r.setVector(section.Row(slot, make([]float32, section.Dims())))
		}
	} else {
		v := make([]float32, s.encoder.Dimensions())
		if err := s.encoder.EncodeUnits(ctx, []encoder.Unit{{Body: req.Text}}, v); err != nil {
			return nil, fmt.Errorf("find similar: %w", err)
		}
		r.setVector(v)
	}
	ranked, err := r.nearest(self)
	if err != nil {
		return nil, fmt.Errorf("find similar: %w", err)
	}
	resp := r.response(ranked)
	resp.Class = ""
	for i := range ranked {
		// Cosines are readable as they are, and another unit's nearness is no yardstick.
		resp.Results[i].Score, resp.Results[i].Confidence = ranked[i].score, Possible
		if ranked[i].score >= likelySimilar {
			resp.Results[i].Confidence = Likely
		}
	}
	resp.TookMs = milliseconds(time.Since(begin))
	return resp, nil
}

// nearest returns the units nearest to the vector of the run except self, units with the same text as one.
func (r *run) nearest(self ref) ([]*scored, error) {
	if r.vector == nil {
		return nil, nil
	}
	r.vectors = vectorSources(r.sources)
	opts := vector.Options{Engine: r.options.Engine}
	hits, err := untied(r.depth(2*r.req.limit()+50), func(k int) ([]vector.Hit, error) {
		return vector.Search(r.ctx, r.vectors, r.vector, k, opts)
	}, func(h vector.Hit) float32 { return h.Score })
	if err != nil {
		return nil, err
	}
	var out []*scored
	for _, h := range hits {
		u := ref{h.Source, h.Unit}
		if u == self || h.Score <= 0 {
			continue
		}
		c := candidate{ref: u, file: r.sources[u.source].seg.FileOf(u.unit), meaning: float64(h.Score)}
		out = append(out, &scored{candidate: c, score: float64(h.Score)})
	}
	slices.SortFunc(out, r.compare)
	out = r.foldDuplicates(out)
	return out[:min(len(out), r.req.limit())], nil
}
