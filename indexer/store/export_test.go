package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Resum repairs the checksums of a segment as far as its frame can be read, so that fuzzing gets past them.
func Resum(data []byte) []byte {
	data = bytes.Clone(data)
	if len(data) < headerSize+footerSize {
		return data
	}
	foot := data[len(data)-footerSize:]
	n := binary.LittleEndian.Uint32(foot)
	if n > maxSections || int(n)*tocEntrySize > len(data)-headerSize-footerSize {
		return data
	}
	toc := data[len(data)-footerSize-int(n)*tocEntrySize : len(data)-footerSize]
	for e := toc; len(e) > 0; e = e[tocEntrySize:] {
		off, length := binary.LittleEndian.Uint64(e[8:]), binary.LittleEndian.Uint64(e[16:])
		if off <= uint64(len(data)) && length <= uint64(len(data))-off {
			binary.LittleEndian.PutUint32(e[4:], crc32.Checksum(data[off:off+length], castagnoli))
		}
	}
	binary.LittleEndian.PutUint32(foot[4:], crc32.Checksum(toc, castagnoli))
	return data
}

// DecodeManifest reads the bytes of a manifest.
var DecodeManifest = decodeManifest

// SealManifest puts the first line of a manifest, with the right checksum, before its body.
func SealManifest(body []byte) []byte {
	head := fmt.Sprintf("%s %d %08x\n", manifestHeader, FormatVersion, crc32.Checksum(body, castagnoli))
	return append([]byte(head), body...)
}
