package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"unicode/utf8"

	"lsp/indexer/lexical"
	"lsp/indexer/vector"
)

// Identity says what made the units and vectors of an index. Segments of different identities never mix.
type Identity struct {
	Model      string // encoder.Identity.String
	Dimensions int
	Chunker    int // version of the rules that cut files into units
}

// Builder collects files and turns them into the bytes of a segment. It is not safe for concurrent use.
type Builder struct {
	id        Identity
	source    int64
	files     []byte
	units     []byte
	names     []byte
	details   []byte
	hashes    []byte
	interned  map[string]uint32
	languages map[string]uint16
	spoken    []string // languages in order of their numbers
	lexical   *lexical.Builder
	vectors   *vector.Builder
}

// NewBuilder returns an empty builder. The mean is the model's centring mean, nil when it has none.
func NewBuilder(id Identity, mean []float32) (*Builder, error) {
	vectors, err := vector.NewBuilder(id.Dimensions, mean)
	if err != nil {
		return nil, err
	}
	return &Builder{
		id: id, interned: map[string]uint32{}, languages: map[string]uint16{},
		lexical: lexical.NewBuilder(), vectors: vectors,
	}, nil
}

// Reset empties the builder and keeps its memory for the next segment.
func (b *Builder) Reset() {
	b.source = 0
	b.files, b.units, b.names = b.files[:0], b.units[:0], b.names[:0]
	b.details, b.hashes = b.details[:0], b.hashes[:0]
	clear(b.interned)
	clear(b.languages)
	b.spoken = b.spoken[:0]
	b.lexical.Reset()
	b.vectors.Reset()
}

// Units returns the number of units added.
func (b *Builder) Units() int { return len(b.units) / unitRecordSize }

// Files returns the number of file records added.
func (b *Builder) Files() int { return len(b.files) / fileRecordSize }

// SourceBytes returns the size of all files with units that were added.
func (b *Builder) SourceBytes() int64 { return b.source }

// AddFile adds a file record. The units added next belong to it. First and End of f are ignored.
func (b *Builder) AddFile(f File) {
	var r [fileRecordSize]byte
	copy(r[:], f.Hash[:])
	binary.LittleEndian.PutUint64(r[16:], uint64(f.Size))
	binary.LittleEndian.PutUint64(r[24:], uint64(f.ModTime))
	binary.LittleEndian.PutUint64(r[32:], uint64(f.IndexedAt))
	binary.LittleEndian.PutUint32(r[40:], uint32(b.Units()))
	binary.LittleEndian.PutUint32(r[44:], uint32(b.Units()))
	path := clip(f.Path, math.MaxUint16)
	binary.LittleEndian.PutUint32(r[48:], b.name(path))
	binary.LittleEndian.PutUint16(r[52:], uint16(len(path)))
	binary.LittleEndian.PutUint16(r[54:], b.language(f.Language))
	binary.LittleEndian.PutUint16(r[56:], uint16(f.Flags))
	r[58] = f.Reason
	b.files = append(b.files, r[:]...)
	b.source += f.Size
}

// Vectors are the vectors of one unit: new rows, or those of a unit with the same hash in another segment.
type Vectors struct {
	Rows []float32 // one or more rows, ignored when From is set
	From *Segment
	Unit uint32 // in From
}

// AddUnit adds a unit to the file added last. Language and Path of u are those of the file. On an error, which
// means that a vector is not usable, the unit is in the segment without the rest of its vectors.
func (b *Builder) AddUnit(u *Unit, text *lexical.Document, v Vectors) error {
	b.lexical.Add(text)
	return b.addVectors(b.addRecord(u), v)
}

// addRecord appends everything stored of a unit but its postings and vectors.
func (b *Builder) addRecord(u *Unit) uint32 {
	number := b.record(u)
	b.details = appendPosition(b.details, u.Range.Start, 0)
	b.details = appendPosition(b.details, u.Range.End, u.Range.Start.Line)
	b.details = appendPosition(b.details, u.NameRange.Start, u.Range.Start.Line)
	b.details = appendPosition(b.details, u.NameRange.End, u.NameRange.Start.Line)
	b.details = appendString(b.details, clip(u.Signature, maxSignature))
	b.details = appendString(b.details, clip(u.Documentation, maxDocumentation))
	b.details = binary.AppendUvarint(b.details, uint64(len(u.Parts)))
	line := u.Range.Start.Line
	for _, p := range u.Parts {
		b.details = binary.AppendUvarint(b.details, uint64(p.Start-line))
		b.details = binary.AppendUvarint(b.details, uint64(p.End-p.Start))
		line = p.End
	}
	return number
}

