package layout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// clusters draws n vectors around centres that lie on a curve through all dimensions.
func clusters(n, dims, groups int, seed uint64) Vectors {
	rnd := rand.New(rand.NewPCG(seed, 7))
	centres := make([][]float32, groups)
	for g := range centres {
		centres[g] = make([]float32, dims)
		for d := range centres[g] {
			centres[g][d] = float32(rnd.NormFloat64())
		}
	}
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = make([]float32, dims)
		a, b := centres[i%groups], centres[(i%groups+1)%groups]
		t := float32(rnd.Float64())
		for d := range rows[i] {
			rows[i][d] = a[d]*(1-t) + b[d]*t + 0.1*float32(rnd.NormFloat64())
		}
	}
	return Vectors{N: n, Dims: dims, Row: func(i int, dst []float32) { copy(dst, rows[i]) }}
}

func lay(t testing.TB, v Vectors, o Options) ([]Point, *Components) {
	t.Helper()
	c, err := Reduce(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	points, err := Plane(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return points, c
}

// preserved is the share of the ten nearest in many dimensions that are among the ten nearest in the plane: a measure
// of Lee and Verleysen, "Quality assessment of dimensionality reduction" (2009), for ten neighbours.
func preserved(c *Components, points []Point) float64 {
	const k = 10
	plane := func(i, j int) float64 {
		return math.Hypot(float64(points[i].X-points[j].X), float64(points[i].Y-points[j].Y))
	}
	space := func(i, j int) float64 {
		var sum float64
		for d, x := range c.row(i) {
			sum += float64(x) * float64(c.row(j)[d])
		}
		return 1 - sum
	}
	kept, all := 0, 0
	for i := 0; i < c.n; i += max(1, c.n/400) {
		there := nearestBy(c.n, k, i, plane)
		for _, j := range nearestBy(c.n, k, i, space) {
			all++
			if slices.Contains(there, j) {
				kept++
			}
		}
	}
	return float64(kept) / float64(all)
}

func nearestBy(n, k, i int, distance func(i, j int) float64) []int {
	order := make([]int, 0, n)
	far := make([]float64, n)
	for j := range n {
		if far[j] = distance(i, j); j != i {
			order = append(order, j)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case far[a] < far[b]:
			return -1
		case far[a] > far[b]:
			return 1
		}
		return a - b
	})
	return order[:k]
}

func TestNeighboursStayNear(t *testing.T) {
	v := clusters(2000, 64, 40, 3)
	points, c := lay(t, v, Options{Seed: 1})
	principal := start(c, 1)
	got, plain := preserved(c, points), preserved(c, principal)
	t.Logf("of ten neighbours %.2f stay, by the first two components %.2f", got, plain)
	if got < 1.5*plain || got < 0.7 {
		t.Errorf("of ten neighbours %.2f stay, by the first two components %.2f", got, plain)
	}
}

func TestNearestFindsNeighbours(t *testing.T) {
	_, c := lay(t, clusters(3000, 32, 30, 5), Options{})
	found, err := nearest(t.Context(), c, 10, Options{Seed: 1, Workers: 2}, func(int) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for i := 0; i < c.n; i += 10 {
		ids, _ := found.of(i)
		for _, j := range nearestBy(c.n, 10, i, func(i, j int) float64 {
			var sum float64
			for d, x := range c.row(i) {
				sum += float64(x) * float64(c.row(j)[d])
			}
			return 1 - sum
		}) {
			all++
			if slices.Contains(ids, int32(j)) {
				right++
			}
		}
	}
	if recall := float64(right) / float64(all); recall < 0.95 {
		t.Errorf("found %.3f of the nearest neighbours", recall)
	}
}

// TestSame: equal seeds give equal maps, whatever the number of workers.
func TestSame(t *testing.T) {
	v := clusters(1500, 24, 12, 9)
	one, _ := lay(t, v, Options{Seed: 4, Workers: 1})
	again, _ := lay(t, v, Options{Seed: 4, Workers: 4})
	if !slices.Equal(one, again) {
		t.Error("the same vectors and seed gave different maps")
	}
	other, _ := lay(t, v, Options{Seed: 5})
	if slices.Equal(one, other) {
		t.Error("another seed gave the same map")
	}
}

// TestInBounds lays out what is small, degenerate or broken: as many points as vectors, all finite, within the circle.
func TestInBounds(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	row := func(rows ...[]float32) Vectors {
		return Vectors{N: len(rows), Dims: len(rows[0]), Row: func(i int, dst []float32) { copy(dst, rows[i]) }}
	}
	equal := func(n int) Vectors {
		return Vectors{N: n, Dims: 8, Row: func(i int, dst []float32) {
			for d := range dst {
				dst[d] = 0.5
			}
		}}
	}
	for name, v := range map[string]Vectors{
		"none":           {Dims: 8},
		"no dimensions":  {N: 3, Row: func(int, []float32) {}},
		"one":            row([]float32{1, 2, 3}),
		"two":            row([]float32{1, 0}, []float32{0, 1}),
		"three":          row([]float32{1, 0}, []float32{0, 1}, []float32{1, 1}),
		"one dimension":  row([]float32{1}, []float32{2}, []float32{3}, []float32{4}),
		"zeros":          row(make([]float32, 4), make([]float32, 4), make([]float32, 4), make([]float32, 4)),
		"not finite":     row([]float32{nan, 0}, []float32{inf, 1}, []float32{1, 1}, []float32{0, 1}, []float32{1, 0}),
		"equal":          equal(700),
		"half are equal": clustersAnd(equal(300)),
		"many":           clusters(900, 16, 3, 2),
	} {
		t.Run(name, func(t *testing.T) {
			points, _ := lay(t, v, Options{Seed: 2})
			if len(points) != v.N {
				t.Fatalf("%d points of %d vectors", len(points), v.N)
			}
			for i, p := range points {
				if r := math.Hypot(float64(p.X), float64(p.Y)); math.IsNaN(r) || r > 1.00001 {
					t.Fatalf("point %d is at %v", i, p)
				}
			}
		})
	}
}

// clustersAnd appends vectors of the same dimensions to some clusters.
func clustersAnd(more Vectors) Vectors {
	some := clusters(300, more.Dims, 5, 1)
	return Vectors{N: some.N + more.N, Dims: more.Dims, Row: func(i int, dst []float32) {
		if i < some.N {
			some.Row(i, dst)
			return
		}
		more.Row(i-some.N, dst)
	}}
}

// TestProgress: it rises to its end, and a context that ends stops the work wherever it is.
func TestProgress(t *testing.T) {
	c, err := Reduce(t.Context(), clusters(400, 16, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	last, end := -1, 0
	if _, err := Plane(t.Context(), c, Options{Progress: func(done, total int) {
		if done < last || done > total {
			t.Fatalf("%d of %d after %d", done, total, last)
		}
		last, end = done, total
	}}); err != nil {
		t.Fatal(err)
	}
	if last != end {
		t.Errorf("progress ended at %d of %d", last, end)
	}
	for _, stop := range []int{0, 1, preparation / 2, preparation + 1, end} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Plane(ctx, c, Options{Progress: func(done, _ int) {
			if done >= stop {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %d: error %v", stop, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Reduce(ctx, clusters(10, 4, 2, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("reduce with a context that has ended: error %v", err)
	}
}

func BenchmarkPlane(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		c, err := Reduce(b.Context(), clusters(n, 256, 100, 1))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Plane(b.Context(), c, Options{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
