package vector_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"lsp/indexer/bitset"
	"lsp/indexer/vector"
)

func buildGraph(t testing.TB, s *vector.Section, p vector.GraphParams) *vector.Graph {
	t.Helper()
	g, err := vector.BuildGraph(t.Context(), s, p)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGraphIsDeterministic(t *testing.T) {
	vectors, mean := clustered(1, 1500, 48)
	s := build(t, vectors, mean)
	one := buildGraph(t, s, vector.GraphParams{})
	for _, workers := range []int{1, 2, 5} {
		if other := buildGraph(t, s, vector.GraphParams{Workers: workers}); !bytes.Equal(one.Bytes(), other.Bytes()) {
			t.Errorf("%d workers build another graph", workers)
		}
	}
	if other := buildGraph(t, s, vector.GraphParams{Seed: 2}); bytes.Equal(one.Bytes(), other.Bytes()) {
		t.Error("another seed builds the same graph")
	}
	again, err := vector.OpenGraph(one.Bytes(), s)
	if err != nil || again.Len() != 1500 {
		t.Fatal(err)
	}
	for i := range 20 {
		a, _ := vector.Search(t.Context(), []vector.Source{{Section: s, Graph: one}}, vectors[i], 10, vector.Options{Engine: "graph"})
		b, _ := vector.Search(t.Context(), []vector.Source{{Section: s, Graph: again}}, vectors[i], 10, vector.Options{Engine: "graph"})
		if len(a) != 10 || !slices.Equal(a, b) {
			t.Errorf("query %d: %v from the built graph, %v from the opened one", i, a, b)
		}
	}
}

// level0 reads the edges of the lowest level from a graph's bytes, as its documentation lays them out.
func level0(g *vector.Graph) [][]uint32 {
	at := func(i int) int { return int(binary.LittleEndian.Uint32(g.Bytes()[4*i:])) }
	n, levels := at(2), at(4)
	starts := 16 + 2*levels
	edges := make([][]uint32, n)
	for slot := range edges {
		for i := at(starts + slot); i < at(starts+slot+1); i++ {
			edges[slot] = append(edges[slot], uint32(at(starts+n+1+i)))
		}
	}
	return edges
}

// TestGraphReachesAll holds that every slot can be found, however many are equal.
func TestGraphReachesAll(t *testing.T) {
	for name, equal := range map[string]int{"distinct": 1, "pairs": 2, "many equal": 700, "all equal": 2000} {
		vectors, mean := clustered(2, 2000, 16)
		for i := range vectors {
			vectors[i] = vectors[i/equal*equal]
		}
		g := buildGraph(t, build(t, vectors, mean), vector.GraphParams{M: 6, EfConstruction: 30})
		edges := level0(g)
		for from := range edges {
			if len(edges[from]) > 300 {
				t.Errorf("%s: slot %d has %d edges", name, from, len(edges[from]))
			}
		}
		if n := countReached(edges, binary.LittleEndian.Uint32(g.Bytes()[28:])); n != len(edges) {
			t.Errorf("%s: %d of %d slots are reached from the entry", name, n, len(edges))
		}
		hits, err := vector.Search(t.Context(), []vector.Source{{Section: build(t, vectors, mean), Graph: g}}, vectors[1500], 10, vector.Options{Engine: "graph"})
		if err != nil || len(hits) != 10 || dot(vectors[hits[0].Unit], vectors[1500]) < 0.9999 {
			t.Errorf("%s: %v %v", name, hits, err)
		}
	}
}

func countReached(edges [][]uint32, from uint32) int {
	reached := bitset.New(len(edges))
	reached.Add(from)
	for stack := []uint32{from}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, to := range edges[at] {
			if !reached.Has(to) {
				reached.Add(to)
				stack = append(stack, to)
			}
		}
	}
	return reached.Count()
}

