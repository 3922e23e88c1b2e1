package encoder

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
)

// Hashed is a deterministic encoder for tests: every lower-cased word of a text is hashed to a fixed random
// direction and the directions are summed. Texts that share words are near each other, nothing else is known.
type Hashed struct {
	dimensions int
	encoded    atomic.Int64
}

// NewHashed returns a test double with vectors of the given length.
func NewHashed(dimensions int) *Hashed { return &Hashed{dimensions: dimensions} }

// Identity implements Encoder.
func (h *Hashed) Identity() Identity {
	return Identity{Model: "hashed", Revision: "1", Tokenizer: "words", Pooling: "mean", Recipe: "all", Dimensions: h.dimensions}
}

// Dimensions implements Encoder.
func (h *Hashed) Dimensions() int { return h.dimensions }

// Mean implements Encoder: random directions are centred already.
func (h *Hashed) Mean() []float32 { return nil }

// Encoded counts the units encoded so far, so that tests can prove what was encoded again.
func (h *Hashed) Encoded() int64 { return h.encoded.Load() }

// EncodeQuery implements Encoder.
func (h *Hashed) EncodeQuery(ctx context.Context, text string, dst []float32) error {
	if len(dst) != h.dimensions {
		return fmt.Errorf("encode query: destination holds %d values, want %d", len(dst), h.dimensions)
	}
	h.encode(dst, text)
	return ctx.Err()
}

// EncodeUnits implements Encoder.
func (h *Hashed) EncodeUnits(ctx context.Context, units []Unit, dst []float32) error {
	if len(dst) != len(units)*h.dimensions {
		return fmt.Errorf("encode units: destination holds %d values, want %d", len(dst), len(units)*h.dimensions)
	}
	for i, u := range units {
		if err := ctx.Err(); err != nil {
			return err
		}
		h.encode(dst[i*h.dimensions:(i+1)*h.dimensions], u.Owner, u.Name, u.Signature, u.Documentation, u.Body)
	}
	h.encoded.Add(int64(len(units)))
	return nil
}

func (h *Hashed) encode(dst []float32, texts ...string) {
	clear(dst)
	for _, text := range texts {
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			f := fnv.New64a()
			f.Write([]byte(strings.ToLower(word)))
			state := f.Sum64()
			for i := range dst {
				state = state*6364136223846793005 + 1442695040888963407
				dst[i] += float32(int32(state>>32)) / (1 << 31)
			}
		}
	}
	Normalize(dst)
}

// Normalize scales v to length one in place. The zero vector stays as it is.
func Normalize(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	inv := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= inv
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
