package mcp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lsp/indexer/search"
	"lsp/server/engine"
)

// problem is an error with what an agent does next.
type problem struct {
	err  error
	next string
}

func (p *problem) Error() string { return p.err.Error() + "\nnext: " + p.next }

func (p *problem) Unwrap() error { return p.err }

func problemf(next, format string, args ...any) error {
	return &problem{fmt.Errorf(format, args...), next}
}

// hintPlace says where places come from.
const hintPlace = "take path and startLine from a search result; search again if the file has changed"

// openFolder is what helps when nothing is searched.
const openFolder = "ask the user to start the server with --root DIR, or to open a folder"

var errNoPath = problemf(hintPlace, "path is empty")

func errMissing(path string) error {
	return problemf("it may have been deleted or renamed: search again", "%s: %w", path, fs.ErrNotExist)
}

func errOutside(path string, folders []string) error {
	return problemf("use a path from a search result, relative or absolute", "%s is outside of the folders that are searched: %s",
		path, strings.Join(folders, ", "))
}

func errNoFolder(problems []error) error {
	if why := errors.Join(problems...); why != nil {
		return problemf(openFolder, "no folder is open: %w", why)
	}
	return problemf(openFolder, "no folder is open")
}

// explained adds to an error of the engine what to do about it.
func explained(err error) error {
	var done *problem
	var syntax *search.SyntaxError
	var filter *search.FilterError
	switch {
	case errors.As(err, &done), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &syntax):
		return &problem{err, "correct the query; plain words need no operators"}
	case errors.As(err, &filter):
		return &problem{err, "correct the argument or leave it out"}
	case errors.Is(err, search.ErrNoUnit):
		return &problem{err, hintPlace}
	case errors.Is(err, engine.ErrNotOpen):
		return &problem{err, "call status to see which folders are searched"}
	}
	return &problem{err, "call status to see how the index is doing"}
}
