//go:build cgo

package onnx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// environment is the runtime, which a process can load once.
var environment struct {
	sync.Mutex
	library string
}

func loadRuntime(library string) error {
	environment.Lock()
	defer environment.Unlock()
	if environment.library != "" {
		if environment.library != library {
			return fmt.Errorf("load runtime %s: %s is loaded already", library, environment.library)
		}
		return nil
	}
	if _, err := os.Stat(library); err != nil {
		return fmt.Errorf("load runtime: %w", err)
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return fmt.Errorf("load runtime %s: %w", library, err)
	}
	environment.library = library
	return nil
}

// Session runs one model. It is safe for concurrent use.
type Session struct {
	config    Config
	tokenizer *WordPiece
	session   *ort.DynamicAdvancedSession
}

// The inputs of BERT and its relatives.
var inputNames = []string{"input_ids", "attention_mask", "token_type_ids"}

// Open loads runtime, model and tokenizer and checks that the model has the inputs and the output it needs.
func Open(config Config) (*Session, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	data, err := os.ReadFile(config.Tokenizer)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	tokenizer, err := ParseWordPiece(data)
	if err != nil {
		return nil, fmt.Errorf("open model: %s: %w", config.Tokenizer, err)
	}
	if err := loadRuntime(config.Library); err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(config.Threads),
		options.SetInterOpNumThreads(1),
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open model: %w", err), options.Destroy())
	}
	session, err := ort.NewDynamicAdvancedSession(config.Model, inputNames, []string{config.Output}, options)
	if err = errors.Join(err, options.Destroy()); err != nil {
		return nil, fmt.Errorf("open model %s: %w", config.Model, err)
	}
	return &Session{config: config, tokenizer: tokenizer, session: session}, nil
}

// Close frees the model. The runtime stays loaded.
func (s *Session) Close() error {
	if err := s.session.Destroy(); err != nil {
		return fmt.Errorf("close model %s: %w", s.config.Model, err)
	}
	return nil
}

// Embed returns the unit vector of each text: the mean of its tokens' states. One text is run at a time, for the
// vectors of a model quantised on the fly depend on what they are batched with.
func (s *Session) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("embed text %d of %d: %w", i+1, len(texts), err)
		}
		v, err := s.embed(text)
		if err != nil {
			return nil, fmt.Errorf("embed text %d of %d: %w", i+1, len(texts), err)
		}
		vectors[i] = v
	}
	return vectors, nil
}

func (s *Session) embed(text string) (vector []float32, err error) {
	ids := s.tokenizer.Encode(text, s.config.MaxTokens)
	n := int64(len(ids))
	ones, zeros := make([]int64, n), make([]int64, n)
	for i := range ones {
		ones[i] = 1
	}
	var inputs []ort.Value
	defer func() {
		for _, v := range inputs {
			err = errors.Join(err, v.Destroy())
		}
	}()
	for _, values := range [][]int64{ids, ones, zeros} {
		tensor, err := ort.NewTensor(ort.NewShape(1, n), values)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, tensor)
	}
	outputs := []ort.Value{nil}
	if err := s.session.Run(inputs, outputs); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, outputs[0].Destroy()) }()
	states, ok := outputs[0].(*ort.Tensor[float32])
	if shape := outputs[0].GetShape(); !ok || len(shape) != 3 || shape[0] != 1 || shape[1] != n {
		return nil, fmt.Errorf("output %q has shape %v, want float32 of 1 x %d x dimensions", s.config.Output, shape, n)
	}
	return meanState(states.GetData(), len(ids))
}

// meanState averages n rows and scales the result to length one.
func meanState(states []float32, n int) ([]float32, error) {
	dims := len(states) / n
	sums := make([]float64, dims)
	for i, x := range states {
		sums[i%dims] += float64(x)
	}
	square := 0.0
	for _, x := range sums {
		square += x * x
	}
	if !(square > 0) || math.IsInf(square, 0) {
		return nil, fmt.Errorf("vector of squared length %v", square)
	}
	vector := make([]float32, dims)
	for d, x := range sums {
		vector[d] = float32(x / math.Sqrt(square))
	}
	return vector, nil
}
