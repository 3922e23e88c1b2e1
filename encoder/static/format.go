package static

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"lsp/encoder"
)

// A model file is a header, a table of sections and the sections, all numbers little endian:
//
//	offset  size
//	     0     8  magic "SEMSTATC"
//	     8     4  format version
//	    12     4  number of sections n
//	    16     8  size of the file
//	    24  24*n  sections: tag 4, CRC-32C of the content 4, offset 8, length 8
//	 24+24n     4  CRC-32C of everything above
//
// Sections start at multiples of 64 and do not overlap. Those this version knows:
//
//	META  JSON of metadata
//	WORD  text of the words, end to end
//	OFFS  uint32 per word and one more: where it starts in WORD
//	HASH  uint32 slots of the word table
//	PAIR  uint64 slots of the pair table, empty without pairs
//	SCAL  float32 per id: scale of its row in units, the learned weight of the token included
//	ASKS  float32 per id: the same in questions
//	ROWS  a byte per value, dimensions per id: the value plus 128
//	MEAN  float32 per dimension: the centring mean
//	NEAR  of every word those that mean nearly the same (near.go); a model may lack it
//
// Sections of other names are passed over. Version history: 1 had one scale for both and no id of units.
const (
	magic         = "SEMSTATC"
	formatVersion = 2
	headerSize    = 24
	sectionSize   = 24
	maxSections   = 64
	alignment     = 64
	maxDimensions = 1024
)

// ErrFormat is wrapped by every error about the content of a model file.
var ErrFormat = errors.New("not a usable model file")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// metadata is the META section.
type metadata struct {
	Model          string `json:"model"`
	Revision       string `json:"revision"` // the first bytes of the SHA-256 of everything that decides a vector
	Tokenizer      string `json:"tokenizer"`
	Recipe         string `json:"recipe"`
	Fields         Fields `json:"fields"`
	MaxTokens      int    `json:"maxTokens"`
	MaxQueryTokens int    `json:"maxQueryTokens"`
	Dimensions     int    `json:"dimensions"`
	Shorter        []int  `json:"shorter,omitempty"` // dimensions that vectors may be cut to, descending
	Words          uint32 `json:"words"`
	StopWords      uint32 `json:"stopWords"`
	Pairs          uint32 `json:"pairs"`
}

// RecipeName says how the fields of a unit become a bag of tokens: each occurrence counts as its field's weight,
// a token as log2(1+sum), and all units have one token in common.
const RecipeName = "weighted-fields-2"

// requiredSections are what every model has, in the order in which they are written.
var requiredSections = []string{"META", "WORD", "OFFS", "HASH", "PAIR", "SCAL", "ASKS", "ROWS", "MEAN"}

// Load reads a model from the content of its file. The model keeps data and reads its table from there, so data
// must not change afterwards. An error says what was expected and what was found, and wraps ErrFormat.
func Load(data []byte) (*Model, error) {
	m, err := load(data)
	if err != nil {
		return nil, fmt.Errorf("load static model: %w: %w", ErrFormat, err)
	}
	return m, nil
}

func load(data []byte) (*Model, error) {
	sections, err := readSections(data)
	if err != nil {
		return nil, err
	}
	for _, tag := range requiredSections {
		if _, ok := sections[tag]; !ok {
			return nil, fmt.Errorf("section %s: missing", tag)
		}
	}
	m := &Model{bytes: len(data)}
	if err := json.Unmarshal(sections["META"], &m.meta); err != nil {
		return nil, fmt.Errorf("section META: %w", err)
	}
	if err := m.meta.check(); err != nil {
		return nil, err
	}
	m.words = vocabulary{
		text: sections["WORD"], offsets: sections["OFFS"], slots: sections["HASH"], pairs: sections["PAIR"],
		words: m.meta.Words, pairIDs: m.meta.Pairs, stop: m.meta.StopWords,
	}
	if err := m.words.check(); err != nil {
		return nil, err
	}
	m.scales, m.asked, m.rows = sections["SCAL"], sections["ASKS"], sections["ROWS"]
	m.stride, m.dimensions = m.meta.Dimensions, m.meta.Dimensions
	m.near = sections["NEAR"]
	if err := errors.Join(m.checkTable(), m.checkNear()); err != nil {
		return nil, err
	}
	return m, m.readMean(sections["MEAN"])
}

