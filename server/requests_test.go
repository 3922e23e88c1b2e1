package server

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lsp/indexer/search"
	"lsp/workspace"
)

// blockSearches makes searches wait for their end. The channel receives one value for each that began.
func (f *fixture) blockSearches() <-chan struct{} {
	entered := make(chan struct{}, 1000)
	f.engine.search = func(ctx context.Context, _ search.Request) (*search.Response, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return nil, fmt.Errorf("search: %w", ctx.Err())
	}
	return entered
}

func TestSearch(t *testing.T) {
	f := start(t)
	root := tempDir(t)
	f.engine.search = func(_ context.Context, req search.Request) (*search.Response, error) {
		return found(search.Result{Root: root, Path: "a/b c.go", StartLine: 8, EndLine: 10, Name: "Copy", Range: at(7), NameRange: at(7), Score: 1}), nil
	}
	f.initialize(object{"initializationOptions": object{"search": object{"limit": 7}}})
	var r struct {
		Results []struct {
			Path, Name string
			StartLine  int
			Location   Location
			NameRange  Range
		}
		Complete bool
		TookMs   float64
	}
	f.MustCall("semantic/search", object{"query": "copy", "filter": object{"kinds": []string{"method"}}}, &r)
	wantList(t, "searches", f.engine.history("search"), []string{"search copy 7 {[] [] [] [method] []}"})
	if len(r.Results) != 1 || !r.Complete || r.TookMs != 0.5 {
		t.Fatalf("got %+v", r)
	}
	got := r.Results[0]
	wantEqual(t, "path", got.Path, "a/b c.go")
	wantEqual(t, "line", got.StartLine, 8)
	wantEqual(t, "uri", got.Location.URI, workspace.PathToURI(filepath.Join(root, "a", "b c.go")))
	wantEqual(t, "range", got.Location.Range, Range{Position{7, 2}, Position{9, 5}})
	wantEqual(t, "name", got.NameRange, got.Location.Range)
	bestLines, typing := false, false
	f.engine.search = func(_ context.Context, req search.Request) (*search.Response, error) {
		bestLines, typing = req.BestLines, req.Typing
		return found(), nil
	}
	f.MustCall("semantic/search", object{"query": "copy", "limit": 3, "bestLines": true, "typing": true}, nil)
	wantEqual(t, "best lines", bestLines, true)
	wantEqual(t, "typing", typing, true)
	wantEqual(t, "limit", f.engine.history("search")[1], "search copy 3 {[] [] [] [] []}")
	f.leave()
}

func TestSearchErrors(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	f.engine.search = func(_ context.Context, req search.Request) (*search.Response, error) {
		_, err := search.Parse(req.Query)
		if err == nil {
			err = errScripted
		}
		return nil, fmt.Errorf("search: %w", err)
	}
	f.Fails(f.Call("semantic/search", object{"query": "x"}, nil), -32803, "tired")
	f.Fails(f.Call("semantic/search", object{"query": "kind:nonsense"}, nil), -32602, "nonsense")
	f.leave()
}

// TestEncodings: columns that differ in every encoding come out in the one that was agreed on.
func TestEncodings(t *testing.T) {
	cases := []struct {
		offered []string
		want    string
		columns [2]uint32
	}{
		{nil, "utf-16", [2]uint32{2, 5}},
		{[]string{}, "utf-16", [2]uint32{2, 5}},
		{[]string{"utf-7"}, "utf-16", [2]uint32{2, 5}},
		{[]string{"utf-8", "utf-32", "utf-16"}, "utf-8", [2]uint32{1, 4}},
		{[]string{"utf-7", "utf-32", "utf-8"}, "utf-32", [2]uint32{3, 6}},
		{[]string{"utf-16", "utf-8"}, "utf-16", [2]uint32{2, 5}},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.offered, " "), func(t *testing.T) {
			f := start(t)
			f.engine.symbols = func(context.Context, string) (*search.Response, error) {
				return found(search.Result{Root: "/r", Path: "a.go", Name: "f", Kind: "function", Range: at(1)}), nil
			}
			general := object{}
			if c.offered != nil {
				general["positionEncodings"] = c.offered
			}
			result := f.initialize(object{"capabilities": object{"general": general}})
			wantEqual(t, "encoding", result["capabilities"].(object)["positionEncoding"].(string), c.want)
			wantEqual(t, "engine", f.engine.config.Encoding.String(), c.want)
			var symbols []struct{ Location Location }
			f.MustCall("workspace/symbol", object{"query": "f"}, &symbols)
			wantEqual(t, "range", symbols[0].Location.Range, Range{Position{1, c.columns[0]}, Position{3, c.columns[1]}})
			f.leave()
		})
	}
}

