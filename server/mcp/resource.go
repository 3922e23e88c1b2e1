package mcp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/workspace"
)

const mimeType = "text/plain"

// addResources offers the files of the folders, the targets of links.
func (s *server) addResources(p *sdk.Server) {
	p.AddResourceTemplate(&sdk.ResourceTemplate{
		Name: "file", Title: "File in the searched folders", URITemplate: "file:///{+path}", MIMEType: mimeType,
		Description: "A file, or lines of it when the URI ends in #L10-L20, within the bounds of the read tool.",
	}, s.resource)
}

// lineFragment is the end of a URI that names lines: #L10 or #L10-L20.
var lineFragment = regexp.MustCompile(`^L([1-9][0-9]{0,8})(?:-L?([1-9][0-9]{0,8}))?$`)

// resource reads a file as a resource.
func (s *server) resource(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
	path, first, last, err := parseURI(req.Params.URI)
	if err != nil {
		return nil, invalidURI(err)
	}
	folders, err := s.roots.view(ctx)
	if err != nil {
		return nil, err
	}
	got, err := folders.lines(path, first, min(last, first+maxLines-1))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sdk.ResourceNotFoundError(req.Params.URI)
	}
	if err != nil {
		return nil, invalidURI(err)
	}
	return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{
		URI: req.Params.URI, MIMEType: mimeType, Text: got.text,
	}}}, nil
}

// invalidURI is the answer to a resource that the client may not have, or that is none.
func invalidURI(err error) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: err.Error()}
}

// parseURI splits a URI into the file and the lines it names, from 1 and included.
func parseURI(uri string) (path string, first, last int, err error) {
	base, fragment, marked := strings.Cut(uri, "#")
	first, last = 1, maxLines
	if marked {
		m := lineFragment.FindStringSubmatch(fragment)
		if m == nil {
			return "", 0, 0, fmt.Errorf("read %q: the fragment is not of the form L10-L20", uri)
		}
		first = atoi(m[1])
		last = first
		if m[2] != "" {
			last = atoi(m[2])
		}
	}
	if path, err = workspace.URIToPath(base); err != nil {
		return "", 0, 0, fmt.Errorf("read %q: %w", uri, err)
	}
	return path, first, last, nil
}

// atoi reads a number that a pattern has checked.
func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic(err)
	}
	return n
}
