package train

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"lsp/encoder/static"
	"lsp/indexer/chunk"
)

// MineOptions says where records go and what is kept out.
type MineOptions struct {
	Dir       string           // directory of the record files, made when missing
	Functions string           // JSON lines with a "text" of source code that must not be trained on, or ""
	Language  string           // file name that tells the language of those texts, such as "a.py"
	MaxFile   int64            // larger files are passed over; default 512 KiB
	MaxPairs  int              // pairs kept of one repository, spread over its files; 0 means all
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
	// undocumentedShare is how many undocumented functions are kept for each pair.
	undocumentedShare = 1
)

// Mine reads repositories one after the other and writes a file of records for each. Repositories that have a file
// already are not read again, but their functions count as seen, so that an interrupted run ends with the same
// records. A repository that cannot be read is reported and passed over.
func Mine(ctx context.Context, repositories []Repository, opts MineOptions) ([]MineReport, error) {
	if opts.MaxFile <= 0 {
		opts.MaxFile = 512 << 10
	}
	if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("mine repositories: %w", err)
	}
	m := miner{opts: opts, evaluation: duplicateSet{}, seen: duplicateSet{}}
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
	seen       duplicateSet
}

// splitOf gives a repository its split by the hash of its name: 90 % train, 5 % validation, 5 % test.
func splitOf(repository string) string {
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
	records, err := m.functions(ctx, r, &report)
	if err != nil {
		report.Err = err
		return report, nil
	}
	return report, writeRecords(file, m.balance(records, &report))
}

// functions reads the functions of a repository that are worth keeping.
func (m *miner) functions(ctx context.Context, r Repository, report *MineReport) ([]Record, error) {
	t, err := openTree(ctx, r)
	if err != nil {
		return nil, err
	}
	report.Revision, report.License = t.revision, t.license()
	wanted := func(f sourceFile) bool {
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
	var records []Record
	err = t.read(ctx, wanted, func(f sourceFile, content []byte) error {
		if content == nil || !utf8.Valid(content) {
			report.Dropped[reasonFileText]++
			return nil
		}
		report.Files++
		for _, rec := range functionsOf(ctx, f.path, content, report.Dropped) {
			report.Functions++
			if m.keep(&rec, report) {
				rec.Repository, rec.Revision, rec.License, rec.Split = r.Name, report.Revision, report.License, report.Split
				records = append(records, rec)
			}
		}
		return ctx.Err()
	})
	return records, err
}

// resume counts the records of an earlier run and remembers their functions.
func (m *miner) resume(file string, report *MineReport) error {
	return readRecords(file, func(r *Record) error {
		m.seen.add(fingerprintOf(r.Body, r.Name))
		report.Revision, report.License = r.Revision, r.License
		report.Functions++
		if r.Query == "" {
			report.Undocumented++
		} else {
			report.Pairs++
			report.Languages[r.Language]++
		}
		return nil
	})
}

// keep decides whether a function becomes a record, fills in its query and counts why not.
func (m *miner) keep(r *Record, report *MineReport) bool {
	words := 0
	static.Words(r.Body, func([]byte) { words++ })
	if words < minBodyWords {
		report.Dropped[reasonShortBody]++
		return false
	}
	if len(r.Body) > maxBodyBytes {
		report.Dropped[reasonLongBody]++
		return false
	}
	query, reason := cleanQuery(r.Documentation, r.Name)
	if reason != "" {
		report.Dropped[reason]++
		if reason != reasonUndocumented {
			return false
		}
	}
	f := fingerprintOf(r.Body, r.Name)
	switch {
	case m.evaluation.seen(f):
		report.Dropped[reasonEvaluation]++
		return false
	case m.seen.seen(f):
		report.Dropped[reasonDuplicate]++
		return false
	}
	m.seen.add(f)
	r.Query = query
	return true
}

// balance keeps at most MaxPairs pairs, evenly spread, and as many undocumented functions as pairs, evenly spread.
func (m *miner) balance(records []Record, report *MineReport) []Record {
	pairs, bare := 0, 0
	for i := range records {
		if records[i].Query != "" {
			pairs++
		} else {
			bare++
		}
	}
	keepPairs := pairs
	if m.opts.MaxPairs > 0 {
		keepPairs = min(pairs, m.opts.MaxPairs)
	}
	keepBare := min(bare, undocumentedShare*keepPairs)
	var kept []Record
	seenPairs, seenBare := 0, 0
	for _, r := range records {
		if r.Query != "" {
			if seenPairs++; spread(seenPairs, pairs, keepPairs) {
				kept = append(kept, r)
				report.Pairs++
				report.Languages[r.Language]++
				continue
			}
		} else if seenBare++; spread(seenBare, bare, keepBare) {
			kept = append(kept, r)
			report.Undocumented++
			continue
		}
		report.Dropped[reasonQuota]++
	}
	return kept
}

// spread reports whether the i-th of n, from 1, is among the keep that are spread evenly.
func spread(i, n, keep int) bool { return i*keep/n > (i-1)*keep/n }

// functionsOf cuts the callable units out of a file. Tests and generated code are counted in dropped, which may be
// nil.
func functionsOf(ctx context.Context, file string, content []byte, dropped map[string]int) []Record {
	var records []Record
	cut := chunk.Chunk(ctx, file, content, chunk.Options{})
	line, at := 1, 0
	for i := range cut.Units {
		u := &cut.Units[i]
		if !u.Kind.IsCallable() || u.Name == "" {
			continue
		}
		if dropped != nil && u.Flags&(chunk.IsTest|chunk.Generated|chunk.Example) != 0 {
			reason := reasonTest
			if u.Flags&chunk.Generated != 0 {
				reason = reasonGenerated
			}
			dropped[reason]++
			continue
		}
		line += strings.Count(string(content[at:max(at, u.Range.Start)]), "\n")
		at = max(at, u.Range.Start)
		// Units alias the content, which is overwritten by the next file.
		records = append(records, Record{
			Owner: strings.Clone(u.Owner), Name: strings.Clone(u.Name), Signature: strings.Clone(u.Signature),
			Documentation: strings.Clone(u.Documentation), Body: strings.Clone(u.Text(content)),
			Language: cut.Language, Path: path.Clean(file),
			Start: line, End: line + strings.Count(string(content[u.Range.Start:u.Range.End]), "\n"),
		})
	}
	return records
}
