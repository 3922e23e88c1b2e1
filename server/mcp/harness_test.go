package mcp

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/server/engine"
	"lsp/workspace"
)

//lint:file-ignore SA1019 roots are deprecated and in use

// Revisions of the protocol: with roots that the server asks for, and with answers that ask for them.
const (
	withRequests = "2025-06-18"
	requestFree  = requestlessRevision
)

// project is a small tree with something of everything.
var project = map[string]string{
	"retry.go": `package web

// Retry sends a request again until it succeeds, waiting longer after every failure.
//
// It gives up when the context ends.
func Retry(send func() error) error { return send() }

// ParseDate reads a date such as 2024-02-29.
func ParseDate(text string) (int, error) { return len(text), nil }
`,
	"store/cache.go": `package store

// Cache keeps values in memory.
type Cache struct{ values map[string]string }

// Get returns the value of a key.
func (c *Cache) Get(key string) string { return c.values[key] }

// Put keeps a value under a key.
func (c *Cache) Put(key, value string) { c.values[key] = value }
`,
	"tools/report.py": "def write_report(rows):\n    \"\"\"Write rows as a table.\"\"\"\n    for row in rows:\n        print(row)\n",
	".env":            "PASSWORD=hunter2\n",
	"logo.bin":        "\x00\x01\x02",
}

// tree writes files into a new folder and returns its canonical path.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := workspace.Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// realEngine opens engines with a cache of their own and the model inside the program. The channel hears of changes.
func realEngine(t *testing.T, changed chan<- struct{}) func(engine.Config) (Engine, error) {
	cache := t.TempDir()
	return func(c engine.Config) (Engine, error) {
		c.CacheDir = cache
		c.OnStatus = func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
		return engine.New(c)
	}
}

// agent is a client of a server, both in this process.
type agent struct {
	*sdk.ClientSession
	t       *testing.T
	client  *sdk.Client
	schemas map[string]*jsonschema.Resolved // of structured answers
	changed <-chan struct{}                 // the status of the engine may be another
}

// lines writes a log to the test.
type lines struct {
	mu sync.Mutex
	t  *testing.T
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t != nil {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// connect serves a client of the given revision until the test ends.
func connect(t *testing.T, o Options, revision string, c *sdk.ClientOptions, roots ...string) *agent {
	t.Helper()
	log := &lines{t: t}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	changed := make(chan struct{}, 1)
	if o.Open == nil {
		o.Open = realEngine(t, changed)
	}
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, c)
	client.AddRoots(asRoots(roots)...)
	ours, theirs := sdk.NewInMemoryTransports()
	done := make(chan error, 1)
	go func() { done <- Serve(context.Background(), theirs, o) }()
	session, err := client.Connect(t.Context(), ours, &sdk.ClientSessionOptions{ProtocolVersion: revision})
	if err != nil {
		t.Fatalf("connect: %v (Serve: %v)", err, <-done)
	}
	a := &agent{ClientSession: session, t: t, client: client, schemas: map[string]*jsonschema.Resolved{}, changed: changed}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		log.mu.Lock()
		defer log.mu.Unlock()
		log.t = nil
	})
	a.learn()
	return a
}

func asRoots(dirs []string) []*sdk.Root {
	var roots []*sdk.Root
	for _, dir := range dirs {
		if !strings.Contains(dir, "://") {
			dir = workspace.PathToURI(dir)
		}
		roots = append(roots, &sdk.Root{URI: dir})
	}
	return roots
}

// noRoots are the options of a client that does not offer roots.
func noRoots() *sdk.ClientOptions { return &sdk.ClientOptions{Capabilities: &sdk.ClientCapabilities{}} }

// learn remembers what the tools promise to answer.
func (a *agent) learn() {
	a.t.Helper()
	listed, err := a.ListTools(a.t.Context(), nil)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, tool := range listed.Tools {
		if tool.OutputSchema == nil {
			continue
		}
		text, err := json.Marshal(tool.OutputSchema)
		if err != nil {
			a.t.Fatal(err)
		}
		var schema jsonschema.Schema
		if err := json.Unmarshal(text, &schema); err != nil {
			a.t.Fatal(err)
		}
		if a.schemas[tool.Name], err = schema.Resolve(nil); err != nil {
			a.t.Fatal(err)
		}
	}
}

// arguments of a tool.
type arguments = map[string]any

// raw calls a tool and returns its texts, joined, and the whole answer.
func (a *agent) raw(tool string, args any) (string, *sdk.CallToolResult) {
	a.t.Helper()
	result, err := a.CallTool(a.t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		a.t.Fatalf("%s %v: %v", tool, args, err)
	}
	return textOf(result), result
}

func textOf(result *sdk.CallToolResult) string {
	var texts []string
	for _, content := range result.Content {
		if text, ok := content.(*sdk.TextContent); ok {
			texts = append(texts, text.Text)
		}
	}
	return strings.Join(texts, "")
}

// call calls a tool that must succeed, checks its structured answer against the schema of the tool, and reads it
// into value unless that is nil.
func (a *agent) call(tool string, args arguments, value any) string {
	a.t.Helper()
	text, result := a.raw(tool, args)
	if result.IsError {
		a.t.Fatalf("%s %v: %s", tool, args, text)
	}
	if schema := a.schemas[tool]; schema != nil {
		if err := schema.Validate(result.StructuredContent); err != nil {
			a.t.Errorf("%s %v: the answer does not keep its schema: %v", tool, args, err)
		}
	}
	if value != nil {
		encoded, err := json.Marshal(result.StructuredContent)
		if err != nil {
			a.t.Fatal(err)
		}
		if err := json.Unmarshal(encoded, value); err != nil {
			a.t.Fatal(err)
		}
	}
	return text
}

// refuse calls a tool that must fail with an error that says what to do next.
func (a *agent) refuse(tool string, args any, wants ...string) string {
	a.t.Helper()
	text, result := a.raw(tool, args)
	if !result.IsError {
		a.t.Fatalf("%s %v is accepted: %s", tool, args, text)
	}
	for _, want := range append(wants, "\nnext: ") {
		if !strings.Contains(text, want) {
			a.t.Errorf("%s %v says %q, which lacks %q", tool, args, text, want)
		}
	}
	return text
}

// found are the names of the results of a search.
func (a *agent) found(query string) []string {
	a.t.Helper()
	var got answer
	a.call("search", arguments{"query": query}, &got)
	names := []string{}
	for _, r := range got.Results {
		names = append(names, r.Name)
	}
	return names
}

// until asks whenever something has changed, until the answer is as wanted.
func (a *agent) until(query string, want ...string) {
	a.t.Helper()
	for !slices.Equal(a.found(query), want) {
		<-a.changed
	}
}
