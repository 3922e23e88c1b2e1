package onnx

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"lsp/encoder"
)

// Encoder is a transformer. It is safe for concurrent use. Unless batches were asked for, every text is run by itself:
// the vectors of a model that is quantised while it runs depend on the texts in their batch, and stored vectors must not.
//
// Queries have a session of their own and never wait for background work, which is held to one thread while there
// are any.
type Encoder struct {
	config     Config
	tokenizer  tokenizer
	identity   encoder.Identity
	kept       int // leading values of a pooled state that are kept
	dimensions int // of a vector: kept, and one more where inner products are compared
	mean       []float32
	query      *session
	gate       *gate

	mu         sync.RWMutex // held for reading while a session is used
	background *session     // opened when the first unit is encoded
	opening    sync.Mutex   // guards the opening of background
	closed     bool
}

var _ encoder.TokenStates = (*Encoder)(nil)

// sessionUse is what a session is for: queries and background work have sessions of their own.
type sessionUse string

const (
	forQueries    sessionUse = "queries"
	forBackground sessionUse = "background"
)

// errClosed is the error of an encoder that was closed.
var errClosed = errors.New("the model is closed")

// recipe names how the fields of a unit become one text; see parts.
const recipe = "signature-documentation-body/1"

// Open loads runtime, model and tokenizer, and encodes a word to see that they belong together.
func Open(config Config) (*Encoder, error) {
	e, err := open(config)
	if err != nil {
		return nil, fmt.Errorf("open model %s: %w", config.Model, err)
	}
	return e, nil
}

func open(config Config) (*Encoder, error) {
	if !Supported {
		return nil, ErrNoCgo
	}
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	e := &Encoder{config: config, gate: newGate(config.Threads)}
	if e.tokenizer, err = readTokenizer(config.Tokenizer); err != nil {
		return nil, err
	}
	version, err := LoadRuntime(config.Library)
	if err != nil {
		return nil, err
	}
	if e.query, err = openSession(config.Model, config.Run, forQueries); err != nil {
		return nil, err
	}
	if err = e.probe(); err != nil {
		return nil, errors.Join(err, e.query.close())
	}
	e.identity = e.identify(version)
	return e, nil
}

// complete checks c and fills in what is left out.
func (c Config) complete() (Config, error) {
	var err error
	if c.Run, err = c.Run.Complete(); err != nil {
		return c, err
	}
	if c.Threads < 0 || c.Threads > maxThreads {
		return c, fmt.Errorf("%d threads, want 1 to %d, or 0 for one per processor", c.Threads, maxThreads)
	}
	if c.Threads == 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	if c.Batch < 0 || c.Batch > maxBatch {
		return c, fmt.Errorf("batches of %d units, want 1 to %d", c.Batch, maxBatch)
	}
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(c.Model), ".onnx")
	}
	if c.Revision == "" {
		if c.Revision, err = checksum(c.Model); err != nil {
			return c, err
		}
	}
	if c.Library == "" {
		c.Library, err = FindLibrary("", DefaultFolder())
	}
	return c, err
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

// checksum is the start of a file's SHA-256.
func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, sum, err := hashed(f)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(sum[:6]), nil
}

// probe runs the shortest text there is to learn the length of a vector and to find a wrong name or shape now.
func (e *Encoder) probe() error {
	return e.states(context.Background(), e.query, e.tokenizer.Encode(2), func(_ []float32, width int) error {
		if e.kept = e.config.Dimensions; e.kept == 0 {
			e.kept = width
		}
		if e.kept > width {
			return fmt.Errorf("output %q has %d dimensions, want at least %d", e.config.Output, width, e.kept)
		}
		if e.dimensions = e.kept; e.config.Similarity == Dot {
			e.dimensions++
		}
		if len(e.config.Run.Mean) > 0 && e.kept == width && e.config.Similarity != Dot {
			var err error
			e.mean, err = decodeMean(e.config.Run.Mean, width)
			return err
		}
		return nil
	})
}

// identify names what decides about vectors. The runtime is part of it: its versions round int8 models differently,
// by up to 0.01 in a cosine.
func (e *Encoder) identify(version string) encoder.Identity {
	c := &e.config
	id := encoder.Identity{
		Model: c.Name, Revision: c.Revision + "+onnxruntime-" + version, Tokenizer: e.tokenizer.name(), Pooling: string(c.Pooling),
		Recipe: recipe, MaxTokens: c.MaxTokens, Dimensions: e.dimensions,
	}
	if e.mean != nil {
		id.Mean = shortSum(c.Run.Mean)
	}
	if c.QueryPrefix != "" || c.PassagePrefix != "" {
		id.Recipe += fmt.Sprintf(" query %q passage %q", c.QueryPrefix, c.PassagePrefix)
	}
	if c.Similarity == Dot {
		id.Recipe += fmt.Sprintf(" %s longest %g", Dot, c.Longest)
	}
	if c.Batch > 1 {
		id.Recipe += fmt.Sprintf(" batch %d", c.Batch)
	}
	return id
}

