package vector_test

import (
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"lsp/indexer/bitset"
	"lsp/indexer/vector"
)

// clustered returns n vectors of length one around random centres, the way texts about the same things lie together, and the mean
// of the distribution. Cluster sizes and spreads vary.
func clustered(seed uint64, n, dims int) (vectors [][]float32, mean []float32) {
	rng := rand.New(rand.NewPCG(seed, 1))
	offset := gaussian(rng, dims, 0.5)
	centres := make([][]float32, max(1, n/40))
	for i := range centres {
		centres[i] = gaussian(rng, dims, 1)
	}
	vectors = make([][]float32, n)
	mean = make([]float32, dims)
	for i := range vectors {
		centre := centres[int(float64(len(centres))*math.Pow(rng.Float64(), 1.5))]
		v := gaussian(rng, dims, 0.3+0.5*rng.Float64())
		for d := range v {
			v[d] += centre[d] + offset[d]
		}
		vectors[i] = normalise(v)
		for d, x := range v {
			mean[d] += x / float32(n)
		}
	}
	return vectors, mean
}

func gaussian(rng *rand.Rand, dims int, spread float64) []float32 {
	v := make([]float32, dims)
	for d := range v {
		v[d] = float32(rng.NormFloat64() * spread)
	}
	return v
}

func normalise(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return v
	}
	for d := range v {
		v[d] /= float32(math.Sqrt(sum))
	}
	return v
}

// near returns a query: a vector moved a little.
func near(rng *rand.Rand, v []float32, spread float64) []float32 {
	q := gaussian(rng, len(v), spread/math.Sqrt(float64(len(v))))
	for d := range q {
		q[d] += v[d]
	}
	return normalise(q)
}

func dot(a, b []float32) float64 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// build returns a section of one vector a unit.
func build(t testing.TB, vectors [][]float32, mean []float32) *vector.Section {
	t.Helper()
	b := newBuilder(t, len(mean), mean)
	for i, v := range vectors {
		add(t, b, uint32(i), v)
	}
	return section(t, b)
}

// nearest returns the k allowed vectors nearest to q by their float32 components.
func nearest(vectors [][]float32, allow bitset.Set, q []float32, k int) []int {
	scores := make([]float64, len(vectors))
	var order []int
	for i, v := range vectors {
		if allow.Has(uint32(i)) {
			scores[i] = dot(v, q)
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
	return order[:min(k, len(order))]
}

func newBuilder(t testing.TB, dims int, mean []float32) *vector.Builder {
	t.Helper()
	b, err := vector.NewBuilder(dims, mean)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func add(t testing.TB, b *vector.Builder, unit uint32, v []float32) {
	t.Helper()
	if err := b.Add(unit, v); err != nil {
		t.Fatal(err)
	}
}

func section(t testing.TB, b *vector.Builder) *vector.Section {
	t.Helper()
	s, err := b.Section()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
