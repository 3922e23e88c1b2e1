package server

import (
	"cmp"
	"fmt"
	"path"
	"slices"

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
		titles := resultTitles(shown)
		for _, title := range titles {
			request.Actions = append(request.Actions, protocol.MessageActionItem{Title: title})
		}
		var chosen *protocol.MessageActionItem
		if err := s.call(s.ctx, protocol.MethodWindowShowMessageRequest, request, &chosen); err != nil || chosen == nil {
			return
		}
		if i := slices.Index(titles, chosen.Title); i >= 0 {
			s.openDocument(shown[i].Location)
		}
	})
}

// resultTitles names each result in few words, differently from all others: with the name of its file, where that says
// too little with the whole path, and with a number where two roots have the same.
func resultTitles(results []SearchResult) []string {
	titles := make([]string, len(results))
	title := func(r SearchResult, file string) string {
		return fmt.Sprintf("%s (%s:%d)", cmp.Or(r.Name, r.Kind), file, r.StartLine)
	}
	short := map[string]int{}
	for _, r := range results {
		short[title(r, path.Base(r.Path))]++
	}
	for i, r := range results {
		titles[i] = title(r, path.Base(r.Path))
		if short[titles[i]] > 1 {
			titles[i] = title(r, r.Path)
		}
		for n, base := 2, titles[i]; slices.Contains(titles[:i], titles[i]); n++ {
			titles[i] = fmt.Sprintf("%s, %d", base, n)
		}
	}
	return titles
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
