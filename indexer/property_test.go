package indexer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
	"lsp/workspace"
)

// describe lists everything that can be seen of an index, independent of how it came about: every live unit with
// its vectors, and the answers to some questions with their scores.
func describe(t *testing.T, x *indexer.Index) []string {
	t.Helper()
	e, release := x.Acquire()
	defer release()
	var out []string
	var sources []lexical.Source
	for _, l := range e.Layers {
		s := l.Segment
		totals := l.Totals
		sources = append(sources, lexical.Source{Section: s.Lexical(), Alive: l.Alive, Totals: &totals})
		for u := range uint32(s.Units()) {
			if !l.Alive.Has(u) {
				continue
			}
			line := fmt.Sprintf("unit %+v", s.Unit(u))
			from, to := s.Vectors().Slots(u)
			for slot := from; slot < to; slot++ {
				line += fmt.Sprint(s.Vectors().Row(slot, make([]float32, s.Vectors().Dims())))
			}
			out = append(out, line)
		}
		for f := range uint32(s.Files()) {
			if l.Files.Has(f) && s.FileFlags(f)&store.Deleted == 0 {
				file := s.File(f)
				out = append(out, fmt.Sprintf("file %s %s %x %d units", file.Path, file.Language, file.Hash, file.End-file.First))
			}
		}
	}
	for _, question := range []string{"first second", "alpha", "return number", "bravo charlie delta"} {
		hits, err := lexical.Search(context.Background(), sources, lexical.Analyze(question), lexical.DefaultParams(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			u := e.Layers[h.Source].Segment.Unit(h.Document)
			out = append(out, fmt.Sprintf("answer %q %s %v %v %.5f", question, u.Path, u.Range.Start.Line, u.Name, h.Score))
		}
	}
	slices.Sort(out)
	return out
}

// world is a workspace that random steps change, with an index that follows.
type world struct {
	*fixture
	rng     *rand.Rand
	paths   []string
	buffers map[string]string
	log     []string
}

var words = []string{"alpha", "bravo", "charlie", "delta", "echo", "first", "second", "number"}

func (w *world) source() string {
	var b strings.Builder
	b.WriteString("package p\n")
	for range w.rng.IntN(5) {
		name := words[w.rng.IntN(len(words))] + words[w.rng.IntN(len(words))]
		fmt.Fprintf(&b, "\n// %s is %s and %s.\nfunc %s() int {\n\treturn %d\n}\n",
			name, words[w.rng.IntN(len(words))], words[w.rng.IntN(len(words))], name, w.rng.IntN(9))
	}
	return b.String()
}

func (w *world) path() string { return w.paths[w.rng.IntN(len(w.paths))] }

// step makes one random change and returns what the index has to be told.
func (w *world) step() []indexer.Change {
	path := w.path()
	abs := filepath.Join(w.root, filepath.FromSlash(path))
	switch n := w.rng.IntN(12); {
	case n < 4:
		w.log = append(w.log, "write "+path)
		w.write(path, w.source())
	case n < 5:
		w.log = append(w.log, "remove "+path)
		os.Remove(abs)
	case n < 6:
		folder := filepath.Dir(abs)
		if folder == w.root {
			return nil
		}
		w.log = append(w.log, "remove folder of "+path)
		os.RemoveAll(folder)
		return []indexer.Change{{Path: filepath.Base(folder)}}
	case n < 7:
		other := w.path()
		w.log = append(w.log, "rename "+path+" to "+other)
		os.MkdirAll(filepath.Dir(filepath.Join(w.root, other)), 0o755)
		os.Rename(abs, filepath.Join(w.root, other))
		return []indexer.Change{{Path: path}, {Path: other}}
	case n < 10:
		w.log = append(w.log, "type in "+path)
		w.buffers[path] = w.source()
		return []indexer.Change{{Path: path, Buffer: true, Text: []byte(w.buffers[path])}}
	case n < 11:
		w.log = append(w.log, "close "+path)
		delete(w.buffers, path)
		return []indexer.Change{{Path: path, Closed: true}}
	default:
		if w.rng.IntN(2) == 0 {
			w.log = append(w.log, "flush")
			if err := w.Flush(context.Background()); err != nil {
				w.t.Fatal(err)
			}
			return nil
		}
		w.log = append(w.log, "reopen")
		if err := w.Index.Close(); err != nil {
			w.t.Fatal(err)
		}
		w.Index = w.openAnother()
		w.reconcile()
		var changes []indexer.Change
		for path, text := range w.buffers {
			changes = append(changes, indexer.Change{Path: path, Buffer: true, Text: []byte(text)})
		}
		return changes
	}
	return []indexer.Change{{Path: path}}
}

// fresh describes an index built from nothing over the same files and buffers.
func (w *world) fresh() []string {
	root := workspace.Root{Path: w.root}
	x, err := indexer.Open(indexer.Config{
		Root: root, Dir: filepath.Join(w.t.TempDir(), "fresh"), Encoder: encoder.NewHashed(32), Rules: workspace.LoadRules(root, workspace.RuleOptions{}),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer x.Close()
	if err := x.Reconcile(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	var changes []indexer.Change
	for path, text := range w.buffers {
		changes = append(changes, indexer.Change{Path: path, Buffer: true, Text: []byte(text)})
	}
	if err := x.WaitFor(context.Background(), x.Notify(changes)); err != nil {
		w.t.Fatal(err)
	}
	return describe(w.t, x)
}

func TestIncrementalEqualsFresh(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{
				fixture: newFixture(t, nil), rng: rand.New(rand.NewPCG(seed, 7)), buffers: map[string]string{},
				paths: []string{"a.go", "b.go", "x/c.go", "x/d.go", "x/y.go", "z/e.go", "z/f.go"},
			}
			w.reconcile()
			for i := range 400 {
				w.change(w.step()...)
				if i%25 != 24 {
					continue
				}
				got, want := describe(t, w.Index), w.fresh()
				if !slices.Equal(got, want) {
					logDifference(t, got, want)
					t.Fatalf("seed %d: the index differs from a fresh one after %d steps, the last ones:\n%s",
						seed, i+1, strings.Join(w.log[max(0, len(w.log)-25):], "\n"))
				}
			}
			if err := w.Index.Close(); err != nil {
				t.Fatal(err)
			}
			w.open()
		})
	}
}

// logDifference shows the first lines that only one of two sorted lists has.
func logDifference(t *testing.T, got, want []string) {
	t.Helper()
	only := func(label string, a, b []string) {
		shown := 0
		for _, line := range a {
			if _, found := slices.BinarySearch(b, line); !found && shown < 3 {
				t.Logf("only in %s: %.300s", label, line)
				shown++
			}
		}
	}
	only("the index", got, want)
	only("a fresh one", want, got)
}
