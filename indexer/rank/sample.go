package rank

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/encoder/train"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// Head tells where the samples of a file come from.
type Head struct {
	Format     int
	Repository string
	Revision   string
	Encoder    string   // identity
	Signals    []string // keys, in the order in which units have their values
	Units      int      // of the repository
	Questions  map[Kind]int
	Missed     int // questions none of whose answers any retriever found
}

// format is the version of the files of samples, raised whenever their content means something else.
const format = 3

// Sample is a question with the evidence for its candidates.
type Sample struct {
	Kind  Kind
	Text  string
	Class search.Class
	Units []Unit
	// Answers is the number of units or files that answer the question, whether they are among the candidates or not.
	Answers int
}

// Unit is a candidate.
type Unit struct {
	Signals []float32
	Factor  float32
	Cosine  float32
	File    int32 // number of its file within the sample
	Right   bool  // it answers the question; of questions for files, its file does
}

// byFile reports whether files answer the question rather than units.
func (s *Sample) byFile() bool { return s.Kind != FunctionDocs && s.Kind != NameRecall }

// SampleOptions says what is sampled and how much.
type SampleOptions struct {
	Dir      string // of the files of samples, made when missing
	Encoder  encoder.Encoder
	Scale    float64 // of the number of questions
	Seed     uint64
	Progress func(Head, time.Duration) // called after every repository, may be nil
}

// questionsOf is the number of questions of a repository by kind, at a scale of 1.
var questionsOf = map[Kind]int{FunctionDocs: 800, TypeDocs: 300, FileDocs: 200, Guide: 500, Commit: 500, NameRecall: 200}

// sampleDepth is the number of candidates kept of a question besides those that answer it.
const sampleDepth = 50

// SampleAll writes a file of samples for each repository. Repositories that have one already, made by the same encoder, are
// passed over. One that cannot be read is reported at the end, after the others.
func SampleAll(ctx context.Context, repositories []Repository, opts SampleOptions) error {
	if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
		return fmt.Errorf("sample repositories: %w", err)
	}
	var failed []error
	for _, r := range repositories {
		begin := time.Now()
		head, err := sampleOne(ctx, r, opts)
		if ctx.Err() != nil {
			return fmt.Errorf("sample %s: %w", r.Name, ctx.Err())
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("sample %s: %w", r.Name, err))
			continue
		}
		if opts.Progress != nil {
			opts.Progress(head, time.Since(begin))
		}
	}
	return errors.Join(failed...)
}

// sampleFile is the path of the samples of a repository.
func sampleFile(dir, repository string) string {
	return filepath.Join(dir, strings.ReplaceAll(repository, "/", "+")+".gob")
}

// errKeptOut is returned for repositories that results are measured on.
var errKeptOut = errors.New("results are measured on it")

func sampleOne(ctx context.Context, r Repository, opts SampleOptions) (Head, error) {
	if train.KeptOut(r.Name) {
		return Head{}, errKeptOut
	}
	name := sampleFile(opts.Dir, r.Name)
	if head, err := readHead(name); err == nil && head.Encoder == opts.Encoder.Identity().String() && slices.Equal(head.Signals, keys()) {
		return head, nil
	}
	files, err := readFiles(ctx, r.Path)
	if err != nil {
		return Head{}, err
	}
	revision, log, err := commits(ctx, r.Path, 6000)
	if err != nil {
		return Head{}, err
	}
	a := newAsker(opts.Seed, r.Name, opts.Scale)
	questions := a.ask(files, log)
	head := Head{
		Format: format, Repository: r.Name, Revision: revision, Encoder: opts.Encoder.Identity().String(), Signals: keys(),
		Questions: map[Kind]int{},
	}
	bare, err := os.MkdirTemp("", "rank-stripped-")
	if err != nil {
		return head, err
	}
	defer os.RemoveAll(bare)
	var samples []Sample
	for _, stripped := range []bool{true, false} {
		dir := filepath.Join(bare, strconv.FormatBool(stripped))
		if err := writeFiles(dir, files, stripped); err != nil {
			return head, err
		}
		taken, err := sampleFolder(ctx, dir, questions, stripped, &head, opts)
		if err != nil {
			return head, err
		}
		samples = append(samples, taken...)
	}
	return head, store.WriteFileAtomic(name, func(w io.Writer) error {
		enc := gob.NewEncoder(w)
		if err := enc.Encode(head); err != nil {
			return err
		}
		return enc.Encode(samples)
	})
}

