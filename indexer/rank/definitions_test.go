//go:build cgo

package rank

import (
	"slices"
	"testing"

	"lsp/indexer/chunk"
)

// TestDefinitionsAnswer holds that the documentation of a declaration asks for the definition.
func TestDefinitionsAnswer(t *testing.T) {
	var files []file
	for path, text := range map[string]string{
		"well.h": "/** Lowers the rope until the pail touches water. */\nint well_lower(struct well *w);\n",
		"well.c": "#include \"well.h\"\n\nint well_lower(struct well *w)\n{\n\twhile (!w->wet)\n\t\tw->rope++;\n\treturn 0;\n}\n",
	} {
		files = append(files, file{path, []byte(text), chunk.Chunk(t.Context(), path, []byte(text), chunk.Options{})})
	}
	for seed := range uint64(20) { // some phrases give no question
		for _, q := range newAsker(seed, "o/r", 1).ask(files, nil) {
			if want := (place{"well.c", 2}); q.kind == FunctionDocs {
				if !slices.Equal(q.units, []place{want}) {
					t.Errorf("seed %d: %q is answered by %v, want %v", seed, q.text, q.units, want)
				}
				return
			}
		}
	}
	t.Error("nobody asks for it")
}
