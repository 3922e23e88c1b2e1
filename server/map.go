package server

import (
	"context"
	"errors"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// functionMap serves semantic/map.
func functionMap(ctx context.Context, s *session, _ *NoParams) (*MapResponse, error) {
	m, err := s.engine.Map(ctx)
	if err != nil {
		return nil, requestError(err)
	}
	answer := &MapResponse{Functions: make([]MapFunction, len(m.Functions)), Of: m.Of, Complete: m.Complete}
	for i, f := range m.Functions {
		answer.Functions[i] = MapFunction{
			Root: f.Root, Path: f.Path, Name: f.Name, Owner: f.Owner, StartLine: f.StartLine, EndLine: f.EndLine, X: f.X, Y: f.Y,
		}
	}
	return answer, nil
}

// page is the page of a session, once it is open.
type page struct {
	mu  sync.Mutex
	url string
}

// openPage serves semantic/openPage: the first opens the page, which then lives as long as the session.
func openPage(_ context.Context, s *session, _ *NoParams) (*OpenPageResponse, error) {
	if s.options.OpenPage == nil {
		return nil, errors.New("this server has no page")
	}
	s.page.mu.Lock()
	defer s.page.mu.Unlock()
	if s.page.url == "" {
		url, serve, err := s.options.OpenPage(s.ctx, s.engine)
		if err != nil {
			return nil, requestError(err)
		}
		s.page.url = url
		s.beside.start(func() {
			if err := serve(s.ctx); err != nil {
				s.log.Warn("the page has ended", "error", err)
			}
		})
	}
	url := s.page.url
	if s.client.showDocument {
		s.beside.start(func() { s.showPage(url) })
	}
	return &OpenPageResponse{URL: url}, nil
}

// showPage has the client open the page in the browser.
func (s *session) showPage(url string) {
	err := s.call(s.ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: uri.URI(url), External: pointer(true)}, nil)
	if err != nil && s.ctx.Err() == nil {
		s.log.Warn("the editor did not open the page", "error", err)
	}
}
