package rerank

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// A file of codes is
//
//	magic of 8 bytes, the last two of which are the version; length of the card, 4 bytes little endian; the card in JSON;
//	the codes as float32, little endian; SHA-256 of all that stands before
const (
	polyMagic    = "lsppol01"
	maxPolyBytes = 64 << 20
)

// errPolyFile is the error of what is no file of codes.
var errPolyFile = errors.New("no file of the codes of a poly-encoder, or a damaged one")

// ReadPoly reads a file of codes.
func ReadPoly(path string) (*Codes, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPolyBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	c, err := ParsePoly(data)
	if err != nil {
		return nil, fmt.Errorf("read codes from %s: %w", path, err)
	}
	return c, nil
}

// ParsePoly reads the bytes of a file of codes.
func ParsePoly(data []byte) (*Codes, error) {
	head, sumAt := len(polyMagic)+4, len(data)-sha256.Size
	if len(data) > maxPolyBytes || sumAt < head || !bytes.HasPrefix(data, []byte(polyMagic[:6])) {
		return nil, errPolyFile
	}
	if version := string(data[6:8]); version != polyMagic[6:] {
		return nil, fmt.Errorf("codes of version %q, want %q", version, polyMagic[6:])
	}
	if sum := sha256.Sum256(data[:sumAt]); !bytes.Equal(sum[:], data[sumAt:]) {
		return nil, errPolyFile
	}
	length := binary.LittleEndian.Uint32(data[len(polyMagic):])
	if int64(length) > int64(sumAt-head) {
		return nil, errPolyFile
	}
	var c Codes
	if err := json.Unmarshal(data[head:head+int(length)], &c.Card); err != nil {
		return nil, fmt.Errorf("card of the codes: %w", err)
	}
	if err := c.Card.check(); err != nil {
		return nil, fmt.Errorf("card of the codes: %w", err)
	}
	values, err := decodeVector(data[head+int(length):sumAt], c.Card.Codes*c.Card.Width)
	if err != nil {
		return nil, fmt.Errorf("codes: %w", err)
	}
	c.values = values
	return &c, nil
}

// Bytes is the file of the codes.
func (c *Codes) Bytes() ([]byte, error) {
	card, err := json.Marshal(&c.Card)
	if err != nil {
		return nil, fmt.Errorf("write codes: %w", err)
	}
	b := binary.LittleEndian.AppendUint32([]byte(polyMagic), uint32(len(card)))
	b = append(append(b, card...), encodeVector(c.values)...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// checksum tells codes apart.
func (c *Codes) checksum() string {
	b := encodeVector(c.values)
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(b, math.Float64bits(c.Card.Temperature)))
	return hex.EncodeToString(sum[:8])
}

// sameWeights compares revisions of encoders, which may name the runtime after a plus: codes fit all of them.
func sameWeights(a, b string) bool {
	a, _, _ = strings.Cut(a, "+")
	b, _, _ = strings.Cut(b, "+")
	return a == b
}
