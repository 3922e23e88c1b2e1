package layout

import "math"

// edge joins two vectors; weight is the probability that they belong together, seen from either.
type edge struct {
	from, to int32
	weight   float32
}

// connect makes the weighted graph of neighbours (UMAP, section 3.1): distances count from that of the nearest
// neighbour, in units in which every vector has the same number of neighbours, and the views of both ends are
// united. Edges come in the order of their lower end, each once.
func connect(t *near) []edge {
	weights := make([]float32, len(t.id))
	for i := range t.n {
		_, distance := t.of(i)
		smooth(distance, weights[i*t.k:(i+1)*t.k])
	}
	back := func(from int, to int32) float32 {
		ids, _ := t.of(from)
		for x, j := range ids {
			if j == to {
				return weights[from*t.k+x]
			}
		}
		return 0
	}
	edges := make([]edge, 0, len(t.id))
	for i := range t.n {
		ids, _ := t.of(i)
		for x, j := range ids {
			if j < 0 {
				continue
			}
			there, here := weights[i*t.k+x], back(int(j), int32(i))
			if here > 0 && int(j) < i {
				continue // entered from its other end
			}
			if w := there + here - there*here; w > 0 {
				edges = append(edges, edge{int32(i), j, w})
			}
		}
	}
	return edges
}

// smooth sets the weights of a vector's neighbours: 1 for the nearest, falling with the distance so that they sum up
// to the logarithm of their number.
func smooth(distance, weights []float32) {
	const steps = 32
	nearest := float64(distance[0])
	want := math.Log2(float64(len(distance)) + 1)
	low, high, scale := 0.0, math.Inf(1), 1.0
	for range steps {
		sum := 0.0
		for _, d := range distance {
			sum += math.Exp(-math.Max(0, float64(d)-nearest) / scale)
		}
		if sum > want {
			high = scale
			scale = (low + high) / 2
			continue
		}
		low = scale
		if scale *= 2; !math.IsInf(high, 1) {
			scale = (low + high) / 2
		}
	}
	scale = math.Max(scale, 1e-3) // among equal vectors every distance would be infinitely far
	for x, d := range distance {
		weights[x] = float32(math.Exp(-math.Max(0, float64(d)-nearest) / scale))
	}
}
