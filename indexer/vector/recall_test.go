package vector_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"lsp/indexer/vector"
)

var large = flag.Bool("large", false, "benchmark recall with 300,000 and 500,000 vectors too")

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func BenchmarkRecall(b *testing.B) {
	sizes := []int{10_000, 100_000}
	if *large {
		sizes = append(sizes, 300_000, 500_000)
	}
	for _, n := range sizes {
		for _, kind := range []string{"clustered", "functions"} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) { benchmarkRecall(b, kind, n) })
		}
	}
}

func benchmarkRecall(b *testing.B, kind string, n int) {
	const queries = 200
	var vectors, asked [][]float32
	var mean []float32
	if kind == "functions" {
		vectors, mean, asked = functionVectors(b, n, queries)
	} else {
		vectors, mean = clustered(1, n, 256)
		rng := newRand(2)
		for range queries {
			asked = append(asked, near(rng, vectors[rng.IntN(n)], 0.7))
		}
	}
	want := make([]float64, len(asked)) // the tenth best score
	for i, q := range asked {
		want[i] = dot(q, vectors[nearest(vectors, nil, q, 10)[9]])
	}
	set := &testSet{vectors, asked, want}
	s := build(b, vectors, mean)
	src := vector.Source{Section: s}
	b.Run("scan", func(b *testing.B) { measure(b, src, vector.EngineScan, set, s.Size()) })
	b.Run("exact", func(b *testing.B) { measure(b, src, "exact", set, s.Size()) })
	start := time.Now()
	g, err := vector.BuildGraph(b.Context(), s, vector.GraphParams{Workers: 2})
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("graph of %d built in %v, %d bytes a vector", s.Len(), time.Since(start), len(g.Bytes())/s.Len())
	src.Graph = g
	b.Run("auto", func(b *testing.B) { measure(b, src, vector.EngineAuto, set, s.Size()+len(g.Bytes())) })
	b.Run("graph", func(b *testing.B) { measure(b, src, vector.EngineGraph, set, s.Size()+len(g.Bytes())) })
	if n > 10_000 {
		return // coder/hnsw takes minutes to build and no better answers
	}
	if src.Coder, err = vector.BuildCoder(b.Context(), s); err != nil {
		b.Logf("coder/hnsw: %v", err)
		return
	}
	b.Run("coder", func(b *testing.B) { measure(b, src, vector.EngineCoder, set, s.Size()+4*s.Dims()*s.Len()) })
}

// testSet is vectors with queries and the score of the tenth best vector for each.
type testSet struct {
	vectors, asked [][]float32
	tenth          []float64
}

// measure runs the queries of a set round and round and reports recall by score, so that equal vectors stand for one another.
func measure(b *testing.B, src vector.Source, engine vector.Engine, set *testSet, size int) {
	var took []time.Duration
	found, i := 0, 0
	visited, fallbacks := 0, 0
	for b.Loop() {
		var stats vector.Stats
		options := vector.Options{Engine: engine, Stats: &stats}
		if engine == "exact" {
			options.Engine, options.Exact = vector.EngineScan, true
		}
		start := time.Now()
		hits, err := vector.Search(b.Context(), []vector.Source{src}, set.asked[i], 10, options)
		took = append(took, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		visited += stats.Visited + stats.Scored
		fallbacks += len(stats.Fallbacks)
		for _, h := range hits {
			if dot(set.asked[i], set.vectors[h.Unit]) >= set.tenth[i]-1e-6 {
				found++
			}
		}
		i = (i + 1) % len(set.asked)
	}
	slices.Sort(took)
	b.ReportMetric(float64(found)/float64(10*len(took)), "recall@10")
	b.ReportMetric(float64(visited)/float64(len(took)), "visited")
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
	b.ReportMetric(float64(fallbacks)/float64(len(took)), "fallbacks")
	b.ReportMetric(float64(size)/float64(src.Section.Len()), "bytes/vector")
}
