package vector

import (
	"math/rand/v2"
	"testing"
)

// TestKernels compares the kernels of this machine with the portable ones, at the extremes too.
func TestKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, dims := range []int{1, 7, 15, 16, 17, 31, 32, 33, 64, 100, 128, 130, 256, 300, 384, 400, 512, 640, 1024, MaxDims} {
		query, mean, wide, row := make([]float32, dims), make([]float32, dims), make([]int16, dims), make([]byte, dims)
		for round := range 4 {
			for i := range query {
				query[i], mean[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
				wide[i], row[i] = int16(rng.IntN(2*maxFine+1)-maxFine), byte(rng.IntN(255)-127)
				if round == 0 {
					wide[i], row[i] = maxFine, 127
				}
			}
			if got, want := dotBytes(wide, row), dotBytesPortable(wide, row); got != want {
				t.Errorf("dot product of %d numbers is %d, portable %d", dims, got, want)
			}
			code := newCodeQuery(query, mean)
			rows := make([]byte, 9*8*code.words)
			for i := range rows {
				rows[i] = byte(rng.Uint32())
			}
			got, want := make([]uint16, 9), make([]uint16, 9)
			code.distances(rows, got)
			code.distancesPortable(rows, want)
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("distance %d of %d dimensions is %d, portable %d", i, dims, got[i], want[i])
				}
			}
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	wide, row := make([]int16, 256), make([]byte, 256)
	code := newCodeQuery(make([]float32, 256), make([]float32, 256))
	rows, out := make([]byte, 32*blockRows), make([]uint16, blockRows)
	b.Run("dot", func(b *testing.B) {
		for b.Loop() {
			dotBytes(wide, row)
		}
	})
	b.Run("dot/portable", func(b *testing.B) {
		for b.Loop() {
			dotBytesPortable(wide, row)
		}
	})
	b.Run("distances", func(b *testing.B) {
		for b.Loop() {
			code.distances(rows, out)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/blockRows, "ns/code")
	})
	b.Run("distances/portable", func(b *testing.B) {
		for b.Loop() {
			code.distancesPortable(rows, out)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/blockRows, "ns/code")
	})
}
