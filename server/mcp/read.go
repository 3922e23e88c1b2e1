package mcp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/workspace"
)

// Bounds of one reading.
const (
	defaultLines = 200
	maxLines     = 1000
	maxBytes     = 64 << 10
	maxFile      = 16 << 20 // larger files are not looked into
)

type readArguments struct {
	Path      string `json:"path" jsonschema:"file, as in a result, or absolute"`
	StartLine int    `json:"startLine,omitempty" jsonschema:"first line, from 1; 1 unless given"`
	EndLine   int    `json:"endLine,omitempty" jsonschema:"last line, included; 200 lines from startLine unless given"`
}

func (s *server) read(ctx context.Context, _ *sdk.CallToolRequest, a readArguments) (output, error) {
	folders, err := s.roots.view(ctx)
	if err != nil {
		return output{}, err
	}
	first := max(a.StartLine, 1)
	last := a.EndLine
	if last == 0 {
		last = first + defaultLines - 1
	}
	if last < first {
		return output{}, problemf("swap startLine and endLine", "endLine %d is before startLine %d", a.EndLine, first)
	}
	got, err := folders.lines(a.Path, first, min(last, first+maxLines-1))
	if err != nil {
		return output{}, err
	}
	// A client may put the parts together as they are.
	return output{text: []string{got.heading(a.Path, last) + "\n", got.text}}, nil
}

// excerpt is some lines of a file.
type excerpt struct {
	text        string
	first, last int  // lines; last < first when there are none
	total       int  // lines of the file
	cut         bool // a line was too long for the bounds
}

// heading says what an excerpt is and how to get the rest of what was wanted.
func (x *excerpt) heading(path string, wanted int) string {
	if x.last < x.first {
		return fmt.Sprintf("%s has %d lines, none from line %d", oneLine(path), x.total, x.first)
	}
	text := fmt.Sprintf("%s lines %d-%d of %d", oneLine(path), x.first, x.last, x.total)
	if x.cut {
		text += fmt.Sprintf("; line %d is cut, being longer than %d bytes", x.last, maxBytes)
	}
	if x.last < min(wanted, x.total) {
		text += fmt.Sprintf("\nnext: for more, read from startLine %d", x.last+1)
	}
	return text
}

// lines reads lines of a file in a folder of the view. The file is opened through the folder, so that no link leads
// out of it even if it was put there a moment ago.
func (v view) lines(path string, first, last int) (*excerpt, error) {
	f, rel, err := v.find(path)
	if err != nil {
		return nil, err
	}
	if err := guard(f, path, rel); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	info, err := root.Stat(rel)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errMissing(path)
	case err != nil:
		return nil, problemf("use a path from a search result", "read %s: %w", path, err)
	case info.IsDir():
		return nil, problemf("name a file; search with path:"+filepath.ToSlash(rel)+"/** to see what is in the folder", "%s is a folder", path)
	case !info.Mode().IsRegular():
		return nil, problemf("name a file of text", "%s: %w", path, workspace.ErrNotRegular)
	case info.Size() > maxFile:
		return nil, problemf("look for what you need with grep", "%s has %d bytes, more than the %d that are read", path, info.Size(), maxFile)
	}
	file, err := root.Open(rel)
	if err != nil {
		return nil, problemf("use a path from a search result", "read %s: %w", path, err)
	}
	defer file.Close()
	got, err := cutLines(io.LimitReader(file, maxFile), first, last)
	if err != nil {
		return nil, problemf("name a file of text", "read %s: %w", path, err)
	}
	return got, nil
}

// guard refuses what likely holds secrets: it is not indexed either.
func guard(f folder, path, rel string) error {
	rules := workspace.LoadRules(workspace.Root{Path: f.path}, workspace.RuleOptions{})
	switch why, _ := rules.Match(filepath.ToSlash(rel), false); why {
	case workspace.Secret, workspace.VersionControl:
		return problemf("ask the user for what you need to know of it", "%s is not read: %s", path, why)
	}
	return nil
}

var errBinary = errors.New("the file is binary")

// cutLines reads all lines and keeps those from first to last, as far as the bounds let it. Bytes that are no UTF-8
// are replaced.
func cutLines(r io.Reader, first, last int) (*excerpt, error) {
	x := &excerpt{first: first, last: first - 1}
	var kept strings.Builder
	in := bufio.NewReader(r)
	full := false
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			if bytes.IndexByte(line, 0) >= 0 {
				return nil, errBinary
			}
			x.total++
			if x.total >= first && x.total <= last && !full {
				full = !x.keep(&kept, line)
			}
		}
		if errors.Is(err, io.EOF) {
			x.text = strings.ToValidUTF8(kept.String(), "\uFFFD")
			return x, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// keep adds the next line unless there is no room for it. A first line that is too long is cut.
func (x *excerpt) keep(kept *strings.Builder, line []byte) bool {
	room := maxBytes - kept.Len()
	if len(line) > room {
		if kept.Len() > 0 {
			return false
		}
		line, x.cut = line[:room], true
	}
	kept.Write(line)
	x.last++
	return !x.cut
}
