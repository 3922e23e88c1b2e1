package train

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/encoder/static"
)

// TestGradient compares the gradients of the loss with differences, for all prefixes at once.
func TestGradient(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	const n, dims = 5, 8
	random := func() matrix {
		m := newMatrix(n, dims)
		for i := range m.Data {
			m.Data[i] = float32(rng.NormFloat64())
		}
		return m
	}
	q, f, teacher := random(), random(), newMatrix(n, n)
	for i := range teacher.Data {
		teacher.Data[i] = float32(rng.Float64())
	}
	c := &contrast{temperature: 0.5, soft: 0.6, prefixes: []prefix{{8, 1}, {4, 0.5}}, workers: 2}
	c.targets(teacher)
	dq, df := newMatrix(n, dims), newMatrix(n, dims)
	c.step(q, f, dq, df)
	for _, side := range []struct{ values, grad matrix }{{q, dq}, {f, df}} {
		for i := range side.values.Data {
			const h = 1e-2
			x := side.values.Data[i]
			a, b := newMatrix(n, dims), newMatrix(n, dims)
			side.values.Data[i] = x + h
			up := c.step(q, f, a, b)
			side.values.Data[i] = x - h
			down := c.step(q, f, a, b)
			side.values.Data[i] = x
			if want, got := (up-down)/(2*h), float64(side.grad.Data[i]); math.Abs(want-got) > 2e-3 {
				t.Fatalf("seed %d: gradient %d is %v, differences give %v", seed, i, got, want)
			}
		}
	}
}

// TestScatter compares the gradients of rows and gains with differences.
func TestScatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	tab := newTable(4, 4)
	for i := range tab.rows {
		tab.rows[i] = float32(rng.NormFloat64())
	}
	for i := range tab.units.logs {
		tab.units.logs[i], tab.asked.logs[i] = float32(rng.NormFloat64())/2, float32(rng.NormFloat64())/2
	}
	bag := []static.Feature{{ID: 1, Weight: 1}, {ID: 3, Weight: 1.5}}
	grad := []float32{0.5, -1, 0.25, 2} // of a loss that is linear in the sum
	loss := func() float64 {
		sum := make([]float32, 4)
		tab.sum(bag, &tab.units, sum)
		total := float64(dot(sum, grad))
		tab.sum(bag[:1], &tab.asked, sum)
		return total + float64(dot(sum, grad))
	}
	for worker := range 3 {
		tab.scatter(bag, &tab.units, grad, worker, 3)
		tab.scatter(bag[:1], &tab.asked, grad, worker, 3)
	}
	check := func(name string, x *float32, got float32) {
		const h = 1e-2
		old := *x
		*x = old + h
		up := loss()
		*x = old - h
		down := loss()
		*x = old
		if want := (up - down) / (2 * h); math.Abs(want-float64(got)) > 1e-2 {
			t.Errorf("gradient of %s is %v, differences give %v", name, got, want)
		}
	}
	for i := range tab.rows {
		check(fmt.Sprint("row value ", i), &tab.rows[i], tab.rowGrads[i])
	}
	for i := range tab.units.logs {
		check(fmt.Sprint("gain ", i), &tab.units.logs[i], tab.units.grads[i])
		check(fmt.Sprint("gain in questions ", i), &tab.asked.logs[i], tab.asked.grads[i])
	}
	tab.touch(bag)
	before := loss()
	tab.step(0.01, 0.01)
	if after := loss(); after >= before {
		t.Errorf("loss goes from %v to %v with a step against the gradient", before, after)
	}
	if slices.Max(tab.rowGrads) != 0 || slices.Max(tab.units.grads) != 0 || slices.Max(tab.asked.grads) != 0 || len(tab.touched) != 0 {
		t.Error("a step leaves gradients behind")
	}
}

func TestSharesName(t *testing.T) {
	u := encoder.Unit{Owner: "ConfigParser", Name: "readFile"}
	for question, want := range map[string]bool{
		"reads the lines": true, "parsing of text": true, "the config": true, "open a document": false, "of the": false, "": false,
	} {
		if got := sharesName(question, &u); got != want {
			t.Errorf("%q shares a word with %s.%s: %v, want %v", question, u.Owner, u.Name, got, want)
		}
	}
}