// Identity implements [encoder.Encoder].
func (e *Encoder) Identity() encoder.Identity { return e.identity }

// Dimensions implements [encoder.Encoder].
func (e *Encoder) Dimensions() int { return e.dimensions }

// Mean implements [encoder.Encoder]. It is nil for a model whose specification has none.
func (e *Encoder) Mean() []float32 { return e.mean }

// EncodeQuery implements [encoder.Encoder].
func (e *Encoder) EncodeQuery(ctx context.Context, text string, dst []float32) error {
	if err := e.checkRows(1, dst); err != nil {
		return fmt.Errorf("encode a query: %w", err)
	}
	if err := e.now(ctx, func() error { return e.encode(ctx, e.query, dst, e.askedVector, e.config.QueryPrefix, text) }); err != nil {
		return fmt.Errorf("encode a query: %w", err)
	}
	return nil
}

// EncodeUnits implements [encoder.Encoder]. When ctx ends, it leaves what it is at and returns the error of ctx.
func (e *Encoder) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	if err := e.checkRows(len(units), dst); err != nil {
		return fmt.Errorf("encode %d units: %w", len(units), err)
	}
	if e.config.Batch > 1 {
		if err := e.encodeBatches(ctx, units, dst); err != nil {
			return fmt.Errorf("encode %d units: %w", len(units), err)
		}
		return nil
	}
	err := e.each(ctx, len(units), e.config.Threads, func(ctx context.Context, s *session, i int) error {
		return e.encode(ctx, s, dst[i*e.dimensions:][:e.dimensions], e.codeVector, e.parts(&units[i])...)
	})
	if err != nil {
		return fmt.Errorf("encode %d units: %w", len(units), err)
	}
	return nil
}

// encodeBatches is EncodeUnits for several units in one run.
func (e *Encoder) encodeBatches(ctx context.Context, units []encoder.Unit, dst []float32) error {
	texts := make([][]int64, len(units))
	for i := range units {
		texts[i] = e.tokenizer.Encode(e.config.MaxTokens, e.parts(&units[i])...)
	}
	groups := byLength(texts, e.config.Batch)
	// What fits into one batch is one piece of work, also when it has texts of very different length.
	threads := (len(units) + e.config.Batch - 1) / e.config.Batch
	return e.each(ctx, len(groups), threads, func(ctx context.Context, s *session, g int) error {
		var together [][]int64
		for _, i := range groups[g] {
			together = append(together, texts[i])
		}
		b := newBatch(together...)
		return s.run(ctx, b, func(values []float32, shape []int64) error {
			return b.states(e.config.Output, values, shape, func(text int, states []float32, width int) error {
				i := groups[g][text]
				row := dst[i*e.dimensions:][:e.dimensions]
				if !e.tokenizer.known(texts[i]) {
					clear(row)
					return nil
				}
				return e.codeVector(row, states, width)
			})
		})
	})
}

// Embed returns a vector of each text, for cosines between texts: that which EncodeUnits would give to code without any
// other fields, if the model is one for cosines. None is zero: a text without a known word has the vector that the model makes of unknown ones.
func (e *Encoder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	err := e.each(ctx, len(texts), e.config.Threads, func(ctx context.Context, s *session, i int) error {
		vectors[i] = make([]float32, e.kept)
		return e.compute(ctx, s, vectors[i], e.plainVector, e.tokenizer.Encode(e.config.MaxTokens, e.config.PassagePrefix, texts[i]))
	})
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	return vectors, nil
}

func (e *Encoder) checkRows(n int, dst []float32) error {
	if len(dst) != n*e.dimensions {
		return fmt.Errorf("room for %d values, want %d x %d", len(dst), n, e.dimensions)
	}
	return nil
}

// parts is what a transformer reads of a unit, in the order of most languages: declaration, documentation, body. The
// declaration is not read twice when the body begins with it.
func (e *Encoder) parts(u *encoder.Unit) []string { return parts(e.config.PassagePrefix, u) }

func parts(prefix string, u *encoder.Unit) []string {
	body := u.Body
	if u.Signature != "" {
		body = strings.TrimPrefix(strings.TrimLeft(body, " \t\r\n"), u.Signature)
	}
	return []string{prefix, u.Owner, u.Signature, u.Documentation, body}
}

