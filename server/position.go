package server

import (
	"go.lsp.dev/protocol"

	"lsp/indexer/store"
	"lsp/workspace"
)

// encodings maps the names of the protocol.
var encodings = map[protocol.PositionEncodingKind]workspace.Encoding{
	protocol.PositionEncodingKindUTF8:  workspace.UTF8,
	protocol.PositionEncodingKindUTF16: workspace.UTF16,
	protocol.PositionEncodingKindUTF32: workspace.UTF32,
}

// negotiate picks the first encoding of the client's list that we know, which is the one it likes best. UTF-16 is
// what a client means that says nothing.
func negotiate(offered []protocol.PositionEncodingKind) protocol.PositionEncodingKind {
	for _, kind := range offered {
		if _, known := encodings[kind]; known {
			return kind
		}
	}
	return protocol.PositionEncodingKindUTF16
}

// position gives a stored position in the encoding of the client.
func (s *session) position(p store.Position) Position {
	switch s.encoding {
	case workspace.UTF8:
		return Position{Line: p.Line, Character: p.UTF8}
	case workspace.UTF32:
		return Position{Line: p.Line, Character: p.UTF32}
	default:
		return Position{Line: p.Line, Character: p.UTF16}
	}
}

// location gives a stored range in a file of a root as the client knows it.
func (s *session) location(root, path string, r store.Range) Location {
	return Location{
		URI:   s.folders.uri(absolute(root, path)),
		Range: Range{Start: s.position(r.Start), End: s.position(r.End)},
	}
}
