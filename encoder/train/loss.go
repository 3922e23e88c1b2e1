package train

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// A matrix is dense and row-major.
type matrix = blas32.General

func newMatrix(rows, cols int) matrix {
	return matrix{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}

func rowOf(m matrix, i int) []float32 { return m.Data[i*m.Stride : i*m.Stride+m.Cols] }

// band returns rows from to end of m, and its first cols columns.
func band(m matrix, from, end, cols int) matrix {
	return matrix{Rows: end - from, Cols: cols, Stride: m.Stride, Data: m.Data[from*m.Stride:]}
}

// parallel calls do for the parts of 0..n, one after the other in each of the workers. Each result must depend on
// its own part alone.
func parallel(n, workers int, do func(from, end int)) {
	if workers <= 1 {
		do(0, n)
		return
	}
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { do(n*w/workers, n*(w+1)/workers) })
	}
	wait.Wait()
}

// A prefix is a length of vector that the loss covers, and how much it counts.
type prefix struct {
	dims   int
	weight float32
}

// A contrast computes the loss of a batch: for queries and functions that belong together row by row, the
// cross-entropy between a target and the softmax of their similarities, by rows and by columns (InfoNCE both
// ways; van den Oord et al., 2018, Radford et al., 2021), for every prefix of the vectors (Kusupati et al.,
// Matryoshka representation learning, 2022). The target of a query is its own function, blended with the softmax
// of a teacher's similarities (Hinton et al., 2015).
type contrast struct {
	temperature float32
	soft        float32 // weight of the teacher's targets, the rest is on the pair itself
	prefixes    []prefix
	workers     int

	scores, grads  matrix // batch x batch
	rowTarget      matrix
	columnTarget   matrix
	unitQ, unitF   matrix
	lengthQ, lengF []float32
}

// targets turns a teacher's similarities into the target distributions of rows and columns.
func (c *contrast) targets(teacher matrix) {
	n := teacher.Rows
	c.rowTarget, c.columnTarget = newMatrix(n, n), newMatrix(n, n)
	parallel(n, c.workers, func(from, end int) {
		for i := from; i < end; i++ {
			t, u := rowOf(c.rowTarget, i), rowOf(c.columnTarget, i)
			copy(t, rowOf(teacher, i))
			for j := range u {
				u[j] = teacher.Data[j*teacher.Stride+i]
			}
			for _, row := range [][]float32{t, u} {
				softmax(row, 1/c.temperature)
				for j := range row {
					row[j] *= c.soft
				}
				row[i] += 1 - c.soft
			}
		}
	})
}

// softmax replaces x by its softmax after scaling and returns the logarithm of the sum.
func softmax(x []float32, scale float32) float64 {
	most := float32(math.Inf(-1))
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for i, v := range x {
		e := math.Exp(float64((v - most) * scale))
		x[i] = float32(e)
		sum += e
	}
	inverse := float32(1 / sum)
	for i := range x {
		x[i] *= inverse
	}
	return math.Log(sum) + float64(most*scale)
}

// step computes the loss of the sums of queries and functions and writes its gradient over dq and df.
func (c *contrast) step(q, f, dq, df matrix) float64 {
	clear(dq.Data)
	clear(df.Data)
	total, weights := 0.0, float32(0)
	for _, p := range c.prefixes {
		weights += p.weight
	}
	for _, p := range c.prefixes {
		total += float64(p.weight/weights) * c.prefix(q, f, dq, df, p.dims, p.weight/weights)
	}
	return total
}

func (c *contrast) prefix(q, f, dq, df matrix, dims int, weight float32) float64 {
	n := q.Rows
	if c.scores.Rows != n {
		c.scores, c.grads = newMatrix(n, n), newMatrix(n, n)
		c.lengthQ, c.lengF = make([]float32, n), make([]float32, n)
	}
	c.unitQ, c.unitF = newMatrix(n, dims), newMatrix(n, dims)
	unitRows(q, c.unitQ, c.lengthQ)
	unitRows(f, c.unitF, c.lengF)
	parallel(n, c.workers, func(from, end int) {
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, band(c.unitQ, from, end, dims), c.unitF, 0, band(c.scores, from, end, n))
	})
	loss := c.crossEntropy(weight)
	gradQ, gradF := newMatrix(n, dims), newMatrix(n, dims)
	parallel(n, c.workers, func(from, end int) {
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, band(c.grads, from, end, n), c.unitF, 0, band(gradQ, from, end, dims))
		columns := matrix{Rows: n, Cols: end - from, Stride: n, Data: c.grads.Data[from:]}
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, columns, c.unitQ, 0, band(gradF, from, end, dims))
		throughLength(c.unitQ, gradQ, c.lengthQ, dq, from, end)
		throughLength(c.unitF, gradF, c.lengF, df, from, end)
	})
	return loss
}

// crossEntropy returns the loss of c.scores and writes weight times its gradient over c.grads.
func (c *contrast) crossEntropy(weight float32) float64 {
	n := c.scores.Rows
	scale := 1 / c.temperature
	part := weight * scale / float32(2*n)
	losses := make([]float64, n)
	columns := newMatrix(n, n)
	parallel(n, c.workers, func(from, end int) {
		for i := from; i < end; i++ {
			row := rowOf(c.grads, i)
			copy(row, rowOf(c.scores, i))
			column := rowOf(columns, i)
			for j := range column {
				column[j] = c.scores.Data[j*n+i]
			}
			for _, side := range []struct{ p, target []float32 }{{row, rowOf(c.rowTarget, i)}, {column, rowOf(c.columnTarget, i)}} {
				expected := float64(dot(side.p, side.target) * scale)
				losses[i] += softmax(side.p, scale) - expected
				for j := range side.p {
					side.p[j] = (side.p[j] - side.target[j]) * part
				}
			}
		}
	})
	parallel(n, c.workers, func(from, end int) {
		for i := from; i < end; i++ {
			row := rowOf(c.grads, i)
			for j := range row {
				row[j] += columns.Data[j*n+i]
			}
		}
	})
	total := 0.0
	for _, l := range losses {
		total += l
	}
	return total / float64(2*n)
}

// unitRows writes the first unit.Cols values of each row of m, scaled to length one.
func unitRows(m, unit matrix, lengths []float32) {
	for i := range m.Rows {
		x, u := rowOf(m, i)[:unit.Cols], rowOf(unit, i)
		lengths[i] = float32(math.Sqrt(float64(dot(x, x)))) + 1e-12
		clear(u)
		axpy(1/lengths[i], x, u)
	}
}

// throughLength adds to dst the gradient before scaling to length one, given the gradient after it.
func throughLength(unit, grad matrix, lengths []float32, dst matrix, from, end int) {
	for i := from; i < end; i++ {
		u, g := rowOf(unit, i), rowOf(grad, i)
		d := rowOf(dst, i)[:unit.Cols]
		along := dot(u, g)
		axpy(1/lengths[i], g, d)
		axpy(-along/lengths[i], u, d)
	}
}