// TestEditsInEveryEncoding edits a line of characters of one to four bytes and checks what the engine has then.
func TestEditsInEveryEncoding(t *testing.T) {
	for encoding, column := range map[string]int{"utf-8": 1 + 2 + 3 + 4, "utf-16": 1 + 1 + 1 + 2, "utf-32": 4} {
		t.Run(encoding, func(t *testing.T) {
			f := start(t)
			f.initialize(object{"capabilities": object{"general": object{"positionEncodings": []string{encoding}}}})
			uri := workspace.PathToURI(filepath.Join(tempDir(t), "a.go"))
			f.open(uri, "first\r\naé€😀z\n")
			f.Notify("textDocument/didChange", object{
				"textDocument": object{"uri": uri, "version": 2},
				"contentChanges": []object{
					{"range": Range{Position{1, uint32(column)}, Position{1, uint32(column) + 1}}, "text": "new"},
					{"range": Range{Position{0, 0}, Position{0, 5}}, "text": "1st"},
				},
			})
			f.settle()
			wantEqual(t, "text", f.text(uri), "1st\r\naé€😀new\n")
			f.Notify("textDocument/didChange", object{
				"textDocument":   object{"uri": uri, "version": 3},
				"contentChanges": []object{{"text": "all new"}},
			})
			f.settle()
			wantEqual(t, "text", f.text(uri), "all new")
			f.Notify("textDocument/didChange", object{ // a client that does not count, and replaces all lines and one more
				"textDocument":   object{"uri": uri, "version": 3},
				"contentChanges": []object{{"range": Range{End: Position{Line: 1}}, "text": "newer"}},
			})
			f.settle()
			wantEqual(t, "text", f.text(uri), "newer")
			f.leave()
		})
	}
}

func (f *fixture) open(uri, text string) {
	f.Notify("textDocument/didOpen", object{"textDocument": object{"uri": uri, "languageId": "go", "version": 1, "text": text}})
}

// text is what the engine has for a document.
func (f *fixture) text(uri string) string {
	f.t.Helper()
	path, err := documentPath(uri)
	if err != nil {
		f.t.Fatal(err)
	}
	d, open := f.engine.Snapshot().Overlay(path)
	if !open {
		f.t.Fatalf("%s is not open", uri)
	}
	return string(d.Content)
}

