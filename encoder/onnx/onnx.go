// Package onnx runs sentence transformers through ONNX Runtime: any BERT-like encoder whose text and code share one
// space, described by a Config, with a WordPiece, byte-level BPE or Unigram tokenizer. The runtime is a shared library that is loaded when the first model is opened; a
// program without it, or built without cgo, gets an error that says what to do, and nothing else of it is affected.
//
// Models are installed into a folder (DefaultFolder), one folder each, with a manifest beside their files; Open works
// on any files, OpenInstalled on what a manifest names.
package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// Pooling says how the states of a text's tokens become one vector.
type Pooling string

// Ways of pooling.
const (
	Mean Pooling = "mean" // average of all tokens (Reimers and Gurevych, Sentence-BERT, 2019)
	CLS  Pooling = "cls"  // state of the first token
	Last Pooling = "last" // state of the last token
)

// Similarity says how near two vectors of a model are.
type Similarity string

// Similarities.
const (
	Cosine Similarity = "cosine" // the angle between them
	Dot    Similarity = "dot"    // their inner product: longer vectors count more
)

// Task says what a model is for.
type Task string

// Tasks.
const (
	Embed Task = "embed" // vectors of texts, or states of their tokens: an Encoder
	Score Task = "score" // how well a text answers a question, read together: a Pair
)

// Run describes how a model is used.
type Run struct {
	Task          Task       `json:"task,omitempty"`          // Embed when empty
	Inputs        []string   `json:"inputs,omitempty"`        // names of ids, attention mask and, where there are any, token types; the names of BERT when empty
	Output        string     `json:"output"`                  // name of the output with one state per token; of Score with one value, or two of which the second speaks for the text
	Pooling       Pooling    `json:"pooling"`                 // how states become a vector, Mean when empty
	QueryPrefix   string     `json:"queryPrefix,omitempty"`   // put before every question
	PassagePrefix string     `json:"passagePrefix,omitempty"` // put before every piece of code
	MaxTokens     int        `json:"maxTokens"`               // tokens read of a text, its start and end included
	Dimensions    int        `json:"dimensions,omitempty"`    // leading values of a vector that are kept, 0 for all
	Similarity    Similarity `json:"similarity,omitempty"`    // Cosine when empty
	Longest       float64    `json:"longest,omitempty"`       // of Dot: length of the longest vector that the model gives code; longer ones count as that long
	Mean          []byte     `json:"mean,omitempty"`          // centring mean of whole vectors, see decodeMean
}

// bertInputs are the inputs of BERT and its relatives.
var bertInputs = []string{"input_ids", "attention_mask", "token_type_ids"}

// Bounds of what a model may ask for.
const (
	leastPairTokens = 16

	maxTokens     = 8192
	maxDimensions = 8192
	maxLongest    = 1e6
	maxThreads    = 256
	maxBatch      = 256
)

// Complete checks r and fills in what is left out.
func (r Run) Complete() (Run, error) {
	if r.Task == "" {
		r.Task = Embed
	}
	if r.Pooling == "" {
		r.Pooling = Mean
	}
	if r.Similarity == "" {
		r.Similarity = Cosine
	}
	if len(r.Inputs) == 0 {
		r.Inputs = bertInputs
	}
	switch {
	case r.Task != Embed && r.Task != Score:
		return r, fmt.Errorf("task is %.40q, want %q or %q", r.Task, Embed, Score)
	case r.Output == "":
		return r, errors.New("no output is named")
	case len(r.Inputs) < 2 || len(r.Inputs) > 3 || slices.Contains(r.Inputs, ""):
		return r, fmt.Errorf("inputs are %q, want the names of ids, mask and possibly types", r.Inputs)
	case r.Pooling != Mean && r.Pooling != CLS && r.Pooling != Last:
		return r, fmt.Errorf("pooling is %q, want %q, %q or %q", r.Pooling, Mean, CLS, Last)
	case r.Task == Score && r.MaxTokens < leastPairTokens:
		return r, fmt.Errorf("%d tokens of a question and a text together, want at least %d", r.MaxTokens, leastPairTokens)
	case r.MaxTokens < 2 || r.MaxTokens > maxTokens:
		return r, fmt.Errorf("%d tokens, want 2 to %d", r.MaxTokens, maxTokens)
	case len(r.Mean) > meanHeader+maxDimensions:
		return r, fmt.Errorf("centring mean of %d bytes, want at most %d", len(r.Mean), meanHeader+maxDimensions)
	case r.Similarity != Cosine && r.Similarity != Dot:
		return r, fmt.Errorf("similarity is %.40q, want %q or %q", r.Similarity, Cosine, Dot)
	case r.Similarity == Dot && !(r.Longest > 0 && r.Longest <= maxLongest):
		return r, fmt.Errorf("longest vector is %v, want the length of the longest that the model gives code", r.Longest)
	case r.Similarity == Cosine && r.Longest != 0:
		return r, fmt.Errorf("longest vector is %v, which only the similarity %q needs", r.Longest, Dot)
	case r.Dimensions < 0 || r.Dimensions > maxDimensions:
		return r, fmt.Errorf("%d dimensions, want 1 to %d, or 0 for all", r.Dimensions, maxDimensions)
	}
	return r, nil
}

// Config names the files of a model and how it is run.
type Config struct {
	Run
	Name      string // of the model, for its identity; "" means the name of the file
	Revision  string // of the weights, for the identity; "" means the checksum of the file
	Library   string // shared library of ONNX Runtime; "" means the one that FindLibrary finds in DefaultFolder
	Model     string // ONNX file
	Tokenizer string // tokenizer.json: WordPiece, byte-level BPE or Unigram
	Threads   int    // texts encoded at the same time in the background; 0 means one per processor
	Batch     int    // units of about the same length in one run, see Options; 0 means 1
}

// ErrNoCgo says that this program was built without cgo, which the runtime needs.
var ErrNoCgo = errors.New("this program was built without cgo and cannot run transformers: build it with CGO_ENABLED=1 and a C compiler, or use the static encoder")
