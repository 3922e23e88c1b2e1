package search_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/search"
	"lsp/workspace"
)

// corpus is a small workspace of several languages, as path -> text.
var corpus = map[string]string{
	"io/copy.go": `package io

// Copy copies from src to dst until either end of file is reached or an error occurs.
func Copy(dst Writer, src Reader) (written int64, err error) {
	return copyBuffer(dst, src, nil)
}

// copyBuffer is the actual implementation of Copy.
func copyBuffer(dst Writer, src Reader, buf []byte) (written int64, err error) {
	for {
		n, err := src.Read(buf)
		if err == EOF {
			break
		}
		written += int64(n)
	}
	return written, err
}

// ReadFull reads exactly len(buf) bytes.
//
// Deprecated: use ReadAtLeast.
func ReadFull(r Reader, buf []byte) (n int, err error) {
	return ReadAtLeast(r, buf, len(buf))
}
`,
	"io/copy_test.go": `package io

import "testing"

// TestCopy copies from a reader until end of file.
func TestCopy(t *testing.T) {
	if _, err := Copy(nil, nil); err != nil {
		t.Fatal("copy failed: unexpected EOF")
	}
}
`,
	"net/server.go": `package net

const defaultPort = 8080

// Server accepts connections.
type Server struct {
	Addr string
	done chan struct{}
}

// Handle registers a handler for the path.
func (s *Server) Handle(path string, h Handler) {
	s.routes[path] = h
}

func (s *Server) Shutdown() error {
	close(s.done)
	return errors.New("server: already closed")
}
`,
	"web/client.py": `"""A client for the web."""

class Client:
    """Sends requests."""

    def retry_request(self, url, attempts=3):
        """Send a request again after a failure, waiting longer each time."""
        for n in range(attempts):
            try:
                return self.send(url)
            except ConnectionError:
                sleep(2 ** n)

    def close(self):
        self.session.close()


def parse_url(text):
    scheme, _, rest = text.partition("://")
    return scheme, rest
`,
	"other/x/client.py": `def parse_url(text):
    scheme, _, rest = text.partition("://")
    return scheme, rest
`,
	"docs/guide.md": "# Guide\n\nHow to copy a reader until end of file.\n\n## Servers\n\nRegister a handler, then accept connections.\n",
	"config.json":   "{\"port\": 8080, \"handler\": \"copy\"}\n",
}

// fixture is an index over files of a test.
type fixture struct {
	t    *testing.T
	root string
	*indexer.Index
	*search.Searcher
}

// newFixture indexes the files: all at once, or one after the other so that each is in a segment of its own.
func newFixture(t *testing.T, files map[string]string, oneByOne bool) *fixture {
	t.Helper()
	return newFixtureOf(t, files, oneByOne, encoder.NewHashed(64))
}

// newFixtureOf indexes the files with an encoder.
func newFixtureOf(t *testing.T, files map[string]string, oneByOne bool, enc encoder.Encoder) *fixture {
	t.Helper()
	dir, err := workspace.Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, root: dir, Searcher: search.New(enc, search.Options{})}
	root := workspace.Root{Path: dir}
	f.Index, err = indexer.Open(indexer.Config{
		Root: root, Dir: t.TempDir(), Encoder: enc, Rules: workspace.LoadRules(root, workspace.RuleOptions{}), Workers: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Index.Close() })
	paths := make([]string, 0, len(files))
	for p := range files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	if oneByOne { // in any order
		rand.New(rand.NewPCG(7, 7)).Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	}
	for _, p := range paths {
		f.write(p, files[p])
		if oneByOne {
			if err := f.WaitFor(context.Background(), f.Notify([]indexer.Change{{Path: p}})); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.Reconcile(context.Background()); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) write(path, text string) {
	f.t.Helper()
	abs := filepath.Join(f.root, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// views returns the whole root, or one folder of it.
func (f *fixture) views(within string) []search.View {
	epoch, release := f.Acquire()
	f.t.Cleanup(release)
	return []search.View{{Root: f.root, Epoch: epoch, Within: within, Read: func(rel string) ([]byte, error) {
		return os.ReadFile(filepath.Join(f.root, filepath.FromSlash(rel)))
	}}}
}

func (f *fixture) search(req search.Request) *search.Response {
	f.t.Helper()
	resp, err := f.Search(context.Background(), f.views(""), req)
	if err != nil {
		f.t.Fatal(err)
	}
	return resp
}

// names lists path:name of results.
func names(resp *search.Response) []string {
	out := []string{}
	for _, r := range resp.Results {
		name := r.Path + ":" + r.Name
		if r.Name == "" {
			name = r.Path
		}
		out = append(out, name)
	}
	return out
}

// fingerprint is everything of an answer that must not depend on chance or on the place of the root.
func (f *fixture) fingerprint(resp *search.Response) string {
	f.t.Helper()
	copied := *resp
	copied.TookMs = 0
	text, err := json.Marshal(copied)
	if err != nil {
		f.t.Fatal(err)
	}
	root, err := json.Marshal(f.root)
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), string(root), `"ROOT"`)
}
