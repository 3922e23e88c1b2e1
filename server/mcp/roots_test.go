package mcp

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/server/engine"
	"lsp/workspace"
)

//lint:file-ignore SA1019 roots are deprecated and in use

// one is a folder with one function of a name.
func one(t *testing.T, name string) string {
	t.Helper()
	return tree(t, map[string]string{name + ".go": "package one\n\nfunc " + name + "() {}\n"})
}

// searched asks the server which folders it searches and who named them.
func (a *agent) searched() (source string, folders []string) {
	a.t.Helper()
	var got status
	a.call("status", nil, &got)
	return got.Source, got.Folders
}

func TestRootsOfClient(t *testing.T) {
	for _, revision := range []string{withRequests, requestFree} {
		t.Run(revision, func(t *testing.T) {
			first, second, directory := one(t, "First"), one(t, "Second"), one(t, "Third")
			a := connect(t, Options{Directory: directory}, revision, nil, first)
			if got := a.found("kind:function"); !slices.Equal(got, []string{"First"}) {
				t.Errorf("found %q in the root of the client", got)
			}
			if source, folders := a.searched(); source != fromClient || !slices.Equal(folders, []string{first}) {
				t.Errorf("searched are %q of the %s", folders, source)
			}
			a.client.AddRoots(asRoots([]string{second})...)
			a.until("kind:function", sorted(first, "First", second, "Second")...)
			a.client.RemoveRoots(workspace.PathToURI(first))
			a.until("kind:function", "Second")
			a.refuse("read", arguments{"path": filepath.Join(first, "First.go")}, "outside of the folders")
			a.client.RemoveRoots(workspace.PathToURI(second))
			a.until("kind:function", "Third")
			if source, folders := a.searched(); source != fromDirectory || !slices.Equal(folders, []string{directory}) {
				t.Errorf("searched are %q of the %s", folders, source)
			}
		})
	}
}

// sorted returns the names of two folders in the order of the folders.
func sorted(dir1, name1, dir2, name2 string) []string {
	if dir1 < dir2 {
		return []string{name1, name2}
	}
	return []string{name2, name1}
}

func TestRootsOfCommandLine(t *testing.T) {
	named, other := one(t, "Named"), one(t, "Other")
	for _, revision := range []string{withRequests, requestFree} {
		a := connect(t, Options{Roots: []string{named}, Directory: other}, revision, nil, other)
		if got := a.found("kind:function"); !slices.Equal(got, []string{"Named"}) {
			t.Errorf("%s: found %q", revision, got)
		}
	}
}

func TestNoRoots(t *testing.T) {
	directory := one(t, "Here")
	for _, revision := range []string{withRequests, requestFree} {
		a := connect(t, Options{Directory: directory}, revision, noRoots())
		if got := a.found("kind:function"); !slices.Equal(got, []string{"Here"}) {
			t.Errorf("%s: found %q", revision, got)
		}
	}
}

// TestNoFolder has nothing to search: every tool says so and what helps.
func TestNoFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	root := filepath.VolumeName(home) + string(filepath.Separator)
	for name, c := range map[string]struct {
		directory string
		roots     []string
		why       string
	}{
		"nothing":           {"", nil, "no folder is open"},
		"the whole disk":    {root, nil, "holds everything"},
		"the home folder":   {home, nil, "holds everything"},
		"around the home":   {filepath.Dir(home), nil, "holds everything"},
		"a foreign root":    {"", []string{"https://example.org/x"}, "https://example.org/x"},
		"a root that is no": {"", []string{filepath.Join(home, "gone")}, "gone"},
		"a missing folder":  {filepath.Join(home, "gone"), nil, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			a := connect(t, Options{Directory: c.directory}, withRequests, nil, c.roots...)
			a.refuse("search", arguments{"query": "x"}, c.why, "--root")
			a.refuse("read", arguments{"path": "x"}, c.why)
			if text := a.call("status", nil, nil); !strings.Contains(text, "next: "+openFolder) {
				t.Errorf("the status is %q", text)
			}
		})
	}
}

// TestSomeRootsMissing searches what there is.
func TestSomeRootsMissing(t *testing.T) {
	there := one(t, "There")
	a := connect(t, Options{}, withRequests, nil, there, filepath.Join(there, "gone"))
	if got := a.found("kind:function"); !slices.Equal(got, []string{"There"}) {
		t.Errorf("found %q", got)
	}
	var got status
	if text := a.call("status", nil, &got); len(got.Problems) != 1 || !strings.Contains(text, "problem: ") {
		t.Errorf("the status is %q", text)
	}
}

func TestMissingRootOfCommandLine(t *testing.T) {
	_, theirs := sdk.NewInMemoryTransports()
	gone := filepath.Join(t.TempDir(), "gone")
	err := Serve(t.Context(), theirs, Options{Open: realEngine(t, nil), Roots: []string{gone}})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), gone) {
		t.Errorf("Serve: %v", err)
	}
}

