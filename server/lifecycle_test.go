package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/internal/fakeeditor"
	"lsp/workspace"
)

func TestBeforeInitialize(t *testing.T) {
	f := start(t)
	for _, method := range []string{"shutdown", "workspace/symbol", "semantic/search", "unknown", "$/unknown"} {
		f.Fails(f.Call(method, object{}, nil), -32002, method)
	}
	f.Notify("textDocument/didOpen", object{}) // dropped: there is nothing to open it in
	f.Notify("initialized", object{})
	f.initialize(nil)
	f.settle()
	wantList(t, "modifications", f.engine.history("modify"), nil)
	f.leave()
}

func TestInitializeTwice(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	f.Fails(f.Call("initialize", object{"capabilities": object{}}, nil), -32600, "second time")
	f.settle() // the session goes on
	f.leave()
}

func TestInitializeFails(t *testing.T) {
	broken := true
	f := start(t, func(o *Options) {
		open := o.Open
		o.Open = func(c engine.Config) (Engine, error) {
			if broken {
				return nil, errScripted
			}
			return open(c)
		}
	})
	f.Fails(f.Call("initialize", object{"capabilities": object{}}, nil), -32803, "tired")
	f.Fails(f.Call("semantic/status", nil, nil), -32002, "before initialize")
	broken = false
	f.initialize(nil)
	f.leave()
}

func TestInitializeResult(t *testing.T) {
	f := start(t)
	result := f.initialize(nil)
	wantEqual(t, "name", result["serverInfo"].(object)["name"].(string), "semantic-lsp")
	wantEqual(t, "version", result["serverInfo"].(object)["version"].(string), "1.2.3")
	c := result["capabilities"].(object)
	wantEqual(t, "encoding", c["positionEncoding"].(string), "utf-16")
	wantEqual(t, "sync", c["textDocumentSync"].(object)["change"].(float64), 2)
	wantEqual(t, "symbols", c["workspaceSymbolProvider"].(bool), true)
	wantEqual(t, "folders", c["workspace"].(object)["workspaceFolders"].(object)["changeNotifications"].(bool), true)
	ours := c["experimental"].(object)["semanticSearch"].(object)
	wantEqual(t, "protocol", ours["version"].(float64), ProtocolVersion)
	wantEqual(t, "requests", len(ours["requests"].([]any)), len(semantic))
	wantEqual(t, "commands", len(c["executeCommandProvider"].(object)["commands"].([]any)), len(semantic))
	for _, others := range []string{"definitionProvider", "referencesProvider", "documentSymbolProvider", "hoverProvider"} {
		if _, claimed := c[others]; claimed {
			t.Errorf("%s belongs to the real language server", others)
		}
	}
	f.leave()
}

// TestInitializeOddities: what clients leave out, null or add does not keep them from being served.
func TestInitializeOddities(t *testing.T) {
	for _, params := range []string{
		`{"capabilities":{}}`,
		`{"processId":null,"rootUri":null,"rootPath":null,"workspaceFolders":null,"initializationOptions":null,"clientInfo":{"name":"x"},"trace":"off","locale":"de","capabilities":{}}`,
		`{"capabilities":{"workspace":null,"textDocument":null,"window":null,"general":null,"experimental":null}}`,
		`{"capabilities":{"workspace":{"didChangeWatchedFiles":null,"symbol":{}},"textDocument":{"codeAction":null},"window":{"showDocument":null},"general":{"positionEncodings":null}}}`,
		`{"capabilities":{"experimental":true,"unknown":{"a":[1]}},"unknown":1}`,
		`{"capabilities":{"experimental":{"commands":["semantic.search"]}},"initializationOptions":{}}`,
		`{"rootUri":"","rootPath":"","capabilities":{}}`,
		`{"rootUri":"file:///no such folder/%zz","capabilities":{}}`,
		`{"workspaceFolders":[{"uri":"","name":""},{"uri":"untitled:x","name":"x"}],"capabilities":{}}`,
		`{"processId":1,"capabilities":{"workspace":{"symbol":{"symbolKind":{"valueSet":[1,2,99]}}}},"trace":"messages"}`,
	} {
		t.Run(params, func(t *testing.T) {
			f := start(t)
			if err := f.Call("initialize", json.RawMessage(params), nil); err != nil {
				t.Fatal(err)
			}
			f.Notify("initialized", nil)
			f.settle()
			f.leave()
		})
	}
}

