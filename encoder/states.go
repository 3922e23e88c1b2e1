package encoder

import "context"

// States are the vectors that a transformer gives the single tokens of a text, those of its start and end included.
type States struct {
	Width  int       // length of a vector
	Values []float32 // row after row, as the model gave them: of no common length
}

// Tokens is the number of vectors.
func (s States) Tokens() int {
	if s.Width == 0 {
		return 0
	}
	return len(s.Values) / s.Width
}

// Row returns the vector of a token, from 0.
func (s States) Row(token int) []float32 { return s.Values[token*s.Width:][:s.Width] }

// TokenStates are encoders that can say what they make of every token. Implementations are safe for concurrent use.
type TokenStates interface {
	Encoder

	// QueryStates returns the states of a question.
	QueryStates(ctx context.Context, text string) (States, error)

	// UnitStates returns the states of a unit at once, before any background work. They depend on nothing but the unit.
	UnitStates(ctx context.Context, unit *Unit) (States, error)
}
