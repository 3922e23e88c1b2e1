package lexical

import (
	"context"
	gobuild "go/build"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"lsp/indexer/bitset"
)

var declaredName = regexp.MustCompile(`(?m)^(?:func (?:\([^)]*\) )?|type )(\w+)`)

// goSource is the standard library of the toolchain, cut where a blank line is followed by a line that is not
// indented: about one declaration per document.
var goSource = sync.OnceValues(func() ([]Document, int) {
	var docs []Document
	size := 0
	root := filepath.Join(gobuild.Default.GOROOT, "src")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for part := range strings.SplitSeq(string(text), "\n\n") {
			if len(docs) > 0 && docs[len(docs)-1][Path] == name && (part == "" || part[0] == '\t' || part[0] == ' ') {
				docs[len(docs)-1][Body] += "\n\n" + part
				continue
			}
			docs = append(docs, Document{Path: name, Body: part})
		}
		size += len(text)
		return nil
	})
	if err != nil {
		panic(err)
	}
	for i := range docs {
		d := &docs[i]
		if m := declaredName.FindStringSubmatchIndex(d[Body]); m != nil {
			d[Name] = d[Body][m[2]:m[3]]
			d[Documentation] = d[Body][:m[0]]
			d[Body] = d[Body][m[0]:]
			d[Signature], _, _ = strings.Cut(d[Body], "\n")
		}
	}
	return docs, size
})

var goSection = sync.OnceValue(func() *Section {
	docs, _ := goSource()
	b := NewBuilder()
	for i := range docs {
		b.Add(&docs[i])
	}
	s, err := Open(b.Bytes())
	if err != nil {
		panic(err)
	}
	return s
})

// BenchmarkBuild indexes the Go standard library and reports the size of the section per byte of source.
func BenchmarkBuild(b *testing.B) {
	docs, size := goSource()
	builder := NewBuilder()
	var section []byte
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		for i := range docs {
			builder.Add(&docs[i])
		}
		section = builder.AppendTo(section[:0])
	}
	b.ReportMetric(float64(len(section))/float64(size), "bytes/byte")
	b.ReportMetric(float64(len(docs)), "documents")
}

// BenchmarkAdd is BenchmarkBuild without the encoding.
func BenchmarkAdd(b *testing.B) {
	docs, size := goSource()
	builder := NewBuilder()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		for i := range docs {
			builder.Add(&docs[i])
		}
	}
}

// BenchmarkEdit indexes one function, as after a change in an editor.
func BenchmarkEdit(b *testing.B) {
	docs, _ := goSource()
	d := &docs[len(docs)/2]
	builder := NewBuilder()
	b.SetBytes(int64(len(d[Body])))
	b.ReportAllocs()
	for b.Loop() {
		builder.Reset()
		builder.Add(d)
		if _, err := Open(builder.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}

var benchmarkQueries = []string{
	"retry a request with exponential backoff timeout",
	"parse an integer from a string of bytes",
	"read the file until the end of line error",
	"where is the http server connection closed after idle",
	"decode utf8 rune from byte slice fast path",
	"compute hash of certificate public key bytes",
}

// BenchmarkSearch asks sentences of about six words, for as many results as a fusion wants and for a page.
func BenchmarkSearch(b *testing.B) {
	s := goSection()
	random := rand.New(rand.NewPCG(1, 2))
	subset := func(share float64) bitset.Set {
		set := bitset.New(s.Documents())
		for doc := range uint32(s.Documents()) {
			if random.Float64() < share {
				set.Add(doc)
			}
		}
		return set
	}
	alive := subset(0.9)
	totals := s.Totals(alive)
	cases := []struct {
		name   string
		source Source
		k      int
	}{
		{"top=10", Source{Section: s}, 10},
		{"top=100", Source{Section: s}, 100},
		{"top=1000", Source{Section: s}, 1000},
		{"top=100/alive=0.9", Source{Section: s, Alive: alive, Totals: &totals}, 100},
		{"top=100/allow=0.1", Source{Section: s, Allow: subset(0.1)}, 100},
		{"top=100/allow=0.001", Source{Section: s, Allow: subset(0.001)}, 100},
	}
	queries := make([]Query, len(benchmarkQueries))
	for i, text := range benchmarkQueries {
		queries[i] = Analyze(text)
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if _, err := Search(context.Background(), []Source{c.source}, queries[n%len(queries)], DefaultParams(), c.k); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

// BenchmarkScore scores a hundred documents, as for the candidates of another index.
func BenchmarkScore(b *testing.B) {
	s := goSection()
	random := rand.New(rand.NewPCG(1, 2))
	hits := make([]Hit, 100)
	for i := range hits {
		hits[i].Document = uint32(random.IntN(s.Documents()))
	}
	scorer, err := NewScorer([]Source{{Section: s}}, Analyze(benchmarkQueries[0]), DefaultParams())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := scorer.Score(hits); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMerge merges two halves of the standard library, every tenth document of the first dead.
func BenchmarkMerge(b *testing.B) {
	docs, size := goSource()
	var sources []MergeSource
	for _, half := range [][]Document{docs[:len(docs)/2], docs[len(docs)/2:]} {
		builder := NewBuilder()
		for i := range half {
			builder.Add(&half[i])
		}
		s, err := Open(builder.Bytes())
		if err != nil {
			b.Fatal(err)
		}
		sources = append(sources, MergeSource{Section: s})
	}
	sources[0].Keep = bitset.Full(sources[0].Section.Documents())
	for doc := 0; doc < sources[0].Section.Documents(); doc += 10 {
		sources[0].Keep.Remove(uint32(doc))
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		if _, err := Merge(nil, sources); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFuzzy(b *testing.B) {
	s := goSection()
	for b.Loop() {
		if err := s.Fuzzy("conection", 1, func([]byte, uint32, int) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
}
