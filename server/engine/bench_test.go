package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/encoder/onnx"
	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/settings"
	"lsp/workspace"
)

// standardLibrary returns the source of Go's standard library: over 70,000 functions.
func standardLibrary(b *testing.B) string {
	b.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "src")
}

// openIndexed returns an engine over some 50,000 functions of the standard library whose index is complete.
func openIndexed(b *testing.B) *engine.Engine {
	b.Helper()
	return openWith(b, engine.Config{})
}

// openWith is like openIndexed with a configuration that lacks cache folder and layers.
func openWith(b *testing.B, cfg engine.Config) *engine.Engine {
	b.Helper()
	less, err := settings.ParseJSON(settings.FromCommandLine, "benchmark", []byte(`{"index":{"exclude":["/cmd/compile/","/cmd/go/","/crypto/","/runtime/"]}}`))
	if err != nil {
		b.Fatal(err)
	}
	cfg.CacheDir, cfg.Layers = b.TempDir(), []settings.Layer{less}
	e, err := engine.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	if err := e.AddFolder(context.Background(), standardLibrary(b)); err != nil {
		b.Fatal(err)
	}
	if err := e.Wait(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := e.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	return e
}

// report adds the number of functions searched, and median and 99th percentile of some durations to a benchmark.
func report(b *testing.B, e *engine.Engine, name string, took []time.Duration) {
	functions := 0
	for _, r := range e.Status().Roots {
		functions += r.Functions
	}
	b.ReportMetric(float64(functions), "functions")
	slices.Sort(took)
	ms := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))]) / 1e6 }
	b.ReportMetric(ms(0.5), name+"-p50-ms")
	b.ReportMetric(ms(0.99), name+"-p99-ms")
}

var questions = []string{
	"copy from a reader until end of file", "parse a duration string", "retry the request after a timeout",
	"ParseFloat", "http handler that redirects to https", "convert bytes to hexadecimal text",
	"lock a mutex without blocking", "walk a directory tree", "verify a certificate chain", "json decode unknown fields",
}

// BenchmarkQuery asks questions of a complete index.
func BenchmarkQuery(b *testing.B) {
	e := openIndexed(b)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		r, err := e.Search(context.Background(), search.Request{Query: questions[i%len(questions)]})
		if err != nil || len(r.Results) == 0 || !r.Complete {
			b.Fatalf("search: %+v, %v", r, err)
		}
		took = append(took, time.Since(begin))
	}
	report(b, e, "query", took)
}

func ask(b *testing.B, e *engine.Engine, query string) *search.Response {
	b.Helper()
	r, err := e.Search(context.Background(), search.Request{Query: query})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkKeystroke changes one function of a file of some 5,000 lines and asks at once, until the answer shows
// the change. An answer that comes before says that it is not complete and is counted.
func BenchmarkKeystroke(b *testing.B) {
	e := openIndexed(b)
	path, err := workspace.Canonical(filepath.Join(standardLibrary(b), "net", "http", "h2_bundle.go"))
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	for bytes.Count(text, []byte("\n")) > 5000 {
		text = text[:bytes.LastIndex(text, []byte("\nfunc "))]
	}
	if err := e.Modify([]workspace.Modification{
		{Path: path, Action: workspace.ActionOpen, Cause: workspace.CauseEditor, Version: 1, Text: string(text)},
	}); err != nil {
		b.Fatal(err)
	}
	if err := e.Wait(context.Background()); err != nil {
		b.Fatal(err)
	}
	encoded := e.Status().Roots[0].Encoded
	var took []time.Duration
	version, partial := int32(1), 0
	for b.Loop() {
		version++
		typed := fmt.Sprintf("%s\n// zebra%d counts striped animals.\nfunc zebra%d() int { return %d }\n", text, version, version, version)
		begin := time.Now()
		if err := e.Modify([]workspace.Modification{{
			Path: path, Action: workspace.ActionChange, Cause: workspace.CauseEditor, Version: version,
			Changes: []workspace.TextChange{{Text: typed}},
		}}); err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("zebra%d", version)
		r := ask(b, e, name)
		for !r.Complete {
			partial++
			r = ask(b, e, name)
		}
		took = append(took, time.Since(begin))
		if len(r.Results) == 0 || r.Results[0].Name != name {
			b.Fatalf("the answer does not show the change: %+v", r)
		}
	}
	b.ReportMetric(float64(partial)/float64(len(took)), "partial/op")
	report(b, e, "keystroke", took)
	b.ReportMetric(float64(e.Status().Roots[0].Encoded-encoded)/float64(len(took)), "encoded/op")
}

// BenchmarkQueryWhileIndexing asks questions of one root while another is indexed from nothing beside it.
func BenchmarkQueryWhileIndexing(b *testing.B) {
	dir, err := workspace.Canonical(filepath.Join(standardLibrary(b), "net"))
	if err != nil {
		b.Fatal(err)
	}
	e, err := engine.New(engine.Config{CacheDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.AddFolder(context.Background(), dir); err != nil {
		b.Fatal(err)
	}
	if err := e.Wait(context.Background()); err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		if err := e.AddFolder(context.Background(), standardLibrary(b)); err != nil {
			b.Fatal(err)
		}
		finished := make(chan error, 1)
		go func() { finished <- e.Wait(context.Background()) }()
		ticker := time.NewTicker(30 * time.Millisecond)
	asking:
		for i := 0; ; i++ {
			select {
			case err := <-finished:
				if err != nil {
					b.Fatal(err)
				}
				break asking
			case <-ticker.C:
			}
			begin := time.Now()
			if _, err := e.Search(context.Background(), search.Request{Query: questions[i%len(questions)]}); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begin))
		}
		ticker.Stop()
		if err := e.Reindex(context.Background(), standardLibrary(b)); err != nil {
			b.Fatal(err)
		}
	}
	report(b, e, "query", took)
}

