package train

import (
	"context"
	"fmt"
	"slices"

	"lsp/encoder"
	"lsp/encoder/static"
)

// An Ingredient is a part of training that a run can do without.
type Ingredient string

// The ingredients, in the order of the model card.
const (
	TeacherStart    Ingredient = "teacher-start"    // rows start from the teacher's vectors of words, not at random
	WordPairs       Ingredient = "word-pairs"       // frequent pairs of words have rows of their own
	SoftTargets     Ingredient = "soft-targets"     // the teacher's similarities are part of the target
	HardNegatives   Ingredient = "hard-negatives"   // batches hold what the table confuses
	Questions       Ingredient = "questions"        // questions are made of documentation, as somebody would type them
	TokenWeights    Ingredient = "token-weights"    // what a token weighs is learned, not its inverse document frequency
	QuestionWeights Ingredient = "question-weights" // and learned separately for questions
	UnitToken       Ingredient = "unit-token"       // all units have a token in common
	Matryoshka      Ingredient = "matryoshka"       // the loss covers shorter vectors too
)

// Ingredients lists all of them.
func Ingredients() []Ingredient {
	return []Ingredient{
		TeacherStart, WordPairs, SoftTargets, HardNegatives, Questions, TokenWeights, QuestionWeights, UnitToken, Matryoshka,
	}
}

// Without returns the options of a run that leaves an ingredient out and is the same in everything else.
func (o FitOptions) Without(i Ingredient) (FitOptions, error) {
	switch i {
	case TeacherStart:
		o.TeacherStart = false
	case WordPairs:
		o.Vocabulary.Pairs = 0
	case SoftTargets:
		o.Soft = 0
	case HardNegatives:
		o.HardNegatives = 0
	case Questions:
		o.Questions = false
	case TokenWeights:
		o.GainRate = 0
	case QuestionWeights:
		o.QuestionWeights = false
	case UnitToken:
		o.UnitToken = 0
	case Matryoshka:
		o.Shorter = nil
	default:
		return o, fmt.Errorf("no ingredient %q; expected one of %v", i, Ingredients())
	}
	return o, nil
}

// AblateOptions describes the runs of an ablation.
type AblateOptions struct {
	Fit       FitOptions                                              // of every run; Pairs bounds what each takes
	Report    ReportOptions                                           // the held-out repositories that models are measured on; its languages are not told apart
	Done      []Ablation                                              // runs of an earlier call that need not be repeated
	Benchmark func(context.Context, encoder.Encoder) (Metrics, error) // another measure of each model, or nil
	Save      func([]Ablation) error                                  // called with all runs so far after each of them, may be nil
	Progress  func(run, runs int, without Ingredient, p FitProgress)  // called after batches, may be nil
}

// An Ablation is one run with its measures.
type Ablation struct {
	Without   Ingredient `json:"without,omitempty"` // "" for the run with everything
	Pairs     int        `json:"pairs"`
	Epochs    int        `json:"epochs"`
	HeldOut   Metrics    `json:"heldOut"` // functions without their documentation
	Benchmark *Metrics   `json:"benchmark,omitempty"`
	Short     Metrics    `json:"short"` // held-out repositories again, vectors cut to the shortest length
}

// Ablate fits a model with everything, then one without each ingredient, and measures them alike.
func Ablate(ctx context.Context, opts AblateOptions) ([]Ablation, error) {
	opts.Report = opts.Report.withDefaults()
	records, err := heldOutRecords(ctx, opts.Report)
	if err != nil {
		return nil, fmt.Errorf("ablate: %w", err)
	}
	set := heldOut(records, opts.Report.Functions, opts.Report.Queries)
	runs := append([]Ingredient{""}, Ingredients()...)
	done := slices.Clone(opts.Done)
	for n, without := range runs {
		if slices.ContainsFunc(done, func(a Ablation) bool { return a.Without == without }) {
			continue
		}
		a, err := ablation(ctx, without, set, &opts, func(p FitProgress) {
			if opts.Progress != nil {
				opts.Progress(n+1, len(runs), without, p)
			}
		})
		if err != nil {
			return done, fmt.Errorf("ablate: without %q: %w", without, err)
		}
		if done = append(done, a); opts.Save == nil {
			continue
		}
		if err := opts.Save(done); err != nil {
			return done, fmt.Errorf("ablate: %w", err)
		}
	}
	return done, nil
}

// ablation fits and measures one model.
func ablation(ctx context.Context, without Ingredient, set Set, opts *AblateOptions, progress func(FitProgress)) (a Ablation, err error) {
	fit := opts.Fit
	shortest := fit.Dimensions
	for _, n := range fit.Shorter {
		shortest = min(shortest, n)
	}
	if without != "" {
		if fit, err = fit.Without(without); err != nil {
			return a, err
		}
	}
	fit.Checkpoint, fit.Progress = "", progress
	result, err := Fit(ctx, fit)
	if err != nil {
		return a, err
	}
	model, err := static.Load(result.Model)
	if err != nil {
		return a, err
	}
	a = Ablation{Without: without, Pairs: result.Pairs, Epochs: fit.Epochs}
	if a.HeldOut, err = Measure(ctx, model, set); err != nil {
		return a, err
	}
	if opts.Benchmark != nil {
		m, err := opts.Benchmark(ctx, model)
		if err != nil {
			return a, err
		}
		a.Benchmark = &m
	}
	a.Short, err = Measure(ctx, shortened{model, shortest}, set)
	return a, err
}

// shortened gives the first values of an encoder's vectors, whether it was trained for that or not.
type shortened struct {
	encoder.Encoder
	dims int
}

func (s shortened) Dimensions() int { return s.dims }

func (s shortened) EncodeQuery(ctx context.Context, text string, dst []float32) error {
	long := make([]float32, s.Encoder.Dimensions())
	if err := s.Encoder.EncodeQuery(ctx, text, long); err != nil {
		return err
	}
	copy(dst, long[:s.dims])
	encoder.Normalize(dst)
	return nil
}

func (s shortened) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	long := make([]float32, s.Encoder.Dimensions())
	for i := range units {
		if err := s.Encoder.EncodeUnits(ctx, units[i:i+1], long); err != nil {
			return err
		}
		short := dst[i*s.dims : (i+1)*s.dims]
		copy(short, long[:s.dims])
		encoder.Normalize(short)
	}
	return nil
}
