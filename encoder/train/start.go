package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// start fills a new table: rows of words and sub-words from the teacher's vectors of their texts, reduced to the
// directions of greatest variance, gains from how rare each is. Pairs start at zero, so that they learn only what
// their words do not say already.
func (t *table) start(teacher *Teacher, names []string, words int, counts []int, functions int, rng *rand.Rand) error {
	if teacher == nil {
		for i := range t.rows {
			t.rows[i] = float32(rng.NormFloat64())
		}
		for id := range t.isTouched {
			scaleTo(t.row(uint32(id)), 1)
		}
		t.weigh(counts, functions)
		return nil
	}
	vectors := make([]float32, words*TeacherDimensions)
	known := make([]bool, words)
	covered := 0
	for id := range words {
		if known[id] = teacher.Vector(names[id], vectors[id*TeacherDimensions:(id+1)*TeacherDimensions]); known[id] {
			covered++
		}
	}
	if covered < t.dims {
		return fmt.Errorf("start table: the teacher knows %d of %d words, want at least %d: fill its vectors first", covered, words, t.dims)
	}
	mean := make([]float32, TeacherDimensions)
	for id, ok := range known {
		if ok {
			axpy(1/float32(covered), vectors[id*TeacherDimensions:(id+1)*TeacherDimensions], mean)
		}
	}
	axes, err := principalAxes(vectors, known, mean, t.dims)
	if err != nil {
		return err
	}
	centred := make([]float32, TeacherDimensions)
	for id := range t.isTouched {
		row := t.row(uint32(id))
		if id < words && known[id] {
			copy(centred, vectors[id*TeacherDimensions:])
			axpy(-1, mean, centred)
			for d := range row {
				row[d] = dot(centred, axes[d*TeacherDimensions:(d+1)*TeacherDimensions])
			}
			scaleTo(row, 1)
		} else if id < words || id >= len(names) {
			for d := range row {
				row[d] = float32(rng.NormFloat64())
			}
			scaleTo(row, 0.5)
		}
	}
	t.weigh(counts, functions)
	return nil
}

// weigh starts the gains with how rare each id is.
func (t *table) weigh(counts []int, functions int) {
	for id, n := range counts {
		idf := math.Log(float64(functions+1)/float64(n+1)) / math.Log(float64(functions+1))
		t.units.logs[id] = float32(math.Log(max(idf, 0.05)))
		t.asked.logs[id] = t.units.logs[id]
	}
}

func scaleTo(x []float32, length float32) {
	if norm := float32(math.Sqrt(float64(dot(x, x)))); norm > 0 {
		for i := range x {
			x[i] *= length / norm
		}
	}
}

// principalAxes returns the n directions of greatest variance around the mean, strongest first, one per row.
func principalAxes(vectors []float32, known []bool, mean []float32, n int) ([]float32, error) {
	size := TeacherDimensions
	covariance := make([]float64, size*size)
	centred := make([]float32, size)
	for id, ok := range known {
		if !ok {
			continue
		}
		copy(centred, vectors[id*size:])
		axpy(-1, mean, centred)
		for a, x := range centred {
			row := covariance[a*size : (a+1)*size]
			for b := a; b < size; b++ {
				row[b] += float64(x) * float64(centred[b])
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(size, covariance), true) {
		return nil, fmt.Errorf("start table: no principal axes of %d word vectors", len(known))
	}
	var all mat.Dense
	eigen.VectorsTo(&all)
	axes := make([]float32, n*size)
	for d := range n {
		column := size - 1 - d // eigenvalues ascend
		for i := range size {
			axes[d*size+i] = float32(all.At(i, column))
		}
	}
	return axes, nil
}
