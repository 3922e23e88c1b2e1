package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync/atomic"
	"time"

	"github.com/edsrzf/mmap-go"

	"lsp/indexer/vector"
)

// BlockVersion is the version of blocks. There is no migration: a block of another version is dropped.
//
//	1  first format
const BlockVersion = 1

// blockFrame is the layout of a block.
var blockFrame = frame{"block of vectors", "SLVB", BlockVersion}

// VectorIdentity says what made the vectors of a block.
type VectorIdentity struct {
	Model      string `json:"model"` // encoder.Identity.String
	Dimensions int    `json:"dimensions"`
}

// Day is a day since 1970, by which blocks remember when a vector was needed last.
type Day uint32

// DayOf returns the day of a time.
func DayOf(t time.Time) Day { return Day(max(0, t.Unix()) / (24 * 60 * 60)) }

// Block is an immutable set of vectors of one model, each kept under the content hash of its unit. It knows nothing of
// files: whatever unit has the hash has the vectors, wherever it stands. It is safe for concurrent use, and counted: its
// mapping goes with the last reference.
//
// A block is laid out like a segment, with the magic "SLVB" and the sections META (JSON), HASH (ascending hashes of 16
// bytes; the place of a hash is the number of its entry), USED (a uint32 an entry: the Day it was needed last) and VECT
// (package vector, numbered by entry). An entry without vectors is a unit that the model could not make any of.
type Block struct {
	name    string
	data    []byte
	mapping mmap.MMap // nil when the block lives in memory
	refs    atomic.Int64

	hashes  []byte
	used    []byte
	vectors *vector.Section
}

// blockMeta is the META section.
type blockMeta struct {
	VectorIdentity
	Entries int `json:"entries"`
}

// OpenBlock reads a block from bytes that must not change as long as it is in use. The name is for messages. Whatever
// the bytes are, an error is returned or every accessor is safe; a block of another model is ErrMismatch.
func OpenBlock(name string, data []byte, id VectorIdentity) (*Block, error) {
	b := &Block{name: name, data: data}
	b.refs.Store(1)
	if err := b.open(id); err != nil {
		return nil, err
	}
	return b, nil
}

// MapBlock opens the block at path, mapped read-only.
func MapBlock(path string, id VectorIdentity) (*Block, error) {
	m, err := blockFrame.mapFile(path)
	if err != nil {
		return nil, err
	}
	b, err := OpenBlock(path, m, id)
	if err != nil {
		return nil, errors.Join(err, m.Unmap())
	}
	b.mapping = m
	return b, nil
}

func (b *Block) open(id VectorIdentity) error {
	sections, err := blockFrame.decode(b.name, b.data)
	if err != nil {
		return err
	}
	var meta blockMeta
	if err := json.Unmarshal(sections["META"], &meta); err != nil {
		return corrupt(b.name, "its description is not readable: %v", err)
	}
	if meta.VectorIdentity != id {
		return fmt.Errorf("block of vectors %s was made by %q: %w", b.name, meta.Model, ErrMismatch)
	}
	b.hashes, b.used = sections["HASH"], sections["USED"]
	if n := meta.Entries; n < 0 || len(b.hashes)/hashSize != n || len(b.hashes)%hashSize != 0 || len(b.used) != n*4 {
		return corrupt(b.name, "%d bytes of hashes and %d of days do not fit %d entries", len(b.hashes), len(b.used), n)
	}
	for i := hashSize; i < len(b.hashes); i += hashSize {
		if bytes.Compare(b.hashes[i-hashSize:i], b.hashes[i:i+hashSize]) >= 0 {
			return corrupt(b.name, "the hash of entry %d is out of order", i/hashSize)
		}
	}
	if b.vectors, err = vector.Open(sections["VECT"], id.Dimensions); err != nil {
		return corrupt(b.name, "vectors: %v", err)
	}
	if n := b.vectors.UnitBound(); n > b.Len() {
		return corrupt(b.name, "vectors belong to %d entries of %d", n, b.Len())
	}
	return nil
}

// hashSize is the length of a Hash in bytes.
const hashSize = len(Hash{})

// Retain adds a reference.
func (b *Block) Retain() { b.refs.Add(1) }

// Release drops a reference. The last one unmaps the file, after which nothing of the block may be used.
func (b *Block) Release() {
	switch n := b.refs.Add(-1); {
	case n == 0 && b.mapping != nil:
		b.mapping.Unmap()
		b.data = nil
	case n < 0:
		panic("store: block released more often than retained")
	}
}

// Label returns the path of a mapped block or what it was opened as.
func (b *Block) Label() string { return b.name }

// Size returns the number of bytes of the whole block.
func (b *Block) Size() int { return len(b.data) }

