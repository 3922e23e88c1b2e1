package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// summarize serves semantic/summarize.
func summarize(ctx context.Context, s *session, p *SummarizeParams) (*SummarizeResponse, error) {
	path, line, err := place(p.TextDocument, p.Position)
	if err != nil {
		return nil, err
	}
	found, err := s.engine.Summarize(ctx, "", path, line)
	if err != nil {
		return nil, requestError(err)
	}
	answer := &SummarizeResponse{Text: found.Text, Guess: found.Guess, Unit: s.result(&found.Unit)}
	if found.From != nil {
		answer.From = pointer(s.result(found.From))
	}
	return answer, nil
}

// hover serves textDocument/hover when the setting client.summaries is on: over the name of a function without
// documentation it shows a guess, and says that it is one.
func hover(ctx context.Context, s *session, p *protocol.HoverParams) (*protocol.Hover, error) {
	if !s.config.current.Load().Client.Summaries {
		return nil, nil
	}
	path, line, err := place(Document{URI: p.TextDocument.URI.String()}, Position(p.Position))
	if err != nil {
		return nil, nil // no file, such as a buffer without a name: editors ask over any text
	}
	found, err := s.engine.Summarize(ctx, "", path, line)
	if errors.Is(err, search.ErrNoUnit) || errors.Is(err, engine.ErrNotIndexed) || errors.Is(err, engine.ErrNotOpen) {
		return nil, nil
	}
	if err != nil {
		return nil, requestError(err)
	}
	name := s.result(&found.Unit).NameRange
	if !found.Guess || found.Text == "" || !within(Position(p.Position), name) {
		return nil, nil
	}
	return &protocol.Hover{
		Contents: &protocol.MarkupContent{Kind: protocol.MarkupKindPlainText, Value: guessText(found)},
		Range:    &protocol.Range{Start: protocol.Position(name.Start), End: protocol.Position(name.End)},
	}, nil
}

// guessText words a guess so that nobody takes it for documentation.
func guessText(s *search.Summary) string {
	if s.From == nil {
		return "Guess from the name: " + s.Text
	}
	name := s.From.Name
	if s.From.Owner != "" {
		name = s.From.Owner + "." + name
	}
	return fmt.Sprintf("Guess from %s (%s:%d): %s", strings.TrimSpace(name), s.From.Path, s.From.StartLine, s.Text)
}

// within reports whether a place lies in a range or at its end.
func within(p Position, r Range) bool {
	after := p.Line > r.Start.Line || p.Line == r.Start.Line && p.Character >= r.Start.Character
	return after && (p.Line < r.End.Line || p.Line == r.End.Line && p.Character <= r.End.Character)
}
