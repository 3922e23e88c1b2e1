package vector_test

import (
	"context"
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/encoder/static"
)

// goFunctions returns up to limit functions of the Go standard library without their documentation, and the
// documentation.
func goFunctions(t testing.TB, limit int) (units []encoder.Unit, docs []string) {
	t.Helper()
	root := filepath.Join(gobuild.Default.GOROOT, "src")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || len(units) >= limit {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil // some test data is not meant to parse
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && len(units) < limit {
				from, to := files.Position(f.Type.Func).Offset, files.Position(f.End()).Offset
				signature, _, _ := strings.Cut(string(src[from:to]), "\n")
				units = append(units, encoder.Unit{Name: f.Name.Name, Signature: signature, Body: string(src[from:to])})
				docs = append(docs, f.Doc.Text())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return units, docs
}

// functionVectors returns vectors of functions of the Go standard library from the model inside the program, and of
// documentation as queries.
func functionVectors(t testing.TB, n, queries int) (vectors [][]float32, mean []float32, asked [][]float32) {
	t.Helper()
	model, err := static.Default()
	if err != nil {
		t.Fatal(err)
	}
	units, docs := goFunctions(t, n)
	dims := model.Dimensions()
	rows := make([]float32, len(units)*dims)
	if err := model.EncodeUnits(context.Background(), units, rows); err != nil {
		t.Fatal(err)
	}
	for i := range units {
		vectors = append(vectors, rows[i*dims:(i+1)*dims])
	}
	rng := newRand(3)
	for len(asked) < queries {
		doc := docs[rng.IntN(len(docs))]
		if len(doc) <= 40 {
			continue
		}
		q := make([]float32, dims)
		if err := model.EncodeQuery(context.Background(), doc, q); err != nil {
			t.Fatal(err)
		}
		asked = append(asked, q)
	}
	return vectors, model.Mean(), asked
}