// sampleFolder asks those questions that are fair on a folder.
func sampleFolder(ctx context.Context, dir string, questions []question, stripped bool, head *Head, opts SampleOptions) ([]Sample, error) {
	index, err := open(ctx, dir, opts.Encoder)
	if err != nil {
		return nil, err
	}
	defer index.close()
	head.Units = index.units
	searcher := search.New(opts.Encoder, search.Options{})
	var samples []Sample
	for i := range questions {
		q := &questions[i]
		if q.kind.stripped() != stripped {
			continue
		}
		s, err := take(ctx, searcher, index.view, q)
		if err != nil {
			return nil, err
		}
		head.Questions[q.kind]++
		if s == nil {
			head.Missed++
			continue
		}
		samples = append(samples, *s)
	}
	return samples, nil
}

// take asks one question. It returns nil when nothing that answers it was found.
func take(ctx context.Context, s *search.Searcher, view search.View, q *question) (*Sample, error) {
	found, err := s.Sample(ctx, []search.View{view}, search.Request{Query: q.text, Plain: true}, sampleDepth, q.right)
	if err != nil {
		return nil, fmt.Errorf("question %q: %w", q.text, err)
	}
	out := &Sample{Kind: q.kind, Text: q.text, Class: found.Class, Answers: len(q.units) + len(q.files)}
	numbers := map[string]int32{}
	right := false
	for i := range found.Units {
		u := &found.Units[i]
		file, known := numbers[u.Result.Path]
		if !known {
			file = int32(len(numbers))
			numbers[u.Result.Path] = file
		}
		unit := Unit{Factor: float32(u.Factor), Cosine: float32(u.Cosine), File: file, Right: q.right(&u.Result)}
		for _, v := range u.Signals {
			unit.Signals = append(unit.Signals, float32(v))
		}
		right = right || unit.Right
		out.Units = append(out.Units, unit)
	}
	if !right {
		return nil, nil
	}
	return out, nil
}

// right reports whether a result answers the question.
func (q *question) right(r *search.Result) bool {
	for _, f := range q.files {
		if r.Path == f {
			return true
		}
	}
	for _, u := range q.units {
		if r.Path == u.path && r.NameRange.Start.Line == u.line && r.Name != "" {
			return true
		}
	}
	return false
}

// keys are the keys of all signals.
func keys() []string {
	var out []string
	for s := range search.NumSignals {
		out = append(out, s.Key())
	}
	return out
}

// readHead reads the head of a file of samples.
func readHead(name string) (Head, error) {
	var head Head
	_, err := readSamples(name, &head, false)
	return head, err
}

// readSamples reads a file of samples, or only its head.
func readSamples(name string, head *Head, all bool) ([]Sample, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dec := gob.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	if err := dec.Decode(head); err != nil {
		return nil, fmt.Errorf("read samples %s: %w", name, err)
	}
	if head.Format != format {
		return nil, fmt.Errorf("read samples %s: format %d, not %d", name, head.Format, format)
	}
	if !all {
		return nil, nil
	}
	var samples []Sample
	if err := dec.Decode(&samples); err != nil {
		return nil, fmt.Errorf("read samples %s: %w", name, err)
	}
	if !slices.Equal(head.Signals, keys()) {
		return nil, fmt.Errorf("read samples %s: they have other signals than search measures now; sample again", name)
	}
	for i := range samples {
		for j := range samples[i].Units {
			if n := len(samples[i].Units[j].Signals); n != signals {
				return nil, fmt.Errorf("read samples %s: a unit has %d signals, not %d", name, n, signals)
			}
		}
	}
	return samples, nil
}

// Load reads the samples of all files in a folder, in the order of their names.
func Load(dir string) ([]Corpus, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.gob"))
	if err != nil {
		return nil, err
	}
	var out []Corpus
	for _, name := range names {
		var c Corpus
		if c.Samples, err = readSamples(name, &c.Head, true); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
