package mcp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"lsp/indexer/search"
)

func TestTools(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, nil)}}, withRequests, nil)
	listed, err := a.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
		if tool.Annotations == nil || !tool.Annotations.ReadOnlyHint || *tool.Annotations.OpenWorldHint {
			t.Errorf("%s is not announced as reading only what is here", tool.Name)
		}
		if n := len(tool.Description); n < 60 || n > 800 {
			t.Errorf("the description of %s has %d bytes", tool.Name, n)
		}
		schema := tool.InputSchema.(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		for name, property := range properties {
			if text, _ := property.(map[string]any)["description"].(string); text == "" {
				t.Errorf("the argument %s of %s is not described", name, tool.Name)
			}
		}
	}
	if want := []string{"explain", "read", "search", "similar", "status"}; !slices.Equal(names, want) {
		t.Errorf("the tools are %q, want %q", names, want)
	}
	for _, op := range search.Operators {
		i := slices.Index(names, "search")
		if !strings.Contains(listed.Tools[i].Description, " "+op.Name+":") {
			t.Errorf("the description of search does not show the operator %s:", op.Name)
		}
	}
	if text := a.InitializeResult().Instructions; text != instructions {
		t.Errorf("instructions are %q", text)
	}
}

func TestSearch(t *testing.T) {
	root := tree(t, project)
	for _, revision := range []string{withRequests, requestFree} {
		t.Run(revision, func(t *testing.T) {
			a := connect(t, Options{Roots: []string{root}}, revision, nil)
			var got answer
			text := a.call("search", arguments{"query": "send a request again until it succeeds"}, &got)
			if len(got.Results) == 0 || got.Results[0].Name != "Retry" || !got.Complete {
				t.Fatalf("found %+v", got)
			}
			first := got.Results[0]
			if first.Path != "retry.go" || first.Root != "" || first.StartLine != 3 || first.EndLine != 6 || first.Language != "go" {
				t.Errorf("the place is %+v", first)
			}
			const documentation = "Retry sends a request again until it succeeds, waiting longer after every failure."
			if first.Documentation != documentation {
				t.Errorf("the documentation is %q", first.Documentation)
			}
			want := "retry.go:3-6 function, " + first.Confidence + "\n  func Retry(send func() error) error\n  " + documentation
			if !strings.Contains(text, want) {
				t.Errorf("the text %q lacks %q", text, want)
			}
		})
	}
}

// TestSearchText holds the whole text of an answer, since every word of it is paid for.
func TestSearchText(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, withRequests, nil)
	const page1 = `results 1-2 of 3
store/cache.go:3-4 struct, likely
  type Cache struct
  Cache keeps values in memory.
store/cache.go:6-7 method, likely
  func (c *Cache) Get(key string) string
  Get returns the value of a key.
`
	const page2 = `results 3-3 of 3
store/cache.go:9-10 method, likely
  func (c *Cache) Put(key, value string)
  Put keeps a value under a key.`
	query := arguments{"query": "path:store/** kind:struct,method", "limit": 2}
	var got answer
	text := a.call("search", query, &got)
	if want := page1 + fmt.Sprintf("next: for more, repeat with cursor %q", got.NextCursor); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	query["cursor"] = got.NextCursor
	got = answer{}
	if text := a.call("search", query, &got); text != page2 || got.NextCursor != "" || got.Total != 3 {
		t.Errorf("got\n%s\nwant\n%s", text, page2)
	}
}

func TestFilters(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, withRequests, nil)
	for _, c := range []struct {
		args arguments
		want []string
	}{
		{arguments{"query": "lang:python kind:function"}, []string{"write_report"}},
		{arguments{"query": "", "languages": []string{"python"}, "kinds": []string{"function"}}, []string{"write_report"}},
		{arguments{"query": "kind:method", "excludePaths": []string{"store/**"}}, nil},
		{arguments{"query": "kind:method", "paths": []string{"store/**"}}, []string{"Get", "Put"}},
		{arguments{"query": "kind:function", "is": []string{"exported"}, "languages": []string{"go"}}, []string{"Retry", "ParseDate"}},
		{arguments{"query": "(name:Get or name:Put)"}, []string{"Get", "Put"}},
	} {
		var got answer
		text := a.call("search", c.args, &got)
		var names []string
		for _, r := range got.Results {
			names = append(names, r.Name)
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%v finds %q, want %q:\n%s", c.args, names, c.want, text)
		}
	}
}

func TestNothingFound(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, withRequests, nil)
	var got answer
	text := a.call("search", arguments{"query": "name:nosuchname"}, &got)
	if !strings.HasPrefix(text, "nothing found\n") || !strings.Contains(text, "next: ") {
		t.Errorf("the answer is %q", text)
	}
	if got.Results == nil || len(got.Results) != 0 || !got.Complete {
		t.Errorf("the answer is %+v", got)
	}
}

