package rank

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
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
		{FileRecall, "fill", "fill.py"}, {FileRecall, "door", "shed/door.js"},
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
		if !s.whole() {
			t.Errorf("%q: %+v", s.Text, s)
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

// candidates adds a candidate with one or two signals to a sample.
func (s *Sample) candidate(values map[search.Signal]float64, file, name uint16, right bool) {
	of := make([]uint16, signals)
	for signal, value := range values {
		of[signal] = uint16(value * maxSignal)
	}
	s.Signals = append(s.Signals, of...)
	s.Factor, s.File, s.Name, s.Right = append(s.Factor, 1), append(s.File, file), append(s.Name, name), append(s.Right, right)
}

// synthetic makes samples in which nearness in meaning tells the answer, the more often the more it weighs beside the name
// of the file, which is noise.
func synthetic(seed uint64) []Corpus {
	random := rand.New(rand.NewPCG(seed, 1))
	corpora := make([]Corpus, 3)
	for n := range corpora {
		for range 60 {
			s := Sample{Kind: []Kind{FunctionDocs, Commit}[random.IntN(2)], Class: parts[0].classes[random.IntN(3)], Answers: 1}
			answer := random.IntN(20)
			for i := range 20 {
				values := map[search.Signal]float64{search.FileName: random.Float64(), search.Meaning: random.Float64()}
				if i == answer {
					values[search.Meaning] = 0.9
				}
				s.candidate(values, uint16(i), 0, i == answer)
			}
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

// TestAnswer holds the judgement of one list against the definition: results of a file and of a name take turns, an answer
// counts once.
func TestAnswer(t *testing.T) {
	var w search.Weights
	w.Evidence[search.Keywords][search.Meaning] = 1
	w.Turns.SameFile, w.Turns.SameName = 0.5, 0.5
	s := Sample{Kind: Commit, Class: search.Keywords, Answers: 2}
	meaning := func(value float64) map[search.Signal]float64 { return map[search.Signal]float64{search.Meaning: value} }
	s.candidate(meaning(1), 0, 1, false)
	s.candidate(meaning(0.9), 0, 0, false)
	s.candidate(meaning(0.8), 1, 1, true)
	s.candidate(meaning(0.6), 2, 0, true)
	s.candidate(meaning(0.5), 2, 0, true)
	got := Measure([]Corpus{{Samples: []Sample{s}}}, &w)[0]
	if want := (discount(1) + discount(3)) / (discount(0) + discount(1)); got.RR != 0.5 || got.NDCG != want || !got.Hit {
		t.Errorf("%+v, want an NDCG of %v", got, want)
	}
}

// TestSteps holds that a problem that was weighed once answers, after steps of single weights, as one weighed anew.
func TestSteps(t *testing.T) {
	const seed = 4
	corpora := synthetic(seed)
	w := search.DefaultWeights(encoder.Identity{})
	part := &parts[0]
	p := newProblem(corpora, 0, part.classes, part.kinds)
	p.weigh(&w)
	for _, k := range part.knobs(true) {
		tried := w
		step(k.of(&tried), 1.7)
		fresh := newProblem(corpora, 0, part.classes, part.kinds)
		fresh.weigh(&tried)
		if !slices.Equal(p.measure(&tried, k.signal), fresh.measure(&tried, search.NumSignals)) {
			t.Errorf("seed %d: a step of %v answers otherwise", seed, k.signal)
		}
	}
}

// TestSamplesAnswerAsSearch holds that samples tell, for the weights they were taken with, what a search answers.
func TestSamplesAnswerAsSearch(t *testing.T) {
	dir := t.TempDir()
	files := chunked(t)
	if err := writeFiles(dir, files, false); err != nil {
		t.Fatal(err)
	}
	enc := encoder.NewHashed(32)
	index, err := open(t.Context(), dir, enc)
	if err != nil {
		t.Fatal(err)
	}
	defer index.close()
	searcher, w := search.New(enc, search.Options{}), search.DefaultWeights(enc.Identity())
	asked := 0
	for _, q := range ask(t, 3) {
		s, err := take(t.Context(), searcher, index.view, &q)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := searcher.Search(t.Context(), []search.View{index.view}, search.Request{Query: q.text, Plain: true})
		if err != nil {
			t.Fatal(err)
		}
		rr := 0.0
		if rank := slices.IndexFunc(resp.Results, func(r search.Result) bool { return q.right(&r) }); rank >= 0 {
			rr = 1 / float64(rank+1)
		}
		switch {
		case s == nil && rr > 0:
			t.Errorf("%q: found at 1/%v, but not sampled", q.text, rr)
		case s != nil:
			for _, o := range Measure([]Corpus{{Samples: []Sample{*s}}}, &w) {
				asked++
				if o.RR != rr {
					t.Errorf("%q: a search finds it at 1/%v, the sample says 1/%v", q.text, rr, o.RR)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("no question was judged")
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
