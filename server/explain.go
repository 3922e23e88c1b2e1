package server

import (
	"context"

	"lsp/indexer/search"
	"lsp/workspace"
)

// explain serves semantic/explain.
func explain(ctx context.Context, s *session, p *ExplainParams) (*ExplainResponse, error) {
	path, line, err := place(p.TextDocument, p.Position)
	if err != nil {
		return nil, err
	}
	req := search.Request{Query: p.Query, Filter: p.Filter, Mode: p.Mode, Typing: p.Typing}
	explanation, err := s.engine.Explain(ctx, req, "", path, line)
	if err != nil {
		return nil, requestError(err)
	}
	answer := &ExplainResponse{
		Class:    explanation.Class,
		Words:    explanation.Words,
		Rank:     explanation.Rank,
		Of:       explanation.Of,
		Result:   s.result(&explanation.Result),
		Excluded: explanation.Excluded,
	}
	if explanation.Best != nil {
		answer.Best = pointer(s.result(explanation.Best))
	}
	return answer, nil
}

// place finds a line, from 1, of a file in an open folder.
func place(d Document, at Position) (path string, line int, err error) {
	path, err = documentPath(d.URI)
	if err == nil && path == d.URI {
		err = workspace.ErrNotFileURI
	}
	if err != nil {
		return "", 0, invalidParams("params.textDocument.uri: %v", err)
	}
	return path, int(at.Line) + 1, nil
}
