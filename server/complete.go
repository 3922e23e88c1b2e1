package server

import (
	"context"

	"lsp/workspace"
)

// complete serves semantic/complete.
func complete(ctx context.Context, s *session, p *CompleteParams) (*CompleteResponse, error) {
	text := workspace.NewMapper([]byte(p.Text))
	cursor, err := text.Offset(workspace.Position{Column: int(p.Cursor)}, s.encoding)
	if err != nil {
		return nil, invalidParams("params.cursor: %v", err)
	}
	found := s.engine.Complete(ctx, p.Text, cursor)
	column := func(offset int) uint32 { return uint32(text.Position(offset, s.encoding).Column) }
	answer := &CompleteResponse{Items: make([]Completion, len(found))}
	for i, c := range found {
		answer.Items[i] = Completion{Text: c.Text, Start: column(c.Start), End: column(c.End), Detail: c.Detail, Final: c.Final}
	}
	return answer, nil
}
