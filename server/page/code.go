package page

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
)

// Bounds of the code that is shown.
const (
	contextLines = 12        // before and after what was found
	maxLines     = 2000      // in all
	maxLine      = 2000      // bytes of a line
	maxHighlight = 256 << 10 // bytes of a file that is highlighted from its start; of larger ones the excerpt is
)

// excerpt is some lines of a file.
type excerpt struct {
	Root  string   `json:"root"`
	Path  string   `json:"path"`
	First int      `json:"first"` // number of the first line, from 1
	Total int      `json:"total"` // lines of the file
	Lines [][]span `json:"lines"`
}

// span is text of one class: a letter of the table classes, "" for none.
type span [2]string

// code answers with the lines from line to end, and some around them; all=1 asks for the whole file.
func (s *Server) code(ctx context.Context, v url.Values) (any, error) {
	at, err := place(v)
	if err != nil {
		return nil, err
	}
	end, err := number(v, "end", at.line, 1, 1<<30)
	if err != nil {
		return nil, err
	}
	content, err := s.engine.Source(ctx, at.root, at.path)
	if err != nil {
		return nil, err
	}
	lines := splitLines(strings.ToValidUTF8(string(content), "\uFFFD"))
	first, last := max(1, at.line-contextLines), min(len(lines), max(at.line, end)+contextLines)
	if v.Get("all") != "" {
		first, last = 1, len(lines)
	}
	if first > len(lines) {
		return nil, fmt.Errorf("%s has changed: %w", at.path, badRequest("it has %d lines, none from line %d", len(lines), at.line))
	}
	last = min(last, first+maxLines-1)
	spans, err := highlight(ctx, at.path, lines, first, last)
	if err != nil {
		return nil, err
	}
	return excerpt{Root: at.root, Path: at.path, First: first, Total: len(lines), Lines: spans}, nil
}

// splitLines returns the lines without their ends. A line that is too long is cut.
func splitLines(text string) []string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if n := len(lines); lines[n-1] == "" && n > 1 {
		lines = lines[:n-1]
	}
	for i, l := range lines {
		if len(l) > maxLine {
			lines[i] = strings.ToValidUTF8(l[:maxLine], "") + " …"
		}
	}
	return lines
}

// highlight splits the lines from first to last into spans.
func highlight(ctx context.Context, name string, lines []string, first, last int) ([][]span, error) {
	begin := 1 // what a line is may be decided far above it, as by the start of a comment
	size := 0
	for _, l := range lines[:last] {
		size += len(l) + 1
	}
	if size > maxHighlight {
		begin = first
	}
	var text bytes.Buffer
	for _, l := range lines[begin-1 : last] {
		text.WriteString(l)
		text.WriteByte('\n')
	}
	lexer := lexers.Match(path.Base(name))
	if lexer == nil || text.Len() > maxHighlight {
		return plain(lines[first-1 : last]), nil
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, text.String())
	if err != nil { // the lexer's own fault
		return plain(lines[first-1 : last]), nil
	}
	spans, line := make([][]span, 0, last-begin+1), []span{}
	for t := tokens(); t != chroma.EOF; t = tokens() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("highlight %s: %w", name, err)
		}
		class := classOf(t.Type)
		for i, part := range strings.Split(t.Value, "\n") {
			if i > 0 {
				spans, line = append(spans, line), []span{}
			}
			if part != "" {
				line = append(line, span{class, part})
			}
		}
	}
	// Some lexers add a line at the end or take one away.
	for spans = append(spans, line); len(spans) < last-begin+1; {
		spans = append(spans, []span{})
	}
	return spans[first-begin : last-begin+1], nil
}

// plain returns lines without highlighting.
func plain(lines []string) [][]span {
	spans := make([][]span, len(lines))
	for i, l := range lines {
		spans[i] = []span{{"", l}}
	}
	return spans
}

// classes are the letters of the kinds of token that the page has colours for, the more special kinds first.
var classes = []struct {
	kind  chroma.TokenType
	class string
}{
	{chroma.KeywordType, "t"}, {chroma.NameFunction, "f"}, {chroma.NameFunctionMagic, "f"}, {chroma.NameClass, "t"},
	{chroma.NameBuiltin, "b"}, {chroma.NameBuiltinPseudo, "b"}, {chroma.NameDecorator, "d"}, {chroma.NameTag, "k"},
	{chroma.NameAttribute, "f"}, {chroma.NameConstant, "b"}, {chroma.KeywordConstant, "b"}, {chroma.CommentPreproc, "d"},
	{chroma.CommentPreprocFile, "s"}, {chroma.LiteralNumber, "n"}, {chroma.LiteralString, "s"},
	{chroma.Comment, "c"}, {chroma.Keyword, "k"}, {chroma.OperatorWord, "k"},
}

func classOf(t chroma.TokenType) string {
	for _, c := range classes {
		if t == c.kind || t.SubCategory() == c.kind || t.Category() == c.kind {
			return c.class
		}
	}
	return ""
}
