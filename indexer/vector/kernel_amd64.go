//go:build amd64 && !purego

package vector

import "golang.org/x/sys/cpu"

// hasKernels says whether the kernels in assembly can be used. They compute the same whole numbers as the portable ones.
var hasKernels = cpu.X86.HasAVX2

// dotBytesAVX2 is dotBytes for n numbers, n a positive multiple of 16.
//
//go:noescape
func dotBytesAVX2(q *int16, row *byte, n int) int32

// distancesAVX2 is codeQuery.distances for n > 0 codes of an even number of words. Sign and strong are padded to a multiple
// of four words.
//
//go:noescape
func distancesAVX2(out *uint16, n int, rows *byte, words int, sign, strong *uint64)