// readSections checks the header and every checksum and returns the sections by tag.
func readSections(data []byte) (map[string][]byte, error) {
	if len(data) < headerSize {
		return nil, fmt.Errorf("%d bytes, want at least the %d of a header", len(data), headerSize)
	}
	if found := string(data[:8]); found != magic {
		return nil, fmt.Errorf("starts with %q, want %q", found, magic)
	}
	if version := binary.LittleEndian.Uint32(data[8:]); version != formatVersion {
		return nil, fmt.Errorf("format version %d, this program reads version %d", version, formatVersion)
	}
	if size := binary.LittleEndian.Uint64(data[16:]); size != uint64(len(data)) {
		return nil, fmt.Errorf("file of %d bytes, want the %d its header announces", len(data), size)
	}
	count := binary.LittleEndian.Uint32(data[12:])
	end := headerSize + sectionSize*int(min(count, maxSections))
	if count > maxSections || len(data) < end+4 {
		return nil, fmt.Errorf("%d sections, want at most %d within %d bytes", count, maxSections, len(data))
	}
	if found, want := crc32.Checksum(data[:end], castagnoli), binary.LittleEndian.Uint32(data[end:]); found != want {
		return nil, fmt.Errorf("header: checksum %08x, want %08x", found, want)
	}
	sections := make(map[string][]byte, count)
	for entry := data[headerSize:end]; len(entry) > 0; entry = entry[sectionSize:] {
		tag := string(entry[:4])
		offset, length := binary.LittleEndian.Uint64(entry[8:]), binary.LittleEndian.Uint64(entry[16:])
		if offset > uint64(len(data)) || length > uint64(len(data))-offset {
			return nil, fmt.Errorf("section %q: bytes %d to %d, file has %d", tag, offset, offset+length, len(data))
		}
		content := data[offset : offset+length : offset+length]
		if found, want := crc32.Checksum(content, castagnoli), binary.LittleEndian.Uint32(entry[4:]); found != want {
			return nil, fmt.Errorf("section %q: checksum %08x, want %08x", tag, found, want)
		}
		sections[tag] = content
	}
	return sections, nil
}

func (d *metadata) check() error {
	switch {
	case d.Tokenizer != TokenizerName:
		return fmt.Errorf("tokenizer %q, this program has %q", d.Tokenizer, TokenizerName)
	case d.Recipe != RecipeName:
		return fmt.Errorf("text recipe %q, this program has %q", d.Recipe, RecipeName)
	case d.Dimensions <= 0 || d.Dimensions > maxDimensions || d.Dimensions%block != 0:
		return fmt.Errorf("%d dimensions, want a multiple of %d up to %d", d.Dimensions, block, maxDimensions)
	case d.MaxTokens < 1 || d.MaxTokens > MaxTokens:
		return fmt.Errorf("%d tokens of a unit, want 1 to %d", d.MaxTokens, MaxTokens)
	case d.MaxQueryTokens < 1 || d.MaxQueryTokens > MaxTokens:
		return fmt.Errorf("%d tokens of a query, want 1 to %d", d.MaxQueryTokens, MaxTokens)
	case d.Words > maxIDs || d.Pairs > maxIDs:
		return fmt.Errorf("%d words and %d pairs, want at most %d", d.Words, d.Pairs, maxIDs)
	}
	for _, weight := range []float32{d.Fields.Owner, d.Fields.Name, d.Fields.Signature, d.Fields.Documentation, d.Fields.Body} {
		if !(weight >= 0 && weight <= 16) {
			return fmt.Errorf("field weight %v, want 0 to 16", weight)
		}
	}
	for _, n := range d.Shorter {
		if n <= 0 || n >= d.Dimensions || n%block != 0 {
			return fmt.Errorf("shorter vectors of %d dimensions, want a multiple of %d below %d", n, block, d.Dimensions)
		}
	}
	return nil
}

