package train

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lsp/encoder"
)

// A Record is one mined function. With a Query it is a pair to train on; without one the function is undocumented
// and serves as a distractor.
type Record struct {
	Query         string `json:"query,omitempty"` // first sentences of the documentation, cleaned
	Owner         string `json:"owner,omitempty"`
	Name          string `json:"name"`
	Signature     string `json:"signature,omitempty"`
	Documentation string `json:"documentation,omitempty"` // as the chunker gave it
	Body          string `json:"body"`
	Language      string `json:"language"`
	Repository    string `json:"repository"`
	Revision      string `json:"revision"`
	Path          string `json:"path"`
	Start         int    `json:"start"`             // first line, from 1
	End           int    `json:"end"`               // last line
	License       string `json:"license,omitempty"` // path of the licence file that covers it
	Split         string `json:"split"`
}

// Unit returns the function as encoders see it, with or without its documentation.
func (r *Record) Unit(documented bool) encoder.Unit {
	u := encoder.Unit{Owner: r.Owner, Name: r.Name, Signature: r.Signature, Body: r.Body}
	if documented {
		u.Documentation = r.Documentation
	}
	return u
}

// The splits. A repository belongs to one of them as a whole.
const (
	SplitTrain      = "train"
	SplitValidation = "validation"
	SplitTest       = "test"
	SplitRanking    = "rank" // set aside to adjust the ranking with: the encoder never learns from it
)

const recordSuffix = ".jsonl.gz"

// recordFile is where the records of a repository are kept.
func recordFile(dir, repository string) string {
	return filepath.Join(dir, strings.ReplaceAll(repository, "/", "+")+recordSuffix)
}

// writeRecords writes the records of one repository; the file appears whole or not at all.
func writeRecords(path string, records []Record) (err error) {
	part := path + ".part"
	f, err := os.Create(part)
	if err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write records to %s: %w", path, err), f.Close(), os.Remove(part))
		}
	}()
	z := gzip.NewWriter(f)
	enc := json.NewEncoder(z)
	enc.SetEscapeHTML(false)
	for i := range records {
		if err := enc.Encode(&records[i]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// readRecords calls yield with every record of a file in order.
func readRecords(path string, yield func(*Record) error) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	if err != nil {
		return fmt.Errorf("read records from %s: %w", path, err)
	}
	dec := json.NewDecoder(z)
	for n := 0; ; n++ {
		var r Record
		if err := dec.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read record %d of %s: %w", n, path, err)
		}
		if err := yield(&r); err != nil {
			return err
		}
	}
}

// recordFiles lists the record files of a directory in the order of their names.
func recordFiles(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+recordSuffix))
	if err != nil {
		return nil, fmt.Errorf("list record files of %s: %w", dir, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("list record files of %s: no *%s there, mine repositories first", dir, recordSuffix)
	}
	slices.Sort(files)
	return files, nil
}
