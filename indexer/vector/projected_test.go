package vector_test

import (
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"hash/fnv"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// words splits source text into lower-case words at anything but letters and at the capitals of identifiers.
func words(text string) []string {
	var out []string
	start, lower := -1, false
	for i, r := range text + " " {
		letter := unicode.IsLetter(r)
		if start >= 0 && (!letter || lower && unicode.IsUpper(r)) {
			if i-start > 1 {
				out = append(out, strings.ToLower(text[start:i]))
			}
			start = -1
		}
		if letter && start < 0 {
			start = i
		}
		lower = unicode.IsLower(r)
	}
	return out
}

// goFunctions returns the texts of up to limit functions of the Go standard library and their documentation, which the text does
// not contain.
func goFunctions(t testing.TB, limit int) (texts, docs []string) {
	t.Helper()
	root := filepath.Join(gobuild.Default.GOROOT, "src")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || len(texts) >= limit {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil // some test data is not meant to parse
		}
		src, err := readFile(path)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && len(texts) < limit {
				from, to := files.Position(f.Type.Func).Offset, files.Position(f.End()).Offset
				texts, docs = append(texts, src[from:to]), append(docs, f.Doc.Text())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts, docs
}

// projection turns texts into vectors: words weighed by rarity, hashed to random directions and summed.
type projection struct {
	dims  int
	rare  map[string]float64
	cache map[string][]float32
}

func newProjection(texts []string, dims int) *projection {
	counts := map[string]int{}
	for _, t := range texts {
		seen := map[string]bool{}
		for _, w := range words(t) {
			if !seen[w] {
				seen[w] = true
				counts[w]++
			}
		}
	}
	p := &projection{dims: dims, rare: map[string]float64{}, cache: map[string][]float32{}}
	for w, n := range counts {
		p.rare[w] = math.Log(float64(len(texts)+1) / float64(n))
	}
	return p
}

func (p *projection) direction(word string) []float32 {
	v := p.cache[word]
	if v == nil {
		h := fnv.New64a()
		h.Write([]byte(word))
		v = gaussian(newRand(h.Sum64()), p.dims, 1)
		p.cache[word] = v
	}
	return v
}

func (p *projection) vector(text string) []float32 {
	counts := map[string]int{}
	var order []string
	for _, w := range words(text) {
		if counts[w]++; counts[w] == 1 {
			order = append(order, w)
		}
	}
	v := make([]float32, p.dims)
	for _, w := range order {
		weight := float32((1 + math.Log(float64(counts[w]))) * p.rare[w])
		for d, x := range p.direction(w) {
			v[d] += weight * x
		}
	}
	return normalise(v)
}