func (m *Model) checkTable() error {
	for _, s := range []section{{"SCAL", m.scales}, {"ASKS", m.asked}} {
		if found, want := len(s.content), 4*m.words.ids(); found != want {
			return fmt.Errorf("section %s: %d bytes, want %d", s.tag, found, want)
		}
		for id := range m.words.ids() {
			if x := scaleOf(s.content, uint32(id)); !(x >= 0 && x <= math.MaxFloat32/1e6) {
				return fmt.Errorf("section %s: scale %d is %v, want a finite number from 0", s.tag, id, x)
			}
		}
	}
	if found, want := len(m.rows), m.stride*m.words.ids(); found != want || want > math.MaxUint32 {
		return fmt.Errorf("section ROWS: %d bytes, want %d", found, want)
	}
	return nil
}

func (m *Model) readMean(section []byte) error {
	if found, want := len(section), 4*m.stride; found != want {
		return fmt.Errorf("section MEAN: %d bytes, want %d", found, want)
	}
	m.mean = make([]float32, m.stride)
	for i := range m.mean {
		v := math.Float32frombits(binary.LittleEndian.Uint32(section[4*i:]))
		if !(v >= -1 && v <= 1) {
			return fmt.Errorf("section MEAN: value %d is %v, want -1 to 1", i, v)
		}
		m.mean[i] = v
	}
	m.setIdentity()
	return nil
}

// A Spec is everything a model file holds, as the trainer has it.
type Spec struct {
	Model          string // name, such as "static-code-256"
	Vocabulary     *Vocabulary
	Fields         Fields
	MaxTokens      int       // tokens read of a unit, at most MaxTokens
	MaxQueryTokens int       // tokens read of a query, at most MaxTokens
	Dimensions     int       // values of a row, a multiple of 16
	Shorter        []int     // dimensions that vectors may be cut to, descending
	Rows           []float32 // Dimensions values for each id of the vocabulary, as long as the id counts in a unit
	Asked          []float32 // for each id, what it counts in a question by what it counts in a unit
	Mean           []float32 // Dimensions values: the mean vector of units
}

// Encode quantises a model to bytes and lays out its file. The same Spec gives the same bytes.
func Encode(spec Spec) ([]byte, error) {
	v := spec.Vocabulary.v
	if found, want := len(spec.Rows), spec.Dimensions*v.ids(); found != want || len(spec.Mean) != spec.Dimensions || len(spec.Asked) != v.ids() {
		return nil, fmt.Errorf("encode static model: %d values of rows, %d of questions and %d of the mean, want %d, %d and %d",
			found, len(spec.Asked), len(spec.Mean), want, v.ids(), spec.Dimensions)
	}
	meta := metadata{
		Model: spec.Model, Tokenizer: TokenizerName, Recipe: RecipeName, Fields: spec.Fields,
		MaxTokens: spec.MaxTokens, MaxQueryTokens: spec.MaxQueryTokens, Dimensions: spec.Dimensions, Shorter: spec.Shorter,
		Words: v.words, StopWords: v.stop, Pairs: v.pairIDs,
	}
	if err := meta.check(); err != nil {
		return nil, fmt.Errorf("encode static model: %w", err)
	}
	var scales, asked, mean []byte
	rows := make([]byte, len(spec.Rows))
	for at := 0; at < len(rows); at += spec.Dimensions {
		scale := quantise(spec.Rows[at:at+spec.Dimensions], rows[at:at+spec.Dimensions])
		scales = binary.LittleEndian.AppendUint32(scales, math.Float32bits(scale))
		asked = binary.LittleEndian.AppendUint32(asked, math.Float32bits(scale*spec.Asked[at/spec.Dimensions]))
	}
	for _, x := range spec.Mean {
		mean = binary.LittleEndian.AppendUint32(mean, math.Float32bits(x))
	}
	digest := sha256.New()
	fmt.Fprintf(digest, "%+v", meta)
	for _, part := range [][]byte{v.text, v.offsets, v.pairs, scales, asked, rows} {
		digest.Write(part)
	}
	meta.Revision = hex.EncodeToString(digest.Sum(nil)[:8])
	text, err := json.Marshal(meta)
	if err != nil {
		return nil, fmt.Errorf("encode static model: %w", err)
	}
	return layOut([]section{
		{"META", text}, {"WORD", v.text}, {"OFFS", v.offsets}, {"HASH", v.slots}, {"PAIR", v.pairs},
		{"SCAL", scales}, {"ASKS", asked}, {"ROWS", rows}, {"MEAN", mean},
	}), nil
}

