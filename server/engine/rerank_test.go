package engine_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/settings"
)

// TestRerankerThatCannotBeUsed asks for rerankers that are not there: searches go on, and say what is missing.
func TestRerankerThatCannotBeUsed(t *testing.T) {
	t.Setenv("LSP_MODELS", t.TempDir())
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "net.go"), []byte("package net\n\n// backoff waits longer each time.\nfunc backoff() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "codes.poly")
	if err := os.WriteFile(broken, []byte("no codes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for setting, want := range map[string]string{
		"off":            "",
		"late":           "all-minilm-l6-v2: not installed",
		"late:other":     "other: not installed",
		"bi:other":       "lsp model install other",
		"bi":             "it can be off, late,",
		"cross:other":    "other: not installed",
		"poly:" + broken: "no file of the codes",
		"poly:none":      "read codes",
		"best":           `"best" is none`,
	} {
		b := start(t, engine.Config{Layers: []settings.Layer{
			{Origin: settings.FromCommandLine, Name: "test", Values: map[string]any{"rerank": setting}},
		}})
		b.open(dir)
		resp, err := b.Search(context.Background(), search.Request{Query: "wait longer each time"})
		if err != nil || len(resp.Results) == 0 {
			t.Fatalf("%s: %d results: %v", setting, len(resp.Results), err)
		}
		if !strings.Contains(resp.Message, want) || (resp.Message == "") != (want == "") {
			t.Errorf("%s: message %q, want %q in it", setting, resp.Message, want)
		}
	}
}

func TestOpenReranker(t *testing.T) {
	for _, setting := range []string{"", "off"} {
		r, err := engine.OpenReranker(setting, encoder.NewHashed(8), "", slog.New(slog.DiscardHandler))
		if err != nil || r.Model != nil {
			t.Errorf("%q opens %v (%v)", setting, r.Model, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
