package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"lsp/server/engine"
	"lsp/server/settings"
)

// TestModelThatCannotBeUsed asks for models that are not there: the one inside the program answers, and the status
// says what is missing.
func TestModelThatCannotBeUsed(t *testing.T) {
	t.Setenv("LSP_MODELS", t.TempDir())
	for name, test := range map[string]struct {
		values map[string]any
		want   string
	}{
		"inside":        {nil, ""},
		"not installed": {map[string]any{"encoder": "all-minilm-l6-v2"}, "lsp model install all-minilm-l6-v2"},
		"no name":       {map[string]any{"encoder": "../model"}, "no name of a model"},
		"missing file":  {map[string]any{"encoderFile": filepath.Join(t.TempDir(), "none.bin")}, "none.bin"},
	} {
		e, err := engine.New(engine.Config{
			CacheDir: t.TempDir(),
			Layers:   []settings.Layer{{Origin: settings.FromCommandLine, Name: "test", Values: test.values}},
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := e.WaitModel(context.Background()); err != nil && !errors.Is(err, engine.ErrModel) {
			t.Errorf("%s: %v", name, err)
		}
		st := e.Status()
		if !strings.Contains(st.Degraded, test.want) || (st.Degraded == "") != (test.want == "") {
			t.Errorf("%s: degraded %q, want %q in it", name, st.Degraded, test.want)
		}
		if !strings.HasPrefix(st.Model, "static") {
			t.Errorf("%s: model %q, want the one inside the program", name, st.Model)
		}
		if err := e.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
