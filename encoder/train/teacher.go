package train

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// A teacher is a transformer whose vectors the table starts from and whose similarities it learns. Its vectors are
// computed once and kept in a file of fixed-size entries, so that a run can be repeated, stopped and continued:
//
//	8  first bytes of the SHA-256 of the text
//	4  float32 scale
//	n  int8 values
//
// A torn entry at the end is cut off when the file is opened.

// TeacherDimensions is the length of a teacher's vector.
const TeacherDimensions = 384

const teacherEntry = 8 + 4 + TeacherDimensions

type teacherKey [8]byte

func teacherKeyOf(text string) teacherKey {
	sum := sha256.Sum256([]byte(text))
	return teacherKey(sum[:8])
}

// Teacher holds cached vectors by the text they belong to.
type Teacher struct {
	path    string
	entries map[teacherKey]int32 // index of the entry
	scales  []float32
	values  []int8
}

// OpenTeacher reads the cache at path; a missing file is an empty cache.
func OpenTeacher(path string) (*Teacher, error) {
	t := &Teacher{path: path, entries: map[teacherKey]int32{}}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open teacher vectors: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var entry [teacherEntry]byte
	for {
		if _, err := io.ReadFull(r, entry[:]); err == io.EOF {
			return t, nil
		} else if errors.Is(err, io.ErrUnexpectedEOF) {
			if err := f.Truncate(int64(len(t.scales)) * teacherEntry); err != nil {
				return nil, fmt.Errorf("repair teacher vectors: %w", err)
			}
			return t, nil
		} else if err != nil {
			return nil, fmt.Errorf("read teacher vectors from %s: %w", path, err)
		}
		t.take(&entry)
	}
}

func (t *Teacher) take(entry *[teacherEntry]byte) {
	t.entries[teacherKey(entry[:8])] = int32(len(t.scales))
	t.scales = append(t.scales, math.Float32frombits(binary.LittleEndian.Uint32(entry[8:])))
	for _, b := range entry[12:] {
		t.values = append(t.values, int8(b))
	}
}

// Len is the number of texts with a vector.
func (t *Teacher) Len() int { return len(t.entries) }

// Vector writes the vector of text into dst and reports whether there is one.
func (t *Teacher) Vector(text string, dst []float32) bool {
	return t.vector(teacherKeyOf(text), dst)
}

func (t *Teacher) vector(key teacherKey, dst []float32) bool {
	i, ok := t.entries[key]
	if !ok {
		return false
	}
	values := t.values[int(i)*TeacherDimensions:][:TeacherDimensions]
	for d, x := range values {
		dst[d] = t.scales[i] * float32(x)
	}
	return true
}

const teacherChunk = 2048 // texts between two progress reports

// Fill computes the vectors that are missing, one text after the other in the given order, and appends them to the
// file. The embed function returns one vector of TeacherDimensions values per text. Progress, which may be nil, is
// told how many of how many are done. After an error or a cancelled context what was computed is kept.
func (t *Teacher) Fill(ctx context.Context, texts []string, embed func(context.Context, []string) ([][]float32, error),
	progress func(done, total int)) (err error) {
	missing := t.missing(texts)
	f, err := os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("fill teacher vectors: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	done := 0
	for chunk := range slices.Chunk(missing, teacherChunk) {
		// Texts of like length share a batch without much padding.
		slices.SortStableFunc(chunk, func(a, b string) int { return len(a) - len(b) })
		vectors, err := embed(ctx, chunk)
		if err != nil {
			return fmt.Errorf("fill teacher vectors: %w", err)
		}
		if len(vectors) != len(chunk) {
			return fmt.Errorf("fill teacher vectors: %d vectors for %d texts", len(vectors), len(chunk))
		}
		var out []byte
		for i, v := range vectors {
			entry, err := encodeEntry(chunk[i], v)
			if err != nil {
				return err
			}
			t.take(entry)
			out = append(out, entry[:]...)
		}
		if _, err := f.Write(out); err != nil {
			return fmt.Errorf("fill teacher vectors: %w", err)
		}
		if done += len(chunk); progress != nil {
			progress(done, len(missing))
		}
	}
	return nil
}

func (t *Teacher) missing(texts []string) []string {
	asked := map[teacherKey]bool{}
	var missing []string
	for _, text := range texts {
		key := teacherKeyOf(text)
		if _, ok := t.entries[key]; !ok && !asked[key] {
			asked[key] = true
			missing = append(missing, text)
		}
	}
	return missing
}

func encodeEntry(text string, v []float32) (*[teacherEntry]byte, error) {
	if len(v) != TeacherDimensions {
		return nil, fmt.Errorf("fill teacher vectors: vector of %d values, want %d", len(v), TeacherDimensions)
	}
	var entry [teacherEntry]byte
	key := teacherKeyOf(text)
	copy(entry[:], key[:])
	most := float32(0)
	for _, x := range v {
		most = max(most, x, -x)
	}
	if !(most > 0 && most <= math.MaxFloat32) {
		return nil, fmt.Errorf("fill teacher vectors: vector of %.40q has largest value %v", text, most)
	}
	binary.LittleEndian.PutUint32(entry[8:], math.Float32bits(most/127))
	for i, x := range v {
		entry[12+i] = byte(int8(math.Round(float64(x / most * 127))))
	}
	return &entry, nil
}

// teacherRunes is how much of a function's text its teacher reads.
const teacherRunes = 600

// functionText is the text by which a teacher knows a function: with its documentation, for what it says of the
// function is what the table has to find out without it.
func functionText(r *Record) string {
	text := strings.Join([]string{r.Signature, r.Documentation, r.Body}, "\n")
	n := 0
	for i := range text {
		if n++; n > teacherRunes {
			return text[:i]
		}
	}
	return text
}
