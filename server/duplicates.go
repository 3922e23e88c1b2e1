package server

import (
	"context"

	"lsp/indexer/search"
)

// duplicates serves semantic/duplicates.
func duplicates(ctx context.Context, s *session, p *DuplicatesParams) (*DuplicatesResponse, error) {
	if p.Min < 0 || p.Min > 1 {
		return nil, invalidParams("params.min: a number from 0 to 1 is needed, got %g", p.Min)
	}
	if p.Limit < 0 || p.MinLines < 0 {
		return nil, invalidParams("params.limit and params.minLines: numbers from 0 are needed, got %d and %d", p.Limit, p.MinLines)
	}
	bar, err := s.requestProgress(p.WorkDoneToken, "Looking for duplicates")
	if err != nil {
		return nil, err
	}
	defer bar.end()
	response, err := s.engine.Duplicates(ctx, search.DuplicatesRequest{
		Min: p.Min, MinLines: p.MinLines, Limit: p.Limit, Filter: p.Filter,
	}, bar.report)
	if err != nil {
		return nil, requestError(err)
	}
	answer := &DuplicatesResponse{
		Groups:   make([]DuplicatesGroup, len(response.Groups)),
		Units:    response.Units,
		Complete: response.Complete,
		TookMs:   response.TookMs,
	}
	for i, group := range response.Groups {
		answer.Groups[i] = DuplicatesGroup{Units: s.results(group.Units), Least: group.Least}
	}
	return answer, nil
}
