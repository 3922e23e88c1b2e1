package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/edsrzf/mmap-go"
)

// A frame is how segments and blocks of vectors are laid out: a magic and a version, sections with their checksums, a
// table of contents, and the magic again; see the comment of the package.
type frame struct {
	what    string // for messages
	magic   string
	version uint32
}

const (
	headerSize   = 8
	footerSize   = 16
	tocEntrySize = 24
	sectionAlign = 64
	maxSections  = 64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// section is a tagged part of a frame.
type section struct {
	tag  string // of four bytes
	body []byte
}

// encode lays out sections.
func (f frame) encode(sections []section) []byte {
	size := headerSize + footerSize
	for _, s := range sections {
		size += len(s.body) + sectionAlign + tocEntrySize
	}
	out := make([]byte, 0, size)
	out = append(out, f.magic...)
	out = binary.LittleEndian.AppendUint32(out, f.version)
	var toc []byte
	for _, s := range sections {
		for len(out)%sectionAlign != 0 {
			out = append(out, 0)
		}
		toc = append(toc, s.tag...)
		toc = binary.LittleEndian.AppendUint32(toc, crc32.Checksum(s.body, castagnoli))
		toc = binary.LittleEndian.AppendUint64(toc, uint64(len(out)))
		toc = binary.LittleEndian.AppendUint64(toc, uint64(len(s.body)))
		out = append(out, s.body...)
	}
	out = append(out, toc...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(sections)))
	out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(toc, castagnoli))
	out = binary.LittleEndian.AppendUint32(out, f.version)
	return append(out, f.magic...)
}

// decode checks frame, version and checksums and returns the sections by tag.
func (f frame) decode(name string, data []byte) (map[string][]byte, error) {
	if len(data) < headerSize+footerSize {
		return nil, corrupt(name, "it has %d bytes", len(data))
	}
	if string(data[:4]) != f.magic {
		return nil, corrupt(name, "it starts with %q, want %q", data[:4], f.magic)
	}
	if v := binary.LittleEndian.Uint32(data[4:]); v != f.version {
		return nil, fmt.Errorf("%s %s has format %d, want %d: %w", f.what, name, v, f.version, ErrMismatch)
	}
	foot := data[len(data)-footerSize:]
	if string(foot[12:]) != f.magic {
		return nil, corrupt(name, "it was cut off")
	}
	n := binary.LittleEndian.Uint32(foot)
	if n > maxSections || int(n)*tocEntrySize > len(data)-headerSize-footerSize {
		return nil, corrupt(name, "it announces %d sections", n)
	}
	end := len(data) - footerSize - int(n)*tocEntrySize
	toc := data[end : len(data)-footerSize]
	if got, want := crc32.Checksum(toc, castagnoli), binary.LittleEndian.Uint32(foot[4:]); got != want {
		return nil, corrupt(name, "table of contents has checksum %08x, want %08x", got, want)
	}
	sections := make(map[string][]byte, n)
	for ; len(toc) > 0; toc = toc[tocEntrySize:] {
		off, length := binary.LittleEndian.Uint64(toc[8:]), binary.LittleEndian.Uint64(toc[16:])
		if off > uint64(end) || length > uint64(end)-off {
			return nil, corrupt(name, "section %q lies outside the file", toc[:4])
		}
		body := data[off : off+length : off+length]
		if got, want := crc32.Checksum(body, castagnoli), binary.LittleEndian.Uint32(toc[4:]); got != want {
			return nil, corrupt(name, "section %q has checksum %08x, want %08x", toc[:4], got, want)
		}
		sections[string(toc[:4])] = body
	}
	return sections, nil
}

// mapFile maps the file at path read-only. What it holds is not looked at.
func (f frame) mapFile(path string) (mmap.MMap, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.what, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.what, err)
	}
	if info.Size() < headerSize+footerSize {
		return nil, corrupt(path, "it has %d bytes", info.Size())
	}
	m, err := mmap.Map(file, mmap.RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("map %s %s: %w", f.what, path, err)
	}
	return m, nil
}
