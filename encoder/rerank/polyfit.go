package rerank

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"lsp/encoder"
)

// Example is a question and the unit that answers it.
type Example struct {
	Question string
	Unit     encoder.Unit
}

// FitOptions say how codes are trained.
type FitOptions struct {
	Codes       int     // number of codes
	Epochs      int     // times that every example is seen
	Batch       int     // examples whose units are one another's wrong answers
	Rate        float64 // of learning, falling to zero
	Temperature float64 // of the question's attention
	Sharpness   float64 // temperature of the loss
	Seed        uint64

	// Progress, if not nil, is told how many of all steps of a phase are done.
	Progress func(phase string, done, total int)
}

// DefaultFit is what the figures in the documentation were made with.
func DefaultFit() FitOptions {
	return FitOptions{Codes: 16, Epochs: 3, Batch: 64, Rate: 0.003, Temperature: 0.1, Sharpness: 0.05, Seed: 1}
}

func (o *FitOptions) check(examples int) error {
	switch {
	case o.Codes < 1 || o.Codes > maxCodes || o.Epochs < 1 || o.Batch < 2 || o.Batch > examples:
		return fmt.Errorf("%d codes, %d epochs and batches of %d of %d examples; want some of each", o.Codes, o.Epochs, o.Batch, examples)
	case !(o.Rate > 0) || !(o.Sharpness > 0) || !(o.Temperature >= minTemperature && o.Temperature <= maxTemperature):
		return fmt.Errorf("rate %v, temperature %v and sharpness %v; want them above 0", o.Rate, o.Temperature, o.Sharpness)
	}
	return nil
}

// Fit trains codes by contrast: of the units of a batch, each question is to be nearest to its own, and each unit to its
// own question. The transformer is asked for the states of every example once. Codes begin near zero, where the poly-
// encoder is the transformer's mean of states; the same input always gives the same codes.
func Fit(ctx context.Context, enc encoder.TokenStates, examples []Example, opts FitOptions) (*Codes, error) {
	if err := opts.check(len(examples)); err != nil {
		return nil, fmt.Errorf("train a poly-encoder: %w", err)
	}
	f := &polyFit{opts: opts, rng: rand.New(rand.NewPCG(opts.Seed, 0x706f6c79))}
	if err := f.read(ctx, enc, examples); err != nil {
		return nil, fmt.Errorf("train a poly-encoder: %w", err)
	}
	if err := f.train(ctx); err != nil {
		return nil, fmt.Errorf("train a poly-encoder: %w", err)
	}
	id := enc.Identity()
	f.codes.Card.Model, f.codes.Card.Revision, f.codes.Card.Tokenizer = id.Model, id.Revision, id.Tokenizer
	f.codes.Card.Pairs, f.codes.Card.Epochs, f.codes.Card.Seed = len(examples), opts.Epochs, opts.Seed
	return f.codes, nil
}

// polyFit is the state of a training.
type polyFit struct {
	opts      FitOptions
	rng       *rand.Rand
	questions [][]float32 // of length one
	units     []*rows     // states of each unit, with their lengths
	codes     *Codes
	m, v      []float64 // moments of Adam (Kingma and Ba, 2015)
	steps     int
}

func (f *polyFit) progress(phase string, done, total int) {
	if f.opts.Progress != nil {
		f.opts.Progress(phase, done, total)
	}
}

// read asks the transformer for all states.
func (f *polyFit) read(ctx context.Context, enc encoder.TokenStates, examples []Example) error {
	f.questions, f.units = make([][]float32, len(examples)), make([]*rows, len(examples))
	_, err := inOrder(ctx, len(examples), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) error {
		f.questions[i] = make([]float32, enc.Dimensions())
		if err := enc.EncodeQuery(ctx, examples[i].Question, f.questions[i]); err != nil {
			return err
		}
		states, err := enc.UnitStates(ctx, &examples[i].Unit)
		if err != nil {
			return err
		}
		if states.Width != enc.Dimensions() || states.Tokens() == 0 {
			return fmt.Errorf("%d states of %d values, want as many values as a vector has, %d", states.Tokens(), states.Width, enc.Dimensions())
		}
		f.units[i] = quantise(states, false)
		if i%100 == 0 {
			f.progress("reading", i, len(examples))
		}
		return nil
	})
	return err
}

// train goes through all examples, in another order in every epoch.
func (f *polyFit) train(ctx context.Context) error {
	o, width := &f.opts, len(f.questions[0])
	f.codes = &Codes{Card: Card{Width: width, Codes: o.Codes, Temperature: o.Temperature}, values: make([]float32, o.Codes*width)}
	for i := range f.codes.values {
		f.codes.values[i] = float32(f.rng.NormFloat64() * startSpread)
	}
	f.m, f.v = make([]float64, len(f.codes.values)), make([]float64, len(f.codes.values))
	batches := len(f.units) / o.Batch
	total := o.Epochs * batches
	for range o.Epochs {
		order := f.rng.Perm(len(f.units))
		for b := range batches {
			if err := f.step(ctx, order[b*o.Batch:][:o.Batch], 1-float64(f.steps)/float64(total)); err != nil {
				return err
			}
			f.progress("training", f.steps, total)
		}
	}
	return nil
}

// startSpread is the standard deviation of the values that codes begin with.
const startSpread = 0.02