// Bytes returns the encoded block. The caller must not change it.
func (b *Block) Bytes() []byte { return b.data }

// Len returns the number of entries.
func (b *Block) Len() int { return len(b.hashes) / hashSize }

// Vectors returns the vectors, numbered by entry.
func (b *Block) Vectors() *vector.Section { return b.vectors }

// Hash returns the hash of an entry.
func (b *Block) Hash(entry uint32) Hash { return Hash(b.hashes[int(entry)*hashSize:][:hashSize]) }

// Used returns the day on which an entry was needed last, as far as the block knows.
func (b *Block) Used(entry uint32) Day {
	return Day(binary.LittleEndian.Uint32(b.used[int(entry)*4:]))
}

// Find returns the entry of a hash.
func (b *Block) Find(h Hash) (entry uint32, ok bool) {
	n := b.Len()
	i := sort.Search(n, func(i int) bool { return bytes.Compare(b.hashes[i*hashSize:(i+1)*hashSize], h[:]) >= 0 })
	if i == n || !bytes.Equal(b.hashes[i*hashSize:(i+1)*hashSize], h[:]) {
		return 0, false
	}
	return uint32(i), true
}

// BlockBuilder collects vectors and turns them into the bytes of a block. It is not safe for concurrent use.
type BlockBuilder struct {
	id      VectorIdentity
	vectors *vector.Builder
	entries []blockEntry
}

type blockEntry struct {
	hash  Hash
	used  Day
	rows  []float32
	from  *Block // that holds the vectors as the given entry, nil for rows
	entry uint32
}

// NewBlockBuilder returns an empty builder. The mean is the model's centring mean, nil when it has none.
func NewBlockBuilder(id VectorIdentity, mean []float32) (*BlockBuilder, error) {
	vectors, err := vector.NewBuilder(id.Dimensions, mean)
	if err != nil {
		return nil, err
	}
	return &BlockBuilder{id: id, vectors: vectors}, nil
}

// Len returns the number of entries added.
func (b *BlockBuilder) Len() int { return len(b.entries) }

// Add adds the vectors of a unit, row after row, which must not be changed before Bytes was called.
func (b *BlockBuilder) Add(h Hash, used Day, rows []float32) {
	b.entries = append(b.entries, blockEntry{hash: h, used: used, rows: rows})
}

// AddFrom adds an entry of another block of the same model, bit for bit. The block must be held until Bytes was called.
func (b *BlockBuilder) AddFrom(from *Block, entry uint32, used Day) {
	b.entries = append(b.entries, blockEntry{hash: from.Hash(entry), used: used, from: from, entry: entry})
}

// Bytes encodes the block and empties the builder. The same entries give the same bytes in whatever order they were
// added; of a hash that was added more than once the first counts. An error names what could not be stored: its entry
// has no vectors, everything else is in the bytes.
func (b *BlockBuilder) Bytes() ([]byte, error) {
	defer func() { b.entries = nil; b.vectors.Reset() }()
	slices.SortStableFunc(b.entries, func(x, y blockEntry) int { return bytes.Compare(x.hash[:], y.hash[:]) })
	b.entries = slices.CompactFunc(b.entries, func(x, y blockEntry) bool { return x.hash == y.hash })
	var errs []error
	hashes := make([]byte, 0, len(b.entries)*hashSize)
	used := make([]byte, 0, len(b.entries)*4)
	for i := range b.entries {
		e := &b.entries[i]
		hashes = append(hashes, e.hash[:]...)
		used = binary.LittleEndian.AppendUint32(used, uint32(e.used))
		if err := b.addVectors(uint32(i), e); err != nil {
			errs = append(errs, fmt.Errorf("keep the vectors of unit %x: %w", e.hash[:4], err))
		}
	}
	description, err := json.Marshal(blockMeta{b.id, len(b.entries)})
	if err != nil {
		panic("store: encode description: " + err.Error()) // strings and numbers only
	}
	return blockFrame.encode([]section{
		{"META", description}, {"HASH", hashes}, {"USED", used}, {"VECT", b.vectors.Bytes()},
	}), errors.Join(errs...)
}

func (b *BlockBuilder) addVectors(number uint32, e *blockEntry) error {
	if e.from != nil {
		first, end := e.from.vectors.Slots(e.entry)
		for slot := first; slot < end; slot++ {
			if err := b.vectors.AddRow(number, e.from.vectors, slot); err != nil {
				return err
			}
		}
		return nil
	}
	for rows := e.rows; len(rows) > 0; rows = rows[b.id.Dimensions:] {
		if err := b.vectors.Add(number, rows[:b.id.Dimensions]); err != nil {
			return err
		}
	}
	return nil
}