func (b *Builder) addVectors(number uint32, v Vectors) error {
	if v.From != nil {
		first, end := v.From.vectors.Slots(v.Unit)
		for slot := first; slot < end; slot++ {
			if err := b.vectors.AddRow(number, v.From.vectors, slot); err != nil {
				return err
			}
		}
		return nil
	}
	for rows := v.Rows; len(rows) > 0; rows = rows[b.id.Dimensions:] {
		if err := b.vectors.Add(number, rows[:b.id.Dimensions]); err != nil {
			return err
		}
	}
	return nil
}

// record appends the fixed-size record and hash of a unit and counts it to the last file.
func (b *Builder) record(u *Unit) uint32 {
	number := uint32(b.Units())
	var r [unitRecordSize]byte
	name, owner := clip(u.Name, math.MaxUint16), clip(u.Owner, math.MaxUint16)
	binary.LittleEndian.PutUint32(r[0:], uint32(b.Files()-1))
	binary.LittleEndian.PutUint32(r[4:], uint32(len(b.details)))
	binary.LittleEndian.PutUint64(r[8:], NameMask(name))
	binary.LittleEndian.PutUint32(r[16:], b.name(name))
	binary.LittleEndian.PutUint16(r[20:], uint16(len(name)))
	r[22] = byte(u.Kind)
	binary.LittleEndian.PutUint16(r[24:], uint16(u.Flags))
	binary.LittleEndian.PutUint16(r[26:], uint16(len(owner)))
	binary.LittleEndian.PutUint32(r[28:], b.name(owner))
	b.units = append(b.units, r[:]...)
	b.hashes = append(b.hashes, u.Hash[:]...)
	binary.LittleEndian.PutUint32(b.files[len(b.files)-fileRecordSize+44:], number+1)
	return number
}

// name interns a string in the heap and returns where it starts.
func (b *Builder) name(s string) uint32 {
	if off, ok := b.interned[s]; ok {
		return off
	}
	off := uint32(len(b.names))
	b.names = append(b.names, s...)
	b.interned[string(b.names[off:])] = off
	return off
}

func (b *Builder) language(name string) uint16 {
	n, ok := b.languages[name]
	if !ok {
		n = uint16(len(b.spoken))
		name = string([]byte(name)) // the builder outlives the segment a name may come from
		b.languages[name] = n
		b.spoken = append(b.spoken, name)
	}
	return n
}

// Bytes encodes the segment. The same files in the same order give the same bytes.
func (b *Builder) Bytes() []byte {
	return b.encode(b.lexical.Bytes(), b.vectors.Bytes())
}

// encode lays out the sections; postings and vectors come encoded.
func (b *Builder) encode(lex, vec []byte) []byte {
	description, err := json.Marshal(meta{
		Model: b.id.Model, Dimensions: b.id.Dimensions, Chunker: b.id.Chunker,
		Files: b.Files(), Units: b.Units(), Source: b.source, Languages: b.spoken,
	})
	if err != nil {
		panic("store: encode description: " + err.Error()) // strings and numbers only
	}
	return segmentFrame.encode([]section{
		{"META", description}, {"FILE", b.files}, {"UNIT", b.units}, {"NAME", b.names}, {"DETL", b.details},
		{"HASH", b.hashes}, {"HORD", b.hashOrder()}, {"LEXI", lex}, {"VECT", vec},
	})
}

// hashOrder returns the unit numbers in ascending order of their hashes.
func (b *Builder) hashOrder() []byte {
	n := b.Units()
	order := make([]uint32, n)
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int {
		return cmpOr(bytes.Compare(b.hashes[x*16:x*16+16], b.hashes[y*16:y*16+16]), int(x)-int(y))
	})
	out := make([]byte, 0, n*4)
	for _, u := range order {
		out = binary.LittleEndian.AppendUint32(out, u)
	}
	return out
}

func cmpOr(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// clip cuts s to at most n bytes at the start of a rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
