package train

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"lsp/indexer/chunk"
)

// MineOptions says where records go and what is kept out.
type MineOptions struct {
	Dir       string           // directory of the record files, made when missing
	Functions string           // JSON lines with a "text" of source code that must not be trained on, or ""
	Language  string           // file name that tells the language of those texts, such as "a.py"
	MaxFile   int64            // larger files are passed over; default 512 KiB
	MaxPairs  int              // most pairs kept of one repository, drawn evenly; 0 means all
	Progress  func(MineReport) // called after every repository, may be nil
}

// MineReport counts what became of the functions of one repository.
type MineReport struct {
	Repository   string         `json:"repository"`
	Revision     string         `json:"revision"`
	License      string         `json:"license,omitempty"`
	Split        string         `json:"split"`
	Files        int            `json:"files"`
	Functions    int            `json:"functions"`
	Pairs        int            `json:"pairs"`
	Undocumented int            `json:"undocumented"` // kept as distractors
	Languages    map[string]int `json:"languages"`    // pairs by language
	Dropped      map[string]int `json:"dropped"`      // functions and files by the reason they were dropped
	Resumed      bool           `json:"-"`            // was mined before
	Err          error          `json:"-"`            // why the repository could not be read
	Took         time.Duration  `json:"-"`
}

// Reasons why a function is dropped besides those of its documentation.
const (
	reasonShortBody  = "body too short"
	reasonLongBody   = "body too long"
	reasonTest       = "test"
	reasonGenerated  = "generated"
	reasonDuplicate  = "near-duplicate"
	reasonEvaluation = "copy of evaluation data"
	reasonFileSize   = "file too large"
	reasonFileText   = "file not in UTF-8"
	reasonVendored   = "file of somebody else"
	reasonQuota      = "over the quota of the repository"
)

const (
	minBodyWords = 12
	maxBodyBytes = 20 << 10
)

// Mine reads repositories one after the other and writes a file of records for each. Repositories that have a file
// already are not read again, but their functions count as seen, so that an interrupted run ends with the same
// records. A repository that cannot be read is reported and passed over. With MaxPairs set, memory is bounded
// however large the corpus is.
func Mine(ctx context.Context, repositories []Repository, opts MineOptions) ([]MineReport, error) {
	if opts.MaxFile <= 0 {
		opts.MaxFile = 512 << 10
	}
	if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("mine repositories: %w", err)
	}
	m := miner{opts: opts, evaluation: duplicateSet{}, seen: newDuplicateFilter()}
	if opts.Functions != "" {
		err := m.evaluation.addFunctions(opts.Functions, func(text string) []Record {
			return functionsOf(ctx, opts.Language, []byte(text), nil)
		})
		if err != nil {
			return nil, fmt.Errorf("mine repositories: %w", err)
		}
	}
	var reports []MineReport
	for _, r := range repositories {
		start := time.Now()
		report, err := m.repository(ctx, r)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return reports, fmt.Errorf("mine %s: %w", r.Name, err)
		}
		report.Took = time.Since(start)
		reports = append(reports, report)
		if opts.Progress != nil {
			opts.Progress(report)
		}
	}
	return reports, nil
}

type miner struct {
	opts       MineOptions
	evaluation duplicateSet
	seen       *duplicateFilter // functions kept of repositories mined so far
}

// splitOf gives a repository its split: SplitRanking for those set aside by name, for the others by the hash of the
// name 90 % train, 5 % validation, 5 % test.
func splitOf(repository string) string {
	if setAside[strings.ToLower(repository)] {
		return SplitRanking
	}
	sum := sha256.Sum256([]byte(strings.ToLower(repository)))
	switch binary.LittleEndian.Uint32(sum[:]) % 20 {
	case 0:
		return SplitValidation
	case 1:
		return SplitTest
	}
	return SplitTrain
}

