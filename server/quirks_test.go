package server

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lsp/indexer/search"
	"lsp/server/engine"
)

func TestQuirks(t *testing.T) {
	off, on := object{"client.filtersSymbols": "off", "client.refusesNotifications": "off"}, object{"client.filtersSymbols": "on", "client.refusesNotifications": "on"}
	for _, test := range []struct {
		client    string
		options   object
		sentences bool // are answered
		told      bool // of the status
	}{
		{"", nil, true, true},
		{"Neovim", nil, true, true},
		{"Visual Studio Code", nil, false, true},
		{"Visual Studio Code - Insiders", nil, false, true},
		{"Zed", nil, false, true},
		{"Sublime Text LSP", nil, false, true},
		{"helix", nil, true, false},
		{"emacs", nil, true, false},
		{"Zed", off, true, true},
		{"helix", off, true, true},
		{"Neovim", on, false, false},
		{"my wrapper", object{"client.name": "Zed"}, false, true},
		{"Zed", object{"client.name": "none"}, true, true},
	} {
		t.Run(fmt.Sprint(test.client, test.options), func(t *testing.T) {
			f := start(t)
			f.engine.symbols = func(context.Context, string) (*search.Response, error) {
				return found(search.Result{Name: "Found", Kind: "function", Path: "a.go", Root: "/r"}), nil
			}
			params := object{"initializationOptions": test.options}
			if test.client != "" {
				params["clientInfo"] = object{"name": test.client}
			}
			f.initialize(params)
			f.settle()
			var names, meaning []object
			f.MustCall("workspace/symbol", object{"query": "found"}, &names)
			f.MustCall("workspace/symbol", object{"query": "what was lost"}, &meaning)
			wantEqual(t, "symbols for a name", len(names), 1)
			wantEqual(t, "a sentence is answered", len(meaning) == 1, test.sentences)
			f.engine.config.OnStatus()
			if test.told {
				f.ExpectMethod("semantic/statusChanged", nil)
			}
			var status engine.Status
			f.MustCall("semantic/status", object{}, &status)
			wantEqual(t, "model", status.Model, "scripted")
			f.leave()
			if !test.told {
				for _, m := range f.Messages() {
					if m.Method == "semantic/statusChanged" {
						t.Error("a client that refuses notifications got one")
					}
				}
			}
		})
	}
}

// TestQuirksAreDocumented holds the table of editors in PROTOCOL.md to the one in the source.
func TestQuirksAreDocumented(t *testing.T) {
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) == 5 && strings.HasPrefix(cells[1], " `") {
			if name := strings.Trim(cells[1], " `"); cells[2] == " yes " || cells[3] == " yes " {
				documented = append(documented, fmt.Sprint(name, " ", cells[2] == " yes ", " ", cells[3] == " yes "))
			}
		}
	}
	var known []string
	for _, k := range quirksOf {
		known = append(known, fmt.Sprint(k.client, " ", k.quirks&filtersSymbols != 0, " ", k.quirks&refusesNotifications != 0))
	}
	slices.Sort(documented)
	slices.Sort(known)
	wantList(t, "editors", documented, known)
}
