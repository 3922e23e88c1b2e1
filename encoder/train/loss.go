package train

import (
	"math"
	"sync"

	"github.com/viterin/vek/vek32"
	"gonum.org/v1/gonum/blas/blas32"
)

// A matrix is dense and row-major.
type matrix = blas32.General

func newMatrix(rows, cols int) matrix {
	return matrix{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}

func rowOf(m matrix, i int) []float32 { return m.Data[i*m.Stride : i*m.Stride+m.Cols] }

// band returns rows from to end of m.
func band(m matrix, from, end int) matrix {
	return matrix{Rows: end - from, Cols: m.Cols, Stride: m.Stride, Data: m.Data[from*m.Stride : end*m.Stride]}
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
//
// Similarities are cosines, at most one, so that one exponential of their distance to one serves the softmax of the
// row as well as that of the column.
type contrast struct {
	temperature float32
	soft        float32 // weight of the teacher's targets, the rest is on the pair itself
	prefixes    []prefix
	workers     int

	target         matrix // batch x batch: the targets of rows and columns, added
	scores, grads  matrix // batch x batch
	lengthQ, lengF []float32
}

// targets turns a teacher's similarities into targets. Without soft targets they are not read.
func (c *contrast) targets(teacher matrix) {
	n := teacher.Rows
	c.target = newMatrix(n, n)
	if c.soft > 0 {
		rows, columns := c.exponentials(teacher, c.target)
		parallel(n, c.workers, func(from, end int) {
			for i := from; i < end; i++ {
				row := rowOf(c.target, i)
				for j := range row {
					row[j] *= c.soft * (1/rows[i] + 1/columns[j])
				}
			}
		})
	}
	for i := range n {
		c.target.Data[i*n+i] += 2 * (1 - c.soft)
	}
}

// exponentials writes exp((s-1)/temperature) for each similarity s and returns its sums by row and by column.
func (c *contrast) exponentials(similarities, dst matrix) (rows, columns []float32) {
	n := similarities.Rows
	scale := 1 / c.temperature
	rows, columns = make([]float32, n), make([]float32, n)
	parallel(n, c.workers, func(from, end int) {
		for i := from; i < end; i++ {
			row, sum := rowOf(dst, i), float32(0)
			for j, s := range rowOf(similarities, i) {
				e := float32(math.Exp(float64((s - 1) * scale)))
				row[j] = e
				sum += e
			}
			rows[i] = sum
		}
	})
	for i := range n {
		axpy(1, rowOf(dst, i), columns)
	}
	return rows, columns
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
	unitQ, unitF := newMatrix(n, dims), newMatrix(n, dims)
	unitRows(q, unitQ, c.lengthQ)
	unitRows(f, unitF, c.lengF)
	multiply(unitQ, transposed(unitF), c.scores, c.workers)
	loss := c.crossEntropy(weight)
	gradQ, gradF := newMatrix(n, dims), newMatrix(n, dims)
	multiply(c.grads, unitF, gradQ, c.workers)
	multiply(transposed(c.grads), unitQ, gradF, c.workers)
	throughLength(unitQ, gradQ, c.lengthQ, dq)
	throughLength(unitF, gradF, c.lengF, df)
	return loss
}

// crossEntropy returns the loss of c.scores and writes weight times its gradient over c.grads.
func (c *contrast) crossEntropy(weight float32) float64 {
	n := c.scores.Rows
	scale := 1 / c.temperature
	part := weight * scale / float32(2*n)
	rows, columns := c.exponentials(c.scores, c.grads)
	losses := make([]float64, n)
	parallel(n, c.workers, func(from, end int) {
		for i := from; i < end; i++ {
			target, grad := rowOf(c.target, i), rowOf(c.grads, i)
			// The distance to one that exponentials took off comes back as the sum of the targets, which is one
			// for the row and one for the column.
			losses[i] = math.Log(float64(rows[i])) + math.Log(float64(columns[i])) + float64(2*scale) -
				float64(scale*dot(target, rowOf(c.scores, i)))
			inverse := 1 / rows[i]
			for j, e := range grad {
				grad[j] = part * (e*(inverse+1/columns[j]) - target[j])
			}
		}
	})
	total := 0.0
	for _, l := range losses {
		total += l
	}
	return total / float64(2*n)
}

// multiply writes a times b over dst. Every row depends on its row of a alone, so that the number of workers does
// not show.
func multiply(a, b, dst matrix, workers int) {
	parallel(a.Rows, workers, func(from, end int) {
		vek32.MatMul_Into(dst.Data[from*dst.Cols:end*dst.Cols], a.Data[from*a.Cols:end*a.Cols], b.Data, a.Cols)
	})
}

// transposed returns m with rows and columns exchanged, going by blocks that fit in the cache.
func transposed(m matrix) matrix {
	const size = 32
	t := newMatrix(m.Cols, m.Rows)
	for i0 := 0; i0 < m.Rows; i0 += size {
		for j0 := 0; j0 < m.Cols; j0 += size {
			for i := i0; i < min(i0+size, m.Rows); i++ {
				for j := j0; j < min(j0+size, m.Cols); j++ {
					t.Data[j*m.Rows+i] = m.Data[i*m.Cols+j]
				}
			}
		}
	}
	return t
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
func throughLength(unit, grad matrix, lengths []float32, dst matrix) {
	for i, length := range lengths {
		u, g := rowOf(unit, i), rowOf(grad, i)
		d := rowOf(dst, i)[:unit.Cols]
		along := dot(u, g)
		axpy(1/length, g, d)
		axpy(-along/length, u, d)
	}
}
