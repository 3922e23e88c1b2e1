package indexer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/zeebo/xxh3"

	"lsp/encoder"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
	"lsp/workspace"
)

// preparer turns files into the content of a segment. It belongs to one goroutine.
type preparer struct {
	enc     encoder.Encoder
	builder *store.Builder
	find    func(store.Hash) (store.Vectors, bool) // vectors of units that are known already
	encoded *atomic.Int64                          // units encoded, for status and proofs
	reused  *atomic.Int64                          // units whose vectors were found

	units  []encoder.Unit // to be encoded
	rows   []float32
	hasher xxh3.Hasher
	work   []pending
}

// pending is a unit of the file being prepared.
type pending struct {
	record  store.Unit
	text    lexical.Document
	vectors store.Vectors
	first   int // of its vectors among those to be encoded, -1 when they are known
	end     int
}

// source is a file with its content.
type source struct {
	path      string // relative, with forward slashes
	text      []byte
	hash      store.Hash
	size      int64
	modTime   int64
	indexedAt int64
}

// add chunks a file, finds or computes the vectors of its units and puts all of it into the builder. On an error
// the builder holds nothing of the file, or, when vectors are not usable, all of it without those.
func (p *preparer) add(ctx context.Context, src *source, opts chunk.Options) (chunk.File, error) {
	cut := chunk.Chunk(ctx, src.path, src.text, opts)
	if err := ctx.Err(); err != nil {
		return cut, err // windows instead of functions: must not be stored
	}
	mapper := workspace.NewMapper(src.text)
	p.work, p.units = p.work[:0], p.units[:0]
	for i := range cut.Units {
		p.stage(&cut.Units[i], src, mapper)
	}
	dims := p.enc.Dimensions()
	if need := len(p.units) * dims; cap(p.rows) < need {
		p.rows = make([]float32, need)
	}
	p.rows = p.rows[:len(p.units)*dims]
	if err := p.enc.EncodeUnits(ctx, p.units, p.rows); err != nil {
		return cut, fmt.Errorf("encode %s: %w", src.path, err)
	}
	p.builder.AddFile(store.File{
		Path: src.path, Language: cut.Language, Hash: src.hash, Size: src.size, ModTime: src.modTime,
		IndexedAt: src.indexedAt, Flags: fileFlags(&cut),
	})
	var errs []error
	for i := range p.work {
		w := &p.work[i]
		if w.first >= 0 {
			w.vectors.Rows = p.rows[w.first*dims : w.end*dims]
			p.encoded.Add(1)
		} else {
			p.reused.Add(1)
		}
		if err := p.builder.AddUnit(&w.record, &w.text, w.vectors); err != nil {
			errs = append(errs, fmt.Errorf("add unit %s of %s: %w", w.record.Name, src.path, err))
		}
	}
	return cut, errors.Join(errs...)
}

// stage prepares one unit and queues what has to be encoded of it: the unit and the windows of a long body.
func (p *preparer) stage(u *chunk.Unit, src *source, mapper *workspace.Mapper) {
	body := u.Text(src.text)
	w := pending{
		record: store.Unit{
			Kind: u.Kind, Flags: u.Flags, Owner: u.Owner, Name: u.Name, Signature: u.Signature,
			Documentation: u.Documentation, Range: rangeOf(mapper, u.Range), NameRange: rangeOf(mapper, u.NameRange),
			Hash: hashUnit(&p.hasher, u, body),
		},
		text: lexical.Document{
			lexical.Name: u.Name, lexical.Owner: u.Owner, lexical.Signature: u.Signature,
			lexical.Documentation: u.Documentation, lexical.Body: bodyWords(u, body, src.text), lexical.Path: src.path,
			lexical.Comment: u.CommentText(src.text),
		},
		first: -1,
	}
	if u.Kind == chunk.Module {
		for _, part := range u.Parts {
			w.record.Parts = append(w.record.Parts, lineRangeOf(mapper, part))
		}
	}
	var known bool
	if w.vectors, known = p.find(w.record.Hash); !known {
		w.first = len(p.units)
		p.units = appendTexts(p.units, u, body, src.text)
		w.end = len(p.units)
	}
	p.work = append(p.work, w)
}

// bodyWords returns the text whose words a unit is found by besides those of what it is called and documented with.
func bodyWords(u *chunk.Unit, body string, text []byte) string {
	if rest := u.RestText(text); rest != "" {
		return body + "\n" + rest
	}
	return body
}

// appendTexts appends what is encoded of a unit: the unit itself and the windows of a long body.
func appendTexts(units []encoder.Unit, u *chunk.Unit, body string, text []byte) []encoder.Unit {
	unit := encoder.Unit{
		Owner: u.Owner, Name: u.Name, Signature: u.Signature, Documentation: u.Documentation, Body: body,
	}
	units = append(units, unit)
	for _, window := range u.Children {
		unit.Documentation = ""
		unit.Body = view(text[window.Start:window.End])
		units = append(units, unit)
	}
	return units
}

// hashUnit identifies the text that the vectors of a unit depend on.
func hashUnit(hasher *xxh3.Hasher, u *chunk.Unit, body string) store.Hash {
	hasher.Reset()
	for _, field := range [...]string{u.Owner, u.Name, u.Signature, u.Documentation, body} {
		hasher.WriteString(field)
		hasher.WriteString("\xff") // no byte of UTF-8 text
	}
	var window [2 * binary.MaxVarintLen64]byte // windows differ with the text around the parts of a body
	for _, c := range u.Children {
		b := binary.AppendVarint(window[:0], int64(c.Start-u.Body.Start))
		hasher.Write(binary.AppendVarint(b, int64(c.Len())))
	}
	return hasher.Sum128().Bytes()
}

func fileFlags(cut *chunk.File) store.FileFlags {
	var flags store.FileFlags
	if cut.Damaged {
		flags |= store.Damaged
	}
	if cut.Fallback != "" {
		flags |= store.Fallback
	}
	return flags
}

func rangeOf(m *workspace.Mapper, r chunk.Range) store.Range {
	return store.Range{Start: positionOf(m, r.Start), End: positionOf(m, r.End)}
}

func positionOf(m *workspace.Mapper, offset int) store.Position {
	b := m.Position(offset, workspace.UTF8)
	return store.Position{
		Line: uint32(b.Line), UTF8: uint32(b.Column),
		UTF16: uint32(m.Position(offset, workspace.UTF16).Column),
		UTF32: uint32(m.Position(offset, workspace.UTF32).Column),
	}
}

func lineRangeOf(m *workspace.Mapper, r chunk.Range) store.LineRange {
	return store.LineRange{Start: uint32(m.LineAt(r.Start)), End: uint32(m.LineAt(max(r.Start, r.End-1)))}
}

// view makes a string of bytes that nobody will change, without copying them.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
