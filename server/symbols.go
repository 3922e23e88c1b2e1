package server

import (
	"context"
	"path"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"lsp/indexer/chunk"
	"lsp/indexer/search"
	"lsp/server/settings"
)

// How many symbols are answered. It is more than a search gives, since a list of names is looked through faster, and
// many more where the editor itself looks for the best.
const (
	symbolLimit         = 100
	filteredSymbolLimit = 500
)

// workspaceSymbol serves workspace/symbol: names for an identifier, meaning for a sentence, best first. A person is
// still typing, so whatever cannot be answered yet, for want of an index or of a complete query, is an empty list.
func workspaceSymbol(ctx context.Context, s *session, p *protocol.WorkspaceSymbolParams) (protocol.SymbolInformationSlice, error) {
	symbols := protocol.SymbolInformationSlice{}
	sentence := isSentence(p.Query)
	limit := symbolLimit
	if s.has(filtersSymbols) {
		if sentence {
			return symbols, nil
		}
		limit = filteredSymbolLimit
	}
	switch s.config.current.Load().Symbols {
	case settings.SymbolsOff:
		return symbols, nil
	case settings.SymbolsSentences:
		if !sentence {
			return symbols, nil
		}
	}
	response, err := s.engine.Symbols(ctx, p.Query, limit)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		s.log.Debug("no symbols", "query", p.Query, "error", err)
		return symbols, nil
	}
	for i := range response.Results {
		symbols = append(symbols, s.symbol(&response.Results[i]))
	}
	return symbols, nil
}

// isSentence reports whether meaning is asked for: by a question mark in front or by several words.
func isSentence(query string) bool {
	words := strings.Fields(query)
	return len(words) > 1 || len(words) == 1 && strings.HasPrefix(words[0], "?")
}

// symbol renders a result. What has no name gets that of its file.
func (s *session) symbol(r *search.Result) protocol.SymbolInformation {
	name := r.Name
	if name == "" {
		name = path.Base(r.Path)
	}
	container := containerName(r)
	at := s.location(r.Root, r.Path, r.Range)
	kind, _ := chunk.ParseKind(r.Kind)
	return protocol.SymbolInformation{
		BaseSymbolInformation: protocol.BaseSymbolInformation{Name: name, Kind: symbolKinds[kind], ContainerName: &container},
		Location: protocol.Location{URI: uri.URI(at.URI), Range: protocol.Range{
			Start: protocol.Position(at.Range.Start),
			End:   protocol.Position(at.Range.End),
		}},
	}
}

// containerName says where a result is and, as far as its author did, what it does: "net/http Client - sends a request".
func containerName(r *search.Result) string {
	parts := []string{path.Dir(r.Path)}
	if parts[0] == "." {
		parts[0] = path.Base(r.Path)
	}
	if r.Owner != "" {
		parts = append(parts, r.Owner)
	}
	text := strings.Join(parts, " ")
	if summary := firstSentence(r.Documentation); summary != "" {
		text += " - " + summary
	}
	return text
}

// firstSentence returns the beginning of a documentation as one short line.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if end := strings.Index(text, ". "); end >= 0 {
		text = text[:end]
	}
	return strings.TrimSuffix(shorten(text, 80), ".")
}

// symbolKinds maps kinds of units to what editors have icons for.
var symbolKinds = map[chunk.Kind]protocol.SymbolKind{
	chunk.Module:      protocol.SymbolKindModule,
	chunk.Function:    protocol.SymbolKindFunction,
	chunk.Method:      protocol.SymbolKindMethod,
	chunk.Constructor: protocol.SymbolKindConstructor,
	chunk.Closure:     protocol.SymbolKindFunction,
	chunk.Class:       protocol.SymbolKindClass,
	chunk.Struct:      protocol.SymbolKindStruct,
	chunk.Interface:   protocol.SymbolKindInterface,
	chunk.Enum:        protocol.SymbolKindEnum,
	chunk.Type:        protocol.SymbolKindClass,
	chunk.Section:     protocol.SymbolKindString,
	chunk.Text:        protocol.SymbolKindFile,
	chunk.Macro:       protocol.SymbolKindFunction,
	chunk.Test:        protocol.SymbolKindMethod,
}
