package server

import (
	"path/filepath"
	"strings"
	"testing"

	"lsp/server/settings"
	"lsp/workspace"
)

func placeIn(file string, line, character int) object {
	return object{
		"textDocument": object{"uri": workspace.PathToURI(file)},
		"position":     object{"line": line, "character": character},
	}
}

func TestSummarize(t *testing.T) {
	dir := tempDir(t)
	file := filepath.Join(dir, "box.go")
	f := start(t)
	f.initialize(folderParams(dir))
	var got SummarizeResponse
	f.MustCall("semantic/summarize", placeIn(file, 2, 0), &got)
	if got.Text != "Returns the width." || !got.Guess || got.Unit.Name != "getWidth" || got.From == nil || got.From.Name != "getHeight" {
		t.Errorf("summary %+v", got)
	}
	if got.Unit.NameRange.Start != (Position{2, 5}) || got.From.Location.URI != workspace.PathToURI(file) {
		t.Errorf("places %+v and %+v", got.Unit.NameRange, got.From.Location)
	}
	var hover any
	f.MustCall("textDocument/hover", placeIn(file, 2, 6), &hover)
	if hover != nil || len(f.engine.history("summarize")) != 1 {
		t.Errorf("hover %v although nobody asked for it in the settings", hover)
	}
	f.leave()
}

func TestHover(t *testing.T) {
	dir := tempDir(t)
	file := filepath.Join(dir, "box.go")
	f := start(t, func(o *Options) {
		o.Flags = []settings.Layer{{Origin: settings.FromCommandLine, Name: "test", Values: object{"client.summaries": true}}}
	})
	result := f.initialize(folderParams(dir))
	if announced := result["capabilities"].(object)["hoverProvider"]; announced != true {
		t.Errorf("hoverProvider is announced as %v", announced)
	}
	hover := func(line, character int) string {
		t.Helper()
		var got struct{ Contents struct{ Value string } }
		f.MustCall("textDocument/hover", placeIn(file, line, character), &got)
		return got.Contents.Value
	}
	if got := hover(2, 5); !strings.HasPrefix(got, "Guess from box.getHeight (box.go:7): Returns") {
		t.Errorf("over the name: %q", got)
	}
	for _, uri := range []string{"untitled:Untitled-1", "git:/box.go?HEAD", "file:///outside.go"} {
		var got any
		params := placeIn(file, 2, 5)
		params["textDocument"] = object{"uri": uri}
		f.MustCall("textDocument/hover", params, &got)
		if got != nil {
			t.Errorf("over %s, which is not in a folder: %v", uri, got)
		}
	}
	for _, place := range [][2]int{{2, 4}, {2, 14}, {8, 5}} {
		if got := hover(place[0], place[1]); got != "" {
			t.Errorf("over %v, where no name is: %q", place, got)
		}
	}
	f.leave()
}
