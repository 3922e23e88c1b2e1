package workspace

import (
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Hash identifies file content: the 128-bit xxh3 digest in big-endian order.
// It tells equal content from different content; it does not resist an
// adversary who constructs collisions.
type Hash [16]byte

// HashOf returns the hash of content.
func HashOf(content []byte) Hash {
	return Hash(xxh3.Hash128(content).Bytes())
}

// String returns the hash as 32 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether h was never set. No known content hashes to zero.
func (h Hash) IsZero() bool { return h == Hash{} }
