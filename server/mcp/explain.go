package mcp

import (
	"context"
	"errors"
	"path/filepath"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/indexer/search"
)

type explainArguments struct {
	Query string `json:"query" jsonschema:"the query to explain, with or without operators"`
	Path  string `json:"path" jsonschema:"file, as in a result"`
	Line  int    `json:"line" jsonschema:"a line of the code in question, from 1"`
	search.Filter
}

type explanation = search.Explanation

func (s *server) explain(ctx context.Context, req *sdk.CallToolRequest, a explainArguments) (output, error) {
	folders, err := s.roots.view(ctx)
	if err != nil {
		return output{}, err
	}
	f, rel, err := folders.find(a.Path)
	if err != nil {
		return output{}, err
	}
	path := filepath.Join(f.path, rel)
	found, err := settled(ctx, s, req, func() (*search.Explanation, bool, error) {
		x, err := s.engine.Explain(ctx, search.Request{Query: a.Query, Filter: a.Filter, Explain: true}, "", path, a.Line)
		return x, !errors.Is(err, search.ErrNoUnit), err
	})
	if err != nil {
		return output{}, err
	}
	slim := *found
	slim.Result = folders.slim(slim.Result)
	if slim.Best != nil {
		best := folders.slim(*slim.Best)
		slim.Best = &best
	}
	return output{text: []string{explanationText(&slim)}, value: slim}, nil
}
