package engine

import (
	"os"
	"path/filepath"
	"testing"

	"lsp/encoder"
	"lsp/indexer/vector"
	"lsp/server/settings"
)

// TestEngineOfRoot holds that the vectors of a root are searched as its settings say: those of its own file, and those that
// change while it is open.
func TestEngineOfRoot(t *testing.T) {
	e, err := New(Config{CacheDir: t.TempDir(), Encoder: encoder.NewHashed(32)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.go": "package a\n\nfunc A() {}\n", ".semantic.toml": "[index]\nengine = \"graph\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.AddFolder(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	expect := func(want vector.Engine) {
		t.Helper()
		views, _, release := e.views(t.Context())
		defer release()
		if len(views) != 1 || views[0].Engine != want {
			t.Errorf("views %+v, want one that is searched by %q", views, want)
		}
	}
	expect(vector.EngineGraph)
	if err := e.Configure(settings.Layer{Origin: settings.FromCommandLine, Values: map[string]any{"index.engine": "coder"}}); err != nil {
		t.Fatal(err)
	}
	expect(vector.EngineCoder)
}
