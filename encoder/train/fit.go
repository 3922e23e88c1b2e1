package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"lsp/encoder"
	"lsp/encoder/static"
)

// FitOptions describes a training run. DefaultFit gives the values the embedded model is trained with.
type FitOptions struct {
	Records    string // directory of mined records
	Teacher    string // file of cached teacher vectors
	Checkpoint string // file written after every epoch and continued from, or "" for none

	Model      string // name in the model file
	Seed       uint64
	Vocabulary VocabularyOptions
	Fields     static.Fields // weights of fields in the model file
	Training   static.Fields // and while training: less for what names a function leaves more to learn from the rest
	Dimensions int
	Shorter    []int // Matryoshka lengths beside Dimensions, descending

	// The ingredients that a run can do without (see Without).
	TeacherStart    bool    // rows start from the teacher's vectors of words, not at random
	Questions       bool    // questions are made of documentation, as somebody would type them
	QuestionWeights bool    // tokens weigh something else in questions than in functions
	UnitToken       float32 // length that the row of the token of all units starts with
	HardNegatives   int     // nearest wrong functions looked for after every epoch for each pair, of which one joins its batch
	SameMeaning     float32 // cosine of the teacher's vectors from which another question asks the same

	Pairs         int // pairs trained on at most, spread evenly; 0 means all
	Epochs        int
	Batch         int
	RowRate       float32 // learning rate of rows; it falls to a tenth over the run
	GainRate      float32 // learning rate of token weights
	Temperature   float32
	Soft          float32 // weight of the teacher's similarities as targets
	QueryShare    float32 // how much of a function's teacher vector is its query's, the rest is its text's
	Documented    float32 // share of functions that keep their documentation
	DropQuery     float32 // share of tokens dropped
	DropUnit      float32
	UnitTokens    int
	QueryTokens   int
	ShorterWeight float32 // what a shorter length counts in the loss, beside 1 for the full one
	Workers       int     // goroutines; the result does not depend on it

	Progress func(FitProgress) // called after batches, may be nil
}

// DefaultFit returns the options of the embedded model.
func DefaultFit() FitOptions {
	return FitOptions{
		Model: "static-code-256", Seed: 1,
		Vocabulary: VocabularyOptions{Words: 30000, Pieces: 2000, Pairs: 20000, MinCount: 4},
		Fields:     static.Fields{Owner: 4, Name: 4, Signature: 0.4, Documentation: 1, Body: 0.5},
		Training:   static.Fields{Owner: 0.5, Name: 2, Signature: 0.5, Documentation: 2, Body: 1},
		Dimensions: 256, Shorter: []int{128, 64},
		Epochs: 5, Batch: 1024, RowRate: 0.02, GainRate: 0.02, Temperature: 0.06, Soft: 0.9, QueryShare: 0.5,
		Documented: 0.5, DropQuery: 0.1, DropUnit: 0.3, UnitTokens: 256, QueryTokens: 64, ShorterWeight: 0.3, Workers: 2,
		TeacherStart: true, Questions: true, QuestionWeights: true, UnitToken: 3, HardNegatives: 4, SameMeaning: 0.7,
	}
}

// FitProgress tells how a run goes.
type FitProgress struct {
	Epoch, Epochs  int
	Batch, Batches int
	Loss           float64 // mean over the epoch so far
	Validation     Metrics // after the last epoch
	Left           time.Duration
}

// FitResult is a trained model and how well it does on the validation split, documentation stripped.
type FitResult struct {
	Model      []byte  // the model file
	Pairs      int     // pairs trained on
	Validation Metrics // of the table in float32
	Quantised  Metrics // of the model file, in int8
}

// Fit trains a model from mined records and cached teacher vectors.
func Fit(ctx context.Context, opts FitOptions) (*FitResult, error) {
	f, err := newFitter(opts)
	if err != nil {
		return nil, fmt.Errorf("fit model: %w", err)
	}
	first, err := f.resume()
	if err != nil {
		return nil, fmt.Errorf("fit model: %w", err)
	}
	f.started, f.firstEpoch = time.Now(), first
	for epoch := first; epoch < opts.Epochs; epoch++ {
		if err := f.epoch(ctx, epoch); err != nil {
			return nil, fmt.Errorf("fit model: epoch %d: %w", epoch+1, err)
		}
		if err := f.checkpoint(epoch + 1); err != nil {
			return nil, fmt.Errorf("fit model: %w", err)
		}
	}
	return f.result(ctx)
}

