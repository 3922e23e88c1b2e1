package server_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the import path of the repository.
const module = "lsp"

// layers says which packages of this module each package may import. A package that is missing here fails the
// test, so that a new one is given its place on purpose. Order: from the ground up.
var layers = map[string][]string{
	"encoder":         {},
	"encoder/static":  {"encoder"},
	"encoder/onnx":    {"encoder"},
	"encoder/rerank":  {"encoder"},
	"encoder/summary": {"encoder/static"},
	"workspace":       {},
	"workspace/git":   {"workspace"},
	"workspace/watch": {
		"workspace",
	},

	"indexer/bitset":  {},
	"indexer/chunk":   {},
	"indexer/lexical": {"indexer/bitset"},
	"indexer/vector":  {"indexer/bitset"},
	"indexer/store":   {"indexer/bitset", "indexer/chunk", "indexer/lexical", "indexer/vector"},
	"indexer": {
		"encoder", "workspace", "indexer/bitset", "indexer/chunk", "indexer/lexical", "indexer/vector", "indexer/store",
	},
	"indexer/layout": {},
	"indexer/search": {
		"encoder", "encoder/rerank", "encoder/summary", "workspace", "indexer", "indexer/bitset", "indexer/chunk", "indexer/lexical",
		"indexer/vector", "indexer/store", "workspace/git",
	},
	"indexer/eval": {
		"encoder", "workspace", "indexer", "indexer/chunk", "indexer/lexical", "indexer/search", "indexer/store",
		"indexer/vector",
	},
	"indexer/rank": {
		"encoder", "encoder/train", "workspace", "indexer", "indexer/chunk", "indexer/eval", "indexer/search", "indexer/store",
	},

	"encoder/train": {"encoder", "encoder/static", "encoder/summary", "indexer/chunk"},

	"server/settings": {},
	"server/models":   {"encoder/onnx", "indexer/store"},
	"server/engine": {
		"encoder", "encoder/onnx", "encoder/rerank", "encoder/static", "workspace", "workspace/git", "workspace/watch", "indexer", "indexer/layout", "indexer/search",
		"indexer/store", "indexer/vector", "server/settings",
	},
	"server":                     {"workspace", "indexer/chunk", "indexer/search", "indexer/store", "server/engine", "server/settings"},
	"server/internal/fakeeditor": {},
	"server/mcp":                 {"workspace", "indexer/chunk", "indexer/search", "server/engine", "server/settings"},
	"server/page":                {"workspace", "indexer/search", "server/engine"},
	"server/lsp": {
		"encoder", "encoder/onnx", "encoder/rerank", "encoder/static", "encoder/train", "workspace", "workspace/git", "indexer/chunk", "indexer/eval",
		"indexer/lexical", "indexer/rank", "indexer/search", "indexer/store", "server", "server/engine", "server/mcp", "server/models", "server/page", "server/settings",
	},
	"server/lsp/picture": {},

	"editors":                     {},
	"editors/internal/editortest": {},
	"editors/nvim":                {},
}

// testLayers says what tests may import beyond the code they test.
var testLayers = map[string][]string{
	"editors":        {"workspace", "editors/internal/editortest"},
	"editors/nvim":   {"editors/internal/editortest", "indexer/search", "server/settings"},
	"indexer":        {"encoder/static"},
	"indexer/search": {"encoder/static"},
	"indexer/vector": {"encoder", "encoder/static"},
	"server":         {"encoder", "server/internal/fakeeditor"},
	"server/lsp":     {"server/internal/fakeeditor"},
}

// owners lists imports that only some folders may use, and what lies below them.
var owners = []struct {
	imports string // an import path, or a prefix of one when it ends in a slash
	folders []string
	why     string
}{
	{"go.lsp.dev/", []string{"server"}, "only the server knows the editor protocol"},
	{"github.com/modelcontextprotocol/", []string{"server/mcp"}, "only server/mcp knows the protocol of agents"},
	{"github.com/alecthomas/chroma/", []string{"server/page"}, "highlighting is for the page alone"},
	{"github.com/spf13/", []string{"server/lsp"}, "only the command line knows flags"},
	{"net/http", []string{"server"}, "nothing below the server opens a connection"},
	{"net", []string{"server"}, "nothing below the server opens a connection"},
	{"github.com/fsnotify/", []string{"workspace/watch"}, "watching hides behind workspace/watch"},
	{"github.com/coder/hnsw", []string{"indexer/vector"}, "engines hide behind indexer/vector"},
	{"github.com/tree-sitter/", []string{"indexer/chunk"}, "grammars hide behind indexer/chunk"},
	{"github.com/tree-sitter-grammars/", []string{"indexer/chunk"}, "grammars hide behind indexer/chunk"},
	{"github.com/yalue/onnxruntime_go", []string{"encoder/onnx"}, "transformers hide behind encoder/onnx"},
	{"C", []string{"indexer/chunk"}, "cgo is for the grammars alone"},
}

