//go:build !amd64 || purego

package vector

const hasKernels = false

func dotBytesAVX2(q *int16, row *byte, n int) int32 { panic("no AVX2") }

func distancesAVX2(out *uint16, n int, rows *byte, words int, sign, strong *uint64) { panic("no AVX2") }
