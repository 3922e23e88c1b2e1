package server

import (
	"context"
	"errors"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lsp/workspace"
)

// documentPath returns the key of a document: the canonical path of a file, else the URI itself, for documents that
// are no files (untitled:…).
func documentPath(uri string) (string, error) {
	path, err := workspace.URIToPath(uri)
	if errors.Is(err, workspace.ErrNotFileURI) {
		return uri, nil
	}
	if err != nil {
		return "", err
	}
	return workspace.Canonical(path)
}

// modify hands one modification of a document to the engine. It runs before the next message is read, so every later
// request sees it.
func (s *session) modify(u uri.URI, m workspace.Modification) error {
	path, err := documentPath(u.String())
	if err != nil {
		return err
	}
	m.Path, m.Cause = path, workspace.CauseEditor
	switch m.Action {
	case workspace.ActionOpen:
		s.folders.opened(path, u.String())
	case workspace.ActionClose:
		s.folders.closed(path)
	}
	return s.engine.Modify([]workspace.Modification{m})
}

func didOpen(_ context.Context, s *session, p *protocol.DidOpenTextDocumentParams) error {
	return s.modify(p.TextDocument.URI, workspace.Modification{
		Action:     workspace.ActionOpen,
		Version:    p.TextDocument.Version,
		LanguageID: string(p.TextDocument.LanguageID),
		Text:       p.TextDocument.Text,
	})
}

func didChange(_ context.Context, s *session, p *protocol.DidChangeTextDocumentParams) error {
	changes := make([]workspace.TextChange, 0, len(p.ContentChanges))
	for _, event := range p.ContentChanges {
		switch change := event.(type) {
		case *protocol.TextDocumentContentChangePartial:
			changes = append(changes, workspace.TextChange{Range: textRange(change.Range), Text: change.Text})
		case *protocol.TextDocumentContentChangeWholeDocument:
			changes = append(changes, workspace.TextChange{Text: change.Text})
		}
	}
	return s.modify(p.TextDocument.URI, workspace.Modification{
		Action:  workspace.ActionChange,
		Version: p.TextDocument.Version,
		Changes: changes,
	})
}

func didSave(_ context.Context, s *session, p *protocol.DidSaveTextDocumentParams) error {
	m := workspace.Modification{Action: workspace.ActionSave}
	if p.Text != nil {
		m.Changes = []workspace.TextChange{{Text: *p.Text}}
	}
	return s.modify(p.TextDocument.URI, m)
}

func didClose(_ context.Context, s *session, p *protocol.DidCloseTextDocumentParams) error {
	return s.modify(p.TextDocument.URI, workspace.Modification{Action: workspace.ActionClose})
}

// textRange converts a range of the client; the workspace knows the encoding of its columns.
func textRange(r protocol.Range) *workspace.Range {
	return &workspace.Range{
		Start: workspace.Position{Line: int(r.Start.Line), Column: int(r.Start.Character)},
		End:   workspace.Position{Line: int(r.End.Line), Column: int(r.End.Character)},
	}
}
