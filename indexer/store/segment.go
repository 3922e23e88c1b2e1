package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"sort"
	"sync/atomic"

	"github.com/edsrzf/mmap-go"

	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/vector"
)

// FormatVersion is the version of segments and manifest. There is no migration: another version is rebuilt.
//
//	1  first format
const FormatVersion = 1

// segmentFrame is the layout of a segment.
var segmentFrame = frame{"segment", "SLSG", FormatVersion}

// meta is the META section.
type meta struct {
	Model      string   `json:"model"` // encoder.Identity.String
	Dimensions int      `json:"dimensions"`
	Chunker    int      `json:"chunker"` // ChunkerVersion of the writer
	Files      int      `json:"files"`
	Units      int      `json:"units"`
	Source     int64    `json:"source"`    // bytes of text the units were cut from
	Languages  []string `json:"languages"` // file records name languages by number
}

// Segment is an immutable set of files with their units, postings and vectors. It is safe for concurrent use.
// A segment is counted: it starts with one reference, and its mapping goes with the last one.
type Segment struct {
	name    string
	data    []byte
	mapping mmap.MMap // nil when the segment lives in memory
	refs    atomic.Int64

	meta    meta
	files   []byte
	units   []byte
	names   []byte
	details []byte
	hashes  []byte
	order   []byte
	lexical *lexical.Section
	vectors *vector.Section
	graph   atomic.Pointer[vector.Graph]
	coder   atomic.Pointer[vector.Coder]
	sets    unitSets
}