func TestMeasure(t *testing.T) {
	e := encoder.NewHashed(64)
	set := Set{
		Units:   []encoder.Unit{{Body: "alpha beta"}, {Body: "gamma delta"}, {Body: "alpha beta gamma"}},
		Queries: []Question{{"alpha beta", []int{0}}, {"gamma delta", []int{1, 0}}, {"alpha beta", []int{2}}, {"alpha", nil}},
	}
	m, err := Measure(context.Background(), e, set)
	if err != nil {
		t.Fatal(err)
	}
	want := Metrics{MRR: 2.5 / 4, Recall1: 0.5, Recall10: 0.75, Queries: 4, Functions: 3}
	if m != want {
		t.Errorf("metrics %+v, want %+v", m, want)
	}
	if m, err := Measure(context.Background(), e, Set{}); err != nil || m != (Metrics{}) {
		t.Errorf("an empty set: %+v, %v", m, err)
	}
}

func TestTeacher(t *testing.T) {
	path := filepath.Join(t.TempDir(), "teacher.bin")
	teacher, err := OpenTeacher(path)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	embed := func(_ context.Context, texts []string) ([][]float32, error) {
		calls += len(texts)
		return hashedVectors(texts), nil
	}
	texts := []string{"one", "two", "one", "three"}
	if err := teacher.Fill(context.Background(), texts, embed, nil); err != nil {
		t.Fatal(err)
	}
	if err := teacher.Fill(context.Background(), texts, embed, nil); err != nil || calls != 3 {
		t.Errorf("%d texts embedded, %v, want each once", calls, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, 1, 2, 3), 0o644); err != nil { // a torn entry
		t.Fatal(err)
	}
	again, err := OpenTeacher(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.Len() != 3 {
		t.Errorf("%d vectors read back, want 3", again.Len())
	}
	if info, err := os.Stat(path); err != nil || info.Size() != int64(len(data)) {
		t.Errorf("size after repair %v, %v, want %d", info.Size(), err, len(data))
	}
	got, want := make([]float32, TeacherDimensions), hashedVectors([]string{"two"})[0]
	if !again.Vector("two", got) || again.Vector("four", got) {
		t.Error("known and unknown texts are mixed up")
	}
	if again.Vector("two", got); dot(got, want) < 0.999 {
		t.Errorf("cosine of a kept vector to the computed one: %v", dot(got, want))
	}
	for _, bad := range []func(context.Context, []string) ([][]float32, error){
		func(context.Context, []string) ([][]float32, error) { return nil, errors.New("no") },
		func(context.Context, []string) ([][]float32, error) { return nil, nil },
		func(context.Context, []string) ([][]float32, error) { return [][]float32{{1}}, nil },
		func(context.Context, []string) ([][]float32, error) {
			return [][]float32{make([]float32, TeacherDimensions)}, nil
		},
	} {
		if err := again.Fill(context.Background(), []string{"new"}, bad, nil); err == nil {
			t.Error("a bad vector: no error")
		}
	}
	if again.Len() != 3 {
		t.Errorf("%d vectors after failures, want 3", again.Len())
	}
}

func hashedVectors(texts []string) [][]float32 {
	h := encoder.NewHashed(TeacherDimensions)
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = make([]float32, TeacherDimensions)
		if err := h.EncodeQuery(context.Background(), text, vectors[i]); err != nil {
			panic(err)
		}
	}
	return vectors
}