type fitter struct {
	opts       FitOptions
	teacher    *Teacher
	pairs      *corpus
	validation *corpus
	vocabulary *static.Vocabulary
	table      *table
	contrast   *contrast
	readers    []*static.Reader
	started    time.Time
	firstEpoch int
	metrics    Metrics
}

func newFitter(opts FitOptions) (*fitter, error) {
	f := &fitter{opts: opts}
	opts.Workers = max(opts.Workers, 1)
	var err error
	if f.teacher, err = OpenTeacher(opts.Teacher); err != nil {
		return nil, err
	}
	if f.pairs, err = loadCorpus(opts.Records, SplitTrain, f.teacher, nil); err != nil {
		return nil, err
	}
	f.pairs.thin(opts.Pairs)
	if len(f.pairs.records) < opts.Batch {
		return nil, fmt.Errorf("%d pairs, want at least one batch of %d", len(f.pairs.records), opts.Batch)
	}
	if f.validation, err = loadCorpus(opts.Records, SplitValidation, f.teacher, nil); err != nil {
		return nil, err
	}
	vocabulary, names, counts, err := countVocabulary(f.pairs, opts.Vocabulary)
	if err != nil {
		return nil, err
	}
	f.vocabulary = vocabulary
	f.table = newTable(vocabulary.Len(), opts.Dimensions)
	starter := f.teacher
	if !opts.TeacherStart {
		starter = nil
	}
	err = f.table.start(starter, names, vocabulary.Words(), counts, len(f.pairs.records), f.rng(0, 1))
	if err != nil {
		return nil, err
	}
	unit := vocabulary.Unit()
	scaleTo(f.table.row(unit), opts.UnitToken)
	weight := float32(0)
	if opts.UnitToken == 0 {
		weight = silent
	}
	f.table.units.logs[unit], f.table.asked.logs[unit] = weight, weight
	f.contrast = &contrast{temperature: opts.Temperature, workers: opts.Workers, prefixes: []prefix{{opts.Dimensions, 1}}}
	for _, n := range opts.Shorter {
		if opts.ShorterWeight > 0 {
			f.contrast.prefixes = append(f.contrast.prefixes, prefix{n, opts.ShorterWeight})
		}
	}
	for range opts.Workers {
		f.readers = append(f.readers, vocabulary.NewReader())
	}
	return f, nil
}

// silent is the logarithm of a weight that counts for nothing.
const silent = -30

// rng returns the random numbers of one purpose: the same for a seed, however the work is divided.
func (f *fitter) rng(stream, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(f.opts.Seed, mix(stream)^purpose))
}

func countVocabulary(c *corpus, opts VocabularyOptions) (*static.Vocabulary, []string, []int, error) {
	counter := newCounter()
	for i := range c.records {
		counter.count(&c.records[i], opts.Pairs > 0)
		if i%50000 == 49999 {
			counter.prune()
		}
	}
	return counter.vocabulary(opts)
}

// TeacherTexts returns the texts whose teacher vectors a run uses: the words of the vocabulary that records and
// options give, which it cannot start without, then the questions of the training pairs, and with functions set
// the texts of their functions as well. A question without a vector leaves its pair without soft targets; a
// function without one counts as what its question says.
func TeacherTexts(records string, opts VocabularyOptions, functions bool) ([]string, error) {
	c, err := loadCorpus(records, SplitTrain, &Teacher{}, nil)
	if err != nil {
		return nil, fmt.Errorf("list texts for the teacher: %w", err)
	}
	v, names, _, err := countVocabulary(c, opts)
	if err != nil {
		return nil, fmt.Errorf("list texts for the teacher: %w", err)
	}
	texts := names[:v.Words()]
	for i := range c.records {
		texts = append(texts, c.records[i].Query)
	}
	if functions {
		for i := range c.records {
			texts = append(texts, functionText(&c.records[i]))
		}
	}
	return texts, nil
}

// A batch is what one step works on.
type batch struct {
	members        []int32
	queries, units [][]static.Feature
	q, f, dq, df   matrix
	teachQ, teachF matrix
	similarity     matrix
}

