package server

import (
	"context"
	"fmt"
	"path/filepath"

	"go.lsp.dev/protocol"

	"lsp/server/engine"
)

// The answers to the question whether something huge shall be indexed.
const (
	answerIndex = "Index"
	answerSkip  = "Not now"
)

// ask puts the engine's question to the person. No answer, because the client cannot ask or the question was dismissed,
// means no: indexing can be allowed later by the setting enabled.
func (s *session) ask(ctx context.Context, q engine.Question) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	var chosen *protocol.MessageActionItem
	err := s.call(ctx, protocol.MethodWindowShowMessageRequest, &protocol.ShowMessageRequestParams{
		Type: protocol.MessageTypeInfo,
		Message: fmt.Sprintf("%s has %d files (%s) to index for semantic search. Index them?",
			filepath.Base(q.Root), q.Files, megabytes(q.Bytes)),
		Actions: []protocol.MessageActionItem{{Title: answerIndex}, {Title: answerSkip}},
	}, &chosen)
	if err != nil && ctx.Err() == nil {
		s.log.Warn("the editor cannot ask questions", "error", err)
	}
	yes := err == nil && chosen != nil && chosen.Title == answerIndex
	if !yes && ctx.Err() == nil {
		s.log.Info(`not indexed; set semantic.enabled to "on" to index it without a question`, "root", q.Root)
	}
	return yes
}

// megabytes writes a size for people.
func megabytes(bytes int64) string {
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
