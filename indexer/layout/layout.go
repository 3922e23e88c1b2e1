// Package layout places vectors in a plane so that what lies near in many dimensions lies near in two.
//
// It follows "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction" (McInnes, Healy and
// Melville, 2018) with the parts that a map for people needs:
//
//	reduce.go      vectors to their principal components, which are cheaper to compare and hold most of what differs
//	neighbours.go  the nearest of each, by a forest of random projection trees and looks at neighbours of neighbours
//	graph.go       how strongly two neighbours belong together
//	plane.go       positions, from the first two components on, by stochastic gradient descent
//
// The same vectors and seed give the same positions on the same architecture, whatever the number of workers.
package layout

import (
	"context"
	"math"
	"slices"
)

// Point is a place in the plane.
type Point struct{ X, Y float32 }

// Options change how a layout is made; the zero value is right for a map of code.
type Options struct {
	Seed    uint64
	Workers int // goroutines that look for neighbours; 0 means 1

	// Progress, if not nil, is called now and then by the goroutine that called Plane. It may wait, so that
	// more urgent work goes first.
	Progress func(done, total int)
}

// neighbours is how many neighbours of each vector are kept: fewer tear the map into shreds, more blur it.
const neighbours = 15

// phases of the progress: the forest and the neighbours count as much as this many epochs of the descent.
const preparation = 40

// Vectors are what is laid out.
type Vectors struct {
	N    int
	Dims int
	Row  func(i int, dst []float32) // writes vector i into dst, which has room for Dims components
}

// Plane places vectors whose principal components are given and returns as many points, centred and with the farthest
// at distance one. It fails with the context's error when that ends.
func Plane(ctx context.Context, c *Components, o Options) ([]Point, error) {
	total := preparation + epochs(c.n)
	report := func(done int) error {
		if o.Progress != nil {
			o.Progress(done, total)
		}
		return ctx.Err()
	}
	if err := report(0); err != nil {
		return nil, err
	}
	points := start(c, o.Seed)
	if c.n > 2 {
		near, err := nearest(ctx, c, min(neighbours, c.n-1), o, report)
		if err != nil {
			return nil, err
		}
		if err := descend(points, connect(near), o.Seed, func(epoch int) error { return report(preparation + epoch) }); err != nil {
			return nil, err
		}
	}
	normalize(points)
	return points, report(total)
}

// inner is the share of the points whose distances from the centre stay in proportion.
const inner = 0.97

// normalize centres the points and scales them into the unit circle. The few that lie far outside, such as groups of
// functions that resemble nothing but each other, are brought nearer, in the order of their distances, so that they
// do not make everything else small.
func normalize(points []Point) {
	if len(points) == 0 {
		return
	}
	var x, y float64
	for _, p := range points {
		x, y = x+float64(p.X), y+float64(p.Y)
	}
	x, y = x/float64(len(points)), y/float64(len(points))
	far := make([]float64, len(points))
	for i, p := range points {
		far[i] = math.Hypot(float64(p.X)-x, float64(p.Y)-y)
	}
	sorted := slices.Sorted(slices.Values(far))
	border := sorted[int(inner*float64(len(sorted)-1))]
	nearer := func(r float64) float64 {
		if border == 0 || r <= border {
			return r
		}
		return border * (1 + math.Log(r/border)/2)
	}
	most := nearer(sorted[len(sorted)-1])
	if most == 0 {
		clear(points)
		return
	}
	for i, p := range points {
		scale := 0.0
		if far[i] > 0 {
			scale = nearer(far[i]) / far[i] / most
		}
		points[i] = Point{float32((float64(p.X) - x) * scale), float32((float64(p.Y) - y) * scale)}
	}
}