// tinyRun writes records of a made-up world, in which questions and code use different words for the same things,
// and teacher vectors for them.
func tinyRun(t *testing.T) FitOptions {
	t.Helper()
	dir := t.TempDir()
	verbs := [][2]string{{"fetch", "download"}, {"remove", "unlink"}, {"sort", "order"}, {"print", "display"}, {"parse", "decode"}}
	things := [][2]string{{"picture", "image"}, {"folder", "directory"}, {"number", "integer"}, {"letter", "mail"}, {"user", "account"}, {"price", "cost"}}
	rng := rand.New(rand.NewPCG(7, 7))
	for _, split := range []string{SplitTrain, SplitValidation} {
		n := map[string]int{SplitTrain: 160, SplitValidation: 30}[split]
		var records []Record
		for i := range n {
			v, o := verbs[rng.IntN(len(verbs))], things[rng.IntN(len(things))]
			r := Record{
				Query: fmt.Sprintf("%s the %s of item %d.", v[0], o[0], i), Name: v[1] + "_" + o[1],
				Documentation: v[0] + " the " + o[0], Body: fmt.Sprintf("def %s_%s(x): return x.%s(%d)", v[1], o[1], o[1], i),
				Language: "python", Split: split, Repository: split,
			}
			records = append(records, r)
		}
		if err := writeRecords(recordFile(dir, "a/"+split), records); err != nil {
			t.Fatal(err)
		}
	}
	opts := DefaultFit()
	opts.Records, opts.Teacher, opts.Checkpoint = dir, filepath.Join(t.TempDir(), "teacher"), filepath.Join(t.TempDir(), "checkpoint")
	opts.Vocabulary = VocabularyOptions{Words: 1000, Pieces: 10, Pairs: 20, MinCount: 2}
	opts.Dimensions, opts.Shorter, opts.Batch, opts.Epochs = 32, []int{16}, 16, 3
	texts, err := TeacherTexts(dir, opts.Vocabulary, true)
	if err != nil {
		t.Fatal(err)
	}
	teacher, err := OpenTeacher(opts.Teacher)
	if err != nil {
		t.Fatal(err)
	}
	embed := func(_ context.Context, texts []string) ([][]float32, error) { return hashedVectors(texts), nil }
	if err := teacher.Fill(context.Background(), texts, embed, nil); err != nil {
		t.Fatal(err)
	}
	return opts
}

