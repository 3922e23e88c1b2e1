package server

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lsp/server/settings"
)

// clientLog is a log handler that also writes to the client's log window what is important enough by the settings.
type clientLog struct {
	next   slog.Handler
	level  *slog.LevelVar
	out    *outbox
	attrs  []slog.Attr
	groups string // names of open groups, each followed by a dot
}

// Enabled implements slog.Handler.
func (l *clientLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= l.level.Level() || l.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (l *clientLog) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= l.level.Level() {
		l.out.notify(protocol.MethodWindowLogMessage, logLine(messageType(record.Level), "%s", l.format(record)).params)
	}
	if !l.next.Enabled(ctx, record.Level) {
		return nil
	}
	return l.next.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (l *clientLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := *l
	out.next = l.next.WithAttrs(attrs)
	out.attrs = slices.Clone(l.attrs)
	for _, a := range attrs {
		a.Key = l.groups + a.Key
		out.attrs = append(out.attrs, a)
	}
	return &out
}

// WithGroup implements slog.Handler.
func (l *clientLog) WithGroup(name string) slog.Handler {
	out := *l
	out.next = l.next.WithGroup(name)
	out.groups += name + "."
	return &out
}

func (l *clientLog) format(record slog.Record) string {
	var b strings.Builder
	b.WriteString(record.Message)
	write := func(key string, value slog.Value) { fmt.Fprintf(&b, " %s=%v", key, value.Resolve()) }
	for _, a := range l.attrs {
		write(a.Key, a.Value)
	}
	record.Attrs(func(a slog.Attr) bool {
		write(l.groups+a.Key, a.Value)
		return true
	})
	return b.String()
}

func messageType(level slog.Level) protocol.MessageType {
	switch {
	case level >= slog.LevelError:
		return protocol.MessageTypeError
	case level >= slog.LevelWarn:
		return protocol.MessageTypeWarning
	case level >= slog.LevelInfo:
		return protocol.MessageTypeInfo
	default:
		return protocol.MessageTypeLog
	}
}

// levels maps the setting log.level.
var levels = map[settings.Level]slog.Level{
	settings.LevelDebug: slog.LevelDebug,
	settings.LevelInfo:  slog.LevelInfo,
	settings.LevelWarn:  slog.LevelWarn,
	settings.LevelError: slog.LevelError,
}

func logLine(kind protocol.MessageType, format string, args ...any) outgoing {
	return outgoing{protocol.MethodWindowLogMessage, standardJSON(&protocol.LogMessageParams{Type: kind, Message: fmt.Sprintf(format, args...)})}
}

// show puts a message before the person, for what they should know without opening a log.
func (s *session) show(kind protocol.MessageType, format string, args ...any) {
	s.out.notify(protocol.MethodWindowShowMessage, standardJSON(&protocol.ShowMessageParams{Type: kind, Message: fmt.Sprintf(format, args...)}))
}
