package onnx

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"lsp/encoder"
)

// Pair is a cross-encoder: a model that reads a question and a text together and tells how well the one answers the
// other. It is safe for concurrent use.
type Pair struct {
	config    Config
	tokenizer tokenizer
	session   *session
	version   string

	mu     sync.RWMutex // held for reading while the session is used
	closed bool
}

// OpenPair loads runtime, model and tokenizer, and judges a pair of words to see that they belong together.
func OpenPair(config Config) (*Pair, error) {
	p, err := openPair(config)
	if err != nil {
		return nil, fmt.Errorf("open model %s: %w", config.Model, err)
	}
	return p, nil
}

func openPair(config Config) (p *Pair, err error) {
	if !Supported {
		return nil, ErrNoCgo
	}
	p = &Pair{}
	if p.config, err = config.complete(); err != nil {
		return nil, err
	}
	if p.tokenizer, err = readTokenizer(p.config.Tokenizer); err != nil {
		return nil, err
	}
	if p.tokenizer.frame().middle == nil {
		return nil, fmt.Errorf("tokenizer %s does not say what stands between two texts", p.config.Tokenizer)
	}
	if p.version, err = LoadRuntime(p.config.Library); err != nil {
		return nil, err
	}
	if p.session, err = openSession(p.config.Model, p.config.Run, forQueries); err != nil {
		return nil, err
	}
	if _, err = p.score(context.Background(), "read", "a file"); err != nil {
		return nil, errors.Join(err, p.session.close())
	}
	return p, nil
}

// Name of the model.
func (p *Pair) Name() string { return p.config.Name }

// Identity names what decides about scores.
func (p *Pair) Identity() string {
	c := &p.config
	return fmt.Sprintf("%s|%s+onnxruntime-%s|%s|%s query %q passage %q|%d", c.Name, c.Revision, p.version, p.tokenizer.name(), recipe,
		c.QueryPrefix, c.PassagePrefix, c.MaxTokens)
}

// ScorePair tells how well a unit answers a question, the better the higher: the value of the model, or the second of
// two less the first.
func (p *Pair) ScorePair(ctx context.Context, query string, unit *encoder.Unit) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return 0, fmt.Errorf("judge a unit: %w", errClosed)
	}
	score, err := p.score(ctx, query, parts(p.config.PassagePrefix, unit)...)
	if err != nil {
		return 0, fmt.Errorf("judge a unit: %w", err)
	}
	return score, nil
}

func (p *Pair) score(ctx context.Context, query string, text ...string) (score float64, err error) {
	ids, types := encodePair(p.tokenizer, p.config.MaxTokens, p.config.QueryPrefix+query, text...)
	b := newBatch(ids)
	copy(b.types, types)
	err = p.session.run(ctx, b, func(values []float32, shape []int64) error {
		switch {
		case len(values) == 1:
			score = float64(values[0])
		case len(values) == 2 && len(shape) == 2 && shape[0] == 1:
			score = float64(values[1]) - float64(values[0])
		default:
			return fmt.Errorf("output %q has the shape %v, want 1 x 1 or 1 x 2", p.config.Output, shape)
		}
		return nil
	})
	return score, err
}

// Close waits for what is being judged and frees the model. The runtime stays loaded.
func (p *Pair) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	p.closed = true
	if err := p.session.close(); err != nil {
		return fmt.Errorf("close model %s: %w", p.config.Model, err)
	}
	return nil
}
