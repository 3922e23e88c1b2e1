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
	answerNever = "Never"
)

// ask puts the engine's question to the person, unless the answer was "never" before. No answer, because the client cannot
// ask or the question was dismissed, means not now.
func (s *session) ask(ctx context.Context, q engine.Question) engine.Answer {
	if q.Never {
		return engine.Never
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	var chosen *protocol.MessageActionItem
	err := s.call(ctx, protocol.MethodWindowShowMessageRequest, &protocol.ShowMessageRequestParams{
		Type: protocol.MessageTypeInfo,
		Message: fmt.Sprintf("%s has %d files (%s) to index for semantic search. Index them?",
			filepath.Base(q.Root), q.Files, megabytes(q.Bytes)),
		Actions: []protocol.MessageActionItem{{Title: answerIndex}, {Title: answerSkip}, {Title: answerNever}},
	}, &chosen)
	if err != nil && ctx.Err() == nil {
		s.log.Warn("the editor cannot ask questions", "error", err)
	}
	answer := engine.NotNow
	if err == nil && chosen != nil {
		answer = answers[chosen.Title]
	}
	if answer != engine.Yes && ctx.Err() == nil {
		s.log.Info(`not indexed; semantic/reindex does it, or set semantic.enabled to "on"`, "root", q.Root)
	}
	return answer
}

// answers are what the titles mean.
var answers = map[string]engine.Answer{answerIndex: engine.Yes, answerSkip: engine.NotNow, answerNever: engine.Never}

// megabytes writes a size for people.
func megabytes(bytes int64) string {
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
