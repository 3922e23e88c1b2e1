package server

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/server/engine"
	"lsp/server/internal/fakeeditor"
	"lsp/server/settings"
	"lsp/workspace"
)

// real is a session over a real engine with the hashed test double as its model.
type real struct {
	*fakeeditor.Editor
	t      *testing.T
	engine *engine.Engine
	done   chan error
}

// startReal serves an editor whose folders are indexed in a cache of their own.
func startReal(t *testing.T, cache string, kind settings.Engine, params object) *real {
	t.Helper()
	r := serveReal(t, cache, settings.Layer{Origin: settings.FromCommandLine, Name: "test", Values: object{"index.engine": string(kind)}})
	all := object{"processId": nil, "rootUri": nil, "capabilities": object{}}
	for key, value := range params {
		all[key] = value
	}
	r.MustCall("initialize", all, nil)
	r.Notify("initialized", object{})
	return r
}

// serveReal serves an editor that still has to introduce itself.
func serveReal(t *testing.T, cache string, flags ...settings.Layer) *real {
	t.Helper()
	r := &real{t: t, done: make(chan error, 1)}
	editor, conn := fakeeditor.Pipe(t)
	r.Editor = editor
	options := Options{
		Version: "1.2.3",
		timing:  quick,
		Flags:   flags,
		Open: func(c engine.Config) (Engine, error) {
			c.CacheDir, c.Encoder = cache, encoder.NewHashed(64)
			e, err := engine.New(c)
			r.engine = e
			return e, err
		},
	}
	go func() { r.done <- Serve(context.Background(), conn, options) }()
	return r
}

func (r *real) leave() {
	r.t.Helper()
	r.MustCall("shutdown", nil, nil)
	r.Notify("exit", nil)
	if err := <-r.done; err != nil {
		r.t.Errorf("Serve: %v", err)
	}
}