// quantise writes row as bytes with a bias of 128 and returns the scale that turns their values back.
func quantise(row []float32, dst []byte) float32 {
	most := float32(0)
	for _, x := range row {
		most = max(most, x, -x)
	}
	for i, x := range row {
		dst[i] = 128
		if most > 0 {
			dst[i] += byte(int8(math.Round(float64(x) / float64(most) * 127)))
		}
	}
	return most / 127
}

type section struct {
	tag     string
	content []byte
}

func layOut(sections []section) []byte {
	end := headerSize + sectionSize*len(sections) + 4
	size := end
	offsets := make([]int, len(sections))
	for i, s := range sections {
		offsets[i] = (size + alignment - 1) / alignment * alignment
		size = offsets[i] + len(s.content)
	}
	file := make([]byte, size)
	copy(file, magic)
	binary.LittleEndian.PutUint32(file[8:], formatVersion)
	binary.LittleEndian.PutUint32(file[12:], uint32(len(sections)))
	binary.LittleEndian.PutUint64(file[16:], uint64(size))
	for i, s := range sections {
		entry := file[headerSize+sectionSize*i:]
		copy(entry[:4], s.tag)
		binary.LittleEndian.PutUint32(entry[4:], crc32.Checksum(s.content, castagnoli))
		binary.LittleEndian.PutUint64(entry[8:], uint64(offsets[i]))
		binary.LittleEndian.PutUint64(entry[16:], uint64(len(s.content)))
		copy(file[offsets[i]:], s.content)
	}
	binary.LittleEndian.PutUint32(file[end-4:], crc32.Checksum(file[:end-4], castagnoli))
	return file
}

// Vocabulary is the set of tokens a model is trained on: words with stop words first, and pairs of words.
type Vocabulary struct{ v *vocabulary }

// NewVocabulary returns the vocabulary of the given lower-case words, of which the first stop are stop words, and
// of pairs of words given by their indexes. Ids are the indexes of the words, then of the pairs behind them, then
// one for each bucket of runes outside the vocabulary, and last that of units.
func NewVocabulary(words []string, stop int, pairs [][2]uint32) (*Vocabulary, error) {
	v, err := newVocabulary(words, stop, pairs)
	if err != nil {
		return nil, err
	}
	return &Vocabulary{v}, nil
}

// Len is the number of ids.
func (v *Vocabulary) Len() int { return v.v.ids() }

// Unit is the id that every unit has and no question.
func (v *Vocabulary) Unit() uint32 { return v.v.unit() }

// Words is the number of words; their ids come first.
func (v *Vocabulary) Words() int { return int(v.v.words) }

// Pairs is the number of pairs; their ids come after those of the words.
func (v *Vocabulary) Pairs() int { return int(v.v.pairIDs) }

// A Reader turns texts into features as a model with the same vocabulary would. It is not safe for concurrent use.
type Reader struct {
	words *vocabulary
	bag   bag
}

// NewReader returns a reader for the vocabulary.
func (v *Vocabulary) NewReader() *Reader { return &Reader{words: v.v} }

// Query returns the features of a question, reading at most limit tokens. The slice is valid until the next call.
func (r *Reader) Query(text string, limit int) []Feature {
	r.bag.reset()
	r.bag.addText(r.words, text, 1, min(limit, MaxTokens))
	return r.bag.weigh()
}

// Unit returns the features of a unit, reading at most limit tokens. The slice is valid until the next call.
func (r *Reader) Unit(u *encoder.Unit, fields *Fields, limit int) []Feature {
	r.bag.reset()
	r.bag.addUnit(r.words, fields, u, min(limit, MaxTokens))
	return r.bag.weigh()
}

// Tokens returns the ids of the words and sub-words of text in order, without pairs.
func (r *Reader) Tokens(text string, dst []uint32) []uint32 {
	r.bag.scanner.reset(text)
	for r.bag.scanner.next() {
		n := r.words.pieces(r.bag.scanner.word[:r.bag.scanner.length], &r.bag.pieces)
		dst = append(dst, r.bag.pieces[:n]...)
	}
	return dst
}
