package rank

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lsp/encoder"
	"lsp/encoder/train"
	"lsp/indexer/chunk"
	"lsp/indexer/search"
)

// sources are a small repository, as path -> text.
var sources = map[string]string{
	"drain.go": `// Package pool keeps buckets of water and empties them when they are full.
package pool

// Drain empties the bucket until no water is left in it.
func Drain(b *Bucket) int {
	n := b.level
	b.level = 0
	return n
}

// Bucket holds water up to a level that was set before.
type Bucket struct {
	level int
}
`,
	"fill.py": `"""Filling of buckets from the river."""


def fill_bucket(bucket, river):
    """Fill the bucket with water from the river, slowly.

    Args:
        bucket: what to fill
    """
    while bucket.level < 10:
        bucket.level += river.take()


def fill_basket(basket, shop):
    """Put bread from the shop into the basket of the visitor."""
    for bread in shop:
        basket.add(bread)
    return basket
`,
	"shed/door.js": `/**
 * Shuts the door of the shed behind whoever came in.
 */
function shutDoor(door) {
  door.swing();
  door.lock();
}

module.exports = { shutDoor };
`,
	"GUIDE.md": "# Guide\n\n## Emptying a full bucket\n\nCall `Drain` with it.\n",
}

func chunked(t *testing.T) []file {
	t.Helper()
	var files []file
	for _, path := range []string{"GUIDE.md", "drain.go", "fill.py", "shed/door.js"} {
		text := []byte(sources[path])
		files = append(files, file{path, text, chunk.Chunk(context.Background(), path, text, chunk.Options{})})
	}
	return files
}

// TestStrip holds that no documentation is left and nothing else is gone or moved.
func TestStrip(t *testing.T) {
	for _, f := range chunked(t) {
		if f.cut.Content == chunk.Docs {
			continue
		}
		bare := strip(f.text, &f.cut)
		cut := chunk.Chunk(context.Background(), f.path, bare, chunk.Options{})
		if len(bare) != len(f.text) || len(cut.Units) != len(f.cut.Units) {
			t.Fatalf("%s: %d bytes in %d units of %d in %d", f.path, len(bare), len(cut.Units), len(f.text), len(f.cut.Units))
		}
		for i, u := range cut.Units {
			was := f.cut.Units[i]
			if strings.TrimSpace(u.Documentation) != "" {
				t.Errorf("%s: %s still says %q", f.path, u.Name, u.Documentation)
			}
			if u.Name != was.Name || u.NameRange != was.NameRange {
				t.Errorf("%s: %s at %v was %s at %v", f.path, u.Name, u.NameRange, was.Name, was.NameRange)
			}
		}
		if !bytes.Contains(bare, []byte("level")) && !bytes.Contains(bare, []byte("swing")) {
			t.Errorf("%s: code is gone:\n%s", f.path, bare)
		}
	}
}

