// Package encoder turns code and questions into unit vectors of one joint space: a function lies near the
// sentences that would document it, so that a question finds functions nobody documented.
//
// The package holds the contract alone. Implementations live below it: encoder/static is the model inside the
// binary, encoder/onnx runs transformers. Hashed is a deterministic double for tests of everything above.
package encoder

import (
	"context"
	"strings"
)

// Unit is one piece of code as an encoder sees it. Fields may alias the text of the file they were cut from.
// An encoder composes its own text from the fields and may weigh them; where the unit lives is not among them,
// so moving a file never changes a vector.
type Unit struct {
	Owner         string // enclosing type or module, "" when there is none
	Name          string // declared name, "" for text that declares nothing
	Signature     string // declaration up to the body
	Documentation string // comment or docstring, markers removed
	Body          string // source text without its documentation
	Unsaved       bool   // the text is in no file that is known, so nothing that is made of it may be written to one
}

// Encoder maps texts to L2-normalised vectors. Implementations are safe for concurrent use.
type Encoder interface {
	// Identity names everything that decides which vector a text gets. Vectors of different identities must
	// never be compared.
	Identity() Identity

	// Dimensions is the length of every vector, at least 1.
	Dimensions() int

	// EncodeQuery writes the vector of a question into dst, which must hold Dimensions values. A text without
	// any known word gives the zero vector.
	EncodeQuery(ctx context.Context, text string, dst []float32) error

	// EncodeUnits writes one vector per unit into dst, row after row, which must hold len(units)*Dimensions
	// values. The vector of a unit does not depend on the units it is encoded with.
	EncodeUnits(ctx context.Context, units []Unit, dst []float32) error

	// Mean is the centring mean that belongs to the model, Dimensions long, or nil when vectors are centred
	// already. It is subtracted before a vector is reduced to bits; the caller must not modify it.
	Mean() []float32
}

// Thesaurus is implemented by encoders that know single words and which of them mean nearly the same.
type Thesaurus interface {
	// NearWords returns the words whose vectors are nearest to that of a word in lower case, the nearest first, none for
	// a word that the encoder does not know as a whole.
	NearWords(word string) []NearWord
}

// NearWord is a word, in lower case, that means nearly the same as another one.
type NearWord struct {
	Word   string
	Cosine float32 // of the two words' vectors, above the mean of all words
}

// Calibration describes a set of cosines by mean and standard deviation. Cosines of different encoders say nothing about
// each other; how many deviations above the mean each of them is does.
type Calibration struct {
	Mean      float64
	Deviation float64 // above zero
}

// Move returns the value that lies on another scale where x lies on this one.
func (c Calibration) Move(x float64, to Calibration) float64 {
	return (x-c.Mean)/c.Deviation*to.Deviation + to.Mean
}

// Identity describes an encoder completely: two encoders with equal identities give equal vectors.
type Identity struct {
	Model      string `json:"model"`          // name, such as "static-code-256"
	Revision   string `json:"revision"`       // version or checksum of the weights
	Tokenizer  string `json:"tokenizer"`      // name and version of the tokenizer
	Pooling    string `json:"pooling"`        // "mean", "cls" or "last"
	Recipe     string `json:"recipe"`         // how the fields of a unit become one text, prefixes included
	MaxTokens  int    `json:"maxTokens"`      // tokens read of a unit, the rest is cut
	Dimensions int    `json:"dimensions"`     // length of a vector
	Mean       string `json:"mean,omitempty"` // checksum of the centring mean
}

// String gives the identity as one line that can be compared, stored and shown.
func (id Identity) String() string {
	return strings.Join([]string{
		id.Model, id.Revision, id.Tokenizer, id.Pooling, id.Recipe,
		itoa(id.MaxTokens), itoa(id.Dimensions), id.Mean,
	}, "|")
}
