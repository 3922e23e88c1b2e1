package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"lsp/encoder"
	"lsp/encoder/onnx"
	"lsp/indexer"
	"lsp/server/settings"
)

// Models opens the second encoder of an engine.
type Models interface {
	// Open opens the model of a name, to be used in the background by so many goroutines, each with so many units at a
	// time. It is closed after its last use when it is an io.Closer.
	Open(name string, load Load) (encoder.Encoder, error)

	// State returns a text that changes when what Open depends on changes, such as the files of the model. The text is
	// for nobody to read. An error says why the model cannot be used now.
	State(name string) (string, error)
}

// Load is how much background work a model gets at a time.
type Load struct {
	Threads int // goroutines
	Batch   int // units that are encoded together
}

// installed are the models that "lsp model install" installs.
type installed struct{}

func (installed) Open(name string, load Load) (encoder.Encoder, error) {
	return onnx.OpenInstalled(name, onnx.Options{Threads: load.Threads, Batch: load.Batch})
}

func (installed) State(name string) (string, error) {
	folder := onnx.DefaultFolder()
	m, err := onnx.ReadManifest(folder, name)
	if err != nil {
		return err.Error(), err
	}
	paths := []string{m.Path(onnx.RoleModel), m.Path(onnx.RoleTokenizer)}
	library, missing := onnx.FindLibrary("", folder)
	if missing != nil {
		return missing.Error(), missing
	}
	var state strings.Builder
	for _, path := range append(paths, library) {
		info, err := os.Stat(path)
		if err != nil {
			return err.Error(), err
		}
		fmt.Fprintln(&state, path, info.Size(), info.ModTime())
	}
	return state.String(), nil
}

const (
	// modelInterval is how often the files of the model are looked at: after an installation a running workspace has
	// the new model within that time.
	modelInterval = 2 * time.Second
	// faultDelay is how long a model that failed at one unit after the other is left alone.
	faultDelay = time.Minute
)

// transformer is the second encoder of an engine: which one is wanted, and the one that is open. One goroutine, manage,
// opens and closes it.
type transformer struct {
	engine *Engine
	models Models
	clock  Clock
	wake   chan struct{}

	giving sync.Mutex // held while indexes are given an encoder or it is taken from them

	mu      sync.Mutex // guards what follows
	wanted  string     // "" for none
	load    Load
	used    string          // the name under which enc was opened
	with    Load            // for which it was
	enc     encoder.Encoder // nil as long as none is open
	state   string          // of the models when the last one was opened, or could not be
	problem string          // why enc is nil although one is wanted
	fault   string          // why enc must be closed
	rest    time.Time       // when it may be tried again after a fault
	settled chan struct{}   // closed when what is wanted was tried; replaced when something else is wanted
	tried   bool
}

func newTransformer(e *Engine) *transformer {
	t := &transformer{
		engine: e, models: e.cfg.Models, clock: e.cfg.Clock, wake: make(chan struct{}, 1), settled: make(chan struct{}),
	}
	if t.models == nil {
		t.models = installed{}
	}
	return t
}