// TestStripShortLines holds that a line of documentation that could be code is blanked where it stands alone only.
func TestStripShortLines(t *testing.T) {
	src := []byte("int level;\n// level\nint f();\n")
	blank(src, chunk.Range{End: len(src)}, "level")
	if got, want := string(src), "int level;\n//      \nint f();\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// ask returns the questions of the small repository.
func ask(t *testing.T, seed uint64) []question {
	t.Helper()
	return newAsker(seed, "o/r", 1).ask(chunked(t), []commit{
		{"fix: doors that do not lock behind the visitor (#12)", []string{"shed/door.js", "CHANGES"}},
		{"Bump version to 1.2", []string{"drain.go"}},
		{"Touch everything there is in this repository", []string{"drain.go", "fill.py", "shed/door.js", "a", "b", "c", "d"}},
	})
}

// TestQuestions holds that every kind of question is asked, with the right answers, and the same ones for a seed.
func TestQuestions(t *testing.T) {
	found := map[Kind][]question{}
	for seed := range uint64(20) { // some phrases give no question
		for _, q := range ask(t, seed) {
			found[q.kind] = append(found[q.kind], q)
		}
	}
	for _, c := range []struct {
		kind   Kind
		word   string
		answer string
	}{
		{FunctionDocs, "bread", "fill.py"}, {FunctionDocs, "door", "shed/door.js"}, {TypeDocs, "level", "drain.go"},
		{FileDocs, "river", "fill.py"}, {Guide, "bucket", "drain.go"}, {Commit, "visitor", "shed/door.js"}, {NameRecall, "basket", "fill.py"},
	} {
		asked := false
		for _, q := range found[c.kind] {
			if !strings.Contains(strings.ToLower(q.text), c.word) {
				continue
			}
			asked = true
			if len(q.files) == 1 && q.files[0] != c.answer || len(q.units) == 1 && q.units[0].path != c.answer || len(q.files)+len(q.units) == 0 {
				t.Errorf("%s: %q is answered by %v %v, want %s", c.kind, q.text, q.files, q.units, c.answer)
			}
		}
		if !asked {
			t.Errorf("%s: nobody asks for %s: %v", c.kind, c.word, found[c.kind])
		}
	}
	for _, q := range found[Commit] {
		if strings.Contains(q.text, "#") || strings.Contains(q.text, "version") || strings.Contains(q.text, "everything") {
			t.Errorf("a question from a commit that should give none, or not as it is: %q", q.text)
		}
	}
	if !reflect.DeepEqual(ask(t, 3), ask(t, 3)) {
		t.Error("the same seed gives other questions")
	}
}

// TestSampleAll samples a folder from end to end, twice, and reads the samples back.
func TestSampleAll(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	for path, text := range sources {
		to := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	opts := SampleOptions{Dir: out, Encoder: encoder.NewHashed(32), Scale: 1, Seed: 5}
	for range 2 { // the second time passes over what is there
		if err := SampleAll(context.Background(), []Repository{{Name: "o/r", Path: dir}}, opts); err != nil {
			t.Fatal(err)
		}
	}
	corpora, err := Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(corpora) != 1 || corpora[0].Head.Repository != "o/r" || corpora[0].Head.Revision != "folder" || len(corpora[0].Samples) == 0 {
		t.Fatalf("%d corpora, the first %+v", len(corpora), corpora[0].Head)
	}
	for _, s := range corpora[0].Samples {
		if len(s.Units) == 0 {
			t.Errorf("%q has no candidates", s.Text)
		}
	}
	if err := SampleAll(context.Background(), []Repository{{Name: "golang/go", Path: dir}}, opts); err == nil || !strings.Contains(err.Error(), "measured") {
		t.Errorf("a repository that is kept out: %v", err)
	}
	report, err := Report(context.Background(), []Repository{{Name: "o/r", Path: dir}}, opts, nil)
	if err != nil || len(report.Modes) != 3 || report.Questions == 0 || report.Modes[0].Recall10 == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	name := sampleFile(out, "o/r")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text[:len(text)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(out); err == nil || !strings.Contains(err.Error(), "o+r.gob") {
		t.Errorf("half a file: %v", err)
	}
}

// synthetic makes samples in which nearness in meaning tells the answer, the more often the more it weighs beside the name
// of the file, which is noise.
func synthetic(seed uint64) []Corpus {
	random := rand.New(rand.NewPCG(seed, 1))
	corpora := make([]Corpus, 3)
	for n := range corpora {
		for range 60 {
			s := Sample{Kind: []Kind{FunctionDocs, Commit}[random.IntN(2)], Class: textClasses[random.IntN(3)], Answers: 1}
			for i := range 20 {
				u := Unit{Signals: make([]float32, signals), Factor: 1, File: int32(i), Right: i == 0}
				u.Signals[search.FileName] = random.Float32()
				u.Signals[search.Meaning] = random.Float32()
				if u.Right {
					u.Signals[search.Meaning] = 0.9
				}
				s.Units = append(s.Units, u)
			}
			random.Shuffle(len(s.Units), func(i, j int) { s.Units[i], s.Units[j] = s.Units[j], s.Units[i] })
			corpora[n].Samples = append(corpora[n].Samples, s)
		}
	}
	return corpora
}

// TestFit holds that a fit turns to what tells the answer, that no kind of question loses, and that it can be repeated.
func TestFit(t *testing.T) {
	const seed = 11
	corpora := synthetic(seed)
	start := search.DefaultWeights(encoder.Identity{})
	after, err := Fit(context.Background(), corpora, start, DefaultFit())
	if err != nil {
		t.Fatal(err)
	}
	was, is := ByKind(Measure(corpora, &start)), ByKind(Measure(corpora, &after))
	for kind := range was {
		if is[kind] < was[kind] {
			t.Errorf("seed %d: %s fell from %v to %v", seed, kind, was[kind], is[kind])
		}
	}
	before, now := start.Evidence[search.Sentence], after.Evidence[search.Sentence]
	if now[search.Meaning]/now[search.FileName] <= before[search.Meaning]/before[search.FileName] {
		t.Errorf("seed %d: meaning %v, file name %v; before %v and %v", seed, now[search.Meaning], now[search.FileName],
			before[search.Meaning], before[search.FileName])
	}
	for class := range search.NumClasses {
		for s := range search.NumSignals {
			if after.Evidence[class][s] < 0 {
				t.Errorf("seed %d: %v of %v weighs %v", seed, s, class, after.Evidence[class][s])
			}
		}
	}
	if again, err := Fit(context.Background(), corpora, start, DefaultFit()); err != nil || again != after {
		t.Errorf("seed %d: another fit differs: %v", seed, err)
	}
	if _, err := Fit(context.Background(), nil, start, DefaultFit()); err == nil {
		t.Error("a fit to nothing succeeds")
	}
}

// TestAnswer holds the judgement of one list against the definition: results of a file take turns, an answer counts once.
func TestAnswer(t *testing.T) {
	unit := func(score float32, file int32, right bool) Unit {
		u := Unit{Signals: make([]float32, signals), Factor: 1, File: file, Right: right}
		u.Signals[search.Meaning] = score
		return u
	}
	var w search.Weights
	w.Evidence[search.Keywords][search.Meaning] = 1
	w.Turns.SameFile = 0.5
	corpora := []Corpus{{Samples: []Sample{{
		Kind: Commit, Class: search.Keywords, Answers: 2,
		Units: []Unit{unit(1, 0, false), unit(0.9, 0, false), unit(0.6, 1, true), unit(0.5, 1, true)},
	}}}}
	got := Measure(corpora, &w)[0]
	if want := discount(1) / (discount(0) + discount(1)); got.RR != 0.5 || got.NDCG != want || !got.Hit {
		t.Errorf("%+v, want an NDCG of %v", got, want)
	}
}

// TestRepositories holds that the list of what was fitted to names no repository that results are measured on, and tells
// the part of each as Held does.
func TestRepositories(t *testing.T) {
	text, err := os.ReadFile("repositories.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != 6 || len(fields[1]) != 40 {
			t.Errorf("%q does not tell repository, revision, part, questions, units and what was not found", line)
			continue
		}
		if train.KeptOut(fields[0]) {
			t.Errorf("%s is kept out", fields[0])
		}
		if part := map[bool]string{true: "held out", false: "fitted"}[Held(fields[0])]; fields[2] != part {
			t.Errorf("%s is %s, not %s", fields[0], part, fields[2])
		}
	}
}