// each calls do for 0 to n-1 with the session for background work, on so many threads as the gate lets through: on that of
// the caller, which may have lowered its priority, when one is enough.
func (e *Encoder) each(ctx context.Context, n, threads int, do func(ctx context.Context, s *session, i int) error) error {
	if n == 0 {
		return ctx.Err()
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return errClosed
	}
	s, err := e.backgroundSession()
	if err != nil {
		return err
	}
	var next atomic.Int64
	work := func(ctx context.Context) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return nil
			}
			if err := e.gate.enter(ctx); err != nil {
				return err
			}
			err := do(ctx, s, i)
			e.gate.leave()
			if err != nil {
				return err
			}
		}
	}
	threads = min(n, threads, e.config.Threads)
	if threads == 1 {
		return work(ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	for range threads {
		group.Go(func() error { return work(ctx) })
	}
	return group.Wait()
}

func (e *Encoder) backgroundSession() (*session, error) {
	e.opening.Lock()
	defer e.opening.Unlock()
	if e.background == nil {
		s, err := openSession(e.config.Model, e.config.Run, forBackground)
		if err != nil {
			return nil, fmt.Errorf("open model %s: %w", e.config.Model, err)
		}
		e.background = s
	}
	return e.background, nil
}

// encode writes the vector of the parts of a text into dst. A text without a known word gets the zero vector.
func (e *Encoder) encode(ctx context.Context, s *session, dst []float32, vector vectorOf, parts ...string) error {
	ids := e.tokenizer.Encode(e.config.MaxTokens, parts...)
	if !e.tokenizer.known(ids) {
		clear(dst)
		return nil
	}
	return e.compute(ctx, s, dst, vector, ids)
}

// compute writes the vector of a text, given as ids, into dst.
func (e *Encoder) compute(ctx context.Context, s *session, dst []float32, vector vectorOf, ids []int64) error {
	return e.states(ctx, s, ids, func(states []float32, width int) error { return vector(dst, states, width) })
}

// vectorOf writes the vector of a text with some states into dst.
type vectorOf func(dst, states []float32, width int) error

// plainVector makes a vector of length one for cosines.
func (e *Encoder) plainVector(dst, states []float32, width int) error {
	if err := e.pool(dst, states, width); err != nil {
		return err
	}
	return normalise(dst)
}

// askedVector makes the vector of a question.
func (e *Encoder) askedVector(dst, states []float32, width int) error {
	clear(dst[e.kept:])
	return e.plainVector(dst[:e.kept], states, width)
}

// codeVector makes the vector of a unit.
func (e *Encoder) codeVector(dst, states []float32, width int) error {
	if e.config.Similarity != Dot {
		return e.plainVector(dst, states, width)
	}
	if err := e.pool(dst[:e.kept], states, width); err != nil {
		return err
	}
	return raise(dst, e.config.Longest)
}

// pool makes a vector of any length of the states of a text.
func (e *Encoder) pool(dst, states []float32, width int) error {
	if len(dst) > width {
		return fmt.Errorf("output %q has %d dimensions now, want at least %d", e.config.Output, width, len(dst))
	}
	pool(e.config.Pooling, states, width, dst)
	return nil
}

// states calls use with the states of one text. They are gone when use returns.
func (e *Encoder) states(ctx context.Context, s *session, ids []int64, use func(states []float32, width int) error) error {
	b := newBatch(ids)
	return s.run(ctx, b, func(values []float32, shape []int64) error {
		return b.states(e.config.Output, values, shape, func(_ int, states []float32, width int) error { return use(states, width) })
	})
}

// QueryStates implements [encoder.TokenStates].
func (e *Encoder) QueryStates(ctx context.Context, text string) (encoder.States, error) {
	s, err := e.statesNow(ctx, e.config.QueryPrefix, text)
	if err != nil {
		return s, fmt.Errorf("encode the tokens of a query: %w", err)
	}
	return s, nil
}

// UnitStates implements [encoder.TokenStates].
func (e *Encoder) UnitStates(ctx context.Context, unit *encoder.Unit) (encoder.States, error) {
	s, err := e.statesNow(ctx, e.parts(unit)...)
	if err != nil {
		return s, fmt.Errorf("encode the tokens of a unit: %w", err)
	}
	return s, nil
}

// statesNow runs a text in the session of queries.
func (e *Encoder) statesNow(ctx context.Context, parts ...string) (encoder.States, error) {
	var out encoder.States
	err := e.now(ctx, func() error {
		return e.states(ctx, e.query, e.tokenizer.Encode(e.config.MaxTokens, parts...), func(states []float32, width int) error {
			out = encoder.States{Width: width, Values: slices.Clone(states)}
			return nil
		})
	})
	return out, err
}

// now does something that somebody waits for.
func (e *Encoder) now(ctx context.Context, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer e.gate.query()()
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return errClosed
	}
	return do()
}

// Close waits for what is being encoded and frees the model. The runtime stays loaded.
func (e *Encoder) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return errClosed
	}
	e.closed = true
	err := e.query.close()
	if e.background != nil {
		err = errors.Join(err, e.background.close())
	}
	if err != nil {
		return fmt.Errorf("close model %s: %w", e.config.Model, err)
	}
	return nil
}
