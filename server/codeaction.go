package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"lsp/workspace"
)

// codeActionKind is the kind of our code actions. It lies beside refactorings and fixes, because nothing is changed.
const codeActionKind protocol.CodeActionKind = "semantic"

// maxQuestion is how many bytes of a comment or selection become a question.
const maxQuestion = 2000

// codeAction serves textDocument/codeAction: code like the code at the cursor, code for the comment there, code like
// the selection. The actions are commands of ours; how their answer is shown depends on the client. An editor that
// asks by itself, at every move of the cursor, is offered none: they go with any line, and would light its lamp on all.
func codeAction(_ context.Context, s *session, p *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
	actions := []protocol.CommandOrCodeAction{}
	if !s.config.current.Load().Client.CodeActions || !wanted(p.Context) {
		return actions, nil
	}
	at := Document{URI: p.TextDocument.URI.String()}
	start := Position(p.Range.Start)
	add := func(title, method string, params any) error {
		argument, err := json.Marshal(params)
		if err != nil {
			return fmt.Errorf("encode the command %s: %w", commandName(method), err)
		}
		actions = append(actions, s.action(title, commandName(method), argument))
		return nil
	}
	var err error
	if path, _, outside := place(at, start); outside == nil && s.folders.hold(path) { // elsewhere nothing is indexed
		err = add("Find similar code", MethodSimilar, SimilarParams{TextDocument: &at, Position: &start, Show: s.shows(MethodSimilar)})
	}
	text := s.textAround(at.URI, p.Range)
	if err == nil && text.selection != "" {
		err = add("Find code like the selection", MethodSimilar, SimilarParams{Text: text.selection, Show: s.shows(MethodSimilar)})
	}
	if err == nil && text.comment != "" {
		err = add("Find code for “"+shorten(text.comment, 40)+"”", MethodSimilar, SimilarParams{Text: text.comment, Show: s.shows(MethodSimilar)})
	}
	return actions, err
}

// wanted reports whether a person asks for actions, and for ours when some kinds are named.
func wanted(asked protocol.CodeActionContext) bool {
	if asked.TriggerKind == protocol.CodeActionTriggerKindAutomatic {
		return false
	}
	return len(asked.Only) == 0 || slices.ContainsFunc(asked.Only, func(k protocol.CodeActionKind) bool {
		return k == "" || k == codeActionKind
	})
}

// shows reports whether the server has to show the answer to a command: the client does not run it itself.
func (s *session) shows(method string) bool {
	return s.client.showDocument && !slices.Contains(s.client.commands, commandName(method))
}

// action makes a code action, or a plain command for a client that knows no code actions.
func (s *session) action(title, command string, argument protocol.LSPAny) protocol.CommandOrCodeAction {
	c := protocol.Command{Title: title, Command: command, Arguments: []protocol.LSPAny{argument}}
	if !s.client.codeActions {
		return &c
	}
	return &protocol.CodeAction{Title: title, Kind: pointer(codeActionKind), Command: c}
}

// surroundings is text at a place that can be asked for.
type surroundings struct {
	selection string // the code that is selected, unless it is a comment
	comment   string // the words of the comment at the cursor or in the selection
}

// textAround reads what is selected, or the comment at the cursor. A document that cannot be read gives nothing.
func (s *session) textAround(uri string, r protocol.Range) surroundings {
	path, err := documentPath(uri)
	if err != nil {
		return surroundings{}
	}
	content, _, _, err := s.engine.Snapshot().Read(path, workspace.DefaultMaxSize)
	if err != nil {
		return surroundings{}
	}
	m := workspace.NewMapper(content)
	span := textRange(r)
	start, err := m.Offset(span.Start, s.encoding)
	if err != nil {
		return surroundings{}
	}
	end, err := m.Offset(span.End, s.encoding)
	if err != nil || end < start {
		return surroundings{}
	}
	if selected := strings.TrimSpace(string(content[start:end])); selected != "" {
		if words, all := commentWords(strings.Split(selected, "\n")); all {
			return surroundings{comment: limitText(words)}
		}
		return surroundings{selection: limitText(selected)}
	}
	return surroundings{comment: limitText(commentAt(m, span.Start.Line))}
}

// commentAt returns the words of the comment that covers a line: the run of comment lines around it.
func commentAt(m *workspace.Mapper, line int) string {
	comment := func(i int) bool { return isComment(string(m.Line(i))) }
	if !comment(line) {
		return ""
	}
	first, last := line, line
	for first > 0 && comment(first-1) {
		first--
	}
	for last+1 < m.LineCount() && comment(last+1) {
		last++
	}
	var lines []string
	for i := first; i <= last; i++ {
		lines = append(lines, string(m.Line(i)))
	}
	words, _ := commentWords(lines)
	return words
}

// commentMarks begin a line of comment in some language. Longer marks come before their beginnings.
var commentMarks = []string{"///", "//!", "//", "/**", "/*", "*/", "*", "##", "#!", "#", "--", ";;", ";", "%", `"""`, "'''", "<!--"}

// isComment reports whether a line holds nothing but comment. It is a guess by the first mark.
func isComment(line string) bool {
	_, ok := stripMark(line)
	return ok
}

func stripMark(line string) (string, bool) {
	line = strings.TrimSpace(line)
	for _, mark := range commentMarks {
		rest, ok := strings.CutPrefix(line, mark)
		if !ok {
			continue
		}
		if mark == "#" && strings.HasPrefix(rest, "include") || mark == "*" && rest != "" && rest[0] != ' ' {
			return "", false // a C preprocessor line; a pointer
		}
		for _, end := range []string{"*/", "-->", `"""`, "'''"} {
			rest = strings.TrimSuffix(rest, end)
		}
		return strings.TrimSpace(rest), true
	}
	return "", false
}

// commentWords joins the words of comment lines and reports whether every line that is not blank is one.
func commentWords(lines []string) (words string, all bool) {
	var parts []string
	all = true
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		text, ok := stripMark(line)
		all = all && ok
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " "), all
}

// limitText cuts a text that is too long for a question.
func limitText(text string) string {
	if len(text) <= maxQuestion {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuestion], "")
}

// shorten cuts a title to a number of code points.
func shorten(text string, longest int) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return text
}
