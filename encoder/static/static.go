// Package static is the encoder inside the binary: a table with one vector per word, sub-word and frequent pair of
// words, from which the vector of a text is a weighted sum. It is plain Go, answers in microseconds and gives the
// same vectors on every platform.
//
// A text is cut into words where identifiers change case (words.go), words are looked up whole or cut into the
// longest known pieces (vocabulary.go), occurrences are counted with the weight of the field they stand in
// (features.go), and the rows of the table are summed in integers (pool.go). Everything that decides a vector is
// in the model file (format.go), which is used where it lies, without building anything.
//
// The table is trained by encoder/train; MODEL.md says on what, and how well it does.
package static

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"slices"
	"sync"

	"lsp/encoder"
)

//go:embed model.bin
var embedded []byte

var loadEmbedded = sync.OnceValues(func() (*Model, error) { return Load(embedded) })

// Default returns the model inside the binary. It is loaded once.
func Default() (*Model, error) { return loadEmbedded() }

// Open reads a model file.
func Open(path string) (*Model, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open static model: %w", err)
	}
	m, err := Load(data)
	if err != nil {
		return nil, fmt.Errorf("open static model %s: %w", path, err)
	}
	return m, nil
}

// Model encodes with a static table. It implements encoder.Encoder and is safe for concurrent use.
type Model struct {
	meta       metadata
	words      vocabulary
	scales     []byte // float32 per id, for units
	asked      []byte // float32 per id, for questions
	rows       []byte // stride bytes per id
	stride     int    // bytes of a row
	dimensions int    // values of a vector, at most stride
	mean       []float32
	near       []byte // of every word those near to it, empty when that was not worked out
	bytes      int    // size of the file
	identity   encoder.Identity
	scratch    sync.Pool
}

var (
	_ encoder.Encoder   = (*Model)(nil)
	_ encoder.Thesaurus = (*Model)(nil)
)

// Truncated returns a model whose vectors are the first values of m's, normalised again. Training sees to it that
// the lengths listed by Shorter lose little. It shares m's table.
func (m *Model) Truncated(dimensions int) (*Model, error) {
	if dimensions != m.stride && !slices.Contains(m.meta.Shorter, dimensions) {
		return nil, fmt.Errorf("truncate model %s to %d dimensions: want %d or one of %v",
			m.meta.Model, dimensions, m.stride, m.meta.Shorter)
	}
	short := &Model{
		meta: m.meta, words: m.words, bytes: m.bytes, scales: m.scales, asked: m.asked, rows: m.rows, stride: m.stride,
		dimensions: dimensions, mean: m.mean[:dimensions:dimensions], near: m.near,
	}
	short.setIdentity()
	return short, nil
}

// Shorter lists the lengths that Truncated accepts beside the full one, descending.
func (m *Model) Shorter() []int { return slices.Clone(m.meta.Shorter) }

// Bytes is the size of the model file.
func (m *Model) Bytes() int { return m.bytes }

// Size is the number of tokens that have a vector.
func (m *Model) Size() int { return m.words.ids() }

func (m *Model) setIdentity() {
	sum := crc32.New(castagnoli)
	for _, x := range m.mean {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
		sum.Write(b[:])
	}
	f := m.meta.Fields
	m.identity = encoder.Identity{
		Model: m.meta.Model, Revision: m.meta.Revision, Tokenizer: m.meta.Tokenizer, Pooling: "mean",
		Recipe: fmt.Sprintf("%s owner=%g name=%g signature=%g documentation=%g body=%g query=%d",
			m.meta.Recipe, f.Owner, f.Name, f.Signature, f.Documentation, f.Body, m.meta.MaxQueryTokens),
		MaxTokens: m.meta.MaxTokens, Dimensions: m.dimensions, Mean: fmt.Sprintf("%08x", sum.Sum32()),
	}
}

// Identity implements encoder.Encoder.
func (m *Model) Identity() encoder.Identity { return m.identity }

// Dimensions implements encoder.Encoder.
func (m *Model) Dimensions() int { return m.dimensions }

// Mean implements encoder.Encoder.
func (m *Model) Mean() []float32 { return m.mean }

// scaleOf reads the scale of an id from a table of them.
func scaleOf(scales []byte, id uint32) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(scales[4*id:]))
}

// A workspace is what encoding one text needs.
type workspace struct {
	bag   bag
	terms [bagLimit]term
	sums  [maxDimensions]int32
}

func (m *Model) workspace() *workspace {
	if w, ok := m.scratch.Get().(*workspace); ok {
		return w
	}
	return new(workspace)
}

// EncodeQuery implements encoder.Encoder.
func (m *Model) EncodeQuery(ctx context.Context, text string, dst []float32) error {
	if len(dst) != m.dimensions {
		return fmt.Errorf("encode query: destination holds %d values, want %d", len(dst), m.dimensions)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("encode query: %w", err)
	}
	w := m.workspace()
	defer m.scratch.Put(w)
	w.bag.reset()
	w.bag.addText(&m.words, text, 1, m.meta.MaxQueryTokens)
	m.pool(w, m.asked, dst)
	return nil
}

// EncodeUnits implements encoder.Encoder.
func (m *Model) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	if len(dst) != len(units)*m.dimensions {
		return fmt.Errorf("encode units: destination holds %d values, want %d", len(dst), len(units)*m.dimensions)
	}
	w := m.workspace()
	defer m.scratch.Put(w)
	for i := range units {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("encode units: %d of %d done: %w", i, len(units), err)
		}
		w.bag.reset()
		w.bag.addUnit(&m.words, &m.meta.Fields, &units[i], m.meta.MaxTokens)
		m.pool(w, m.scales, dst[i*m.dimensions:(i+1)*m.dimensions])
	}
	return nil
}

// pool writes the vector of the text counted in w, of rows with the given scales.
func (m *Model) pool(w *workspace, scales []byte, dst []float32) {
	terms := m.terms(w.bag.weigh(), scales, w.terms[:])
	sums := w.sums[:m.dimensions]
	sumRows(m.rows, terms, sums)
	normalize(sums, dst)
}
