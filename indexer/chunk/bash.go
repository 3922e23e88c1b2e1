//go:build cgo

package chunk

import bash "github.com/tree-sitter/tree-sitter-bash/bindings/go"

var bashBackend backend = &grammar{
	load:      bash.Language,
	separator: ".",
	rules: map[string]rule{
		"function_definition": {kind: Function},
	},
	prune:    []string{"command", "string", "test_command", "heredoc_body", "array", "variable_assignment"},
	exported: func(*treeCutter, *declaration) bool { return true },
}