// busy is a second encoder that computes as long for every text as a small transformer does on a machine that has nothing
// else to do.
type busy struct{ *encoder.Hashed }

func (busy) Identity() encoder.Identity {
	return encoder.Identity{Model: "busy", Tokenizer: "wordpiece-1", Dimensions: 384}
}

func (x busy) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	for range units {
		for begin := time.Now(); time.Since(begin) < 10*time.Millisecond; {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return x.Hashed.EncodeUnits(ctx, units, dst)
}

// busyModels opens busy encoders.
type busyModels struct{}

func (busyModels) Open(string, engine.Load) (encoder.Encoder, error) {
	return busy{encoder.NewHashed(384)}, nil
}
func (busyModels) State(string) (string, error) { return "", nil }

// BenchmarkQueryWhileEncoding asks questions of a complete index while the vectors of a second encoder are computed in the
// background: queries should not notice. Beside it the same with nothing to encode: without a second encoder, and, where
// all-minilm-l6-v2 is installed, with all of its vectors, whose queries encode the question twice and look through two sets.
// Questions are far enough apart that every one of them comes while something is being encoded. So that all vectors can be had
// in a minute, the corpus is one folder of the standard library.
func BenchmarkQueryWhileEncoding(b *testing.B) {
	run := func(b *testing.B, cfg engine.Config, model string, ready func(e *engine.Engine)) {
		cfg.CacheDir = b.TempDir()
		e, err := engine.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { e.Close() })
		if err := e.AddFolder(context.Background(), filepath.Join(standardLibrary(b), "net")); err != nil {
			b.Fatal(err)
		}
		if err := e.Wait(context.Background()); err != nil {
			b.Fatal(err)
		}
		if err := e.Configure(settings.Layer{
			Origin: settings.FromCommandLine, Name: "benchmark", Values: map[string]any{"encoder": model},
		}); err != nil {
			b.Fatal(err)
		}
		if err := e.WaitModel(context.Background()); err != nil {
			b.Fatal(err)
		}
		ready(e)
		begin, before := time.Now(), encodedBySecond(e)
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			asked := time.Now()
			r, err := e.Search(context.Background(), search.Request{Query: questions[i%len(questions)]})
			if err != nil || len(r.Results) == 0 {
				b.Fatalf("search: %+v, %v", r, err)
			}
			took = append(took, time.Since(asked))
			time.Sleep(betweenQuestions)
		}
		b.ReportMetric(float64(encodedBySecond(e)-before)/time.Since(begin).Seconds(), "units-encoded/s")
		report(b, e, "query", took)
	}
	somethingToBlend := func(e *engine.Engine) {
		for encodedBySecond(e) < 100 {
			time.Sleep(betweenQuestions)
		}
	}
	complete := func(e *engine.Engine) {
		for tier := e.Status().Roots[0].Tier; tier == nil || tier.Done < tier.Total; tier = e.Status().Roots[0].Tier {
			time.Sleep(betweenQuestions)
		}
	}
	b.Run("alone", func(b *testing.B) { run(b, engine.Config{}, "static", func(*engine.Engine) {}) })
	b.Run("encoding", func(b *testing.B) { run(b, engine.Config{Models: busyModels{}}, "busy", somethingToBlend) })
	if _, err := onnx.ReadManifest(onnx.DefaultFolder(), "all-minilm-l6-v2"); err == nil {
		b.Run("minilm-complete", func(b *testing.B) { run(b, engine.Config{}, "all-minilm-l6-v2", complete) })
		b.Run("minilm-encoding", func(b *testing.B) { run(b, engine.Config{}, "all-minilm-l6-v2", somethingToBlend) })
	}
}

// encodedBySecond is how many units the second encoder has encoded.
func encodedBySecond(e *engine.Engine) int64 {
	if tier := e.Status().Roots[0].Tier; tier != nil {
		return tier.Encoded
	}
	return 0
}

// betweenQuestions is the pause of a person who reads an answer shortly, longer than what turns are held back after it.
const betweenQuestions = 300 * time.Millisecond
