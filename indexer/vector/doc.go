// Package vector finds the nearest vectors of the units of a code base.
//
// Vectors live in immutable sections of bytes. A [Section] is opened over bytes that were just built or that are mapped from a
// file; nothing is copied, so opening is cheap and a mapped section costs memory only for what queries touch. An index is a stack
// of segments with one section each, and a [Search] runs over the whole stack at once.
//
// A unit (a function, say) has no, one or several vectors; a long function has overlapping child vectors. A section therefore maps
// its slots (vectors, numbered from 0) to unit numbers that never decrease. Units that are dead or filtered out are left out
// by a bit set over units given with every query, so that deleting is free and the sections never change.
//
// Vectors are expected to have length one (or be zero); similarity is the dot product.
//
// # What is stored of a vector
//
// Three precisions, coarse to fine, each in its own plane:
//
//   - one bit a dimension: is the component above the model's mean? Compared with the query by counting differing bits, those where
//     the query is strong three times;
//   - one signed byte a dimension, times a scale of the vector;
//   - four more bits a dimension, which make the byte a 12-bit number with the same scale.
//
// Bytes and nibbles are one number x = 16*byte + nibble with -2039 <= x <= 2039, and the component is x times the scale. Ranked by
// twelve bits, 998 and more of a thousand of the ten nearest vectors are those of float32 (benchmark Recall, exact), at 38 % of its
// bytes; bits for the first stage included, a vector of 256 dimensions takes 424 bytes.
//
// # Engines
//
// [EngineScan] compares the bits of all vectors, scores the closest ones by their bytes and ranks the best of those by all 12 bits.
// Its candidates are taken across all sections by one threshold, so the answer does not depend on how the vectors are
// spread over sections. [EngineGraph] walks an HNSW graph ([Graph]) instead and is meant for very large sections.
// [EngineCoder] is github.com/coder/hnsw behind the same interface, for comparison. [EngineAuto] chooses.
//
// # Format of a section
//
// All numbers are little endian; every plane starts at a multiple of 64 bytes and the gaps are zero.
//
//	header   64 bytes: "VSEC", version u32, dims u32, slots u32, length of the whole u64, CRC-32C of all that follows u32, zeros
//	mean     dims x float32
//	units    slots x u32, never decreasing
//	bits     slots x ceil(dims/64) x u64
//	scales   slots x float32
//	bytes    slots x dims x int8
//	nibbles  slots x ceil(dims/2) bytes, the even dimension in the lower half, two's complement
//
// The same vectors added in the same order give the same bytes on every machine.
package vector