// repository writes the records of one repository. The error is about what it writes; why the repository could not
// be read is in the report.
func (m *miner) repository(ctx context.Context, r Repository) (MineReport, error) {
	report := MineReport{
		Repository: r.Name, Split: splitOf(r.Name), Languages: map[string]int{}, Dropped: map[string]int{},
	}
	file := recordFile(m.opts.Dir, r.Name)
	if _, err := os.Stat(file); err == nil {
		report.Resumed = true
		return report, m.resume(file, &report)
	}
	if KeptOut(r.Name) {
		report.Err = fmt.Errorf("mine %s: results are measured on it", r.Name)
		return report, nil
	}
	kept, err := m.functions(ctx, r, &report)
	if err != nil {
		report.Err = err
		return report, nil
	}
	var records []Record
	chosen := kept.choose()
	for i := range chosen {
		m.seen.add(chosen[i].print)
		report.count(&chosen[i].Record)
		records = append(records, chosen[i].Record)
	}
	if over := kept.seen - len(chosen); over > 0 {
		report.Dropped[reasonQuota] += over
	}
	return report, writeRecords(file, records)
}

// functions reads the functions of a repository that are worth keeping. Files are cut ahead by several goroutines and
// taken in order.
func (m *miner) functions(ctx context.Context, r Repository, report *MineReport) (*sample, error) {
	t, err := openTree(ctx, r)
	if err != nil {
		return nil, err
	}
	report.Revision, report.License = t.revision, t.license()
	t.files = slices.DeleteFunc(t.files, func(f sourceFile) bool { return !m.wanted(f, report) })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ahead := make(chan chan minedFile, runtime.GOMAXPROCS(0))
	ended := make(chan error, 1)
	go func() {
		defer close(ahead)
		ended <- t.read(ctx, func(f sourceFile, content []byte) error {
			cut := make(chan minedFile, 1)
			select {
			case ahead <- cut:
			case <-ctx.Done():
				return ctx.Err()
			}
			content = bytes.Clone(content) // the next file overwrites it
			go func() { cut <- mineFile(ctx, f.path, content) }()
			return nil
		})
	}()
	kept := &sample{most: m.opts.MaxPairs}
	own := duplicateSet{}
	for cut := range ahead {
		f := <-cut
		if f.read {
			report.Files++
		}
		report.Functions += f.functions
		for reason, n := range f.dropped {
			report.Dropped[reason] += n
		}
		for _, c := range f.candidates {
			if reason := m.duplicate(c.print, own); reason != "" {
				report.Dropped[reason]++
				continue
			}
			own.add(c.print)
			c.Repository, c.Revision, c.License, c.Split = r.Name, report.Revision, report.License, report.Split
			kept.add(c)
		}
	}
	return kept, <-ended
}

// wanted reports whether a file is to be read and counts why not.
func (m *miner) wanted(f sourceFile, report *MineReport) bool {
	switch {
	case !chunk.IsCode(chunk.DetectLanguage(f.path, nil)):
		return false
	case skippedFolder(f.path):
		report.Dropped[reasonVendored]++
		return false
	case f.size > m.opts.MaxFile:
		report.Dropped[reasonFileSize]++
		return false
	}
	return true
}

// duplicate returns why a function is dropped that was seen before, in the evaluation data, in this repository or in
// another one, or "".
func (m *miner) duplicate(f fingerprint, own duplicateSet) string {
	switch {
	case m.evaluation.seen(f):
		return reasonEvaluation
	case own.seen(f) || m.seen.seen(f):
		return reasonDuplicate
	}
	return ""
}

// resume counts the records of an earlier run and remembers their functions.
func (m *miner) resume(file string, report *MineReport) error {
	return readRecords(file, func(r *Record) error {
		m.seen.add(fingerprintOf(r.Body, r.Name))
		report.Revision, report.License = r.Revision, r.License
		report.Functions++
		report.count(r)
		return nil
	})
}

// count counts a record that is kept.
func (r *MineReport) count(rec *Record) {
	if rec.Query == "" {
		r.Undocumented++
		return
	}
	r.Pairs++
	r.Languages[rec.Language]++
}