func (f *fitter) newBatch() *batch {
	n, d := f.opts.Batch, f.opts.Dimensions
	return &batch{
		queries: make([][]static.Feature, n), units: make([][]static.Feature, n),
		q: newMatrix(n, d), f: newMatrix(n, d), dq: newMatrix(n, d), df: newMatrix(n, d),
		teachQ: newMatrix(n, TeacherDimensions), teachF: newMatrix(n, TeacherDimensions), similarity: newMatrix(n, n),
	}
}

func (f *fitter) epoch(ctx context.Context, epoch int) error {
	var negatives []int32
	if epoch > 0 && f.opts.HardNegatives > 0 {
		var err error
		if negatives, err = f.negatives(ctx, epoch); err != nil {
			return err
		}
	}
	batches := f.pairs.batches(f.opts.Batch, f.rng(uint64(epoch), 2), negatives, f.opts.HardNegatives)
	b := f.newBatch()
	loss := 0.0
	for n, members := range batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.members = members
		done := (float64(epoch) + float64(n)/float64(len(batches))) / float64(f.opts.Epochs)
		rate := float32(1 - 0.9*done)
		l := f.step(b, epoch, rate)
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return fmt.Errorf("batch %d: loss is %v: lower the learning rate", n+1, l)
		}
		loss += l
		f.report(epoch, n+1, len(batches), loss/float64(n+1))
	}
	f.metrics = f.validate()
	f.report(epoch, len(batches), len(batches), loss/float64(max(len(batches), 1)))
	return nil
}

func (f *fitter) report(epoch, batch, batches int, loss float64) {
	if f.opts.Progress == nil {
		return
	}
	share := (float64(epoch-f.firstEpoch) + float64(batch)/float64(batches)) / float64(f.opts.Epochs-f.firstEpoch)
	spent := time.Since(f.started)
	f.opts.Progress(FitProgress{
		Epoch: epoch + 1, Epochs: f.opts.Epochs, Batch: batch, Batches: batches, Loss: loss, Validation: f.metrics,
		Left: time.Duration(float64(spent) * (1/share - 1)).Round(time.Second),
	})
}

// step trains on one batch and returns its loss.
func (f *fitter) step(b *batch, epoch int, rate float32) float64 {
	f.read(b, epoch)
	f.teach(b)
	loss := f.contrast.step(b.q, b.f, b.dq, b.df)
	workers := f.opts.Workers
	parallel(workers, workers, func(from, end int) {
		for worker := from; worker < end; worker++ {
			for i := range b.members {
				f.table.scatter(b.queries[i], &f.table.asked, rowOf(b.dq, i), worker, workers)
				f.table.scatter(b.units[i], &f.table.units, rowOf(b.df, i), worker, workers)
			}
		}
	})
	for i := range b.members {
		f.table.touch(b.queries[i])
		f.table.touch(b.units[i])
	}
	f.table.step(f.opts.RowRate*rate, f.opts.GainRate*rate)
	if !f.opts.QuestionWeights {
		copy(f.table.asked.logs, f.table.units.logs)
	}
	return loss
}

// read turns the pairs of a batch into bags and sums.
func (f *fitter) read(b *batch, epoch int) {
	workers := f.opts.Workers
	n := len(b.members)
	parallel(workers, workers, func(from, end int) {
		for worker := from; worker < end; worker++ {
			reader := f.readers[worker]
			for i := n * worker / workers; i < n*(worker+1)/workers; i++ {
				r := &f.pairs.records[b.members[i]]
				rng := f.rng(uint64(epoch)<<32|uint64(b.members[i]), 3)
				text := r.Query
				if f.opts.Questions {
					text = typedQuery(r, rng)
				}
				query := reader.Query(text, f.opts.QueryTokens)
				b.queries[i] = append(b.queries[i][:0], drop(query, f.opts.DropQuery, rng)...)
				unit := r.Unit(rng.Float32() < f.opts.Documented)
				features := reader.Unit(&unit, &f.opts.Training, f.opts.UnitTokens)
				last := len(features) - 1 // the id of units stays
				b.units[i] = append(b.units[i][:0], drop(features[:last], f.opts.DropUnit, rng)...)
				b.units[i] = append(b.units[i], features[last])
				f.table.sum(b.queries[i], &f.table.asked, rowOf(b.q, i))
				f.table.sum(b.units[i], &f.table.units, rowOf(b.f, i))
			}
		}
	})
}