// attended is a unit of a batch: its states, what the codes made of them, and the way back.
type attended struct {
	states    encoder.States
	attention []float64      // codes times tokens
	vectors   encoder.States // one a code, of length one
	lengths   []float64      // that they had
	cosines   [][]float64    // of every question with every vector
	gradient  []float32      // by the codes
}

// step learns from one batch.
func (f *polyFit) step(ctx context.Context, batch []int, decay float64) error {
	n := len(batch)
	units := make([]*attended, n)
	scores := make([][]float64, n) // by question, by unit
	for i := range scores {
		scores[i] = make([]float64, n)
	}
	workers := runtime.GOMAXPROCS(0)
	if _, err := inOrder(ctx, n, workers, func(_ context.Context, j int) error {
		units[j] = f.attend(batch, j, scores)
		return nil
	}); err != nil {
		return err
	}
	loss := contrast(scores, f.opts.Sharpness)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return errors.New("the loss is not finite: a smaller rate may help")
	}
	if _, err := inOrder(ctx, n, workers, func(_ context.Context, j int) error {
		f.back(units[j], batch, j, scores)
		return nil
	}); err != nil {
		return err
	}
	f.update(units, decay)
	return nil
}

// attend computes the vectors of unit j of a batch and the scores that the questions give it.
func (f *polyFit) attend(batch []int, j int, scores [][]float64) *attended {
	c := f.codes
	u := &attended{states: f.units[batch[j]].states()}
	u.attention = c.attention(u.states)
	u.vectors = c.attend(u.states, u.attention)
	u.lengths = make([]float64, c.Card.Codes)
	for k := range u.lengths {
		row := u.vectors.Row(k)
		u.lengths[k] = max(math.Sqrt(dot(row, row)), 1e-12)
		for d := range row {
			row[d] = float32(float64(row[d]) / u.lengths[k])
		}
	}
	u.cosines = make([][]float64, len(batch))
	for i, q := range batch {
		u.cosines[i] = make([]float64, c.Card.Codes)
		for k := range u.cosines[i] {
			u.cosines[i][k] = dot(f.questions[q], u.vectors.Row(k))
		}
		scores[i][j] = c.judge(u.cosines[i])
	}
	return u
}

// contrast puts into scores the gradient of the loss by them, and returns the loss: the mean cross entropy of finding
// the unit of each question and the question of each unit (the diagonal) at a temperature.
func contrast(scores [][]float64, temperature float64) float64 {
	n := len(scores)
	byQuestion, byUnit := make([][]float64, n), make([][]float64, n)
	for i := range n {
		byQuestion[i], byUnit[i] = make([]float64, n), make([]float64, n)
		for j := range n {
			byQuestion[i][j], byUnit[i][j] = scores[i][j]/temperature, scores[j][i]/temperature
		}
		softmax(byQuestion[i])
		softmax(byUnit[i])
	}
	loss := 0.0
	for i := range n {
		loss -= (math.Log(byQuestion[i][i]) + math.Log(byUnit[i][i])) / float64(2*n)
		for j := range n {
			scores[i][j] = (byQuestion[i][j] + byUnit[j][i]) / (2 * float64(n) * temperature)
		}
		scores[i][i] -= 1 / (float64(n) * temperature)
	}
	return loss
}

// back computes the gradient by the codes of what unit j adds to the loss, given that by its scores.
func (f *polyFit) back(u *attended, batch []int, j int, gradients [][]float64) {
	c, width := f.codes, f.codes.Card.Width
	byVector := make([]float32, c.Card.Codes*width)
	for i, q := range batch {
		score, shares := 0.0, make([]float64, c.Card.Codes)
		for k, x := range u.cosines[i] {
			shares[k] = x / c.Card.Temperature
		}
		softmax(shares)
		for k, x := range u.cosines[i] {
			score += shares[k] * x
		}
		for k, x := range u.cosines[i] {
			g := gradients[i][j] * shares[k] * (1 + (x-score)/c.Card.Temperature)
			add(byVector[k*width:][:width], f.questions[q], float32(g))
		}
	}
	n := u.states.Tokens()
	u.gradient = make([]float32, c.Card.Codes*width)
	for k := range c.Card.Codes {
		g, vector := byVector[k*width:][:width], u.vectors.Row(k)
		along := dot(g, vector)
		for d := range g { // through the scaling to length one
			g[d] = float32((float64(g[d]) - along*float64(vector[d])) / u.lengths[k])
		}
		shares, byShare, mean := u.attention[k*n:][:n], make([]float64, n), 0.0
		for i := range n {
			byShare[i] = dot(g, u.states.Row(i))
			mean += byShare[i] * shares[i]
		}
		for i := range n {
			add(u.gradient[k*width:][:width], u.states.Row(i), float32(shares[i]*(byShare[i]-mean)))
		}
	}
}

// update moves the codes by Adam.
func (f *polyFit) update(units []*attended, decay float64) {
	const beta1, beta2, epsilon = 0.9, 0.999, 1e-8
	f.steps++
	rate := f.opts.Rate * decay / (1 - math.Pow(beta1, float64(f.steps)))
	correction := 1 - math.Pow(beta2, float64(f.steps))
	for d := range f.codes.values {
		g := 0.0
		for _, u := range units {
			g += float64(u.gradient[d])
		}
		f.m[d] = beta1*f.m[d] + (1-beta1)*g
		f.v[d] = beta2*f.v[d] + (1-beta2)*g*g
		f.codes.values[d] -= float32(rate * f.m[d] / (math.Sqrt(f.v[d]/correction) + epsilon))
	}
}
