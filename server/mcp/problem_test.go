package mcp

import (
	"errors"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestUnknownTool(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, nil)}}, withRequests, nil)
	_, err := a.CallTool(t.Context(), &sdk.CallToolParams{Name: "delete"})
	var wire *jsonrpc.Error
	if !errors.As(err, &wire) || wire.Code != jsonrpc.CodeInvalidParams || !strings.Contains(wire.Message, `unknown tool "delete"`) {
		t.Errorf("got %v", err)
	}
	a.found("still there") // the session goes on
}

// TestBadArguments tells agents what was wrong and what to do.
func TestBadArguments(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, withRequests, nil)
	for _, c := range []struct {
		tool  string
		args  any
		wants []string
	}{
		{"search", nil, []string{"query", "search takes query (string, required)"}},
		{"search", arguments{}, []string{"query"}},
		{"search", arguments{"query": ""}, []string{"query is empty", "describe what the code does"}},
		{"search", arguments{"query": " \n\n", "limit": 5}, []string{"query is empty"}},
		{"search", arguments{"query": 7}, []string{"/properties/query", `want "string"`}},
		{"search", arguments{"query": nil}, []string{"/properties/query"}},
		{"search", arguments{"query": "x", "limit": "ten"}, []string{"/properties/limit", `want "integer"`}},
		{"search", arguments{"query": "x", "limit": 1.5}, []string{"/properties/limit"}},
		{"search", arguments{"query": "x", "limit": 0}, []string{"/properties/limit"}},
		{"search", arguments{"query": "x", "limit": 51}, []string{"/properties/limit"}},
		{"search", arguments{"query": "x", "languages": "go"}, []string{"/properties/languages", `want "array"`}},
		{"search", arguments{"query": "x", "language": []string{"go"}}, []string{`"language"`, "languages (array)"}},
		{"search", arguments{"query": "x", "languages": []string{"klingon"}}, []string{"klingon", "correct the argument"}},
		{"search", arguments{"query": "x", "kinds": []string{"verb"}}, []string{"verb"}},
		{"search", arguments{"query": "x", "is": []string{"nice"}}, []string{"nice"}},
		{"search", arguments{"query": "lang:"}, []string{"lang: needs a value", "correct the query"}},
		{"search", arguments{"query": "/(/"}, []string{"correct the query"}},
		{"search", arguments{"query": "x", "cursor": "10-zzz"}, []string{"does not belong to this question"}},
		{"search", arguments{"query": strings.Repeat("x", 1<<20)}, []string{"at most", "correct the query"}},
		{"search", []string{"query"}, []string{"arguments of search"}},
		{"similar", arguments{}, []string{"either path and line, or text"}},
		{"similar", arguments{"path": "retry.go"}, []string{"either path and line, or text"}},
		{"similar", arguments{"path": "retry.go", "line": 6, "text": "x"}, []string{"either path and line, or text"}},
		{"similar", arguments{"path": "retry.go", "line": 0}, []string{"/properties/line"}},
		{"similar", arguments{"path": "retry.go", "line": 999}, []string{"retry.go:999", hintPlace}},
		{"similar", arguments{"path": "/etc/hosts", "line": 1}, []string{"outside of the folders"}},
		{"explain", arguments{"query": "x", "path": "retry.go"}, []string{"line"}},
		{"explain", arguments{"query": "x", "path": "retry.go", "line": 999}, []string{"retry.go:999", hintPlace}},
		{"explain", arguments{"query": "x", "path": "logo.bin", "line": 1}, []string{"logo.bin:1", hintPlace}},
		{"read", arguments{}, []string{"path"}},
		{"read", arguments{"path": "retry.go", "startLine": -1}, []string{"/properties/startLine"}},
		{"status", arguments{"root": "x"}, []string{"status takes no arguments"}},
	} {
		a.refuse(c.tool, c.args, c.wants...)
	}
}

// TestOddQueries are questions that are no questions, and are answered all the same.
func TestOddQueries(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, withRequests, nil)
	for _, query := range []string{
		strings.Repeat("x", 10_000), strings.Repeat("word ", 2_000), "lang:go", "lang:go kind:function -is:test",
		"-", "or or or", "\x00", "☃", "( ( (", strings.Repeat("(", 500), "?",
	} {
		var got answer
		text := a.call("search", arguments{"query": query}, &got)
		if text == "" || got.Results == nil || !got.Complete {
			t.Errorf("%.20q: %q %+v", query, text, got)
		}
	}
}
