package train

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"lsp/encoder/static"
)

// A table is what is trained: a row for each id and the logarithm of how much the id weighs. The row of the model
// file is their product.
//
// It learns by Adagrad with one accumulator per row (Duchi et al., 2011; row-wise as in recommender systems), so
// that rare tokens take large steps and frequent ones settle.
type table struct {
	dims  int
	rows  []float32
	gains []float32

	rowSquares  []float32 // sum over steps of the mean squared gradient of the row
	gainSquares []float32
	rowGrads    []float32 // of the batch; rows not in touched are zero
	gainGrads   []float32
	isTouched   []bool
	touched     []uint32
}

func newTable(ids, dims int) *table {
	return &table{
		dims: dims, rows: make([]float32, ids*dims), gains: make([]float32, ids),
		rowSquares: make([]float32, ids), gainSquares: make([]float32, ids),
		rowGrads: make([]float32, ids*dims), gainGrads: make([]float32, ids), isTouched: make([]bool, ids),
	}
}

func (t *table) row(id uint32) []float32 {
	return t.rows[int(id)*t.dims : (int(id)+1)*t.dims]
}

func (t *table) gain(id uint32) float32 { return float32(math.Exp(float64(t.gains[id]))) }

// sum adds the weighted rows of a bag into dst.
func (t *table) sum(bag []static.Feature, dst []float32) {
	clear(dst)
	for _, f := range bag {
		axpy(f.Weight*t.gain(f.ID), t.row(f.ID), dst)
	}
}

// scatter adds the gradient of a bag's sum to the gradients of its rows and gains, for the ids that belong to
// worker of workers; so workers never meet and the order of additions is fixed.
func (t *table) scatter(bag []static.Feature, grad []float32, worker, workers int) {
	for _, f := range bag {
		if int(f.ID)%workers != worker {
			continue
		}
		w := f.Weight * t.gain(f.ID)
		axpy(w, grad, t.rowGrads[int(f.ID)*t.dims:(int(f.ID)+1)*t.dims])
		t.gainGrads[f.ID] += w * dot(t.row(f.ID), grad)
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
		g := t.gainGrads[id]
		t.gainSquares[id] += g * g
		t.gains[id] -= gainRate * g / float32(math.Sqrt(float64(t.gainSquares[id])+adagradFloor))
		t.gainGrads[id], t.isTouched[id] = 0, false
	}
	t.touched = t.touched[:0]
}

// weighted returns rows times gains: what the model file holds.
func (t *table) weighted() []float32 {
	rows := make([]float32, len(t.rows))
	for id := range t.gains {
		axpy(t.gain(uint32(id)), t.row(uint32(id)), rows[id*t.dims:(id+1)*t.dims])
	}
	return rows
}

// state lists what a checkpoint keeps.
func (t *table) state() [][]float32 {
	return [][]float32{t.rows, t.gains, t.rowSquares, t.gainSquares}
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