// source is one Go file of the repository, whatever platform it is for.
type source struct {
	pkg     string // folder relative to the root of the module
	file    string
	test    bool
	imports []string
}

// TestLayers holds the import directions against every Go file, also those that this platform does not build.
func TestLayers(t *testing.T) {
	files := sources(t)
	if len(files) == 0 {
		t.Fatal("no Go files found")
	}
	for _, f := range files {
		allowed, known := layers[f.pkg]
		if !known {
			t.Errorf("%s: package %q has no place in the layers; give it one in this test and in ARCHITECTURE.md", f.file, f.pkg)
			continue
		}
		for _, imp := range f.imports {
			own, ours := strings.CutPrefix(imp, module+"/")
			friend := f.test && slices.Contains(testLayers[f.pkg], own)
			if ours && own != f.pkg && !friend && !slices.Contains(allowed, own) {
				t.Errorf("%s: %s may not import %s", f.file, f.pkg, own)
			}
			for _, o := range owners {
				if !f.test && matches(o.imports, imp) && !within(o.folders, f.pkg) {
					t.Errorf("%s: %s may not import %s: %s", f.file, f.pkg, imp, o.why)
				}
			}
		}
	}
}

// TestLayersAreAcyclic checks the table itself: what a package may import never leads back to it.
func TestLayersAreAcyclic(t *testing.T) {
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(pkg string, trail []string)
	visit = func(pkg string, trail []string) {
		trail = append(trail, pkg)
		switch state[pkg] {
		case done:
			return
		case visiting:
			t.Fatalf("cycle: %s", strings.Join(trail, " -> "))
		}
		state[pkg] = visiting
		for _, next := range layers[pkg] {
			if _, ok := layers[next]; !ok {
				t.Errorf("%s may import %s, which has no place in the layers", pkg, next)
				continue
			}
			visit(next, trail)
		}
		state[pkg] = done
	}
	for pkg := range layers {
		visit(pkg, nil)
	}
}

// TestPureGo checks that packages which must build everywhere reach no cgo, through none of their dependencies.
func TestPureGo(t *testing.T) {
	for _, pkg := range []string{"encoder/static", "workspace", "workspace/watch", "indexer/lexical", "indexer/vector"} {
		for _, dep := range dependencies(t, pkg) {
			if !dep.Standard && len(dep.CgoFiles) > 0 {
				t.Errorf("%s depends on %s, which uses cgo in %v", pkg, dep.ImportPath, dep.CgoFiles)
			}
		}
	}
}

// listed is the part of go list's answer that the test reads.
type listed struct {
	ImportPath string
	Standard   bool
	CgoFiles   []string
}

func dependencies(t *testing.T, pkg string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,CgoFiles", module+"/"+pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list dependencies of %s: %v", pkg, err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var one listed
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all = append(all, one)
	}
}

// sources parses the import clauses of every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var files []source
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{file: filepath.ToSlash(rel), test: strings.HasSuffix(name, "_test.go")}
		s.pkg = path.Dir(s.file)
		for _, spec := range parsed.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imp)
		}
		files = append(files, s)
		return nil
	})
	if err != nil {
		t.Fatalf("read the sources: %v", err)
	}
	return files
}

// matches reports whether an import path is the one named, or lies below it when the name ends in a slash.
func matches(name, imp string) bool {
	return imp == name || strings.HasSuffix(name, "/") && strings.HasPrefix(imp, name)
}

// within reports whether a package is one of the folders or lies below one of them.
func within(folders []string, pkg string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		return pkg == f || strings.HasPrefix(pkg, f+"/")
	})
}