// teach sets the targets of the batch.
func (f *fitter) teach(b *batch) {
	f.contrast.soft = 0
	if f.pairs.taught[b.members[0]] && f.opts.Soft > 0 {
		f.contrast.soft = f.opts.Soft
		for i, m := range b.members {
			f.teacher.vector(f.pairs.query[m], rowOf(b.teachQ, i))
			// A pair whose function the teacher has not read is known by its query alone.
			if !f.teacher.vector(f.pairs.function[m], rowOf(b.teachF, i)) {
				copy(rowOf(b.teachF, i), rowOf(b.teachQ, i))
			}
			blend(rowOf(b.teachF, i), rowOf(b.teachQ, i), f.opts.QueryShare)
		}
		multiply(b.teachQ, transposed(b.teachF), b.similarity, f.opts.Workers)
	}
	f.contrast.targets(b.similarity)
}

// blend moves x towards y by share and scales it to length one.
func blend(x, y []float32, share float32) {
	for i := range x {
		x[i] += share * (y[i] - x[i])
	}
	scaleTo(x, 1)
}

// validate ranks the functions of the validation split for their own queries.
func (f *fitter) validate() Metrics {
	n := min(len(f.validation.records), maxValidation)
	queries, units := newMatrix(n, f.opts.Dimensions), newMatrix(n, f.opts.Dimensions)
	reader := f.readers[0]
	for i := range n {
		r := &f.validation.records[i*len(f.validation.records)/n]
		unit := r.Unit(false)
		f.table.sum(reader.Unit(&unit, &f.opts.Fields, f.opts.UnitTokens), &f.table.units, rowOf(units, i))
		f.table.sum(reader.Query(r.Query, f.opts.QueryTokens), &f.table.asked, rowOf(queries, i))
		encoder.Normalize(rowOf(units, i))
		encoder.Normalize(rowOf(queries, i))
	}
	return rank(queries, units, identityTargets(n))
}

// maxValidation bounds the functions ranked after an epoch.
const maxValidation = 4000

// result quantises the table and measures what that costs.
func (f *fitter) result(ctx context.Context) (*FitResult, error) {
	mean := f.mean()
	rows, asked := f.table.weighted()
	data, err := static.Encode(static.Spec{
		Model: f.opts.Model, Vocabulary: f.vocabulary, Fields: f.opts.Fields, MaxTokens: f.opts.UnitTokens,
		MaxQueryTokens: f.opts.QueryTokens, Dimensions: f.opts.Dimensions, Shorter: f.opts.Shorter,
		Rows: rows, Asked: asked, Mean: mean,
	})
	if err != nil {
		return nil, fmt.Errorf("fit model: %w", err)
	}
	model, err := static.Load(data)
	if err != nil {
		return nil, fmt.Errorf("fit model: %w", err)
	}
	n := min(len(f.validation.records), maxValidation)
	set := Set{}
	for i := range n {
		r := &f.validation.records[i*len(f.validation.records)/n]
		set.Units = append(set.Units, r.Unit(false))
		set.Queries = append(set.Queries, Question{Text: r.Query, Relevant: []int{i}})
	}
	quantised, err := Measure(ctx, model, set)
	if err != nil {
		return nil, errors.Join(errors.New("fit model"), err)
	}
	return &FitResult{Model: data, Pairs: len(f.pairs.records), Validation: f.validate(), Quantised: quantised}, nil
}

// mean returns the mean unit vector of functions, documented and not, over a sample of the pairs.
func (f *fitter) mean() []float32 {
	mean := make([]float32, f.opts.Dimensions)
	vector := make([]float32, f.opts.Dimensions)
	n := min(len(f.pairs.records), 20000)
	for i := range n {
		unit := f.pairs.records[i*len(f.pairs.records)/n].Unit(i%2 == 0)
		f.table.sum(f.readers[0].Unit(&unit, &f.opts.Fields, f.opts.UnitTokens), &f.table.units, vector)
		encoder.Normalize(vector)
		axpy(1/float32(n), vector, mean)
	}
	return mean
}
