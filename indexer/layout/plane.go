package layout

import "math/rand/v2"

// Constants of the descent.
const (
	spread    = 10.0 // the components start within this distance
	negatives = 4    // pushes away from random vectors for each pull
	farthest  = 4.0  // most that one pull or push moves
	fringe    = 1e-3 // keeps pushes between equal positions finite
)

// epochs is how often the strongest edges pull: often for small maps, seldom enough for large ones that the time
// stays in bounds.
func epochs(n int) int {
	switch {
	case n <= 10_000:
		return 300
	case n <= 40_000:
		return 200
	}
	return 120
}

// start places every vector by its first two components. A little noise parts equal vectors.
func start(c *Components, seed uint64) []Point {
	rnd := rand.New(rand.NewPCG(seed, 0))
	points := make([]Point, c.n)
	for i := range points {
		row := c.row(i)
		p := Point{X: row[0], Y: row[min(1, len(row)-1)]}
		points[i] = Point{spread*p.X + rnd.Float32()*0.02 - 0.01, spread*p.Y + rnd.Float32()*0.02 - 0.01}
	}
	return points
}

// descend moves the points: every edge pulls its ends together as often as its weight says, and each pull comes with
// pushes away from random points (UMAP, section 3.2, with the curve 1/(1+d²), which t-SNE has too and which needs no
// powers).
func descend(points []Point, edges []edge, seed uint64, report func(epoch int) error) error {
	total := epochs(len(points))
	strongest := float32(0)
	for _, e := range edges {
		strongest = max(strongest, e.weight)
	}
	due := make([]float32, len(edges)) // the epoch in which each edge pulls next
	for i, e := range edges {
		due[i] = strongest / e.weight
	}
	rnd := splitMix(seed)
	for epoch := range total {
		if err := report(epoch); err != nil {
			return err
		}
		rate := 1 - float32(epoch)/float32(total)
		for i, e := range edges {
			if due[i] > float32(epoch+1) {
				continue
			}
			due[i] += strongest / e.weight
			from, to := &points[e.from], &points[e.to]
			pull(from, to, rate)
			push(from, points, rate, &rnd)
			push(to, points, rate, &rnd)
		}
	}
	return nil
}

// pull moves two points towards each other.
func pull(a, b *Point, rate float32) {
	dx, dy := a.X-b.X, a.Y-b.Y
	g := 2 / (1 + dx*dx + dy*dy) * rate
	mx, my := bounded(g*dx), bounded(g*dy)
	a.X, a.Y = a.X-mx, a.Y-my
	b.X, b.Y = b.X+mx, b.Y+my
}

// push moves a point away from a few random ones.
func push(a *Point, points []Point, rate float32, rnd *splitMix) {
	for range negatives {
		b := &points[rnd.below(len(points))]
		if a == b {
			continue
		}
		dx, dy := a.X-b.X, a.Y-b.Y
		d2 := dx*dx + dy*dy
		g := 2 / ((fringe + d2) * (1 + d2)) * rate
		a.X += bounded(g * dx)
		a.Y += bounded(g * dy)
	}
}

func bounded(x float32) float32 { return min(max(x, -farthest), farthest) }

// splitMix is a random generator that the compiler inlines (Steele, Lea and Flood, "Fast splittable pseudorandom
// number generators", 2014).
type splitMix uint64

// below returns a number from 0 to n-1; n must be less than 2^32.
func (s *splitMix) below(n int) int {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) >> 32 * uint64(n) >> 32)
}