// OpenSegment reads a segment from bytes that must not change as long as it is in use. The name is for messages.
// Whatever the bytes are, an error is returned or every accessor is safe.
func OpenSegment(name string, data []byte) (*Segment, error) {
	s := &Segment{name: name, data: data}
	s.refs.Store(1)
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

// MapSegment opens the segment file at path, mapped read-only.
func MapSegment(path string) (*Segment, error) {
	m, err := segmentFrame.mapFile(path)
	if err != nil {
		return nil, err
	}
	s, err := OpenSegment(path, m)
	if err != nil {
		m.Unmap()
		return nil, err
	}
	s.mapping = m
	return s, nil
}

// Retain adds a reference.
func (s *Segment) Retain() { s.refs.Add(1) }

// Release drops a reference. The last one unmaps the file, after which nothing of the segment may be used.
func (s *Segment) Release() {
	switch n := s.refs.Add(-1); {
	case n == 0 && s.mapping != nil:
		s.mapping.Unmap()
		s.data = nil
	case n < 0:
		panic("store: segment released more often than retained")
	}
}

func (s *Segment) open() error {
	sections, err := segmentFrame.decode(s.name, s.data)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(sections["META"], &s.meta); err != nil {
		return corrupt(s.name, "its description is not readable: %v", err)
	}
	s.files, s.units = sections["FILE"], sections["UNIT"]
	s.names, s.details = sections["NAME"], sections["DETL"]
	s.hashes, s.order = sections["HASH"], sections["HORD"]
	if err := s.checkRecords(); err != nil {
		return err
	}
	if s.lexical, err = lexical.Open(sections["LEXI"]); err != nil {
		return corrupt(s.name, "postings: %v", err)
	}
	if s.lexical.Documents() != s.Units() {
		return corrupt(s.name, "postings hold %d documents, want %d", s.lexical.Documents(), s.Units())
	}
	if s.vectors, err = vector.Open(sections["VECT"], s.meta.Dimensions); err != nil {
		return corrupt(s.name, "vectors: %v", err)
	}
	if n := s.vectors.UnitBound(); n > s.Units() {
		return corrupt(s.name, "vectors belong to %d units of %d", n, s.Units())
	}
	return nil
}

// checkRecords makes sure that every number in the fixed-size records points inside its section.
func (s *Segment) checkRecords() error {
	nf, nu := s.meta.Files, s.meta.Units
	if nf < 0 || nu < 0 || len(s.files) != nf*fileRecordSize || len(s.units) != nu*unitRecordSize ||
		len(s.hashes) != nu*16 || len(s.order) != nu*4 {
		return corrupt(s.name, "records do not fit %d files and %d units", nf, nu)
	}
	next := uint32(0)
	for f := range uint32(nf) {
		r := s.files[f*fileRecordSize:]
		first, end := binary.LittleEndian.Uint32(r[40:]), binary.LittleEndian.Uint32(r[44:])
		if first != next || end < first || end > uint32(nu) {
			return corrupt(s.name, "file record %d holds units %d to %d", f, first, end)
		}
		next = end
		if int(binary.LittleEndian.Uint16(r[54:])) >= len(s.meta.Languages) {
			return corrupt(s.name, "file record %d names no language", f)
		}
		if !inside(s.names, binary.LittleEndian.Uint32(r[48:]), binary.LittleEndian.Uint16(r[52:])) {
			return corrupt(s.name, "file record %d has no path", f)
		}
	}
	if next != uint32(nu) {
		return corrupt(s.name, "file records hold %d of %d units", next, nu)
	}
	for u := range uint32(nu) {
		r := s.units[u*unitRecordSize:]
		if binary.LittleEndian.Uint32(r) >= uint32(nf) ||
			uint64(binary.LittleEndian.Uint32(r[4:])) > uint64(len(s.details)) ||
			!inside(s.names, binary.LittleEndian.Uint32(r[16:]), binary.LittleEndian.Uint16(r[20:])) ||
			!inside(s.names, binary.LittleEndian.Uint32(r[28:]), binary.LittleEndian.Uint16(r[26:])) {
			return corrupt(s.name, "unit record %d points outside", u)
		}
		if binary.LittleEndian.Uint32(s.order[u*4:]) >= uint32(nu) {
			return corrupt(s.name, "hash order names unit %d of %d", binary.LittleEndian.Uint32(s.order[u*4:]), nu)
		}
	}
	return nil
}

func inside(heap []byte, off uint32, length uint16) bool {
	return uint64(off)+uint64(length) <= uint64(len(heap))
}

// Label returns the path of a mapped segment or what it was opened as.
func (s *Segment) Label() string { return s.name }

// Size returns the number of bytes of the whole segment.
func (s *Segment) Size() int { return len(s.data) }

// Bytes returns the encoded segment. The caller must not change it.
func (s *Segment) Bytes() []byte { return s.data }

// Model returns the identity of the encoder that made the vectors.
func (s *Segment) Model() string { return s.meta.Model }

// Chunker returns the version of the chunker that cut the units.
func (s *Segment) Chunker() int { return s.meta.Chunker }

// SourceBytes returns how much text the files of the segment hold.
func (s *Segment) SourceBytes() int64 { return s.meta.Source }

// Units returns the number of units, dead ones included.
func (s *Segment) Units() int { return s.meta.Units }

// Files returns the number of file records, dead ones included.
func (s *Segment) Files() int { return s.meta.Files }

// Lexical returns the postings; document numbers are unit numbers.
func (s *Segment) Lexical() *lexical.Section { return s.lexical }

// Vectors returns the vectors, numbered by unit.
func (s *Segment) Vectors() *vector.Section { return s.vectors }

// Graph returns the nearest-neighbour graph over the vectors, nil as long as there is none.
func (s *Segment) Graph() *vector.Graph { return s.graph.Load() }

// SetGraph adds a graph over the vectors to the segment.
func (s *Segment) SetGraph(g *vector.Graph) { s.graph.Store(g) }

// Coder returns the coder/hnsw index over the vectors, nil as long as there is none.
func (s *Segment) Coder() *vector.Coder { return s.coder.Load() }

// SetCoder adds a coder/hnsw index over the vectors to the segment.
func (s *Segment) SetCoder(c *vector.Coder) { s.coder.Store(c) }

// File decodes a file record.
func (s *Segment) File(f uint32) File {
	r := s.files[f*fileRecordSize : (f+1)*fileRecordSize]
	out := File{
		Path:      s.FilePath(f),
		Language:  s.meta.Languages[binary.LittleEndian.Uint16(r[54:])],
		Size:      int64(binary.LittleEndian.Uint64(r[16:])),
		ModTime:   int64(binary.LittleEndian.Uint64(r[24:])),
		IndexedAt: int64(binary.LittleEndian.Uint64(r[32:])),
		First:     binary.LittleEndian.Uint32(r[40:]),
		End:       binary.LittleEndian.Uint32(r[44:]),
		Flags:     FileFlags(binary.LittleEndian.Uint16(r[56:])),
		Reason:    r[58],
	}
	copy(out.Hash[:], r)
	return out
}

// FilePath returns the path of a file record.
func (s *Segment) FilePath(f uint32) string {
	r := s.files[f*fileRecordSize:]
	off := binary.LittleEndian.Uint32(r[48:])
	return viewString(s.names[off : off+uint32(binary.LittleEndian.Uint16(r[52:]))])
}

// FileLanguage returns the language of a file record.
func (s *Segment) FileLanguage(f uint32) string {
	return s.meta.Languages[binary.LittleEndian.Uint16(s.files[f*fileRecordSize+54:])]
}

// FileFlags returns the facts of a file record.
func (s *Segment) FileFlags(f uint32) FileFlags {
	return FileFlags(binary.LittleEndian.Uint16(s.files[f*fileRecordSize+56:]))
}

// FileUnits returns the half-open span of units of a file record.
func (s *Segment) FileUnits(f uint32) (first, end uint32) {
	r := s.files[f*fileRecordSize:]
	return binary.LittleEndian.Uint32(r[40:]), binary.LittleEndian.Uint32(r[44:])
}

// FileOf returns the file record that a unit belongs to.
func (s *Segment) FileOf(u uint32) uint32 { return binary.LittleEndian.Uint32(s.unit(u)) }

// Kind returns the kind of a unit.
func (s *Segment) Kind(u uint32) chunk.Kind { return chunk.Kind(s.unit(u)[22]) }

// Flags returns the facts of a unit.
func (s *Segment) Flags(u uint32) chunk.Flags {
	return chunk.Flags(binary.LittleEndian.Uint16(s.unit(u)[24:]))
}

// NameMask returns the mask of the unit's name, see the function NameMask.
func (s *Segment) NameMask(u uint32) uint64 { return binary.LittleEndian.Uint64(s.unit(u)[8:]) }

// Name returns the name of a unit.
func (s *Segment) Name(u uint32) string {
	r := s.unit(u)
	off := binary.LittleEndian.Uint32(r[16:])
	return viewString(s.names[off : off+uint32(binary.LittleEndian.Uint16(r[20:]))])
}

// Owner returns the enclosing declarations of a unit.
func (s *Segment) Owner(u uint32) string {
	r := s.unit(u)
	off := binary.LittleEndian.Uint32(r[28:])
	return viewString(s.names[off : off+uint32(binary.LittleEndian.Uint16(r[26:]))])
}

// Hash returns the hash of a unit's encoded text.
func (s *Segment) Hash(u uint32) Hash { return Hash(s.hashes[u*16 : u*16+16]) }

func (s *Segment) unit(u uint32) []byte {
	return s.units[u*unitRecordSize : (u+1)*unitRecordSize : (u+1)*unitRecordSize]
}

// Unit decodes everything that is stored of a unit.
func (s *Segment) Unit(u uint32) Unit {
	f := s.FileOf(u)
	out := Unit{
		Kind: s.Kind(u), Flags: s.Flags(u), Language: s.FileLanguage(f), Path: s.FilePath(f),
		Owner: s.Owner(u), Name: s.Name(u), Hash: s.Hash(u),
	}
	d := decoder{data: s.details[binary.LittleEndian.Uint32(s.unit(u)[4:]):]}
	out.Range.Start = d.position(0)
	out.Range.End = d.position(out.Range.Start.Line)
	out.NameRange.Start = d.position(out.Range.Start.Line)
	out.NameRange.End = d.position(out.NameRange.Start.Line)
	out.Signature, out.Documentation = d.string(), d.string()
	if n := d.uvarint(); n > 0 && n <= uint64(len(d.data)) {
		out.Parts = make([]LineRange, n)
		line := out.Range.Start.Line
		for i := range out.Parts {
			out.Parts[i].Start = line + uint32(d.uvarint())
			out.Parts[i].End = out.Parts[i].Start + uint32(d.uvarint())
			line = out.Parts[i].End
		}
	}
	return out
}

// Lines returns the first and last line of a unit, counted from zero, without decoding the rest.
func (s *Segment) Lines(u uint32) LineRange {
	d := decoder{data: s.details[binary.LittleEndian.Uint32(s.unit(u)[4:]):]}
	start := d.position(0)
	end := d.position(start.Line)
	last := end.Line
	if end.UTF8 == 0 && last > start.Line {
		last-- // a range that ends at the start of a line does not hold that line
	}
	return LineRange{start.Line, last}
}

// Find returns a unit with the given hash, dead or alive.
func (s *Segment) Find(h Hash) (uint32, bool) {
	i := s.place(h)
	if i == s.Units() || !bytes.Equal(s.ordered(i), h[:]) {
		return 0, false
	}
	return s.ByHash(i), true
}

func (s *Segment) ordered(i int) []byte {
	u := s.ByHash(i)
	return s.hashes[u*16 : u*16+16]
}

// FindAll calls do with every unit of the given hash, dead or alive.
func (s *Segment) FindAll(h Hash, do func(u uint32)) {
	n := s.Units()
	for i := s.place(h); i < n && bytes.Equal(s.ordered(i), h[:]); i++ {
		do(s.ByHash(i))
	}
}

// ByHash returns the unit at a place in the order of hashes, from 0 to Units.
func (s *Segment) ByHash(i int) uint32 { return binary.LittleEndian.Uint32(s.order[i*4:]) }

// place returns the first place in the order of hashes whose hash is not below h.
func (s *Segment) place(h Hash) int {
	return sort.Search(s.Units(), func(i int) bool { return bytes.Compare(s.ordered(i), h[:]) >= 0 })
}
