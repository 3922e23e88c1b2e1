package server

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lsp/indexer/search"
	"lsp/server/internal/fakeeditor"
	"lsp/workspace"
)

func TestCodeActions(t *testing.T) {
	const text = "package a\n\n// Retry sends a request again\n// until it succeeds.\nfunc Retry() {\n\tx := *p\n}\n"
	type action struct {
		Title, Kind string
		Command     json.RawMessage
		Arguments   []SimilarParams
	}
	literal := object{"textDocument": object{"codeAction": object{"codeActionLiteralSupport": object{"codeActionKind": object{"valueSet": []string{""}}}}}}
	cases := []struct {
		name      string
		span      Range
		only      []string
		automatic bool // the editor asks, not a person
		titles    []string
		text      string // of the last action
	}{
		{"in code", Range{Position{4, 3}, Position{4, 3}}, nil, false, []string{"Find similar code"}, ""},
		{"in a comment", Range{Position{3, 0}, Position{3, 0}}, nil, false,
			[]string{"Find similar code", "Find code for “Retry sends a request again until it su…”"}, "Retry sends a request again until it succeeds."},
		{"selected code", Range{Position{4, 0}, Position{6, 1}}, nil, false, []string{"Find similar code", "Find code like the selection"}, "func Retry() {\n\tx := *p\n}"},
		{"selected comment", Range{Position{2, 0}, Position{3, 0}}, nil, false,
			[]string{"Find similar code", "Find code for “Retry sends a request again”"}, "Retry sends a request again"},
		{"of our kind", Range{Position{4, 3}, Position{4, 3}}, []string{"refactor", "semantic"}, false, []string{"Find similar code"}, ""},
		{"of another kind", Range{Position{4, 3}, Position{4, 3}}, []string{"refactor"}, false, nil, ""},
		{"asked by the editor", Range{Position{4, 3}, Position{4, 3}}, nil, true, nil, ""},
		{"outside the document", Range{Position{99, 0}, Position{99, 0}}, nil, false, []string{"Find similar code"}, ""},
	}
	f := start(t)
	dir := tempDir(t)
	params := folderParams(dir)
	params["capabilities"] = literal
	f.initialize(params)
	f.settle()
	uri := workspace.PathToURI(filepath.Join(dir, "a.go"))
	f.open(uri, text)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			context := object{"diagnostics": []any{}}
			if c.only != nil {
				context["only"] = c.only
			}
			if c.automatic {
				context["triggerKind"] = 2
			}
			var actions []action
			f.MustCall("textDocument/codeAction", object{"textDocument": object{"uri": uri}, "range": c.span, "context": context}, &actions)
			var titles []string
			for _, a := range actions {
				titles = append(titles, a.Title)
				wantEqual(t, "kind", a.Kind, "semantic")
			}
			wantList(t, "titles", titles, c.titles)
			if c.text != "" {
				var command action
				if err := json.Unmarshal(actions[len(actions)-1].Command, &command); err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "text", command.Arguments[0].Text, c.text)
			}
		})
	}
	t.Run("outside the folders", func(t *testing.T) {
		for _, outside := range []string{"untitled:Untitled-1", workspace.PathToURI(filepath.Join(tempDir(t), "a.go"))} {
			f.open(outside, text)
			var actions []action
			f.MustCall("textDocument/codeAction", object{"textDocument": object{"uri": outside}, "range": Range{Position{4, 0}, Position{6, 1}}, "context": object{"diagnostics": []any{}}}, &actions)
			if len(actions) != 1 || actions[0].Title != "Find code like the selection" {
				t.Errorf("%s: actions %+v", outside, actions)
			}
		}
	})
	f.leave()

	t.Run("plain commands", func(t *testing.T) {
		f := start(t)
		f.initialize(folderParams(dir))
		f.settle()
		var actions []struct {
			Command   string
			Arguments []SimilarParams
		}
		f.MustCall("textDocument/codeAction", object{"textDocument": object{"uri": uri}, "range": Range{}, "context": object{"diagnostics": []any{}}}, &actions)
		wantEqual(t, "command", actions[0].Command, "semantic.similar")
		wantEqual(t, "uri", actions[0].Arguments[0].TextDocument.URI, uri)
		wantEqual(t, "show", actions[0].Arguments[0].Show, false)
		f.leave()
	})
	t.Run("switched off", func(t *testing.T) {
		f := start(t)
		result := f.initialize(object{"initializationOptions": object{"client": object{"codeActions": false}}})
		if _, announced := result["capabilities"].(object)["codeActionProvider"]; announced {
			t.Error("announced")
		}
		f.leave()
	})
}

