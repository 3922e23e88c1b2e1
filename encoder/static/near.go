package static

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"lsp/encoder"
)

// The NEAR section lists for every word those whose vectors are nearest to its own: uint32 per word and one more, where
// the word's list starts among the entries, then the entries, each an id times 256 plus the cosine times 255, nearest
// first. Vectors are compared above the mean of all words.
const (
	mostNear      = 12  // entries of a word
	leastNear     = 0.4 // cosine of an entry
	leastNearRune = 3   // bytes of a word that is near to another one: shorter ones mean too many things
)

// AddNearWords returns a model file with its NEAR section made anew; everything else stays as it is, so that the model
// gives the same vectors and has the same identity. Every word is compared with every other one.
func AddNearWords(ctx context.Context, file []byte) ([]byte, error) {
	m, err := Load(file)
	if err != nil {
		return nil, err
	}
	near, err := m.nearest(ctx)
	if err != nil {
		return nil, err
	}
	sections, err := readSections(file)
	if err != nil {
		return nil, err // not reached: Load has read them
	}
	var all []section
	for _, tag := range requiredSections {
		all = append(all, section{tag, sections[tag]})
	}
	return layOut(append(all, section{"NEAR", near})), nil
}

// nearest makes the content of the NEAR section.
func (m *Model) nearest(ctx context.Context) ([]byte, error) {
	n := int(m.words.words)
	vectors, err := m.wordVectors(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]uint32, n)
	var next atomic.Int64
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for id := int(next.Add(1)) - 1; id < n && ctx.Err() == nil; id = int(next.Add(1)) - 1 {
				lists[id] = m.nearestTo(id, vectors)
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("find words that are near each other: %w", err)
	}
	var starts, entries []byte
	for _, list := range lists {
		starts = binary.LittleEndian.AppendUint32(starts, uint32(len(entries)/4))
		for _, entry := range list {
			entries = binary.LittleEndian.AppendUint32(entries, entry)
		}
	}
	starts = binary.LittleEndian.AppendUint32(starts, uint32(len(entries)/4))
	return append(starts, entries...), nil
}

// wordVectors returns the vectors of all words above their mean, normalised, row after row.
func (m *Model) wordVectors(ctx context.Context) ([]float32, error) {
	n, d := int(m.words.words), m.dimensions
	vectors, mean := make([]float32, n*d), make([]float64, d)
	for id := range n {
		v := vectors[id*d : (id+1)*d]
		if err := m.EncodeQuery(ctx, string(m.words.word(uint32(id))), v); err != nil {
			return nil, err
		}
		for i, x := range v {
			mean[i] += float64(x) / float64(n)
		}
	}
	for id := range n {
		v, sum := vectors[id*d:(id+1)*d], 0.0
		for i := range v {
			v[i] -= float32(mean[i])
			sum += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			if sum > 0 {
				v[i] /= float32(math.Sqrt(sum))
			}
		}
	}
	return vectors, nil
}

// nearestTo returns the entries of a word.
func (m *Model) nearestTo(id int, vectors []float32) []uint32 {
	d := m.dimensions
	v := vectors[id*d : (id+1)*d]
	var list []uint32
	for other := int(m.words.stop); other < int(m.words.words); other++ {
		if other == id || len(m.words.word(uint32(other))) < leastNearRune {
			continue
		}
		w, cosine := vectors[other*d:(other+1)*d], float32(0)
		for i := 0; i < d; i += block {
			a, b := (*[block]float32)(v[i:]), (*[block]float32)(w[i:])
			cosine += a[0]*b[0] + a[1]*b[1] + a[2]*b[2] + a[3]*b[3] + a[4]*b[4] + a[5]*b[5] + a[6]*b[6] + a[7]*b[7] +
				a[8]*b[8] + a[9]*b[9] + a[10]*b[10] + a[11]*b[11] + a[12]*b[12] + a[13]*b[13] + a[14]*b[14] + a[15]*b[15]
		}
		if cosine >= leastNear {
			list = append(list, uint32(other)<<8|uint32(min(1, cosine)*255+0.5))
		}
	}
	slices.SortStableFunc(list, func(a, b uint32) int { return int(b&0xff) - int(a&0xff) })
	return list[:min(len(list), mostNear)]
}

// checkNear checks the NEAR section, which a model may lack.
func (m *Model) checkNear() error {
	if len(m.near) == 0 {
		return nil
	}
	starts := 4 * (int(m.words.words) + 1)
	if len(m.near) < starts || len(m.near)%4 != 0 {
		return fmt.Errorf("section NEAR: %d bytes, want a multiple of 4 from %d", len(m.near), starts)
	}
	last := uint32(0)
	for at := 0; at < starts; at += 4 {
		start := binary.LittleEndian.Uint32(m.near[at:])
		if start < last {
			return fmt.Errorf("section NEAR: list %d starts at %d, before %d", at/4, start, last)
		}
		last = start
	}
	if found := (len(m.near) - starts) / 4; int(last) != found {
		return fmt.Errorf("section NEAR: %d entries, want %d", found, last)
	}
	for at := starts; at < len(m.near); at += 4 {
		if id := binary.LittleEndian.Uint32(m.near[at:]) >> 8; id >= m.words.words {
			return fmt.Errorf("section NEAR: word %d of %d", id, m.words.words)
		}
	}
	return nil
}

// NearWords implements encoder.Thesaurus. A model file without a list of near words knows none.
func (m *Model) NearWords(word string) []encoder.NearWord {
	if len(m.near) == 0 {
		return nil
	}
	id := m.words.find([]byte(word), hashOf(word))
	if id == noID {
		return nil
	}
	entries := m.near[4*(m.words.words+1):]
	from, to := binary.LittleEndian.Uint32(m.near[4*id:]), binary.LittleEndian.Uint32(m.near[4*id+4:])
	words := make([]encoder.NearWord, 0, to-from)
	for at := from; at < to; at++ {
		entry := binary.LittleEndian.Uint32(entries[4*at:])
		words = append(words, encoder.NearWord{Word: string(m.words.word(entry >> 8)), Cosine: float32(entry&0xff) / 255})
	}
	return words
}
