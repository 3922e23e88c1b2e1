package mcp

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/indexer/search"
	"lsp/workspace"
)

// paging is what the tools with lists of results take.
type paging struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"results per page, 10 unless given"`
	Cursor string `json:"cursor,omitempty" jsonschema:"nextCursor of the page before, with the other arguments unchanged"`
	Links  bool   `json:"links,omitempty" jsonschema:"add a resource link for every result"`
}

type searchArguments struct {
	Query string `json:"query" jsonschema:"what to look for, with or without operators"`
	search.Filter
	paging
}

type similarArguments struct {
	Path string `json:"path,omitempty" jsonschema:"file, as in a result"`
	Line int    `json:"line,omitempty" jsonschema:"a line of the function, from 1"`
	Text string `json:"text,omitempty" jsonschema:"code or a comment, instead of path and line"`
	search.Filter
	paging
}

// answer is a page of results, in the shape that all faces of the program share.
type answer struct {
	search.Response
	Total      int    `json:"total"` // results on all pages; maxResults means that many or more
	NextCursor string `json:"nextCursor,omitempty"`
}

func (s *server) search(ctx context.Context, req *sdk.CallToolRequest, a searchArguments) (output, error) {
	if strings.TrimSpace(a.Query) == "" && reflect.ValueOf(a.Filter).IsZero() {
		return output{}, problemf("describe what the code does, give a name, or list what operators match", "query is empty")
	}
	question := search.Request{Query: a.Query, Limit: maxResults, Filter: a.Filter}
	return s.results(ctx, req, a.paging, question, func() (*search.Response, error) {
		return s.engine.Search(ctx, question)
	})
}

func (s *server) similar(ctx context.Context, req *sdk.CallToolRequest, a similarArguments) (output, error) {
	question := search.SimilarRequest{Text: a.Text, Limit: maxResults, Filter: a.Filter}
	if (a.Text == "") == (a.Path == "") || (a.Path == "") != (a.Line == 0) {
		return output{}, problemf("give path and line of a result, or only text", "similar takes either path and line, or text")
	}
	if a.Path != "" {
		folders, err := s.roots.view(ctx)
		if err != nil {
			return output{}, err
		}
		f, rel, err := folders.find(a.Path)
		if err != nil {
			return output{}, err
		}
		question.Path, question.Line = filepath.Join(f.path, rel), a.Line
	}
	return s.results(ctx, req, a.paging, question, func() (*search.Response, error) {
		return s.engine.Similar(ctx, question)
	})
}

// results answers a question with the page that is asked for.
func (s *server) results(ctx context.Context, req *sdk.CallToolRequest, p paging, question any, ask func() (*search.Response, error)) (output, error) {
	from, err := offset(question, p.Cursor)
	if err != nil {
		return output{}, err
	}
	response, err := settled(ctx, s, req, func() (*search.Response, bool, error) {
		r, err := ask()
		return r, err == nil && r.Complete, err
	})
	if err != nil {
		return output{}, err
	}
	folders, err := s.roots.view(ctx)
	if err != nil {
		return output{}, err
	}
	limit := p.Limit
	if limit == 0 {
		limit = defaultPage
	}
	found := answer{Response: *response, Total: len(response.Results)}
	cut, next := page(response.Results, from, limit)
	if next > 0 {
		if found.NextCursor, err = cursor(question, next); err != nil {
			return output{}, err
		}
	}
	found.TookMs = round(found.TookMs, 1)
	found.Results = make([]search.Result, len(cut))
	out := output{}
	for i := range cut {
		found.Results[i] = folders.slim(cut[i])
		if p.Links {
			out.links = append(out.links, link(&cut[i]))
		}
	}
	out.text, out.value = []string{s.answerText(&found, folders, from)}, found
	return out, nil
}

// slim cuts a result to what an agent needs to decide where to look; read shows the rest.
func (v view) slim(r search.Result) search.Result {
	if len(v.repositories()) == 1 && r.Root == v.repositories()[0] {
		r.Root = ""
	}
	r.Signature = clip(oneLine(r.Signature), maxSignature)
	r.Documentation = clip(summary(r.Documentation), maxDocumentation)
	r.Score = round(r.Score, 3)
	for i := range r.Explanation {
		r.Explanation[i].Value = round(r.Explanation[i].Value, 3)
	}
	return r
}

// round rounds to a number of decimals, as every digit is a token.
func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}

// link is a result as a resource. It can be read through this server, and by clients that open files.
func link(r *search.Result) *sdk.ResourceLink {
	name := r.Name
	if name == "" {
		name = r.Path
	}
	return &sdk.ResourceLink{
		URI:  fmt.Sprintf("%s#L%d-L%d", workspace.PathToURI(filepath.Join(r.Root, filepath.FromSlash(r.Path))), r.StartLine, r.EndLine),
		Name: name, MIMEType: mimeType,
	}
}
