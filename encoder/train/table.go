package train

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"lsp/encoder/static"
)

// A table is what is trained: a row for each id and how much the id weighs in a unit and in a question. The row of
// the model file is the product of the first two.
//
// It learns by Adagrad with one accumulator per row (Duchi et al., 2011; row-wise as in recommender systems), so
// that rare tokens take large steps and frequent ones settle.
type table struct {
	dims  int
	rows  []float32
	units gains
	asked gains

	rowSquares []float32 // sum over steps of the mean squared gradient of the row
	rowGrads   []float32 // of the batch; rows not in touched are zero
	isTouched  []bool
	touched    []uint32
}

// gains are the logarithms of what ids weigh, and what learning them needs.
type gains struct {
	logs, squares, grads []float32
}

func newGains(ids int) gains {
	return gains{make([]float32, ids), make([]float32, ids), make([]float32, ids)}
}

// of is what an id weighs.
func (g *gains) of(id uint32) float32 { return float32(math.Exp(float64(g.logs[id]))) }

func (g *gains) step(id uint32, rate float32) {
	grad := g.grads[id]
	g.squares[id] += grad * grad
	g.logs[id] -= rate * grad / float32(math.Sqrt(float64(g.squares[id])+adagradFloor))
	g.grads[id] = 0
}

func newTable(ids, dims int) *table {
	return &table{
		dims: dims, rows: make([]float32, ids*dims), units: newGains(ids), asked: newGains(ids),
		rowSquares: make([]float32, ids), rowGrads: make([]float32, ids*dims), isTouched: make([]bool, ids),
	}
}

func (t *table) row(id uint32) []float32 {
	return t.rows[int(id)*t.dims : (int(id)+1)*t.dims]
}

// sum writes the sum of the rows of a bag, weighted by g, into dst.
func (t *table) sum(bag []static.Feature, g *gains, dst []float32) {
	clear(dst)
	for _, f := range bag {
		axpy(f.Weight*g.of(f.ID), t.row(f.ID), dst)
	}
}

// scatter adds the gradient of a bag's sum to the gradients of its rows and gains, for the ids that belong to
// worker of workers; so workers never meet and the order of additions is fixed.
func (t *table) scatter(bag []static.Feature, g *gains, grad []float32, worker, workers int) {
	for _, f := range bag {
		if int(f.ID)%workers != worker {
			continue
		}
		w := f.Weight * g.of(f.ID)
		axpy(w, grad, t.rowGrads[int(f.ID)*t.dims:(int(f.ID)+1)*t.dims])
		g.grads[f.ID] += w * dot(t.row(f.ID), grad)
	}
}

// touch marks the ids of a bag as having gradients.
func (t *table) touch(bag []static.Feature) {
	for _, f := range bag {
		if !t.isTouched[f.ID] {
			t.isTouched[f.ID] = true
			t.touched = append(t.touched, f.ID)
		}
	}
}

const adagradFloor = 1e-10

// step applies the gradients of the batch and clears them.
func (t *table) step(rowRate, gainRate float32) {
	for _, id := range t.touched {
		grad := t.rowGrads[int(id)*t.dims : (int(id)+1)*t.dims]
		t.rowSquares[id] += dot(grad, grad) / float32(t.dims)
		axpy(-rowRate/float32(math.Sqrt(float64(t.rowSquares[id])+adagradFloor)), grad, t.row(id))
		clear(grad)
		t.units.step(id, gainRate)
		t.asked.step(id, gainRate)
		t.isTouched[id] = false
	}
	t.touched = t.touched[:0]
}

// weighted returns the rows times what they weigh in units, and what they weigh in questions by that: what the
// model file holds.
func (t *table) weighted() (rows, asked []float32) {
	rows, asked = make([]float32, len(t.rows)), make([]float32, len(t.isTouched))
	for i := range asked {
		id := uint32(i)
		axpy(t.units.of(id), t.row(id), rows[i*t.dims:(i+1)*t.dims])
		asked[i] = t.asked.of(id) / t.units.of(id)
	}
	return rows, asked
}

// state lists what a checkpoint keeps.
func (t *table) state() [][]float32 {
	return [][]float32{t.rows, t.rowSquares, t.units.logs, t.units.squares, t.asked.logs, t.asked.squares}
}

func (t *table) write(w io.Writer) error {
	for _, values := range t.state() {
		if err := binary.Write(w, binary.LittleEndian, values); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return nil
}

func (t *table) read(r io.Reader) error {
	for _, values := range t.state() {
		if err := binary.Read(r, binary.LittleEndian, values); err != nil {
			return fmt.Errorf("read table: %w", err)
		}
	}
	return nil
}

func axpy(a float32, x, y []float32) {
	blas32.Axpy(a, blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
}

func dot(x, y []float32) float32 {
	return blas32.Dot(blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
}
