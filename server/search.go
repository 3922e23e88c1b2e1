package server

import (
	"context"
	"errors"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// searchCode serves semantic/search.
func searchCode(ctx context.Context, s *session, p *SearchParams) (*SearchResponse, error) {
	limit, err := s.limit(p.Limit)
	if err != nil {
		return nil, err
	}
	response, err := s.engine.Search(ctx, search.Request{
		Query: p.Query, Limit: limit, Filter: p.Filter, Mode: p.Mode, Explain: p.Explain, BestLines: p.BestLines, Typing: p.Typing,
	})
	if err != nil {
		return nil, requestError(err)
	}
	answer := s.response(response)
	if p.Show {
		s.present("Code for: "+p.Query, answer.Results)
	}
	return answer, nil
}

// limit checks a number of results; 0 means the setting.
func (s *session) limit(asked int) (int, error) {
	switch {
	case asked == 0:
		return s.config.current.Load().Search.Limit, nil
	case asked < 0 || asked > search.MaxLimit:
		return 0, invalidParams("params.limit: a whole number from 1 to %d is needed, got %d", search.MaxLimit, asked)
	}
	return asked, nil
}

// requestError marks what the caller can mend: a query that cannot be read, a filter that does not
// exist, a file outside the open folders.
func requestError(err error) error {
	var syntax *search.SyntaxError
	var filter *search.FilterError
	if errors.As(err, &syntax) || errors.As(err, &filter) || errors.Is(err, engine.ErrNotOpen) || errors.Is(err, search.ErrNoUnit) {
		return invalidParams("%v", err)
	}
	return err
}

// response gives results their locations.
func (s *session) response(r *search.Response) *SearchResponse {
	return &SearchResponse{
		Results:  s.results(r.Results),
		Complete: r.Complete,
		TookMs:   r.TookMs,
		Class:    r.Class,
		Message:  r.Message,
		Tier:     r.Tier,
	}
}

func (s *session) results(found []search.Result) []SearchResult {
	out := make([]SearchResult, len(found))
	for i := range found {
		out[i] = s.result(&found[i])
	}
	return out
}

func (s *session) result(r *search.Result) SearchResult {
	return SearchResult{
		Result:    *r,
		Location:  s.location(r.Root, r.Path, r.Range),
		NameRange: Range{Start: s.position(r.NameRange.Start), End: s.position(r.NameRange.End)},
	}
}