// indexed waits until all work known so far is done.
func (r *real) indexed() {
	r.t.Helper()
	r.MustCall("semantic/complete", object{"text": "x", "cursor": 1}, nil) // the folders are open
	if err := r.engine.Wait(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

// names are the names of what a search finds, and whether the answer is complete.
func (r *real) names(query string) ([]string, bool) {
	r.t.Helper()
	var answer struct {
		Results  []struct{ Name string }
		Complete bool
	}
	r.MustCall("semantic/search", object{"query": query}, &answer)
	var names []string
	for _, result := range answer.Results {
		names = append(names, result.Name)
	}
	return names, answer.Complete
}

// finds expects a name among the results; a query that came right after a change may say that it is not complete,
// and then has to be complete in the end.
func (r *real) finds(query, name string, want bool) {
	r.t.Helper()
	names, complete := r.names(query)
	if !complete {
		r.indexed()
		names, complete = r.names(query)
	}
	if got := slices.Contains(names, name); got != want || !complete {
		r.t.Errorf("%q finds %q (complete: %v); %s among them: %v, want %v", query, names, complete, name, got, want)
	}
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func function(name, does string) string {
	return fmt.Sprintf("package p\n\n// %s %s.\nfunc %s() {\n\tprintln(\"%s\")\n}\n", name, does, name, does)
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// bothEngines runs a test over the scan and the graph.
func bothEngines(t *testing.T, test func(t *testing.T, kind settings.Engine)) {
	for _, kind := range []settings.Engine{settings.EngineScan, settings.EngineGraph} {
		t.Run(string(kind), func(t *testing.T) { test(t, kind) })
	}
}

// TestRealEdits follows one document from the disk through unsaved edits to its end.
func TestRealEdits(t *testing.T) {
	bothEngines(t, func(t *testing.T, kind settings.Engine) {
		dir := tempDir(t)
		path := writeFile(t, dir, "a.go", function("Retry", "sends the request again after a pause"))
		writeFile(t, dir, "b/b.go", function("Parse", "reads a configuration file"))
		r := startReal(t, tempDir(t), kind, folderParams(dir))
		r.indexed()
		r.finds("sends the request again", "Retry", true)

		uri := workspace.PathToURI(path)
		open := func(text string) {
			r.Notify("textDocument/didOpen", object{"textDocument": object{"uri": uri, "languageId": "go", "version": 1, "text": text}})
		}
		open(function("Retry", "sends the request again after a pause"))
		for version := 2; version < 30; version++ {
			name := fmt.Sprintf("Wobble%dq", version)
			r.Notify("textDocument/didChange", object{
				"textDocument":   object{"uri": uri, "version": version},
				"contentChanges": []object{{"text": function(name, "wobbles the "+name+" gently")}},
			})
			r.finds(name, name, true)
		}
		r.finds("Retry", "Retry", false)
		r.Notify("textDocument/didClose", object{"textDocument": object{"uri": uri}}) // unsaved: the disk counts again
		r.finds("sends the request again", "Retry", true)
		r.finds("Wobble29q", "Wobble29q", false)

		open("x")
		writeFile(t, dir, "a.go", function("Saved", "stores the form"))
		r.Notify("textDocument/didChange", object{
			"textDocument":   object{"uri": uri, "version": 2},
			"contentChanges": []object{{"text": function("Saved", "stores the form")}},
		})
		r.Notify("textDocument/didSave", object{"textDocument": object{"uri": uri}})
		r.Notify("textDocument/didClose", object{"textDocument": object{"uri": uri}})
		r.finds("stores the form", "Saved", true)

		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		r.Notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": uri, "type": 3}}})
		r.finds("stores the form", "Saved", false)
		if err := os.RemoveAll(filepath.Join(dir, "b")); err != nil {
			t.Fatal(err)
		}
		r.Notify("workspace/didDeleteFiles", object{"files": []object{{"uri": workspace.PathToURI(filepath.Join(dir, "b"))}}})
		r.finds("reads a configuration file", "Parse", false)
		r.leave()
	})
}

// TestRealRanges checks ranges in every encoding against the text, in a saved file and in an unsaved buffer.
func TestRealRanges(t *testing.T) {
	const text = "package p\n\nvar é = `€😀`; func Target() { println(\"é€😀\") } // end é\n"
	for encoding, kind := range map[string]workspace.Encoding{"utf-8": workspace.UTF8, "utf-16": workspace.UTF16, "utf-32": workspace.UTF32} {
		t.Run(encoding, func(t *testing.T) {
			dir := tempDir(t)
			path := writeFile(t, dir, "a.go", text)
			params := folderParams(dir)
			params["capabilities"] = object{"general": object{"positionEncodings": []string{encoding}}}
			r := startReal(t, tempDir(t), settings.EngineAuto, params)
			r.indexed()
			check := func(text string) {
				t.Helper()
				var symbols []struct {
					Name     string
					Location Location
				}
				r.MustCall("workspace/symbol", object{"query": "Target"}, &symbols)
				if len(symbols) == 0 || symbols[0].Name != "Target" {
					t.Fatalf("got %+v", symbols)
				}
				m := workspace.NewMapper([]byte(text))
				start, err := m.Offset(workspace.Position{Line: int(symbols[0].Location.Range.Start.Line), Column: int(symbols[0].Location.Range.Start.Character)}, kind)
				if err != nil {
					t.Fatal(err)
				}
				end, err := m.Offset(workspace.Position{Line: int(symbols[0].Location.Range.End.Line), Column: int(symbols[0].Location.Range.End.Character)}, kind)
				if err != nil {
					t.Fatal(err)
				}
				if got := text[start:end]; !strings.HasPrefix(got, "func Target()") || !strings.HasSuffix(got, "}") {
					t.Errorf("the range holds %q", got)
				}
				wantEqual(t, "uri", symbols[0].Location.URI, workspace.PathToURI(path))
			}
			check(text)
			uri := workspace.PathToURI(path)
			r.Notify("textDocument/didOpen", object{"textDocument": object{"uri": uri, "languageId": "go", "version": 1, "text": text}})
			r.Notify("textDocument/didChange", object{
				"textDocument":   object{"uri": uri, "version": 2},
				"contentChanges": []object{{"range": Range{Position{2, 0}, Position{2, 0}}, "text": "/*😀*/ "}},
			})
			check(strings.Replace(text, "var ", "/*😀*/ var ", 1))
			r.leave()
		})
	}
}

// TestRealBranches switches branches below a running server, which the editor reports as one change of a file or not
// at all; here it does, so that the test does not depend on watching.
func TestRealBranches(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	bothEngines(t, func(t *testing.T, kind settings.Engine) {
		dir := tempDir(t)
		git(t, dir, "init", "-q", "-b", "main")
		path := writeFile(t, dir, "a.go", function("OnMain", "counts apples"))
		writeFile(t, dir, "same.go", function("Same", "stays where it is"))
		git(t, dir, "add", ".")
		git(t, dir, "commit", "-q", "-m", "main")
		git(t, dir, "checkout", "-q", "-b", "other")
		writeFile(t, dir, "a.go", function("OnOther", "counts oranges"))
		git(t, dir, "commit", "-q", "-a", "-m", "other")

		cache := tempDir(t)
		r := startReal(t, cache, kind, folderParams(dir))
		r.indexed()
		r.finds("counts oranges", "OnOther", true)
		git(t, dir, "checkout", "-q", "main")
		r.Notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": workspace.PathToURI(path), "type": 2}}})
		r.finds("counts apples", "OnMain", true)
		r.finds("counts oranges", "OnOther", false)
		r.finds("stays where it is", "Same", true)
		r.leave()

		// A branch switched while no server ran is found by the comparison with the disk.
		git(t, dir, "checkout", "-q", "other")
		r = startReal(t, cache, kind, folderParams(dir))
		r.indexed()
		r.finds("counts oranges", "OnOther", true)
		r.finds("counts apples", "OnMain", false)
		r.leave()
	})
}

// TestRealFolders opens and closes folders below a running server.
func TestRealFolders(t *testing.T) {
	a, b := tempDir(t), tempDir(t)
	writeFile(t, a, "a.go", function("InA", "waters plants"))
	writeFile(t, b, "b.go", function("InB", "feeds animals"))
	r := startReal(t, tempDir(t), settings.EngineAuto, folderParams(a))
	change := func(added, removed []string) {
		r.Notify("workspace/didChangeWorkspaceFolders", object{"event": object{
			"added": folderParams(added...)["workspaceFolders"], "removed": folderParams(removed...)["workspaceFolders"],
		}})
	}
	r.indexed()
	r.finds("feeds animals", "InB", false)
	change([]string{b}, nil)
	r.indexed()
	r.finds("feeds animals", "InB", true)
	change(nil, []string{a})
	r.finds("waters plants", "InA", false)
	var status engine.Status
	r.MustCall("semantic/status", nil, &status)
	if len(status.Roots) != 1 || status.Roots[0].Path != b || status.Roots[0].State != engine.Ready {
		t.Errorf("status: %+v", status)
	}
	r.leave()
}

// TestRealDisabled: nothing of a workspace that is switched off is indexed, and no request fails for it.
func TestRealDisabled(t *testing.T) {
	dir := tempDir(t)
	writeFile(t, dir, "a.go", function("Hidden", "keeps a secret"))
	params := folderParams(dir)
	params["initializationOptions"] = object{"enabled": "off"}
	r := startReal(t, tempDir(t), settings.EngineAuto, params)
	r.indexed()
	names, _ := r.names("keeps a secret")
	wantEqual(t, "results", len(names), 0)
	r.MustCall("workspace/symbol", object{"query": "Hidden"}, nil)
	var status engine.Status
	r.MustCall("semantic/status", nil, &status)
	wantEqual(t, "state", status.Roots[0].State, engine.Disabled)
	r.Notify("workspace/didChangeConfiguration", object{"settings": object{"enabled": "auto"}})
	r.indexed()
	r.finds("keeps a secret", "Hidden", true)
	r.leave()
}

// TestRealRequests asks everything of a real engine.
func TestRealRequests(t *testing.T) {
	dir := tempDir(t)
	body := "package p\n\n// %s adds all numbers of a list.\nfunc %s(list []int) int {\n\tsum := 0\n\tfor _, n := range list {\n\t\tsum += n\n\t}\n\treturn sum\n}\n"
	one := writeFile(t, dir, "one.go", fmt.Sprintf(body, "Sum", "Sum"))
	writeFile(t, dir, "two.go", fmt.Sprintf(body, "Sum", "Sum"))
	writeFile(t, dir, "three.go", function("Other", "does something else"))
	r := startReal(t, tempDir(t), settings.EngineAuto, folderParams(dir))
	r.indexed()
	place := object{"textDocument": object{"uri": workspace.PathToURI(one)}, "position": Position{4, 0}}

	var similar SearchResponse
	r.MustCall("semantic/similar", place, &similar)
	if len(similar.Results) == 0 || similar.Results[0].Path != "two.go" {
		t.Errorf("similar: %+v", similar.Results)
	}
	var explanation ExplainResponse
	r.MustCall("semantic/explain", object{"query": "add numbers of a list", "textDocument": place["textDocument"], "position": place["position"]}, &explanation)
	if explanation.Rank == 0 || explanation.Result.Location.URI != workspace.PathToURI(one) || len(explanation.Result.Explanation) == 0 {
		t.Errorf("explanation: %+v", explanation)
	}
	var groups DuplicatesResponse
	r.MustCall("semantic/duplicates", object{"workDoneToken": "d"}, &groups)
	if len(groups.Groups) != 1 || len(groups.Groups[0].Units) != 2 || groups.Groups[0].Units[1].Location.URI == "" {
		t.Errorf("duplicates: %+v", groups)
	}
	var completions CompleteResponse
	r.MustCall("semantic/complete", object{"text": "sum lang:", "cursor": 9}, &completions)
	if !slices.ContainsFunc(completions.Items, func(c Completion) bool { return strings.Contains(c.Text, "go") }) {
		t.Errorf("completions: %+v", completions)
	}
	for _, method := range []string{"semantic/pause", "semantic/resume", "semantic/reindex"} {
		r.MustCall(method, object{"folder": workspace.PathToURI(dir)}, nil)
	}
	r.indexed()
	r.finds("does something else", "Other", true)
	r.Fails(r.Call("semantic/similar", object{"textDocument": object{"uri": "file:///elsewhere/x.go"}, "position": Position{}}, nil), -32602, "not open")
	r.Fails(r.Call("semantic/search", object{"query": "kind:nonsense"}, nil), -32602, "nonsense")
	r.leave()
}

// TestRealTwoEditors: two editors share the index of a folder, what is saved is seen by both, what is not by one alone.
func TestRealTwoEditors(t *testing.T) {
	dir, cache := tempDir(t), tempDir(t)
	path := writeFile(t, dir, "a.go", function("Shared", "belongs to both"))
	first := startReal(t, cache, settings.EngineAuto, folderParams(dir))
	first.indexed()
	second := startReal(t, cache, settings.EngineAuto, folderParams(dir))
	second.indexed()
	second.finds("belongs to both", "Shared", true)

	uri := workspace.PathToURI(path)
	first.Notify("textDocument/didOpen", object{"textDocument": object{"uri": uri, "languageId": "go", "version": 1, "text": function("Private", "is not saved yet")}})
	first.finds("is not saved yet", "Private", true)
	second.finds("is not saved yet", "Private", false)
	second.finds("belongs to both", "Shared", true)

	writeFile(t, dir, "a.go", function("Private", "is not saved yet"))
	first.Notify("textDocument/didSave", object{"textDocument": object{"uri": uri}})
	second.Notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": uri, "type": 2}}})
	second.finds("is not saved yet", "Private", true)
	first.leave()
	second.finds("is not saved yet", "Private", true)
	second.leave()
}

// TestRealRepositoryFile: the settings file of a repository takes effect when it changes, and goes when it goes.
func TestRealRepositoryFile(t *testing.T) {
	dir := tempDir(t)
	writeFile(t, dir, "a.go", function("Kept", "stays in the index"))
	writeFile(t, dir, "b/b.go", function("LeftOut", "is not wanted"))
	r := startReal(t, tempDir(t), settings.EngineAuto, folderParams(dir))
	r.indexed()
	r.finds("is not wanted", "LeftOut", true)
	file := writeFile(t, dir, settings.RepositoryFile, "[index]\nexclude = [\"b/\"]\n")
	changed := func(kind int) {
		r.Notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": workspace.PathToURI(file), "type": kind}}})
	}
	changed(1)
	r.settlesTo("Kept LeftOut", []string{"Kept"}, []string{"LeftOut"})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	changed(3)
	r.settlesTo("Kept LeftOut", []string{"Kept", "LeftOut"}, nil)
	r.leave()
}

// settlesTo waits, from one change of the status to the next, until some names are found and others are not.
func (r *real) settlesTo(query string, present, absent []string) {
	r.t.Helper()
	for {
		names, complete := r.names(query)
		missing := slices.ContainsFunc(present, func(name string) bool { return !slices.Contains(names, name) })
		surplus := slices.ContainsFunc(absent, func(name string) bool { return slices.Contains(names, name) })
		if complete && !missing && !surplus {
			return
		}
		r.ExpectMethod(MethodStatusChanged, nil)
	}
}
