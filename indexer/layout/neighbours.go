package layout

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/viterin/vek/vek32"
)

// Bounds of the search for neighbours.
const (
	trees  = 8  // of the forest
	leaf   = 48 // vectors of a tree that are all compared with each other
	rounds = 2  // of looking at neighbours of neighbours
)

// near holds the nearest neighbours of every vector, k each, nearest first. Places that found none hold -1.
type near struct {
	n, k     int
	id       []int32
	distance []float32 // 1 minus the cosine
}

func newNear(n, k int) *near {
	t := &near{n: n, k: k, id: make([]int32, n*k), distance: make([]float32, n*k)}
	for i := range t.id {
		t.id[i], t.distance[i] = -1, math.MaxFloat32
	}
	return t
}

func (t *near) of(i int) ([]int32, []float32) {
	return t.id[i*t.k : (i+1)*t.k], t.distance[i*t.k : (i+1)*t.k]
}

// offer enters a neighbour of i if it is among the nearest; of equally near ones that with the lower number.
func (t *near) offer(i int, j int32, d float32) {
	id, distance := t.of(i)
	at := t.k
	for at > 0 && (d < distance[at-1] || d == distance[at-1] && (id[at-1] < 0 || j < id[at-1])) {
		at--
	}
	if at == t.k || slices.Contains(id[:at], j) {
		return
	}
	// An earlier entry of the same number has the same distance, and would stand at this place.
	if at < t.k && id[at] == j {
		return
	}
	copy(id[at+1:], id[at:])
	copy(distance[at+1:], distance[at:])
	id[at], distance[at] = j, d
}

// nearest finds the k nearest neighbours of every vector, nearly all of them rightly: a forest of random projection
// trees (Dasgupta and Freund, "Random projection trees and low dimensional manifolds", 2008) finds candidates, and
// neighbours of neighbours complete them (Dong, Moses and Li, "Efficient k-nearest neighbor graph construction for
// generic similarity measures", 2011).
func nearest(ctx context.Context, t *Components, k int, o Options, report func(int) error) (*near, error) {
	found := newNear(t.n, k)
	for tree := range trees {
		if err := report(preparation * tree / (trees + rounds)); err != nil {
			return nil, err
		}
		leaves := plant(t, rand.New(rand.NewPCG(o.Seed, uint64(tree)+1)))
		if err := parallel(ctx, o.Workers, len(leaves), func() func(int) {
			return func(l int) { compareAll(t, leaves[l], found) }
		}); err != nil {
			return nil, err
		}
	}
	for round := range rounds {
		if err := report(preparation * (trees + round) / (trees + rounds)); err != nil {
			return nil, err
		}
		next := newNear(t.n, k)
		if err := parallel(ctx, o.Workers, t.n, func() func(int) {
			seen := make([]int32, t.n)
			return func(i int) { lookAround(t, found, next, i, seen) }
		}); err != nil {
			return nil, err
		}
		found = next
	}
	return found, nil
}

// plant returns the leaves of a random tree: each split is the plane halfway between two random vectors of a branch.
func plant(t *Components, rnd *rand.Rand) [][]int32 {
	all := make([]int32, t.n)
	for i := range all {
		all[i] = int32(i)
	}
	normal := make([]float32, t.dims)
	var leaves [][]int32
	branches := [][]int32{all}
	for len(branches) > 0 {
		b := branches[len(branches)-1]
		branches = branches[:len(branches)-1]
		if len(b) <= leaf {
			leaves = append(leaves, b)
			continue
		}
		cut := split(t, b, normal, rnd)
		branches = append(branches, b[:cut], b[cut:])
	}
	return leaves
}

// split parts a branch by a random plane and returns where its second part begins. A plane that leaves nearly
// everything on one side, as among equal vectors, is replaced by a cut in the middle of a random order.
func split(t *Components, b []int32, normal []float32, rnd *rand.Rand) int {
	p, q := t.row(int(b[rnd.IntN(len(b))])), t.row(int(b[rnd.IntN(len(b))]))
	for d := range normal {
		normal[d] = p[d] - q[d]
	}
	middle := (vek32.Dot(normal, p) + vek32.Dot(normal, q)) / 2
	cut := 0
	for i, v := range b {
		if vek32.Dot(normal, t.row(int(v))) > middle {
			b[cut], b[i] = b[i], b[cut]
			cut++
		}
	}
	if few := len(b) / 20; cut < max(few, 1) || cut > len(b)-max(few, 1) {
		rnd.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		return len(b) / 2
	}
	return cut
}

// compareAll offers the vectors of a leaf to each other. A vector is in one leaf of a tree, so leaves do not meet.
func compareAll(t *Components, members []int32, found *near) {
	for x, i := range members {
		for _, j := range members[x+1:] {
			d := 1 - vek32.Dot(t.row(int(i)), t.row(int(j)))
			found.offer(int(i), j, d)
			found.offer(int(j), i, d)
		}
	}
}

// lookAround sets the neighbours of i to the nearest of its old ones and their neighbours. Seen is memory of the
// caller, in which i+1 marks what was compared with i.
func lookAround(t *Components, old, next *near, i int, seen []int32) {
	mark := int32(i) + 1
	seen[i] = mark
	row := t.row(i)
	ids, distances := old.of(i)
	for x, j := range ids {
		if j >= 0 {
			seen[j] = mark
			next.offer(i, j, distances[x])
		}
	}
	for _, j := range ids {
		if j < 0 {
			continue
		}
		further, _ := old.of(int(j))
		for _, l := range further {
			if l >= 0 && seen[l] != mark {
				seen[l] = mark
				next.offer(i, l, 1-vek32.Dot(row, t.row(int(l))))
			}
		}
	}
}

// parallel runs a function for every number below n in blocks that workers take one after the other. Each worker
// has a function of its own.
func parallel(ctx context.Context, workers, n int, worker func() func(int)) error {
	const block = 256
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(workers, 1) {
		wg.Go(func() {
			do := worker()
			for ctx.Err() == nil {
				first := int(next.Add(block)) - block
				if first >= n {
					return
				}
				for i := first; i < min(first+block, n); i++ {
					do(i)
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}