func TestDocuments(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	dir := tempDir(t)
	uri := workspace.PathToURI(filepath.Join(dir, "a.go"))
	id := object{"uri": uri}
	f.open(uri, "one")
	f.open("untitled:Untitled-1", "two")
	f.Notify("textDocument/didSave", object{"textDocument": id})
	f.Notify("textDocument/didSave", object{"textDocument": id, "text": "three"})
	f.settle()
	wantEqual(t, "saved text", f.text(uri), "three")
	wantEqual(t, "untitled", f.text("untitled:Untitled-1"), "two")
	f.Notify("textDocument/didClose", object{"textDocument": id})
	f.Notify("textDocument/didChange", object{"textDocument": object{"uri": uri, "version": 9}, "contentChanges": []object{{"text": "x"}}}) // not open: logged
	f.Notify("workspace/didChangeWatchedFiles", object{"changes": []object{
		{"uri": uri, "type": 1}, {"uri": uri, "type": 2}, {"uri": uri, "type": 3}, {"uri": uri, "type": 9}, {"uri": "ssh://host/x", "type": 1},
	}})
	f.Notify("workspace/didCreateFiles", object{"files": []object{id}})
	f.Notify("workspace/didRenameFiles", object{"files": []object{{"oldUri": uri, "newUri": workspace.PathToURI(filepath.Join(dir, "b.go"))}}})
	f.Notify("workspace/didDeleteFiles", object{"files": []object{id}})
	f.settle()
	wantList(t, "modifications", f.engine.history("modify"), []string{
		"modify open editor a.go", "modify open editor untitled:Untitled-1", "modify save editor a.go", "modify save editor a.go",
		"modify close editor a.go", "modify change editor a.go",
		"modify create client watcher a.go", "modify write client watcher a.go", "modify delete client watcher a.go",
		"modify create client watcher a.go",
		"modify delete client watcher a.go", "modify create client watcher b.go",
		"modify delete client watcher a.go",
	})
	f.leave()
}

// TestOrder sends a change and a request by turns, without waiting. Every request must see the change before it.
func TestOrder(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	uri := workspace.PathToURI(filepath.Join(tempDir(t), "a.go"))
	path, err := documentPath(uri)
	if err != nil {
		t.Fatal(err)
	}
	f.engine.search = func(context.Context, search.Request) (*search.Response, error) {
		d, _ := f.engine.Snapshot().Overlay(path)
		return &search.Response{Message: fmt.Sprint(d.Version)}, nil
	}
	f.open(uri, "")
	var ids []any
	for version := 2; version < 300; version++ {
		f.Notify("textDocument/didChange", object{
			"textDocument":   object{"uri": uri, "version": version},
			"contentChanges": []object{{"text": fmt.Sprint(version)}},
		})
		ids = append(ids, f.Send("semantic/search", object{"query": "x"}))
	}
	for i, id := range ids {
		var r struct{ Message string }
		if err := f.Await(id, &r); err != nil {
			t.Fatal(err)
		}
		var version int
		if _, err := fmt.Sscan(r.Message, &version); err != nil || version < i+2 {
			t.Fatalf("request %d saw version %q", i, r.Message)
		}
	}
	f.leave()
}

// TestOrderOfFolders: a request sees the folder that was added before it, although adding is slow.
func TestOrderOfFolders(t *testing.T) {
	f := start(t)
	dir := tempDir(t)
	gate := make(chan struct{})
	f.engine.addFolder = func(string) error { <-gate; return nil }
	f.initialize(nil)
	f.Notify("workspace/didChangeWorkspaceFolders", object{"event": object{"added": folderParams(dir)["workspaceFolders"], "removed": []any{}}})
	search := f.Send("semantic/search", object{"query": "x"})
	f.MustCall("semantic/status", nil, nil) // is not held up
	wantEqual(t, "searches", len(f.engine.history("search")), 0)
	cancelled := f.Send("semantic/search", object{"query": "y"})
	f.Notify("$/cancelRequest", object{"id": cancelled})
	f.Fails(f.Await(cancelled, nil), -32800, "cancelled")
	close(gate)
	if err := f.Await(search, nil); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "searches", len(f.engine.history("search")), 1)
	f.leave()
}

// TestCancel covers every kind of id that a client may use.
func TestCancel(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	entered := f.blockSearches()
	for _, id := range []any{1001, -7, 0, int64(1) << 40, "a", "", "1001", `quoted "é" 😀`, strings.Repeat("x", 1000)} {
		f.SendID(id, "semantic/search", object{"query": "x"})
		<-entered
		f.Notify("$/cancelRequest", object{"id": "another"})
		f.Notify("$/cancelRequest", object{"id": 999999})
		f.Notify("$/cancelRequest", object{"id": id})
		f.Fails(f.Await(id, nil), -32800, "cancelled")
		f.Notify("$/cancelRequest", object{"id": id}) // it is answered already
	}
	f.settle()
	f.leave()
}

