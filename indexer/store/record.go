package store

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"lsp/indexer/chunk"
)

// Hash identifies the encoded text of a unit or the content of a file: XXH3-128, big endian.
type Hash [16]byte

// Position is a place in a file with its column in the three encodings that editors speak, so that an answer
// needs no look at the file. Line and columns count from zero.
type Position struct {
	Line  uint32
	UTF8  uint32 // bytes before the position on its line
	UTF16 uint32 // UTF-16 code units before it
	UTF32 uint32 // code points before it
}

// Range is a half-open span of positions.
type Range struct{ Start, End Position }

// LineRange is a span of lines counted from zero, End included.
type LineRange struct{ Start, End uint32 }

// Unit is a stored unit. Its strings live as long as the segment it came from.
type Unit struct {
	Kind          chunk.Kind
	Flags         chunk.Flags
	Language      string
	Path          string // relative to the root, with forward slashes
	Owner         string
	Name          string
	Signature     string
	Documentation string
	Range         Range
	NameRange     Range
	Parts         []LineRange // the runs of lines a module unit is made of; nil means the whole Range
	Hash          Hash
}

// Clone returns a copy that does not depend on the segment.
func (u Unit) Clone() Unit {
	for _, s := range []*string{&u.Language, &u.Path, &u.Owner, &u.Name, &u.Signature, &u.Documentation} {
		*s = strings.Clone(*s)
	}
	return u
}

// FileFlags are facts about a file record. The bits are stored: append only.
type FileFlags uint16

// The facts.
const (
	Deleted  FileFlags = 1 << iota // the path is gone: the record only shadows older ones
	Skipped                        // known but not indexed because of its content: binary, minified and the like
	Damaged                        // the grammar met errors, units were recovered around them
	Fallback                       // no grammar could read the file, it was cut into windows
)

// File is a file record. Its strings live as long as the segment it came from.
type File struct {
	Path       string // relative to the root, with forward slashes
	Language   string
	Hash       Hash
	Size       int64
	ModTime    int64 // nanoseconds since 1970 as the file system told when the content was read
	IndexedAt  int64 // nanoseconds since 1970, the clock before the content was read
	First, End uint32
	Flags      FileFlags
	Reason     uint8 // of a skipped file: the caller's number for why
}

const (
	fileRecordSize = 64
	unitRecordSize = 32

	// maxSignature and maxDocumentation bound what is kept for display, in bytes. Search reads the full text.
	maxSignature     = 400
	maxDocumentation = 800
)

// appendPosition writes line and columns as varints. Columns are equal in all encodings on nearly every line.
func appendPosition(b []byte, p Position, base uint32) []byte {
	b = binary.AppendUvarint(b, uint64(p.Line-base))
	if p.UTF8 == p.UTF16 && p.UTF16 == p.UTF32 {
		return binary.AppendUvarint(b, uint64(p.UTF8)<<1)
	}
	b = binary.AppendUvarint(b, uint64(p.UTF8)<<1|1)
	b = binary.AppendUvarint(b, uint64(p.UTF16))
	return binary.AppendUvarint(b, uint64(p.UTF32))
}

// decoder reads varints and strings; after the first fault everything is zero and bad is set.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.bad, d.data = true, nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) string() string {
	n := d.uvarint()
	if n > uint64(len(d.data)) {
		d.bad, d.data = true, nil
		return ""
	}
	s := viewString(d.data[:n])
	d.data = d.data[n:]
	return s
}

func (d *decoder) position(base uint32) Position {
	p := Position{Line: base + uint32(d.uvarint())}
	c := d.uvarint()
	p.UTF8 = uint32(c >> 1)
	p.UTF16, p.UTF32 = p.UTF8, p.UTF8
	if c&1 == 1 {
		p.UTF16, p.UTF32 = uint32(d.uvarint()), uint32(d.uvarint())
	}
	return p
}

// viewString makes a string of bytes that nobody will change, without copying them.
func viewString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// NameMask has a bit for every letter and digit of a name: a name can contain a subsequence only when its mask
// contains the subsequence's mask. Letters are folded to lower case; other characters share the upper bits.
func NameMask(name string) uint64 {
	var m uint64
	for i := 0; i < len(name); i++ {
		switch c := name[i] | 0x20; {
		case 'a' <= c && c <= 'z':
			m |= 1 << (c - 'a')
		case '0' <= name[i] && name[i] <= '9':
			m |= 1 << (26 + name[i] - '0')
		default:
			m |= 1 << (36 + name[i]%28)
		}
	}
	return m
}
