package mcp

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/server/engine"
)

// BenchmarkSearch asks through the protocol, with the model inside the program, about a folder of the Go distribution
// or what MCP_BENCH_ROOT names. It reports how many bytes of text a page of ten results has.
func BenchmarkSearch(b *testing.B) {
	root := os.Getenv("MCP_BENCH_ROOT")
	if root == "" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			b.Fatalf("find the Go distribution: %v", err)
		}
		root = filepath.Join(strings.TrimSpace(string(out)), "src", "net")
	}
	cache := b.TempDir()
	open := func(c engine.Config) (Engine, error) {
		c.CacheDir = cache
		return engine.New(c)
	}
	ours, theirs := sdk.NewInMemoryTransports()
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), theirs, Options{Open: open, Roots: []string{root}}) }()
	session, err := sdk.NewClient(&sdk.Implementation{Name: "bench", Version: "1"}, nil).Connect(b.Context(), ours, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			b.Error(err)
		}
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	questions := []string{
		"copy from a reader until end of file", "parse a header line", "retry after a timeout", "ServeHTTP",
		"close idle connections", "resolve a host name", "kind:method lang:go",
	}
	bytes := 0
	ask := func(question string) {
		result, err := session.CallTool(b.Context(), &sdk.CallToolParams{Name: "search", Arguments: arguments{"query": question}})
		if err != nil || result.IsError {
			b.Fatal(textOf(result), err)
		}
		bytes += len(textOf(result))
	}
	ask("anything") // waits for the index
	bytes = 0
	n := 0
	for b.Loop() {
		ask(questions[n%len(questions)])
		n++
	}
	b.ReportMetric(float64(bytes)/float64(n), "bytes/answer")
}
