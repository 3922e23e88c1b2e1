package rerank

import (
	"context"
	"errors"
	"fmt"
	"math"

	"lsp/encoder"
)

// Codes are the learned part of a poly-encoder (Humeau et al., Poly-encoders, 2020): each code attends to the states of
// a unit's tokens and makes one vector of them, so a unit has several vectors in place of their mean. The question
// attends to these vectors in turn. The transformer itself is as it was.
type Codes struct {
	Card   Card
	values []float32 // code after code, each as long as a state
}

// Card says where codes come from and whom they fit.
type Card struct {
	Model       string  `json:"model"`       // name of the transformer
	Revision    string  `json:"revision"`    // of its weights, without the runtime
	Tokenizer   string  `json:"tokenizer"`   // as in the identity of the encoder
	Width       int     `json:"width"`       // values of a state
	Codes       int     `json:"codes"`       // number of codes
	Temperature float64 `json:"temperature"` // of the question's attention: the smaller, the more one vector counts alone

	Pairs        int     `json:"pairs"`        // of question and function that they were trained with
	Repositories int     `json:"repositories"` // that these came from
	Epochs       int     `json:"epochs"`
	Seed         uint64  `json:"seed"`
	HeldOut      Measure `json:"heldOut"` // on functions of repositories that they were not trained with
}

// Measure is the mean reciprocal rank of functions for the questions that document them, before and after.
type Measure struct {
	Questions int        `json:"questions"`
	Functions int        `json:"functions"`
	Before    float64    `json:"before"`   // by the mean of the states
	After     float64    `json:"after"`    // with the codes as reranker
	Interval  [2]float64 `json:"interval"` // of the difference, 95 %, by the bootstrap over questions
}

// Bounds of codes.
const (
	maxCodes       = 1024
	minTemperature = 1e-3
	maxTemperature = 100
)

func (c *Card) check() error {
	switch {
	case c.Model == "":
		return errors.New("no transformer is named")
	case c.Width < 1 || c.Width > maxWidth || c.Codes < 1 || c.Codes > maxCodes:
		return fmt.Errorf("%d codes of %d values", c.Codes, c.Width)
	case !(c.Temperature >= minTemperature && c.Temperature <= maxTemperature):
		return fmt.Errorf("temperature %v, want %v to %v", c.Temperature, minTemperature, maxTemperature)
	}
	return nil
}

// Model is the name of the transformer that the codes were trained with.
func (c *Codes) Model() string { return c.Card.Model }

// Identity names what decides about what is kept of units, for a Cache.
func (c *Codes) Identity(enc encoder.Encoder) string {
	return "poly/1 " + c.checksum() + " " + enc.Identity().String()
}

func (c *Codes) code(k int) []float32 { return c.values[k*c.Card.Width:][:c.Card.Width] }

// attention is how much each token of a unit counts for each code: codes times tokens values.
func (c *Codes) attention(s encoder.States) []float64 {
	n := s.Tokens()
	out := make([]float64, c.Card.Codes*n)
	for k := range c.Card.Codes {
		row := out[k*n:][:n]
		for i := range row {
			row[i] = dot(c.code(k), s.Row(i))
		}
		softmax(row)
	}
	return out
}

// softmax makes shares of values, in place.
func softmax(values []float64) {
	most := math.Inf(-1)
	for _, v := range values {
		most = max(most, v)
	}
	sum := 0.0
	for i, v := range values {
		values[i] = math.Exp(v - most)
		sum += values[i]
	}
	for i := range values {
		values[i] /= sum
	}
}

// attend makes the vectors of a unit, one a code, of no common length.
func (c *Codes) attend(s encoder.States, attention []float64) encoder.States {
	n := s.Tokens()
	out := encoder.States{Width: s.Width, Values: make([]float32, c.Card.Codes*s.Width)}
	for k := range c.Card.Codes {
		row := out.Row(k)
		for i := range n {
			add(row, s.Row(i), float32(attention[k*n+i]))
		}
	}
	return out
}

func add(dst, src []float32, factor float32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] += factor * src[i]
	}
}

// judge is the score of a unit by the cosines of the question with its vectors: their mean, weighed by how near they
// are.
func (c *Codes) judge(cosines []float64) float64 {
	shares := make([]float64, len(cosines))
	for k, x := range cosines {
		shares[k] = x / c.Card.Temperature
	}
	softmax(shares)
	sum := 0.0
	for k, x := range cosines {
		sum += x * shares[k]
	}
	return sum
}

// Poly judges with the codes of a poly-encoder.
type Poly struct {
	judge
	codes   *Codes
	encoder encoder.TokenStates
}

var _ Reranker = (*Poly)(nil)

// polyWeight counts the codes half: with more, questions of people lose.
const polyWeight = 0.5

// NewPoly returns a reranker by codes, which must have been trained with this very encoder. The encoder stays open when
// the reranker is closed.
func NewPoly(codes *Codes, enc encoder.TokenStates, cache *Cache, workers int) (*Poly, error) {
	if id := enc.Identity(); id.Model != codes.Card.Model || id.Tokenizer != codes.Card.Tokenizer || !sameWeights(id.Revision, codes.Card.Revision) {
		return nil, errors.Join(fmt.Errorf("codes are of %s revision %s, not of %s revision %s", codes.Card.Model, codes.Card.Revision, id.Model, id.Revision), cache.Close())
	}
	return &Poly{judge{"a poly-encoder", cache, workers}, codes, enc}, nil
}

// Name implements [Reranker].
func (p *Poly) Name() string { return "poly-encoder" }

// Weight implements [Reranker].
func (p *Poly) Weight() float64 { return polyWeight }

// Score implements [Reranker].
func (p *Poly) Score(ctx context.Context, query string, units []encoder.Unit, scores []float64) (int, error) {
	if len(units) != len(scores) {
		return 0, errRoom
	}
	question := make([]float32, p.encoder.Dimensions())
	if err := p.encoder.EncodeQuery(ctx, query, question); err != nil {
		return 0, p.failed(err)
	}
	asked := quantise(encoder.States{Width: len(question), Values: question}, true)
	return p.units(ctx, "", units, scores, p.vectors, func(kept []byte) (float64, error) {
		vectors, err := decodeRows(kept)
		if err != nil {
			return 0, err
		}
		if vectors.width != asked.width || vectors.count() != p.codes.Card.Codes {
			return 0, fmt.Errorf("%d vectors of %d values, want %d of %d", vectors.count(), vectors.width, p.codes.Card.Codes, asked.width)
		}
		cosines := make([]float64, vectors.count())
		for k := range cosines {
			cosines[k] = float64(dot8(asked.row(0), vectors.row(k))) * float64(asked.scales[0]) * float64(vectors.scales[k])
		}
		return p.codes.judge(cosines), nil
	})
}

// vectors makes what is kept of a unit.
func (p *Poly) vectors(ctx context.Context, u *encoder.Unit) ([]byte, error) {
	states, err := p.encoder.UnitStates(ctx, u)
	if err != nil {
		return nil, err
	}
	if states.Width != p.codes.Card.Width || states.Tokens() == 0 {
		return nil, fmt.Errorf("%d states of %d values, want %d values", states.Tokens(), states.Width, p.codes.Card.Width)
	}
	return quantise(p.codes.attend(states, p.codes.attention(states)), true).encode(), nil
}
