package search

import (
	"context"
	"strings"
	"time"
)

// Symbols answers what an editor's symbol search types: an identifier is matched by name, exact before prefix before
// sub-words before scattered letters; a sentence, or anything after a question mark, is a question. Operators work
// in both, and the last word of a question may be unfinished. Text that is no valid query is taken as words, so there is always an answer. The empty query lists
// the first symbols.
func (s *Searcher) Symbols(ctx context.Context, views []View, query string, limit int) (*Response, error) {
	begin := time.Now()
	text, question := strings.CutPrefix(strings.TrimSpace(query), "?")
	req := Request{Query: text, Limit: limit, Typing: query == strings.TrimRight(query, " ")}
	q, err := Parse(text)
	if err != nil {
		text = strings.ToValidUTF8(text, "")
		req.Query, req.Plain = text[:floorRune(text, min(len(text), maxQueryBytes))], true
		if q, err = ParsePlain(req.Query); err != nil {
			return nil, err
		}
	}
	if question || len(q.Words) > 1 {
		return s.answer(ctx, views, q, req)
	}
	r := &run{Searcher: s, ctx: ctx, req: req, query: q, class: Classify(q), views: views, weights: &s.weights}
	if r.sources, err = gather(views); err != nil {
		return nil, failed("symbols", q, err)
	}
	if err := restrict(ctx, r.sources, q); err != nil {
		return nil, failed("symbols", q, err)
	}
	ranked, err := r.symbols()
	if err != nil {
		return nil, failed("symbols", q, err)
	}
	if len(ranked) == 0 && len(q.Words) > 0 {
		return s.answer(ctx, views, q, req)
	}
	resp := r.response(ranked)
	resp.TookMs = milliseconds(time.Since(begin))
	return resp, nil
}

// symbols ranks the allowed units by name alone.
func (r *run) symbols() ([]*scored, error) {
	if len(r.query.Words) == 0 {
		return r.listed(r.req.limit(), func(s *source, u uint32) bool { return s.seg.Name(u) != "" }), nil
	}
	w := newWantedName(r.query.Words[0].Text)
	found, err := findNames(r.ctx, r.sources, &w, gradeSubsequence, r.req.limit())
	if err != nil {
		return nil, err
	}
	out := make([]*scored, len(found))
	for i, n := range found {
		c := candidate{ref: n.ref, file: r.sources[n.source].seg.FileOf(n.unit), name: n.grade}
		out[i] = &scored{candidate: c, score: n.grade}
	}
	return out, nil
}
