package search

import (
	"context"
	"errors"
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
	encode := encodeText(ctx, req.Text)
	if req.Text == "" {
		if self, err = locate(r.sources, req.Root, req.Path, req.Line); err != nil {
			return nil, fmt.Errorf("find similar: %w", err)
		}
		encode = r.stored(self)
	}
	v := make([]float32, s.encoder.Dimensions())
	if err := encode(s.encoder, v); err != nil {
		return nil, fmt.Errorf("find similar: %w", err)
	}
	r.vectors = vectorSources(r.sources)
	r.vector, r.background = meaningOf(s.encoder, v)
	if err := r.prepareTier(encode, true); err != nil {
		return nil, fmt.Errorf("find similar: %w", err)
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

// encodeText returns how a piece of code is encoded.
func encodeText(ctx context.Context, text string) func(encoder.Encoder, []float32) error {
	return func(enc encoder.Encoder, dst []float32) error {
		return enc.EncodeUnits(ctx, []encoder.Unit{{Body: text}}, dst)
	}
}

// errNoVector says that a unit has no vector of an encoder.
var errNoVector = errors.New("the unit has no vector")

// stored returns how the stored vector of a unit is found. One without a vector of the first encoder has the zero vector.
func (r *run) stored(u ref) func(encoder.Encoder, []float32) error {
	s := &r.sources[u.source]
	return func(enc encoder.Encoder, dst []float32) error {
		section, number := s.seg.Vectors(), u.unit
		if enc != r.encoder {
			if s.cover == nil || !s.cover.Has.Has(u.unit) {
				return errNoVector
			}
			block, entry := s.cover.Entry(u.unit)
			section, number = s.view.Epoch.Vectors.Blocks()[block].Vectors(), entry
		}
		if slot, end := section.Slots(number); slot < end {
			section.Row(slot, dst)
		}
		return nil
	}
}

// nearest returns the units nearest to the vectors of the run except self, units with the same text as one.
func (r *run) nearest(self ref) ([]*scored, error) {
	found, err := r.nearestUnits(r.depth(2*r.req.limit()+50), vector.Options{Engine: r.options.Engine})
	if err != nil {
		return nil, err
	}
	near, err := r.nearnesses(found)
	if err != nil {
		return nil, err
	}
	var out []*scored
	for i, u := range found {
		if n := near[i]; u != self && n.cosine > 0 {
			c := candidate{ref: u, file: r.sources[u.source].seg.FileOf(u.unit), meaning: n.cosine}
			out = append(out, &scored{candidate: c, score: n.cosine})
		}
	}
	slices.SortFunc(out, r.compare)
	out = r.foldDuplicates(out)
	return out[:min(len(out), r.req.limit())], nil
}
