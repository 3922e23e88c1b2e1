package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/workspace"
)

// TestChangedSince asks what differs from revisions while files are saved, buffers typed into and commits made.
func TestChangedSince(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	dir := folder(t, map[string]string{"a.go": "package a\n\nfunc A() {}\n", "b.go": "package a\n\nfunc B() {}\n"})
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "first")
	git(t, dir, "branch", "-M", "main")
	b := start(t, engine.Config{})
	b.open(dir)
	expect := func(query string, want ...string) {
		t.Helper()
		resp, err := b.Search(context.Background(), search.Request{Query: query + " kind:function"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range resp.Results {
			got = append(got, r.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
	path := filepath.Join(dir, "b.go")
	expect("is:changed")
	write(t, dir, "a.go", "package a\n\nfunc A2() {}\n")
	b.modify(workspace.Modification{Path: filepath.Join(dir, "a.go"), Action: workspace.ActionWrite})
	expect("is:changed", "A2")
	b.modify(workspace.Modification{Path: path, Action: workspace.ActionOpen, Version: 1, Text: "package a\n\nfunc B2() {}\n"})
	expect("is:changed", "A2", "B2")
	expect("changed-since:main", "A2", "B2")
	b.modify(workspace.Modification{Path: path, Action: workspace.ActionChange, Version: 2, Changes: []workspace.TextChange{{Text: "package a\n\nfunc B() {}\n"}}})
	expect("is:changed", "A2")
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "second")
	expect("is:changed")
	expect("changed-since:HEAD~1", "A2")
	if got := b.Complete(context.Background(), "changed-since:m", 15); len(got) != 1 || got[0].Text != "main" {
		t.Errorf("completions %+v", got)
	}
}