// want chooses the model by its setting.
func (t *transformer) want(set settings.Settings) {
	threads := set.EncoderThreads
	if threads == 0 {
		processors := runtime.GOMAXPROCS(0)
		threads = min(processors, max(2, processors/2))
	}
	t.engine.turns.configure(threads, set.EncoderOnBattery)
	name, load := set.Encoder, Load{threads, set.EncoderBatch}
	if name == settings.Default().Encoder {
		name = ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wanted == name && t.load == load {
		return
	}
	t.wanted, t.load, t.problem, t.state, t.rest = name, load, "", "", time.Time{}
	if t.tried {
		t.tried, t.settled = false, make(chan struct{})
	}
	signal(t.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// manage opens what is wanted when it can be, and closes what is not wanted or not usable any more, until ctx ends.
func (t *transformer) manage(ctx context.Context) {
	for ctx.Err() == nil {
		stop := func() bool { return true }
		if t.review() {
			stop = t.clock.AfterFunc(modelInterval, func() { signal(t.wake) })
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
		}
		stop()
	}
	if err := t.drop(); err != nil {
		t.engine.log.Warn("close model", "error", err)
	}
}

// review compares what is wanted with what there is. It returns false when it need not look again by itself.
func (t *transformer) review() bool {
	t.mu.Lock()
	wanted, load, used, with, before, fault, rest := t.wanted, t.load, t.used, t.with, t.state, t.fault, t.rest
	open, tried := t.enc != nil, t.tried
	t.mu.Unlock()
	if wanted == "" {
		if open {
			t.close("")
		}
		t.settle("")
		return false
	}
	state, err := t.models.State(wanted)
	switch {
	case fault != "":
		t.close(fault)
		t.mu.Lock()
		t.fault, t.rest, t.state = "", t.clock.Now().Add(faultDelay), state
		t.mu.Unlock()
		t.settle(fault)
		return true
	case open && used == wanted && with == load && state == before:
		return true
	case open:
		t.close(message(err))
	case tried && before == state && (rest.IsZero() || t.clock.Now().Before(rest)):
		return true // nothing has changed since it could not be used
	}
	t.open(wanted, load, state)
	return true
}

// open opens a model and gives it to all indexes.
func (t *transformer) open(name string, load Load, state string) {
	enc, err := t.models.Open(name, load)
	t.mu.Lock()
	t.state, t.rest = state, time.Time{}
	if err == nil {
		t.enc, t.used, t.with = enc, name, load
	}
	t.mu.Unlock()
	if err == nil {
		t.engine.log.Info("model opened", "model", enc.Identity().Model)
		for _, r := range t.engine.sortedRoots() {
			if x := r.live(); x != nil {
				t.attach(r, x)
			}
		}
	}
	t.settle(message(err))
}

// settle notes what came of the attempt to open what is wanted.
func (t *transformer) settle(problem string) {
	t.mu.Lock()
	news := problem != t.problem || !t.tried
	if news && problem != "" {
		t.engine.log.Error("the model cannot be used", "model", t.wanted, "error", problem)
	}
	t.problem = problem
	if !t.tried {
		t.tried = true
		close(t.settled)
	}
	t.mu.Unlock()
	if news {
		t.engine.cfg.OnStatus()
	}
}

// close takes the model from all indexes and closes it.
func (t *transformer) close(problem string) {
	t.mu.Lock()
	t.problem = problem
	t.mu.Unlock()
	t.giving.Lock()
	for _, r := range t.engine.sortedRoots() {
		if x := r.live(); x != nil {
			if err := x.SetTier(nil); err != nil && !errors.Is(err, indexer.ErrClosed) {
				t.engine.log.Warn("take the model from an index", "root", r.where.Path, "error", err)
			}
		}
	}
	t.giving.Unlock()
	if err := t.drop(); err != nil {
		t.engine.log.Warn("close model", "error", err)
	}
}

// drop closes the model. Queries that still use it get an error and are answered by the first encoder.
func (t *transformer) drop() error {
	t.mu.Lock()
	enc := t.enc
	t.enc, t.used = nil, ""
	t.mu.Unlock()
	if c, ok := enc.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// attach makes the open model the second encoder of an index, unless it is already. It returns false when none is open.
func (t *transformer) attach(r *root, x *indexer.Index) bool {
	t.giving.Lock()
	defer t.giving.Unlock()
	t.mu.Lock()
	enc, load := t.enc, t.with
	t.mu.Unlock()
	if enc == nil {
		return false
	}
	e := t.engine
	err := x.SetTier(&indexer.TierConfig{
		Encoder: enc, Workers: load.Threads, Batch: load.Batch, Read: r.read, Admit: e.turns.enter, Hold: e.turns.hold, OnFault: t.failed, Now: t.clock.Now,
	})
	if err != nil && !errors.Is(err, indexer.ErrClosed) {
		e.log.Error("give the model to an index", "root", r.where.Path, "error", err)
		t.mu.Lock()
		t.problem = fmt.Sprintf("index %s: %v", r.where.Path, err)
		t.mu.Unlock()
	}
	return err == nil
}

// failed is called when the model fails at one unit after the other.
func (t *transformer) failed(err error) {
	t.mu.Lock()
	t.fault = err.Error()
	t.mu.Unlock()
	signal(t.wake)
}

// trouble says why the model that is wanted is not used, "" when it is or when none is wanted.
func (t *transformer) trouble() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.problem == "" {
		return ""
	}
	return "the model inside the program is used instead: " + t.problem
}

// ErrModel is returned when the model that was chosen cannot be used.
var ErrModel = errors.New("the chosen model cannot be used")

// wait returns when what is wanted is open, or an error why it is not.
func (t *transformer) wait(ctx context.Context) error {
	t.mu.Lock()
	settled := t.settled
	t.mu.Unlock()
	select {
	case <-settled:
	case <-t.engine.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.problem != "" {
		return fmt.Errorf("%w: %s", ErrModel, t.problem)
	}
	return nil
}

// WaitModel returns when the second encoder that was chosen is open and what is stored of its vectors can be searched, at
// once when none was chosen, and ErrModel when it cannot be used.
func (e *Engine) WaitModel(ctx context.Context) error {
	if err := e.transformer.wait(ctx); err != nil {
		return err
	}
	for _, r := range e.sortedRoots() {
		if x := r.live(); x != nil {
			e.transformer.attach(r, x)
		}
	}
	return nil
}

// WaitTier returns when every unit has the vectors of the second encoder that was chosen, at once when none was.
func (e *Engine) WaitTier(ctx context.Context) error {
	if err := e.WaitModel(ctx); err != nil {
		return err
	}
	var errs []error
	for _, r := range e.sortedRoots() {
		if x := r.live(); x != nil && e.transformer.attach(r, x) {
			errs = append(errs, x.WaitTier(ctx))
		}
	}
	return errors.Join(errs...)
}