func TestAfterShutdown(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	f.MustCall("shutdown", nil, nil)
	for _, method := range []string{"shutdown", "initialize", "workspace/symbol", "unknown"} {
		f.Fails(f.Call(method, object{}, nil), -32600, "after shutdown")
	}
	f.Notify("textDocument/didOpen", object{"textDocument": object{"uri": "file:///a.go", "languageId": "go", "version": 1, "text": ""}})
	f.Notify("exit", nil)
	if err := <-f.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	wantList(t, "modifications", f.engine.history("modify"), nil)
}

// TestEnds covers every way a session ends. Requests that run when it does are stopped, and the engine is closed.
func TestEnds(t *testing.T) {
	cases := []struct {
		name  string
		leave func(*fixture)
		want  error
	}{
		{"exit without shutdown", func(f *fixture) { f.Notify("exit", nil) }, ErrNoShutdown},
		{"end of input", func(f *fixture) { f.Close() }, ErrNoShutdown},
		{"end of input after shutdown", func(f *fixture) { f.MustCall("shutdown", nil, nil); f.Close() }, nil},
		{"shutdown and exit", func(f *fixture) { f.MustCall("shutdown", nil, nil); f.Notify("exit", nil) }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := start(t)
			f.initialize(nil)
			entered := f.blockSearches()
			f.Send("semantic/search", object{"query": "x"})
			<-entered
			c.leave(f)
			if err := <-f.done; !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("Serve: %v, want %v", err, c.want)
			}
			wantEqual(t, "closed", len(f.engine.history("close")), 1)
		})
	}
	t.Run("end in the middle of a message", func(t *testing.T) {
		f := start(t)
		f.initialize(nil)
		if err := f.Raw("Content-Length: 100\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := <-f.done; err == nil {
			t.Error("Serve: no error")
		}
	})
	t.Run("before initialize", func(t *testing.T) {
		f := start(t)
		f.Notify("exit", nil)
		if err := <-f.done; !errors.Is(err, ErrNoShutdown) {
			t.Errorf("Serve: %v", err)
		}
		wantEqual(t, "closed", len(f.engine.history("close")), 0)
	})
	t.Run("context, with a read that cannot be interrupted", func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		stuck := readWriteCloser{readerFunc(func([]byte) (int, error) { <-release; return 0, io.EOF }), io.Discard}
		if err := Serve(ctx, stuck, Options{Open: openNothing, timing: timing{drain: time.Hour}}); !errors.Is(err, ErrNoShutdown) {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Run("context", func(t *testing.T) {
		_, conn := fakeeditor.Pipe(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := Serve(ctx, conn, Options{Open: func(engine.Config) (Engine, error) { return nil, errScripted }}); !errors.Is(err, ErrNoShutdown) {
			t.Errorf("Serve: %v", err)
		}
	})
}

// TestShutdownStopsRequests: what runs is answered before the connection ends.
func TestShutdownStopsRequests(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	entered := f.blockSearches()
	id := f.Send("semantic/search", object{"query": "x"})
	<-entered
	f.MustCall("shutdown", nil, nil)
	f.Fails(f.Await(id, nil), -32803, "shutting down")
	f.Notify("exit", nil)
	<-f.done
}

// TestParentEnds serves an editor whose process is a child of this test, until that child ends.
func TestParentEnds(t *testing.T) {
	if os.Getenv("SERVER_TEST_PARENT") != "" {
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the test closes it
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestParentEnds$")
	child.Env = append(os.Environ(), "SERVER_TEST_PARENT=1")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	f := start(t)
	f.initialize(object{"processId": child.Process.Pid})
	f.settle()
	in.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := <-f.done; !errors.Is(err, ErrNoShutdown) {
		t.Errorf("Serve: %v", err)
	}
}

// TestParentUnseen: a process that is not there from the beginning says nothing about the editor.
func TestParentUnseen(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run=^$")
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	f := start(t)
	f.initialize(object{"processId": child.Process.Pid})
	f.settle()
	f.leave()
}

func TestUnknownMethods(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	for _, method := range []string{"textDocument/rename", "$/unknown", "semantic/nonsense"} {
		f.Fails(f.Call(method, object{}, nil), -32601, method)
	}
	f.Notify("$/unknown", nil)
	f.Notify("textDocument/unknown", object{})
	f.Notify("$/setTrace", object{"value": "verbose"})
	f.settle()
	f.leave()
}

func TestInvalidParams(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	cases := []struct {
		method string
		params any
		holds  string
	}{
		{"semantic/search", object{"query": 3}, "params.query"},
		{"semantic/search", object{"query": "x", "limit": "many"}, "params.limit"},
		{"semantic/search", object{"query": "x", "limit": -1}, "params.limit"},
		{"semantic/search", object{"query": "x", "limit": 100000}, "1 to 1000"},
		{"semantic/search", object{"query": "x", "filter": object{"kinds": "method"}}, "params.filter.kinds"},
		{"semantic/search", []any{1}, "params"},
		{"semantic/similar", object{}, "textDocument and position are needed, or text"},
		{"semantic/similar", object{"textDocument": object{"uri": "untitled:x"}, "position": object{}}, "uri"},
		{"semantic/explain", object{"query": "x"}, "uri"},
		{"semantic/duplicates", object{"min": 1.5}, "params.min"},
		{"semantic/duplicates", object{"limit": -1}, "params.limit"},
		{"semantic/duplicates", object{"workDoneToken": object{}}, "params.workDoneToken"},
		{"semantic/complete", object{"text": "a", "cursor": -1}, "params.cursor"},
		{"semantic/pause", object{"folder": "file://%zz"}, "params.folder"},
		{"workspace/symbol", nil, "missing"},
		{"workspace/symbol", object{"query": 3}, "params"},
		{"workspace/executeCommand", object{"command": "semantic.unknown"}, "semantic.unknown"},
		{"workspace/executeCommand", object{"command": "semantic.search", "arguments": []any{object{}, object{}}}, "one object"},
		{"workspace/executeCommand", object{"command": "semantic.search", "arguments": []any{3}}, "params"},
	}
	for _, c := range cases {
		f.Fails(f.Call(c.method, c.params, nil), -32602, c.holds)
	}
	f.leave()
}

// TestInvalidNotifications: nothing that cannot be answered ends the session.
func TestInvalidNotifications(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	for method := range notifications {
		switch method {
		case "exit", "initialized":
			continue
		}
		for _, params := range []any{nil, object{}, []any{}, object{"textDocument": 3}, object{"id": 1.5}, object{"id": nil}, object{"token": true}} {
			f.Notify(method, params)
		}
	}
	f.settle()
	f.leave()
}

func TestPanics(t *testing.T) {
	f := start(t)
	f.engine.symbols = func(context.Context, string) (*search.Response, error) { panic("no symbols today") }
	f.engine.modify = func([]workspace.Modification) { panic("no changes today") }
	f.engine.addFolder = func(string) error { panic("no folders today") }
	f.initialize(folderParams(tempDir(t)))
	f.Fails(f.Call("workspace/symbol", object{"query": "x"}, nil), -32603, "no symbols today")
	f.Seen("a log line with the panic", logLineWith("no folders today"))
	f.Notify("textDocument/didOpen", object{"textDocument": object{"uri": "file:///a.go", "languageId": "go", "version": 1, "text": ""}})
	f.Seen("a log line with the panic", logLineWith("no changes today"))
	f.settle()
	f.leave()
}

func logLineWith(text string) func(fakeeditor.Message) bool {
	return func(m fakeeditor.Message) bool {
		return m.Method == "window/logMessage" && strings.Contains(string(m.Params), text)
	}
}

// TestListen serves two clients at once, each with its own engine.
func TestListen(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Listen(ctx, listener, Options{timing: quick, Open: func(c engine.Config) (Engine, error) {
			return &scripted{files: workspace.New(workspace.Options{})}, nil
		}})
	}()
	var editors []*fakeeditor.Editor
	for range 2 {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		e := fakeeditor.New(t, conn)
		e.MustCall("initialize", object{"capabilities": object{}}, nil)
		e.Notify("initialized", object{})
		editors = append(editors, e)
	}
	editors[0].MustCall("shutdown", nil, nil)
	editors[0].Notify("exit", nil)
	editors[0].Ended()
	editors[1].MustCall("semantic/status", nil, nil)
	cancel()
	editors[1].Ended()
	if err := <-done; err != nil {
		t.Errorf("Listen: %v", err)
	}
}

// TestListenToBrowsers: a page in a browser can send anything to a port of this machine, but not without a first line of
// its own, and nothing that comes after that line counts.
func TestListenToBrowsers(t *testing.T) {
	const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`
	framed := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(initialize), initialize)
	for name, sent := range map[string]string{
		"post":           "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + framed,
		"path":           "GET /Content-Length:78 HTTP/1.1\r\n\r\n" + initialize,
		"another body":   "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n\r\n" + framed,
		"no header line": "{}\r\n" + framed,
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			ended := make(chan error, 1)
			go func() {
				ended <- Serve(context.Background(), theirs, Options{timing: quick, strange: true, Open: func(engine.Config) (Engine, error) {
					t.Error("an engine was opened")
					return nil, errors.New("no engine")
				}})
			}()
			sending := make(chan struct{})
			go func() {
				defer close(sending)
				_, _ = io.WriteString(ours, sent) // fails where it is closed
			}()
			if answer, err := io.ReadAll(ours); err != nil || len(answer) > 0 {
				t.Errorf("the answer is %q, %v", answer, err)
			}
			if err := <-ended; !errors.Is(err, errNotEditor) {
				t.Errorf("the session ended with %v", err)
			}
			ours.Close()
			<-sending
		})
	}
}

func TestFoldersOfInitialize(t *testing.T) {
	a, b := tempDir(t), tempDir(t)
	cases := []struct {
		name   string
		params object
		want   []string
	}{
		{"none", object{}, nil},
		{"null", object{"workspaceFolders": nil, "rootPath": nil}, nil},
		{"folders", folderParams(a, b), []string{"add " + a, "add " + b}},
		{"the same folder twice", folderParams(a, a), []string{"add " + a}},
		{"folders win", object{"workspaceFolders": folderParams(a)["workspaceFolders"], "rootUri": workspace.PathToURI(b)}, []string{"add " + a}},
		{"rootUri", object{"rootUri": workspace.PathToURI(b), "rootPath": a}, []string{"add " + b}},
		{"empty folders and rootUri", object{"workspaceFolders": []any{}, "rootUri": workspace.PathToURI(b)}, []string{"add " + b}},
		{"rootPath", object{"rootPath": a}, []string{"add " + a}},
		{"no file", object{"rootUri": "ssh://host/a"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := start(t)
			f.initialize(c.params)
			f.settle()
			wantList(t, "folders", f.engine.history("add"), c.want)
			f.leave()
		})
	}
}

func TestFoldersComeAndGo(t *testing.T) {
	a, b := tempDir(t), tempDir(t)
	f := start(t)
	f.initialize(folderParams(a))
	change := func(added, removed []string) {
		f.Notify("workspace/didChangeWorkspaceFolders", object{"event": object{
			"added": folderParams(added...)["workspaceFolders"], "removed": folderParams(removed...)["workspaceFolders"],
		}})
	}
	change([]string{b}, nil)
	f.settle()
	wantList(t, "added", f.engine.history("add"), []string{"add " + a, "add " + b})
	if err := os.Remove(a); err != nil {
		t.Fatal(err)
	}
	change(nil, []string{a, filepath.Join(a, "never opened")}) // the folder is gone by now
	change([]string{b}, nil)                                   // it is open already
	f.settle()
	wantList(t, "removed", f.engine.history("remove"), []string{"remove " + a})
	wantEqual(t, "added", len(f.engine.history("add")), 2)
	f.engine.addFolder = func(string) error { return errScripted }
	change([]string{tempDir(t)}, nil)
	f.Expect("a message", func(m fakeeditor.Message) bool {
		return m.Method == "window/showMessage" && strings.Contains(string(m.Params), "tired")
	})
	f.leave()
}