func TestBuildGraphStops(t *testing.T) {
	vectors, mean := clustered(1, 800, 8)
	s := build(t, vectors, mean)
	ctx, cancel := context.WithCancel(t.Context())
	last := 0
	_, err := vector.BuildGraph(ctx, s, vector.GraphParams{Progress: func(done, total int) {
		if done <= last || total != 800 {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		if last = done; done > 400 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || last < 400 || last == 800 {
		t.Errorf("after %d: %v", last, err)
	}
	for _, p := range []vector.GraphParams{{M: 1}, {M: 1000}, {EfConstruction: -1}, {Workers: -1}} {
		if _, err := vector.BuildGraph(t.Context(), s, p); err == nil {
			t.Errorf("built with %+v", p)
		}
	}
}

func TestSmallGraphs(t *testing.T) {
	for n := range 20 {
		vectors, mean := clustered(1, n, 4)
		s := build(t, vectors, mean)
		src := vector.Source{Section: s, Graph: buildGraph(t, s, vector.GraphParams{M: 2})}
		hits, err := vector.Search(t.Context(), []vector.Source{src}, []float32{1, 0, 0, 0}, 100, vector.Options{Engine: "graph"})
		if err != nil || len(hits) != n {
			t.Errorf("%d of %d found: %v", len(hits), n, err)
		}
	}
}

// TestChurn replaces a tenth of the units twenty times the way an index does: new units come in small sections on top, old ones are
// only marked dead, and when three in ten are dead all is merged and the graph built anew.
func TestChurn(t *testing.T) {
	const n, dims, rounds = 3000, 48, 20
	vectors, mean := clustered(21, n*3, dims)
	rng := newRand(21)
	next := n
	type segment struct {
		vector.Source
		vectors [][]float32
	}
	first := build(t, vectors[:n], mean)
	segments := []segment{{vector.Source{Section: first, Graph: buildGraph(t, first, vector.GraphParams{}), Allow: bitset.Full(n)}, vectors[:n]}}
	rebuilt := 0
	for round := range rounds {
		total, live := 0, 0
		for i := range segments {
			for u := range uint32(segments[i].Section.Len()) {
				if rng.IntN(10) == 0 {
					segments[i].Allow.Remove(u)
				}
			}
			total += segments[i].Section.Len()
			live += segments[i].Allow.Count()
		}
		fresh := vectors[next : next+n/10]
		next += n / 10
		segments = append(segments, segment{vector.Source{Section: build(t, fresh, mean), Allow: bitset.Full(len(fresh))}, fresh})
		if total-live > total*3/10 {
			var parts []vector.Part
			var kept [][]float32
			for _, s := range segments {
				parts = append(parts, vector.Part{Section: s.Section, Units: s.Section.Len(), Keep: s.Allow})
				for u := range s.Allow.All {
					kept = append(kept, s.vectors[u])
				}
			}
			b, err := vector.Merge(dims, mean, parts)
			if err != nil {
				t.Fatal(err)
			}
			merged := section(t, b)
			segments = []segment{{vector.Source{Section: merged, Graph: buildGraph(t, merged, vector.GraphParams{}), Allow: bitset.Full(len(kept))}, kept}}
			rebuilt++
		}
		var sources []vector.Source
		var alive [][]float32
		for _, s := range segments {
			sources = append(sources, s.Source)
			for u := range s.Allow.All {
				alive = append(alive, s.vectors[u])
			}
		}
		found := 0
		const queries = 50
		for range queries {
			q := near(rng, alive[rng.IntN(len(alive))], 0.7)
			tenth := dot(q, alive[nearest(alive, nil, q, 10)[9]])
			hits, err := vector.Search(t.Context(), sources, q, 10, vector.Options{Engine: vector.EngineGraph})
			if err != nil {
				t.Fatal(err)
			}
			checkHits(t, sources, q, hits)
			for _, h := range hits {
				if dot(q, segments[h.Source].vectors[h.Unit]) >= tenth-1e-6 {
					found++
				}
			}
		}
		if recall := float64(found) / (10 * queries); recall < 0.98 {
			t.Errorf("round %d: recall %.3f", round, recall)
		}
	}
	if rebuilt < 3 {
		t.Errorf("rebuilt %d times", rebuilt)
	}
}

func TestOpenGraphRefuses(t *testing.T) {
	vectors, mean := clustered(1, 300, 8)
	s := build(t, vectors, mean)
	good := buildGraph(t, s, vector.GraphParams{M: 4}).Bytes()
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x41
		if _, err := vector.OpenGraph(bad, s); !errors.Is(err, vector.ErrCorrupt) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for n := range good {
		if _, err := vector.OpenGraph(good[:n], s); !errors.Is(err, vector.ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := vector.OpenGraph(append(bytes.Clone(good), 0, 0, 0, 0), s); !errors.Is(err, vector.ErrCorrupt) {
		t.Errorf("longer: %v", err)
	}
	if _, err := vector.OpenGraph(good, build(t, vectors[:299], mean)); !errors.Is(err, vector.ErrCorrupt) {
		t.Errorf("another section: %v", err)
	}
}

// FuzzOpenGraph repairs the header's length and checksum, so that what follows it is what is tested.
func FuzzOpenGraph(f *testing.F) {
	vectors, mean := clustered(1, 40, 4)
	s := build(f, vectors, mean)
	f.Add(buildGraph(f, s, vector.GraphParams{M: 2}).Bytes())
	f.Add(buildGraph(f, s, vector.GraphParams{M: 4}).Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= 64 {
			data = bytes.Clone(data)
			binary.LittleEndian.PutUint32(data[20:], uint32(len(data)))
			binary.LittleEndian.PutUint32(data[24:], crc32.Checksum(data[28:], crc32.MakeTable(crc32.Castagnoli)))
		}
		g, err := vector.OpenGraph(data, s)
		if err != nil {
			return
		}
		hits, err := vector.Search(t.Context(), []vector.Source{{Section: s, Graph: g}}, vectors[0], 10, vector.Options{Engine: "graph"})
		if err != nil || len(hits) != 10 {
			t.Fatalf("%d hits: %v", len(hits), err)
		}
	})
}