func TestFit(t *testing.T) {
	ctx := context.Background()
	opts := tinyRun(t)
	checkpoint := opts.Checkpoint
	opts.Checkpoint = ""
	var seen []FitProgress
	opts.Progress = func(p FitProgress) { seen = append(seen, p) }
	whole, err := Fit(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	last := seen[len(seen)-1]
	if first := seen[0]; last.Loss >= first.Loss || last.Epoch != opts.Epochs || last.Left != 0 || last.Validation.Queries == 0 {
		t.Errorf("progress goes from %+v to %+v", first, last)
	}
	if whole.Pairs != 160 || math.Abs(whole.Validation.MRR-whole.Quantised.MRR) > 0.1 {
		t.Errorf("result %d pairs, %+v in float32 and %+v in int8", whole.Pairs, whole.Validation, whole.Quantised)
	}
	if _, err := static.Load(whole.Model); err != nil {
		t.Fatal(err)
	}
	t.Run("deterministic", func(t *testing.T) {
		again := opts
		again.Workers = 3
		r, err := Fit(ctx, again)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.Model, whole.Model) {
			t.Error("the same run with other workers gives another model")
		}
	})
	t.Run("resumed", func(t *testing.T) {
		part := opts
		part.Checkpoint = checkpoint
		stopped, cancel := context.WithCancel(ctx)
		part.Progress = func(p FitProgress) {
			if p.Epoch == 2 {
				cancel()
			}
		}
		if _, err := Fit(stopped, part); !errors.Is(err, context.Canceled) {
			t.Fatalf("a cancelled run: %v", err)
		}
		first := 0
		part.Progress = func(p FitProgress) {
			if first == 0 {
				first = p.Epoch
			}
		}
		r, err := Fit(ctx, part)
		if err != nil {
			t.Fatal(err)
		}
		if first != 2 || !bytes.Equal(r.Model, whole.Model) {
			t.Errorf("continued at epoch %d, want 2 and the model of a run without a stop", first)
		}
		part.RowRate *= 2
		if _, err := Fit(ctx, part); err == nil || !strings.Contains(err.Error(), "other options") {
			t.Errorf("a checkpoint of other options: %v", err)
		}
		if err := os.WriteFile(checkpoint, []byte("SEMFITCKxx"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Fit(ctx, part); err == nil || !strings.Contains(err.Error(), checkpoint) {
			t.Errorf("a truncated checkpoint: %v", err)
		}
	})
}

// TestCheckpointDiskFull writes a checkpoint where there is no room: the last one stays, and nothing else is left.
func TestCheckpointDiskFull(t *testing.T) {
	opts := tinyRun(t)
	f, err := newFitter(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.checkpoint(1); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(opts.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	part := opts.Checkpoint + ".part"
	if os.Symlink("/dev/full", part) != nil { // a file that takes no byte, where there is one
		if err := os.Mkdir(part, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.checkpoint(2); err == nil || !strings.Contains(err.Error(), "write checkpoint") {
		t.Errorf("a checkpoint without room: %v", err)
	}
	after, err := os.ReadFile(opts.Checkpoint)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the last checkpoint changed: %v", err)
	}
	if _, err := os.Lstat(part); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished checkpoint stays: %v", err)
	}
	if epochs, err := f.resume(); err != nil || epochs != 1 {
		t.Errorf("continued after %d epochs, want 1: %v", epochs, err)
	}
}

func TestFitErrors(t *testing.T) {
	opts := tinyRun(t)
	for _, test := range []struct {
		name   string
		change func(*FitOptions)
		want   string
	}{
		{"no records", func(o *FitOptions) { o.Records = t.TempDir() }, "mine repositories first"},
		{"no teacher", func(o *FitOptions) { o.Teacher = filepath.Join(t.TempDir(), "none") }, "fill its vectors first"},
		{"batch too large", func(o *FitOptions) { o.Batch = 5000 }, "want at least one batch"},
	} {
		o := opts
		test.change(&o)
		if _, err := Fit(context.Background(), o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestBatches(t *testing.T) {
	c := &corpus{}
	for i := range 1000 {
		c.records = append(c.records, Record{Language: []string{"go", "python", "lua"}[i%3]})
		c.taught = append(c.taught, i%5 > 0)
	}
	deal := func(seed uint64) [][]int32 { return c.batches(50, rand.New(rand.NewPCG(seed, 0)), nil, 0) }
	batches := deal(1)
	if !reflect.DeepEqual(batches, deal(1)) || reflect.DeepEqual(batches, deal(2)) {
		t.Error("batches do not follow the seed")
	}
	seen, pure := map[int32]bool{}, 0
	for _, members := range batches {
		languages := map[string]bool{}
		for _, m := range members {
			if seen[m] {
				t.Fatalf("pair %d is dealt twice", m)
			}
			seen[m] = true
			languages[c.records[m].Language] = true
			if c.taught[m] != c.taught[members[0]] {
				t.Error("a batch mixes pairs with and without a teacher")
			}
		}
		if len(members) != 50 {
			t.Errorf("batch of %d", len(members))
		}
		if len(languages) == 1 {
			pure++
		}
	}
	if len(seen) < 900 || pure < len(batches)/2 {
		t.Errorf("%d of 1000 pairs dealt, %d of %d batches of one language", len(seen), pure, len(batches))
	}
}

// TestBatchesWithNegatives deals pairs whose hard negatives are known: each negative comes once, next to a pair that
// it is one of.
func TestBatchesWithNegatives(t *testing.T) {
	c := &corpus{}
	var negatives []int32
	for i := range 100 {
		c.records, c.taught = append(c.records, Record{Language: "go"}), append(c.taught, true)
		negatives = append(negatives, int32((i+50)%100), -1)
	}
	seen, together := map[int32]bool{}, 0
	for _, members := range c.batches(10, rand.New(rand.NewPCG(1, 0)), negatives, 2) {
		for i, m := range members {
			if seen[m] {
				t.Fatalf("pair %d is dealt twice", m)
			}
			seen[m] = true
			if i > 0 && (m+50)%100 == members[i-1] {
				together++
			}
		}
	}
	if len(seen) < 80 || together < 40 {
		t.Errorf("%d pairs dealt, %d behind the one they are a negative of, want nearly 100 and 50", len(seen), together)
	}
}

func TestTop(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		values := make([]float32, rng.IntN(40))
		order := make([]int32, len(values))
		for i := range values {
			values[i], order[i] = float32(rng.IntN(10)), int32(i)
		}
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(values[b], values[a]) })
		dst := make([]int32, rng.IntN(12))
		if got, want := top(values, dst), order[:min(len(dst), len(order))]; !slices.Equal(got, want) {
			t.Fatalf("seed %d: top %d of %v are %v, want %v", seed, len(dst), values, got, want)
		}
	}
}

// TestNegatives mines hard negatives of a small run: wrong functions only, and none whose question means the same.
func TestNegatives(t *testing.T) {
	f, err := newFitter(tinyRun(t))
	if err != nil {
		t.Fatal(err)
	}
	found, err := f.negatives(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	k, some := f.opts.HardNegatives, 0
	own, other := make([]float32, TeacherDimensions), make([]float32, TeacherDimensions)
	for i := range f.pairs.records {
		for _, j := range found[i*k : (i+1)*k] {
			if j < 0 {
				continue
			}
			some++
			f.teacher.vector(f.pairs.query[i], own)
			f.teacher.vector(f.pairs.query[j], other)
			if int(j) == i || dot(own, other) >= f.opts.SameMeaning {
				t.Fatalf("pair %d has the negative %d, whose question is like its own by %v", i, j, dot(own, other))
			}
		}
	}
	if some < len(f.pairs.records) {
		t.Errorf("%d negatives for %d pairs", some, len(f.pairs.records))
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.negatives(stopped, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("mining with an ended context: %v", err)
	}
}

func TestAblate(t *testing.T) {
	opts := AblateOptions{Fit: tinyRun(t), Report: ReportOptions{Splits: []string{SplitValidation}}}
	opts.Report.Records, opts.Fit.Epochs, opts.Fit.Pairs = opts.Fit.Records, 1, 100
	opts.Benchmark = func(context.Context, encoder.Encoder) (Metrics, error) { return Metrics{MRR: 1}, nil }
	saved := 0
	opts.Save = func(done []Ablation) error { saved = len(done); return nil }
	done, err := Ablate(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + len(Ingredients()); len(done) != want || saved != want {
		t.Fatalf("%d runs, %d saved, want %d", len(done), saved, want)
	}
	for i, a := range done {
		if a.Pairs != 100 || a.Epochs != 1 || a.HeldOut.Queries != 30 || a.Short.Queries != 30 || a.Benchmark.MRR != 1 {
			t.Errorf("run %+v", a)
		}
		if i > 0 && a.Without != Ingredients()[i-1] {
			t.Errorf("run %d is without %q", i, a.Without)
		}
	}
	opts.Done, opts.Save = done[:5], func([]Ablation) error { return errors.New("disk full") }
	if _, err := Ablate(context.Background(), opts); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("results that cannot be saved: %v", err)
	}
	if _, err := opts.Fit.Without("luck"); err == nil {
		t.Error("an unknown ingredient: no error")
	}
}

func TestTypedQuery(t *testing.T) {
	r := &Record{Query: "Reads all the lines of a text file. Then closes it.", Name: "readLines", Owner: "TextFile", Language: "go"}
	rng := rand.New(rand.NewPCG(3, 3))
	forms := map[string]bool{}
	for range 300 {
		q := typedQuery(r, rng)
		if strings.TrimSpace(q) == "" {
			t.Fatal("an empty question")
		}
		forms[q] = true
	}
	if len(forms) < 50 || !forms[r.Query] {
		t.Errorf("%d forms of a question, want many and the documentation among them", len(forms))
	}
}

func TestVocabulary(t *testing.T) {
	c := newCounter()
	for range 10 {
		c.count(&Record{Query: "read a file", Name: "readFile", Body: "open unopenable"}, true)
		c.count(&Record{Query: "close it", Name: "close", Body: "zyx"}, true)
	}
	c.prune()
	v, names, counts, err := c.vocabulary(VocabularyOptions{Words: 850, Pieces: 5, Pairs: 5, MinCount: 2})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(names, "read")
	if at < 0 || counts[at] != 20 || len(names) != v.Words()+v.Pairs() || len(counts) != v.Len() {
		t.Errorf("word %d with counts %v, %d names for %d words and %d pairs", at, counts[at], len(names), v.Words(), v.Pairs())
	}
	if !slices.Contains(names[v.Words():], "read file") {
		t.Errorf("pairs %v lack %q", names[v.Words():], "read file")
	}
	if b, err := json.Marshal(names); err != nil || !bytes.Contains(b, []byte(`"zyx"`)) {
		t.Errorf("the vocabulary lacks a word: %v", err)
	}
}