// TestCancelOvertakenByAnswer: a request that has ended all the same gives its result.
func TestCancelOvertakenByAnswer(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	f.engine.search = func(ctx context.Context, _ search.Request) (*search.Response, error) {
		<-ctx.Done()
		return found(), nil
	}
	id := f.Send("semantic/search", object{"query": "x"})
	f.Notify("$/cancelRequest", object{"id": id})
	if err := f.Await(id, nil); err != nil {
		// The cancellation may also arrive before the search begins.
		f.Fails(err, -32800, "cancelled")
	}
	f.leave()
}

func TestSameIDTwice(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	entered := f.blockSearches()
	f.SendID("one", "semantic/search", object{"query": "x"})
	<-entered
	f.SendID("one", "semantic/status", nil)
	f.Fails(f.Await("one", nil), -32600, "in use")
	f.Notify("$/cancelRequest", object{"id": "one"})
	f.Fails(f.Await("one", nil), -32800, "cancelled")
	f.SendID("one", "semantic/status", nil) // free again
	if err := f.Await("one", nil); err != nil {
		t.Error(err)
	}
	f.leave()
}

// TestExactlyOneAnswer sends requests of every outcome at once and counts the answers.
func TestExactlyOneAnswer(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	f.engine.search = func(ctx context.Context, req search.Request) (*search.Response, error) {
		switch req.Query {
		case "panic":
			panic("on request")
		case "fail":
			return nil, errScripted
		case "wait":
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return found(), nil
	}
	var ids []any
	for range 100 {
		for _, query := range []string{"panic", "fail", "wait", "succeed"} {
			id := f.Send("semantic/search", object{"query": query})
			ids = append(ids, id)
			if query == "wait" {
				f.Notify("$/cancelRequest", object{"id": id})
			}
		}
		ids = append(ids, f.Send("unknown", nil), f.Send("semantic/search", []any{}))
	}
	for _, id := range ids {
		_ = f.Await(id, nil) // the outcomes are the subject of other tests
	}
	f.leave() // which fails on answers that nobody awaited
}

// TestParallelism: as many searches run at once as there are slots, no more, and cancelled ones leave the queue.
func TestParallelism(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	var running, most atomic.Int32
	entered := make(chan struct{}, 1000)
	f.engine.search = func(ctx context.Context, _ search.Request) (*search.Response, error) {
		now := running.Add(1)
		defer running.Add(-1)
		for {
			before := most.Load()
			if now <= before || most.CompareAndSwap(before, now) {
				break
			}
		}
		entered <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	var ids []any
	for range parallelism() {
		ids = append(ids, f.Send("semantic/search", object{"query": "x"}))
	}
	for range parallelism() {
		<-entered
	}
	queued := f.Send("semantic/search", object{"query": "queued"})
	f.MustCall("semantic/status", nil, nil) // is not held up by searches
	f.Notify("$/cancelRequest", object{"id": queued})
	f.Fails(f.Await(queued, nil), -32800, "cancelled")
	next := f.Send("semantic/search", object{"query": "next"})
	for _, id := range append(ids, next) {
		f.Notify("$/cancelRequest", object{"id": id})
		f.Fails(f.Await(id, nil), -32800, "cancelled")
	}
	if got := int(most.Load()); got != parallelism() {
		t.Errorf("%d searches ran at once, want %d", got, parallelism())
	}
	f.leave()
}

func TestSymbols(t *testing.T) {
	f := start(t)
	root := tempDir(t)
	f.engine.symbols = func(_ context.Context, query string) (*search.Response, error) {
		if query == "broken" {
			return nil, errScripted
		}
		return found(
			search.Result{Root: root, Path: "net/http/client.go", Name: "Do", Owner: "Client", Kind: "method", Documentation: "Do sends a request.\nIt follows\nredirects. More.", Range: at(1)},
			search.Result{Root: root, Path: "main.go", Kind: "module", Range: at(2)},
		), nil
	}
	f.initialize(nil)
	var symbols []struct {
		Name, ContainerName string
		Kind                int
		Location            Location
	}
	f.MustCall("workspace/symbol", object{"query": "?sends requests"}, &symbols)
	if len(symbols) != 2 {
		t.Fatalf("got %+v", symbols)
	}
	wantEqual(t, "name", symbols[0].Name, "Do")
	wantEqual(t, "container", symbols[0].ContainerName, "net/http Client - Do sends a request")
	wantEqual(t, "kind", symbols[0].Kind, 6)
	wantEqual(t, "name of what has none", symbols[1].Name, "main.go")
	wantEqual(t, "container at the root", symbols[1].ContainerName, "main.go")
	wantEqual(t, "uri", symbols[1].Location.URI, workspace.PathToURI(filepath.Join(root, "main.go")))
	wantList(t, "queries", f.engine.history("symbols"), []string{"symbols ?sends requests"})
	f.MustCall("workspace/symbol", object{"query": "broken"}, &symbols)
	wantEqual(t, "symbols of a query that fails", len(symbols), 0)
	f.leave()
}

func TestSymbolsSetting(t *testing.T) {
	for setting, want := range map[string][]string{
		"all":       {"symbols ", "symbols name", "symbols  two words ", "symbols ? asked"},
		"sentences": {"symbols  two words ", "symbols ? asked"},
		"off":       nil,
	} {
		t.Run(setting, func(t *testing.T) {
			f := start(t)
			result := f.initialize(object{"initializationOptions": object{"symbols": setting}})
			wantEqual(t, "announced", result["capabilities"].(object)["workspaceSymbolProvider"].(bool), setting != "off")
			for _, query := range []string{"", "name", " two words ", "? asked"} {
				var symbols []any
				f.MustCall("workspace/symbol", object{"query": query}, &symbols)
				wantEqual(t, "symbols", len(symbols), 0)
			}
			wantList(t, "queries", f.engine.history("symbols"), want)
			f.leave()
		})
	}
}

func TestOtherRequests(t *testing.T) {
	f := start(t)
	dir := tempDir(t)
	f.initialize(folderParams(dir))
	f.settle()
	uri := workspace.PathToURI(filepath.Join(dir, "a.go"))
	document := object{"uri": uri}

	f.engine.similar = func(search.SimilarRequest) (*search.Response, error) { return found(search.Result{Name: "twin"}), nil }
	var r struct{ Results []struct{ Name string } }
	f.MustCall("semantic/similar", object{"textDocument": document, "position": Position{4, 1}}, &r)
	wantEqual(t, "similar", r.Results[0].Name, "twin")
	f.MustCall("semantic/similar", object{"text": "some code"}, nil)
	wantList(t, "similar", f.engine.history("similar"), []string{`similar a.go:5 ""`, `similar .:0 "some code"`})

	var e ExplainResponse
	f.MustCall("semantic/explain", object{"query": "q", "textDocument": document, "position": Position{0, 1}}, &e)
	wantEqual(t, "rank", e.Rank, 3)
	wantList(t, "explain", f.engine.history("explain"), []string{"explain q a.go:1"})

	var status struct{ Roots []struct{ State string } }
	f.MustCall("semantic/status", nil, &status)
	wantEqual(t, "state", status.Roots[0].State, "ready")

	var c CompleteResponse
	f.MustCall("semantic/complete", object{"text": "😀x", "cursor": 3}, &c)
	wantEqual(t, "completion", c.Items[0], Completion{Text: "lang:go", Start: 2, End: 3, Final: true})

	for _, method := range []string{"reindex", "pause", "resume"} {
		var none any
		f.MustCall("semantic/"+method, nil, &none)
		f.MustCall("semantic/"+method, object{"folder": uri}, nil)
		wantList(t, method, f.engine.history(method), []string{method + " ", method + " " + filepath.Join(dir, "a.go")})
	}
	f.leave()
}

func TestDuplicatesProgress(t *testing.T) {
	for _, token := range []any{"mine", 7} {
		f := start(t)
		f.initialize(nil)
		f.engine.duplicates = func(_ search.DuplicatesRequest, progress func(done, total int)) (*search.DuplicatesResponse, error) {
			progress(1, 1000) // no percent yet: not worth a message
			progress(500, 1000)
			progress(504, 1000)
			progress(1000, 1000)
			return &search.DuplicatesResponse{Groups: []search.DuplicateGroup{{Units: []search.Result{{Name: "a"}, {Name: "b"}}, Least: 0.97}}}, nil
		}
		var r DuplicatesResponse
		f.MustCall("semantic/duplicates", object{"min": 0.9, "workDoneToken": token}, &r)
		wantEqual(t, "units", r.Groups[0].Units[1].Name, "b")
		var seen []string
		for range 4 {
			var p struct {
				Token any
				Value struct {
					Kind       string
					Percentage int
				}
			}
			f.ExpectMethod("$/progress", &p)
			wantEqual(t, "token", fmt.Sprint(p.Token), fmt.Sprint(token))
			seen = append(seen, fmt.Sprint(p.Value.Kind, p.Value.Percentage))
		}
		wantList(t, "progress", seen, []string{"begin0", "report50", "report100", "end0"})
		f.leave()
	}
}

// TestCommands runs every request as a command, with the ways in which editors give arguments.
func TestCommands(t *testing.T) {
	f := start(t)
	dir := tempDir(t)
	f.initialize(folderParams(dir))
	f.settle()
	command := func(name string, arguments ...any) json.RawMessage {
		t.Helper()
		var result json.RawMessage
		p := object{"command": "semantic." + name}
		if len(arguments) > 0 {
			p["arguments"] = arguments
		}
		f.MustCall("workspace/executeCommand", p, &result)
		return result
	}
	place := object{"query": "q", "textDocument": object{"uri": workspace.PathToURI(filepath.Join(dir, "a.go"))}, "position": Position{Line: 2}}
	for _, s := range semantic {
		name := strings.TrimPrefix(commandName(s.method), "semantic.")
		if s.method == MethodSimilar || s.method == MethodExplain || s.method == MethodSummarize {
			command(name, place)
			continue
		}
		command(name)
		command(name, nil)
		command(name, object{})
	}
	command("search", "retry a request", "with backoff")
	command("search", object{"query": "retry"})
	calls := f.engine.history("search")
	wantList(t, "searches", calls[len(calls)-2:], []string{"search retry a request with backoff 20 {[] [] [] [] []}", "search retry 20 {[] [] [] [] []}"})
	if got := string(command("status")); !strings.Contains(got, `"model":"scripted"`) {
		t.Errorf("status: %s", got)
	}
	f.leave()
}

// TestCommandsOfTheClient: a command that the client runs itself is not announced, or it would be registered twice.
func TestCommandsOfTheClient(t *testing.T) {
	f := start(t)
	result := f.initialize(object{"capabilities": object{"experimental": object{"commands": object{"commands": []string{"semantic.search", "other"}}}}})
	commands := fmt.Sprint(result["capabilities"].(object)["executeCommandProvider"])
	if strings.Contains(commands, "semantic.search") || !strings.Contains(commands, "semantic.similar") {
		t.Error(commands)
	}
	f.leave()
}

// TestConcurrentWriters: requests from many goroutines of an editor do not mix up their frames.
func TestConcurrentWriters(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				f.MustCall("semantic/complete", object{"text": strings.Repeat("é", 500), "cursor": 1}, nil)
			}
		})
	}
	all.Wait()
	f.leave()
}
