//go:build onnxtest && cgo

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lsp/encoder/onnx"
)

// TestTransformerScripts runs commands with the real runtime and the real model, which must be installed (see the
// tests of encoder/onnx). Scripts work on a copy of what is installed, $REAL_MODELS is the original.
func TestTransformerScripts(t *testing.T) {
	installed, err := filepath.Abs(onnx.DefaultFolder())
	if err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs("../../encoder")
	if err != nil {
		t.Fatal(err)
	}
	params := scripts("testdata/onnx")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("REAL_MODELS", installed)
		// Functions to mine, out of their repository, and in onnx/testdata a cross-encoder.
		if err := os.CopyFS(filepath.Join(env.WorkDir, "source"), os.DirFS(source)); err != nil {
			return err
		}
		for _, name := range []string{"all-minilm-l6-v2", onnx.RuntimeName} {
			if err := os.CopyFS(filepath.Join(env.WorkDir, "models", name), os.DirFS(filepath.Join(installed, name))); err != nil {
				return err
			}
		}
		return setup(env)
	}
	testscript.Run(t, params)
}
