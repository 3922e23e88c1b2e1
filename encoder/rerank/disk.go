package rerank

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// disk keeps values in a file of records that is only appended to, and in the file before it:
//
//	header  magic of 8 bytes, SHA-256 of the identity
//	record  key of 16 bytes, length and CRC-32C of the value, 4 bytes each, little endian; the value
//
// When a file has half of what may be used it becomes the one before, and that one goes. A record that was cut off or
// damaged ends its file. One process has the files; another one does without.
type disk struct {
	path     string
	header   []byte
	limit    int64 // of each file
	lock     *flock.Flock
	mu       sync.Mutex
	current  *log
	previous *log // nil when there is none
}

// log is one file.
type log struct {
	file    *os.File
	size    int64
	records map[key]span
}

// span is where a value lies.
type span struct {
	at     int64
	length uint32
	sum    uint32
}

const (
	diskMagic    = "lsprrk01"
	headerBytes  = len(diskMagic) + sha256.Size
	recordHeader = 16 + 4 + 4

	// maxValue bounds a value: more is a sign of damage.
	maxValue = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenCache returns a cache of at most so many bytes in memory and on disk, in a folder that is made if need be. The
// identity names what decides about values: those of another one are never returned. When another process has the
// files, or they cannot be used, the cache is one in memory alone; the error says why, and the cache can be used.
func OpenCache(folder, identity string, memory, onDisk int64) (*Cache, error) {
	c := NewCache(memory)
	d, err := openDisk(folder, identity, onDisk)
	if err != nil {
		return c, fmt.Errorf("open the cache of rerankers in %s: %w", folder, err)
	}
	c.disk = d
	return c, nil
}

// errHeld says that the files of a cache belong to another process.
var errHeld = errors.New("another process has it")

func openDisk(folder, identity string, limit int64) (d *disk, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(identity))
	d = &disk{
		path:   filepath.Join(folder, hex.EncodeToString(sum[:8])+".states"),
		header: append([]byte(diskMagic), sum[:]...), limit: limit / 2,
	}
	d.lock = flock.New(d.path + ".lock")
	if held, err := d.lock.TryLock(); err != nil {
		return nil, err
	} else if !held {
		return nil, errHeld
	}
	if d.previous, err = openLog(d.path+".old", d.header, os.O_RDWR); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		d.current, err = openLog(d.path, d.header, os.O_RDWR|os.O_CREATE)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// openLog opens a file and reads where its values lie. A file of another kind begins anew.
func openLog(path string, header []byte, flag int) (*log, error) {
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err
	}
	l := &log{file: f, records: map[key]span{}}
	if err := l.read(header); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// read finds the records of a file and cuts off what is none.
func (l *log) read(header []byte) error {
	r := bufio.NewReaderSize(io.NewSectionReader(l.file, 0, 1<<62), 1<<16)
	found := make([]byte, headerBytes)
	if _, err := io.ReadFull(r, found); err != nil && !ended(err) {
		return err
	}
	if string(found) != string(header) {
		if err := l.file.Truncate(0); err != nil {
			return err
		}
		l.size = int64(headerBytes)
		_, err := l.file.WriteAt(header, 0)
		return err
	}
	l.size = int64(headerBytes)
	for {
		k, s, err := readRecord(r, l.size)
		if ended(err) || errors.Is(err, errDamaged) {
			return l.file.Truncate(l.size)
		} else if err != nil {
			return err
		}
		l.records[k] = s
		l.size = s.at + int64(s.length)
	}
}

// errDamaged ends the reading of a file.
var errDamaged = errors.New("damaged record")

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// readRecord reads the record at a place and checks its value.
func readRecord(r io.Reader, at int64) (key, span, error) {
	var head [recordHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return key{}, span{}, err
	}
	s := span{at: at + recordHeader, length: binary.LittleEndian.Uint32(head[16:]), sum: binary.LittleEndian.Uint32(head[20:])}
	if s.length > maxValue {
		return key{}, span{}, errDamaged
	}
	sum := crc32.New(castagnoli)
	if n, err := io.CopyN(sum, r, int64(s.length)); err != nil {
		return key{}, span{}, fmt.Errorf("value of %d bytes after %d: %w", s.length, n, err)
	}
	if sum.Sum32() != s.sum {
		return key{}, span{}, errDamaged
	}
	return key(head[:16]), s, nil
}

// get returns the value of a key. One that cannot be read is none.
func (d *disk) get(k key) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range []*log{d.current, d.previous} {
		if l == nil {
			continue
		}
		s, ok := l.records[k]
		if !ok {
			continue
		}
		value := make([]byte, s.length)
		if _, err := l.file.ReadAt(value, s.at); err == nil && crc32.Checksum(value, castagnoli) == s.sum {
			return value, true
		}
		delete(l.records, k)
	}
	return nil, false
}

// put appends a value. One that cannot be written is computed again some day.
func (d *disk) put(k key, value []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := int64(recordHeader + len(value))
	if d.current == nil || int64(headerBytes)+size > d.limit || len(value) > maxValue {
		return
	}
	if d.current.size+size > d.limit && d.turn() != nil {
		return
	}
	record := make([]byte, 0, size)
	record = append(record, k[:]...)
	record = binary.LittleEndian.AppendUint32(record, uint32(len(value)))
	record = binary.LittleEndian.AppendUint32(record, crc32.Checksum(value, castagnoli))
	record = append(record, value...)
	l := d.current
	if _, err := l.file.WriteAt(record, l.size); err != nil {
		return
	}
	l.records[k] = span{at: l.size + recordHeader, length: uint32(len(value)), sum: crc32.Checksum(value, castagnoli)}
	l.size += size
}

// turn makes the current file the one before and begins another. After an error nothing more is written.
func (d *disk) turn() error {
	var errs []error
	for _, l := range []*log{d.previous, d.current} {
		if l != nil {
			errs = append(errs, l.file.Close())
		}
	}
	d.previous, d.current = nil, nil
	if err := errors.Join(append(errs, os.Rename(d.path, d.path+".old"))...); err != nil {
		return err
	}
	var err error
	if d.previous, err = openLog(d.path+".old", d.header, os.O_RDWR); err != nil {
		return err
	}
	d.current, err = openLog(d.path, d.header, os.O_RDWR|os.O_CREATE)
	return err
}

// close closes the files and lets other processes have them.
func (d *disk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, l := range []*log{d.previous, d.current} {
		if l != nil {
			errs = append(errs, l.file.Close())
		}
	}
	d.previous, d.current = nil, nil
	return errors.Join(append(errs, d.lock.Unlock())...)
}
