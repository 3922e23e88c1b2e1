package search

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// plant returns a grouping of n units in a space of 64 dimensions: families of related ones, and beside every tenth unit a
// copy that was changed a little. It returns the pairs.
func plant(n int, seed uint64) (*grouping, [][2]int) {
	const dims = 64
	random := rand.New(rand.NewPCG(seed, 1))
	g := &grouping{min: 0.95, dims: dims, rows: make([]float32, n*dims), parent: make([]int, n), least: make([]float32, n)}
	families := make([][dims]float64, max(1, n/50))
	for f := range families {
		for d := range dims {
			families[f][d] = random.NormFloat64()
		}
	}
	var pairs [][2]int
	for i := range n {
		g.parent[i], g.least[i], g.distinct = i, 1, append(g.distinct, i)
		row := g.row(i)
		noise, from := 1.0, families[random.IntN(len(families))]
		if i%10 == 1 {
			noise = 0.05
			for d, x := range g.row(i - 1) {
				from[d] = float64(x) * math.Sqrt(dims)
			}
			pairs = append(pairs, [2]int{i - 1, i})
		}
		norm := 0.0
		for d := range row {
			row[d] = float32(from[d] + noise*random.NormFloat64())
			norm += float64(row[d]) * float64(row[d])
		}
		for d := range row {
			row[d] /= float32(math.Sqrt(norm))
		}
	}
	return g, pairs
}

// TestGroupingGrows holds that four times the units take little more than four times the comparisons, and that nearly all
// copies are found.
func TestGroupingGrows(t *testing.T) {
	perUnit := map[int]float64{}
	for _, n := range []int{4000, 16000} {
		g, pairs := plant(n, 7)
		if err := g.compareAll(context.Background(), nil, nil); err != nil {
			t.Fatal(err)
		}
		missed := 0
		for _, p := range pairs {
			if g.find(p[0]) != g.find(p[1]) {
				missed++
			}
		}
		if float64(missed) > 2*missProbability*float64(len(pairs)) {
			t.Errorf("%d of %d copies among %d units are missed", missed, len(pairs), n)
		}
		perUnit[n] = float64(g.compared) / float64(n)
		t.Logf("%d units: %.0f comparisons each", n, perUnit[n])
	}
	if perUnit[16000] > 1.5*perUnit[4000] {
		t.Errorf("comparisons of each unit grow from %.0f to %.0f", perUnit[4000], perUnit[16000])
	}
}

// TestGroupingOfCopies holds that units which are all alike, such as what a program wrote, take few comparisons.
func TestGroupingOfCopies(t *testing.T) {
	const n = 5000
	g, _ := plant(n, 3)
	random := rand.New(rand.NewPCG(4, 4))
	for i := range n {
		copy(g.row(i), g.row(0))
		g.row(i)[random.IntN(g.dims)] += 0.01
	}
	if err := g.compareAll(context.Background(), nil, nil); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if g.find(i) != g.find(0) {
			t.Fatalf("unit %d is left alone", i)
		}
	}
	if g.compared > 3*n {
		t.Errorf("%d comparisons of %d units that are all alike", g.compared, n)
	}
}

func BenchmarkGrouping(b *testing.B) {
	for _, n := range []int{25_000, 100_000} {
		b.Run(fmt.Sprintf("%d units", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				g, _ := plant(n, 7)
				b.StartTimer()
				if err := g.compareAll(context.Background(), nil, nil); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(g.compared)/float64(n), "comparisons/unit")
			}
		})
	}
}
