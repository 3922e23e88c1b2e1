package server

import (
	"context"

	"lsp/indexer/search"
)

// similar serves semantic/similar.
func similar(ctx context.Context, s *session, p *SimilarParams) (*SearchResponse, error) {
	limit, err := s.limit(p.Limit)
	if err != nil {
		return nil, err
	}
	req := search.SimilarRequest{Text: p.Text, Limit: limit, Filter: p.Filter}
	switch {
	case p.TextDocument != nil && p.Position != nil:
		if req.Path, req.Line, err = place(*p.TextDocument, *p.Position); err != nil {
			return nil, err
		}
	case p.Text == "":
		return nil, invalidParams("params: textDocument and position are needed, or text")
	}
	response, err := s.engine.Similar(ctx, req)
	if err != nil {
		return nil, requestError(err)
	}
	answer := s.response(response)
	if p.Show {
		s.present("Similar code", answer.Results)
	}
	return answer, nil
}