func TestEngineFails(t *testing.T) {
	_, theirs := sdk.NewInMemoryTransports()
	broken := errors.New("the model cannot be read")
	err := Serve(t.Context(), theirs, Options{Open: func(engine.Config) (Engine, error) { return nil, broken }})
	if !errors.Is(err, broken) {
		t.Errorf("Serve: %v", err)
	}
}

// TestRootsWithheld has clients that promise roots and refuse to list them, or never answer.
func TestRootsWithheld(t *testing.T) {
	here := one(t, "Here")
	for name, c := range map[string]struct {
		timeout time.Duration
		list    func(context.Context) error
	}{
		"refuses": {rootsTimeout, func(context.Context) error { return errors.New("not today") }},
		"hangs":   {time.Nanosecond, stuck},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := sdk.NewInMemoryTransports()
			client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
			client.AddReceivingMiddleware(func(next sdk.MethodHandler) sdk.MethodHandler {
				return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
					if method == "roots/list" {
						return nil, c.list(ctx)
					}
					return next(ctx, method, req)
				}
			})
			done := make(chan error, 1)
			go func() {
				done <- Serve(context.Background(), theirs, Options{Open: realEngine(t, nil), Directory: here, rootsTimeout: c.timeout})
			}()
			session, err := client.Connect(t.Context(), ours, &sdk.ClientSessionOptions{ProtocolVersion: withRequests})
			if err != nil {
				t.Fatal(err)
			}
			a := &agent{ClientSession: session, t: t}
			if got := a.found("kind:function"); !slices.Equal(got, []string{"Here"}) {
				t.Errorf("found %q", got)
			}
			if text := a.call("status", nil, nil); !strings.Contains(text, "problem: the client does not list its roots") {
				t.Errorf("the status is %q", text)
			}
			if err := errors.Join(session.Close(), <-done); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFolderOfRepository searches a part of a repository: paths are those of the repository, and the rest of it stays
// closed.
func TestFolderOfRepository(t *testing.T) {
	repository := tree(t, map[string]string{
		".git/HEAD": "ref: refs/heads/main\n", ".git/config": "", ".git/objects/x": "", ".git/refs/x": "",
		"inside/in.go": "package in\n\nfunc In() {}\n", "outside/out.go": "package out\n\nfunc Out() {}\n",
	})
	a := connect(t, Options{Roots: []string{filepath.Join(repository, "inside")}}, withRequests, nil)
	var got answer
	a.call("search", arguments{"query": "kind:function"}, &got)
	if len(got.Results) != 1 || got.Results[0].Path != "inside/in.go" {
		t.Fatalf("found %+v", got.Results)
	}
	for _, path := range []string{"inside/in.go", "in.go", filepath.Join(repository, "inside", "in.go")} {
		if text := a.call("read", arguments{"path": path}, nil); !strings.Contains(text, "func In()") {
			t.Errorf("%s reads %q", path, text)
		}
	}
	for _, path := range []string{"outside/out.go", "../outside/out.go", filepath.Join(repository, "outside", "out.go")} {
		a.refuse("read", arguments{"path": path}, path)
		a.refuse("similar", arguments{"path": path, "line": 3}, path)
		a.refuse("explain", arguments{"query": "x", "path": path, "line": 3}, path)
	}
}

// TestTwoRepositories gives paths that name the repository.
func TestTwoRepositories(t *testing.T) {
	first, second := one(t, "First"), one(t, "Second")
	a := connect(t, Options{Roots: []string{first, second}}, withRequests, nil)
	var got answer
	text := a.call("search", arguments{"query": "name:Second"}, &got)
	path := filepath.Join(second, "Second.go")
	if len(got.Results) != 1 || got.Results[0].Root != second || got.Results[0].Path != "Second.go" || !strings.Contains(text, path+":3-3 ") {
		t.Errorf("found %+v\n%s", got.Results, text)
	}
	for _, place := range []string{path, "Second.go"} {
		if text := a.call("read", arguments{"path": place}, nil); !strings.Contains(text, "func Second()") {
			t.Errorf("%s reads %q", place, text)
		}
	}
}

// TestEnds ends the server from outside.
func TestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, theirs := sdk.NewInMemoryTransports()
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, theirs, Options{Open: realEngine(t, nil)}) }()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestNotTheProtocol has a client that speaks something else.
func TestNotTheProtocol(t *testing.T) {
	in := io.NopCloser(strings.NewReader("Content-Length: 2\r\n\r\n{}"))
	err := Serve(t.Context(), Stdio(in, discard{}), Options{Open: realEngine(t, nil)})
	if err == nil || !strings.HasPrefix(err.Error(), "serve the agent: ") {
		t.Errorf("Serve: %v", err)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
