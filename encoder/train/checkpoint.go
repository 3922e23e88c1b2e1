package train

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A checkpoint is a header of 48 bytes, then the values of the table. It is replaced as a whole: a run that dies
// while writing leaves the last one.
//
//	 0  8  magic "SEMFITCK"
//	 8  8  epochs done
//	16 32  SHA-256 of the options, the vocabulary's size and the pairs' number: a run continues only its own
const checkpointMagic = "SEMFITCK"

// runKey identifies everything that a run's table depends on, apart from how far it got.
func (f *fitter) runKey() [32]byte {
	o := f.opts
	o.Progress, o.Workers, o.Checkpoint, o.Records, o.Teacher = nil, 0, "", "", ""
	h := sha256.New()
	fmt.Fprintf(h, "%+v %d %d %d", o, f.vocabulary.Len(), len(f.pairs.records), f.teacher.Len())
	for i := range f.pairs.query {
		h.Write(f.pairs.query[i][:])
	}
	return [32]byte(h.Sum(nil))
}

// checkpoint keeps the table after the given number of epochs.
func (f *fitter) checkpoint(epochs int) (err error) {
	if f.opts.Checkpoint == "" {
		return nil
	}
	part := f.opts.Checkpoint + ".part"
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write checkpoint: %w", err), os.Remove(part))
		}
	}()
	file, err := os.Create(part)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	key := f.runKey()
	head := append([]byte(checkpointMagic), binary.LittleEndian.AppendUint64(nil, uint64(epochs))...)
	_, err = w.Write(append(head, key[:]...))
	if err == nil {
		err = f.table.write(w)
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(part, f.opts.Checkpoint)
}

// resume loads the checkpoint, when there is one of this run, and returns the epochs done.
func (f *fitter) resume() (int, error) {
	if f.opts.Checkpoint == "" {
		return 0, nil
	}
	file, err := os.Open(f.opts.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("continue from checkpoint: %w", err)
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	var head [48]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, fmt.Errorf("continue from checkpoint %s: %w", file.Name(), err)
	}
	if found := string(head[:8]); found != checkpointMagic {
		return 0, fmt.Errorf("continue from checkpoint %s: starts with %q, want %q", file.Name(), found, checkpointMagic)
	}
	if key := f.runKey(); [32]byte(head[16:]) != key {
		return 0, fmt.Errorf("continue from checkpoint %s: it belongs to a run with other options or data; remove it to start anew", file.Name())
	}
	epochs := binary.LittleEndian.Uint64(head[8:])
	if epochs > uint64(f.opts.Epochs) {
		return 0, fmt.Errorf("continue from checkpoint %s: %d epochs done, want at most %d", file.Name(), epochs, f.opts.Epochs)
	}
	if err := f.table.read(r); err != nil {
		return 0, fmt.Errorf("continue from checkpoint %s: %w", file.Name(), err)
	}
	return int(epochs), nil
}