func TestSimilar(t *testing.T) {
	root := tree(t, project)
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	for _, path := range []string{"store/cache.go", filepath.Join(root, "store", "cache.go")} {
		var got answer
		a.call("similar", arguments{"path": path, "line": 7}, &got)
		if len(got.Results) == 0 || slices.ContainsFunc(got.Results, func(r search.Result) bool { return r.Name == "Get" }) {
			t.Errorf("similar to Get of %s are %+v", path, got.Results)
		}
	}
	var got answer
	a.call("similar", arguments{"text": "write rows as a table"}, &got)
	if len(got.Results) == 0 || got.Results[0].Name != "write_report" {
		t.Errorf("similar to a comment are %+v", got.Results)
	}
}

func TestExplain(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, withRequests, nil)
	var got explanation
	text := a.call("explain", arguments{"query": "parse a date", "path": "retry.go", "line": 9}, &got)
	if got.Rank != 1 || got.Result.Name != "ParseDate" || len(got.Result.Explanation) == 0 {
		t.Errorf("got %+v", got)
	}
	if !strings.HasPrefix(text, "rank 1 of ") || !strings.Contains(text, "  score = ") {
		t.Errorf("the text is %q", text)
	}
	text = a.call("explain", arguments{"query": "parse a date", "path": "retry.go", "line": 9, "languages": []string{"python"}}, &got)
	if !strings.Contains(text, "left out by ") || len(got.Excluded) == 0 {
		t.Errorf("the text is %q", text)
	}
}

func TestStatus(t *testing.T) {
	root := tree(t, project)
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	a.found("anything") // waits for the index
	var got status
	text := a.call("status", nil, &got)
	if got.Source != fromFlags || !slices.Equal(got.Folders, []string{root}) || len(got.Roots) != 1 || got.Roots[0].Files != 3 {
		t.Errorf("got %+v", got)
	}
	if want := root + ": ready, 3 files, "; !strings.HasPrefix(text, want) {
		t.Errorf("the text is %q, want %q", text, want)
	}
}

// TestLinks reads what results link to.
func TestLinks(t *testing.T) {
	root := tree(t, project)
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	_, result := a.raw("search", arguments{"query": "name:ParseDate", "links": true})
	var link *sdk.ResourceLink
	for _, content := range result.Content {
		if l, ok := content.(*sdk.ResourceLink); ok {
			link = l
		}
	}
	if link == nil || !strings.HasPrefix(link.URI, "file:///") || !strings.HasSuffix(link.URI, "retry.go#L8-L9") || link.Name != "ParseDate" {
		t.Fatalf("the link is %+v", link)
	}
	got, err := a.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: link.URI})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(project["retry.go"], "\n")
	if want := strings.Join(lines[7:9], ""); len(got.Contents) != 1 || got.Contents[0].Text != want {
		t.Errorf("read %+v, want %q", got.Contents, want)
	}
	base, _, _ := strings.Cut(link.URI, "#")
	for _, uri := range []string{
		base + "x", base + "#L0", base + "#12", base + "#L1-L99999999999", base + "?x=y", "file:///etc/hosts", "file:///" + strings.Repeat("../", 20) + "etc/hosts",
		"https://localhost/retry.go", strings.TrimSuffix(base, "retry.go") + ".env", "file:///%zz",
	} {
		got, err := a.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri})
		var coded *jsonrpc.Error
		if !errors.As(err, &coded) || coded.Code == 0 {
			t.Errorf("%s: %+v, %v", uri, got, err)
		}
	}
}

// TestNoLinks asks for links as a client whose protocol has none.
func TestNoLinks(t *testing.T) {
	a := connect(t, Options{Roots: []string{tree(t, project)}}, "2025-03-26", nil)
	_, result := a.raw("search", arguments{"query": "name:ParseDate", "links": true})
	for _, content := range result.Content {
		if _, ok := content.(*sdk.TextContent); !ok {
			t.Errorf("the answer holds %+v", content)
		}
	}
	if len(result.Content) != 1 {
		t.Errorf("%d contents, want the text", len(result.Content))
	}
}

// TestLive sees files come, change and go while the server runs.
func TestLive(t *testing.T) {
	root := tree(t, project)
	a := connect(t, Options{Roots: []string{root}}, withRequests, nil)
	if got := a.found("name:Fresh"); len(got) != 0 {
		t.Fatalf("found %q", got)
	}
	fresh := filepath.Join(root, "fresh.go")
	write(t, fresh, "package web\n\nfunc Fresh() {}\n")
	a.until("name:Fresh", "Fresh")
	if err := os.Remove(fresh); err != nil {
		t.Fatal(err)
	}
	a.until("name:Fresh")
	a.refuse("read", arguments{"path": "fresh.go"}, "fresh.go: ", "deleted or renamed")
	a.refuse("similar", arguments{"path": "fresh.go", "line": 3}, "deleted or renamed")
	a.refuse("explain", arguments{"query": "x", "path": "fresh.go", "line": 3}, "deleted or renamed")
}
