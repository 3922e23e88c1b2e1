package server

import (
	"fmt"
	"path"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// maxShown is how many results a person chooses from in a message.
const maxShown = 6

// present lets the person choose one of the results and opens it. It serves clients that run our commands but have no
// use for their answer; one that cannot open documents is left alone.
func (s *session) present(title string, results []SearchResult) {
	if !s.client.showDocument {
		return
	}
	s.beside.start(func() {
		if len(results) == 0 {
			s.show(protocol.MessageTypeInfo, "%s: nothing found", title)
			return
		}
		shown := results[:min(len(results), maxShown)]
		request := &protocol.ShowMessageRequestParams{Type: protocol.MessageTypeInfo, Message: title}
		for _, r := range shown {
			request.Actions = append(request.Actions, protocol.MessageActionItem{Title: resultTitle(r)})
		}
		var chosen *protocol.MessageActionItem
		if err := s.call(s.ctx, protocol.MethodWindowShowMessageRequest, request, &chosen); err != nil || chosen == nil {
			return
		}
		for _, r := range shown {
			if resultTitle(r) == chosen.Title {
				s.openDocument(r.Location)
				return
			}
		}
	})
}

// resultTitle names a result in few words, differently from all others.
func resultTitle(r SearchResult) string {
	name := r.Name
	if name == "" {
		name = r.Kind
	}
	return fmt.Sprintf("%s (%s:%d)", name, path.Base(r.Path), r.StartLine)
}

// openDocument has the client open a place.
func (s *session) openDocument(at Location) {
	selection := protocol.Range{Start: protocol.Position(at.Range.Start), End: protocol.Position(at.Range.Start)}
	err := s.call(s.ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{
		URI:       uri.URI(at.URI),
		TakeFocus: pointer(true),
		Selection: &selection,
	}, nil)
	if err != nil && s.ctx.Err() == nil {
		s.log.Warn("the editor did not open a document", "uri", at.URI, "error", err)
	}
}
