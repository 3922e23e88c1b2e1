package rank

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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
const format = 5

// Sample is a question with the evidence for its candidates, best first by the weights that it was sampled with. What is told
// of candidates lies in slices that have an element for each.
type Sample struct {
	Kind  Kind
	Text  string
	Class search.Class
	// Answers is the number of units or files that answer the question, whether they are among the candidates or not.
	Answers int

	Signals []uint16 // those of the first candidate, then those of the second; a signal of 1 is maxSignal
	Factor  []float32
	File    []uint16 // number of its file within the sample
	Name    []uint16 // number of its name within the sample, 0 where the name does not lower others
	Right   []bool   // it answers the question; of questions for files, its file does
}

// maxSignal stands for a signal of 1.
const maxSignal = math.MaxUint16

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
var questionsOf = map[Kind]int{FunctionDocs: 2000, TypeDocs: 1000, FileDocs: 600, Guide: 1000, Commit: 1500, NameRecall: 1000, FileRecall: 400}

// sampleDepth is the number of candidates kept of a question besides those that answer it: enough that hardly any list of ten
// reaches further, also where results of one file keep each other down.
const sampleDepth = 100

// maxCommits is the number of commits of a repository that are looked at, the newest ones.
const maxCommits = 20_000

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
	revision, log, err := commits(ctx, r.Path, maxCommits)
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
	questions = slices.Clone(questions)
	questions = slices.DeleteFunc(questions, func(q question) bool { return q.kind.stripped() != stripped })
	taken := make([]*Sample, len(questions))
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(questions) {
					return nil
				}
				var err error
				if taken[i], err = take(ctx, searcher, index.view, &questions[i]); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var samples []Sample
	for i, s := range taken {
		head.Questions[questions[i].kind]++
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
	files, names := numbers{}, numbers{"": 0}
	for i := range found.Units {
		u := &found.Units[i]
		name := u.Result.Name
		if u.Asked {
			name = ""
		}
		out.Factor = append(out.Factor, float32(u.Factor))
		out.File = append(out.File, files.of(u.Result.Path))
		out.Name = append(out.Name, names.of(name))
		out.Right = append(out.Right, q.right(&u.Result))
		for _, v := range u.Signals {
			out.Signals = append(out.Signals, uint16(math.Round(min(1, max(0, v))*maxSignal)))
		}
	}
	if !slices.Contains(out.Right, true) {
		return nil, nil
	}
	return out, nil
}

// numbers counts texts in the order in which they are met.
type numbers map[string]uint16

func (n numbers) of(text string) uint16 {
	number, known := n[text]
	if !known {
		number = uint16(len(n))
		n[text] = number
	}
	return number
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
		if !samples[i].whole() {
			return nil, fmt.Errorf("read samples %s: question %q has not everything of each candidate", name, samples[i].Text)
		}
	}
	return samples, nil
}

// whole reports whether everything is told of every candidate.
func (s *Sample) whole() bool {
	n := len(s.Factor)
	return n > 0 && len(s.Signals) == n*signals && len(s.File) == n && len(s.Name) == n && len(s.Right) == n &&
		s.Class < search.NumClasses && s.Answers > 0
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