// TestShow: a client without a picker of its own lets the person choose a result and opens it.
func TestShow(t *testing.T) {
	f := start(t)
	shown := make(chan []string, 1)
	f.Handle("window/showMessageRequest", func(params json.RawMessage) (any, *fakeeditor.Error) {
		var p struct{ Actions []struct{ Title string } }
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, &fakeeditor.Error{Code: -32602, Message: err.Error()}
		}
		var titles []string
		for _, a := range p.Actions {
			titles = append(titles, a.Title)
		}
		shown <- titles
		return object{"title": titles[1]}, nil
	})
	f.Handle("window/showDocument", func(json.RawMessage) (any, *fakeeditor.Error) { return object{"success": true}, nil })
	f.engine.similar = func(search.SimilarRequest) (*search.Response, error) {
		var results []search.Result
		for i := range 10 {
			results = append(results, search.Result{Root: "/r", Path: fmt.Sprintf("d/%d.go", i), StartLine: i + 1, Name: "f", Range: at(uint32(i))})
		}
		return found(results...), nil
	}
	f.initialize(object{"capabilities": object{"window": object{"showDocument": object{"support": true}}}})
	f.MustCall("workspace/executeCommand", object{"command": "semantic.similar", "arguments": []object{{"text": "x", "show": true}}}, nil)
	titles := <-shown
	wantEqual(t, "choices", len(titles), maxShown)
	wantEqual(t, "title", titles[1], "f (1.go:2)")
	var opened struct {
		URI       string
		Selection Range
	}
	f.ExpectMethod("window/showDocument", &opened)
	wantEqual(t, "uri", opened.URI, "file:///r/d/1.go")
	wantEqual(t, "line", opened.Selection.Start.Line, 1)
	f.engine.similar = nil
	f.MustCall("semantic/similar", object{"text": "x", "show": true}, nil)
	f.Expect("a message", func(m fakeeditor.Message) bool {
		return m.Method == "window/showMessage" && strings.Contains(string(m.Params), "nothing found")
	})
	f.leave()
}

// TestTitles: results are told apart by as little as is needed.
func TestTitles(t *testing.T) {
	r := func(path, name string, line int) SearchResult {
		return SearchResult{Result: search.Result{Path: path, Name: name, Kind: "function", StartLine: line}}
	}
	got := resultTitles([]SearchResult{
		r("x/index.ts", "open", 1), r("y/index.ts", "open", 1), r("y/index.ts", "open", 2),
		r("z/a.go", "", 1), r("y/index.ts", "open", 1), r("y/index.ts", "open", 1),
	})
	wantList(t, "titles", got, []string{
		"open (x/index.ts:1)", "open (y/index.ts:1)", "open (index.ts:2)",
		"function (a.go:1)", "open (y/index.ts:1), 2", "open (y/index.ts:1), 3",
	})
}

// TestClientSpelling: a folder that was opened through a link comes back under the name of the link.
func TestClientSpelling(t *testing.T) {
	f := start(t)
	dir := tempDir(t)
	link := filepath.Join(tempDir(t), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("this system makes no links: ", err)
	}
	f.engine.search = func(context.Context, search.Request) (*search.Response, error) {
		return found(search.Result{Root: dir, Path: "a.go"}, search.Result{Root: dir, Path: "b.go"}), nil
	}
	f.initialize(folderParams(link))
	f.settle()
	wantList(t, "folders", f.engine.history("add"), []string{"add " + dir})
	f.open(workspace.PathToURI(filepath.Join(dir, "b.go")), "opened under its real name")
	var r struct{ Results []struct{ Location Location } }
	f.MustCall("semantic/search", object{"query": "x"}, &r)
	wantEqual(t, "in the folder", r.Results[0].Location.URI, workspace.PathToURI(filepath.Join(link, "a.go")))
	wantEqual(t, "open", r.Results[1].Location.URI, workspace.PathToURI(filepath.Join(dir, "b.go")))
	f.leave()
}

func TestCommentLines(t *testing.T) {
	cases := []struct {
		line, words string
		comment     bool
	}{
		{"// sends it again", "sends it again", true},
		{"\t/// sends it again", "sends it again", true},
		{"# sends it again", "sends it again", true},
		{"-- sends it again", "sends it again", true},
		{"  * sends it again", "sends it again", true},
		{"/* sends it again */", "sends it again", true},
		{"<!-- sends it again -->", "sends it again", true},
		{`"""sends it again"""`, "sends it again", true},
		{"*/", "", true},
		{"#include <stdio.h>", "", false},
		{"*p = 1;", "", false},
		{"x := 1 // why", "", false},
		{"", "", false},
	}
	for _, c := range cases {
		words, comment := stripMark(c.line)
		if words != c.words || comment != c.comment {
			t.Errorf("%q: %q, %v, want %q, %v", c.line, words, comment, c.words, c.comment)
		}
	}
}
