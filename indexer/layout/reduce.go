package layout

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/viterin/vek/vek32"
	"gonum.org/v1/gonum/mat"
)

// Bounds of the reduction.
const (
	components = 48   // principal components that are kept
	sample     = 6000 // vectors, evenly taken, that the components are computed from
)

// Components are the principal components of vectors: a row for each, of length one, so that products are cosines
// around the mean. They hold no reference to the vectors.
type Components struct {
	n, dims int
	data    []float32
}

func (c *Components) row(i int) []float32 { return c.data[i*c.dims : (i+1)*c.dims] }

var errComponents = errors.New("no principal components were found")

// Reduce returns the strongest principal components of vectors, which it computes from a sample. Equal vectors have
// equal components. A vector that is not finite counts as the mean of all. It fails with the context's error when
// that ends.
func Reduce(ctx context.Context, v Vectors) (*Components, error) {
	out := &Components{n: v.N, dims: max(1, min(components, v.Dims))}
	out.data = make([]float32, out.n*out.dims)
	if v.N == 0 || v.Dims == 0 {
		return out, nil
	}
	mean := meanOf(v)
	axes, err := principal(v, mean)
	if err != nil {
		return nil, fmt.Errorf("reduce %d vectors: %w", v.N, err)
	}
	centred := make([]float32, v.Dims)
	for i := range v.N {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v.centred(i, centred, mean)
		row := out.row(i)
		for c := range row {
			row[c] = vek32.Dot(axes[c*v.Dims:(c+1)*v.Dims], centred)
		}
		if length := vek32.Norm(row); length > 1e-6 {
			vek32.DivNumber_Inplace(row, length)
		}
	}
	return out, nil
}

// step is the distance between the vectors of the sample.
func (v Vectors) step() int { return max(1, v.N/sample) }

// meanOf averages the sample.
func meanOf(v Vectors) []float32 {
	sum, row, zero := make([]float64, v.Dims), make([]float32, v.Dims), make([]float32, v.Dims)
	count := 0.0
	for i := 0; i < v.N; i += v.step() {
		v.centred(i, row, zero)
		for d, x := range row {
			sum[d] += float64(x)
		}
		count++
	}
	mean := make([]float32, v.Dims)
	for d, x := range sum {
		mean[d] = float32(x / count)
	}
	return mean
}

// centred sets dst to a vector without the mean, to zero when it is not finite.
func (v Vectors) centred(i int, dst, mean []float32) {
	v.Row(i, dst)
	vek32.Sub_Inplace(dst, mean)
	if sum := float64(vek32.Dot(dst, dst)); math.IsNaN(sum) || math.IsInf(sum, 0) {
		clear(dst)
	}
}

// principal returns the strongest axes of the sample, one after the other. The sign of an axis is that of its largest
// component, so that it does not depend on how it was computed.
func principal(v Vectors, mean []float32) ([]float32, error) {
	covariance := mat.NewSymDense(v.Dims, nil)
	row, wide := make([]float32, v.Dims), mat.NewVecDense(v.Dims, nil)
	for i := 0; i < v.N; i += v.step() {
		v.centred(i, row, mean)
		for d, x := range row {
			wide.SetVec(d, float64(x))
		}
		covariance.SymRankOne(covariance, 1, wide)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return nil, errComponents
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	axes := make([]float32, min(components, v.Dims)*v.Dims)
	for c := range len(axes) / v.Dims {
		axis := mat.Col(nil, v.Dims-1-c, &vectors) // eigenvalues ascend
		largest := 0.0
		for _, x := range axis {
			if math.Abs(x) > math.Abs(largest) {
				largest = x
			}
		}
		for d, x := range axis {
			axes[c*v.Dims+d] = float32(math.Copysign(1, largest) * x)
		}
	}
	return axes, nil
}
