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
	"time"

	"lsp/server/engine"
	"lsp/server/internal/fakeeditor"
	"lsp/workspace"
)

// benchRoot is what the benchmarks index: a folder of the Go distribution, or what SERVER_BENCH_ROOT names.
func benchRoot(b *testing.B) string {
	if root := os.Getenv("SERVER_BENCH_ROOT"); root != "" {
		return root
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Skip("no Go distribution to index: ", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "src", "net")
}

// benchSession is an editor of the real server with the model inside the program, when all is indexed.
func benchSession(b *testing.B, root string) *fakeeditor.Editor {
	b.Helper()
	editor, conn := fakeeditor.Pipe(b)
	var e *engine.Engine
	cache := b.TempDir()
	done := make(chan error, 1)
	go func() {
		done <- Serve(context.Background(), conn, Options{Open: func(c engine.Config) (Engine, error) {
			c.CacheDir = cache
			var err error
			e, err = engine.New(c)
			return e, err
		}})
	}()
	params := folderParams(root)
	params["capabilities"] = object{}
	params["initializationOptions"] = object{"enabled": "on"}
	editor.MustCall("initialize", params, nil)
	editor.Notify("initialized", object{})
	editor.MustCall("semantic/complete", object{"text": "", "cursor": 0}, nil)
	if err := e.Wait(context.Background()); err != nil {
		b.Fatal(err)
	}
	units := 0
	for _, r := range e.Status().Roots {
		units += r.Units
	}
	b.Cleanup(func() {
		editor.MustCall("shutdown", nil, nil)
		editor.Notify("exit", nil)
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	b.Logf("%s: %d units", root, units)
	return editor
}

// timed runs step b.N times and reports percentiles.
func timed(b *testing.B, step func(i int)) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		step(len(took))
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	for _, percent := range []int{50, 99} {
		b.ReportMetric(float64(took[(len(took)-1)*percent/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", percent))
	}
}

var benchQueries = []string{
	"copy from a reader until end of file", "parse an IP address", "retry a request after a redirect", "ServeHTTP",
	"decode a chunked body", "set a read deadline on a connection", "lookup the hosts file", "compare cookies by domain and path",
}

// BenchmarkQuery is a search through the protocol, answer decoded.
func BenchmarkQuery(b *testing.B) {
	editor := benchSession(b, benchRoot(b))
	timed(b, func(i int) {
		var answer SearchResponse
		editor.MustCall("semantic/search", object{"query": benchQueries[i%len(benchQueries)]}, &answer)
		if len(answer.Results) == 0 || !answer.Complete {
			b.Fatalf("%d results, complete: %v", len(answer.Results), answer.Complete)
		}
	})
}

// BenchmarkKeystroke is a change of one function in a file of 5,000 lines and a search right after it, which has to
// find the new name.
func BenchmarkKeystroke(b *testing.B) {
	root := benchRoot(b)
	editor := benchSession(b, root)
	var text strings.Builder
	text.WriteString("package http\n\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "// helper%d adds to a number.\nfunc helper%d(n int) int {\n\treturn n + %d\n}\n\n", i, i, i)
	}
	uri := workspace.PathToURI(filepath.Join(root, "unsaved_bench.go"))
	editor.Notify("textDocument/didOpen", object{"textDocument": object{"uri": uri, "languageId": "go", "version": 1, "text": text.String()}})
	line := strings.Count(text.String()[:strings.Index(text.String(), "func helper500(")], "\n")
	width := uint32(len("helper500"))
	partial := 0
	timed(b, func(i int) {
		name := fmt.Sprintf("edited%dx", i)
		start := uint32(len("func "))
		editor.Notify("textDocument/didChange", object{
			"textDocument": object{"uri": uri, "version": i + 2},
			"contentChanges": []object{{
				"range": Range{Position{uint32(line), start}, Position{uint32(line), start + width}}, "text": name,
			}},
		})
		width = uint32(len(name))
		var answer SearchResponse
		editor.MustCall("semantic/search", object{"query": name, "limit": 5}, &answer)
		if !answer.Complete {
			partial++
		} else if !slices.ContainsFunc(answer.Results, func(r SearchResult) bool { return r.Name == name }) {
			b.Fatalf("%s is not found", name)
		}
	})
	b.ReportMetric(float64(partial), "partial")
}

// BenchmarkRoundTrip is the protocol alone: the engine answers at once.
func BenchmarkRoundTrip(b *testing.B) {
	editor, conn := fakeeditor.Pipe(b)
	go Serve(context.Background(), conn, Options{Open: openNothing})
	editor.MustCall("initialize", object{"capabilities": object{}}, nil)
	editor.Notify("initialized", object{})
	timed(b, func(int) { editor.MustCall("semantic/search", object{"query": "x"}, nil) })
}
