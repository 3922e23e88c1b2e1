package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/encoder/onnx"
	"lsp/encoder/rerank"
	"lsp/indexer/search"
)

// Kinds of rerankers, as the setting names them.
const (
	rerankOff   = "off"
	rerankLate  = "late"
	rerankBi    = "bi"
	rerankCross = "cross"
	rerankPoly  = "poly"
)

// RerankKinds lists the ways to write the setting, with what has to be put in for capital letters.
var RerankKinds = []string{rerankOff, rerankLate, rerankLate + ":MODEL", rerankBi + ":MODEL", rerankCross + ":MODEL", rerankPoly + ":FILE"}

// defaultStates is the transformer whose states are compared when none is named.
const defaultStates = "all-minilm-l6-v2"

// Bounds of reranking in a workspace.
const (
	rerankBudget = 400 * time.Millisecond
	rerankDisk   = 256 << 20 // bytes of kept states
)

// Reranker is what a setting of rerankers stands for. The zero value stands for none.
type Reranker struct {
	Model rerank.Reranker // nil for none
	close []func() error
}

// OpenReranker opens what the setting says: "off" or "", "late" or "late:MODEL", "bi:MODEL", "cross:MODEL", "poly:FILE".
// The encoder of the index is used where it serves. What is made of units is kept in a folder below cacheDir, or only
// in memory when that is "" or another process has it.
func OpenReranker(setting string, enc encoder.Encoder, cacheDir string, log *slog.Logger) (*Reranker, error) {
	kind, name, _ := strings.Cut(setting, ":")
	r := &Reranker{}
	open := func(identity string) *rerank.Cache {
		if cacheDir == "" {
			return rerank.NewCache(0)
		}
		c, err := rerank.OpenCache(filepath.Join(cacheDir, "rerank"), identity, 0, rerankDisk)
		if err != nil {
			log.Debug("reranked units are kept in memory alone", "reason", err)
		}
		return c
	}
	var err error
	switch {
	case setting == "" || setting == rerankOff:
		return r, nil
	case kind == rerankLate:
		err = r.openLate(name, enc, open)
	case kind == rerankBi && name != "":
		err = r.openBi(name, open)
	case kind == rerankCross && name != "":
		err = r.openCross(name, open)
	case kind == rerankPoly && name != "":
		err = r.openPoly(name, enc, open)
	default:
		return nil, fmt.Errorf("open reranker: %q is none; it can be %s", setting, strings.Join(RerankKinds, ", "))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open reranker %s: %w", setting, err), r.Close())
	}
	return r, nil
}

// Close lets go of models and files.
func (r *Reranker) Close() error {
	var errs []error
	for i := len(r.close) - 1; i >= 0; i-- {
		errs = append(errs, r.close[i]())
	}
	r.close = nil
	return errors.Join(errs...)
}

// use sets the model, which is closed before everything else.
func (r *Reranker) use(m rerank.Reranker) {
	r.Model = m
	r.close = append(r.close, m.Close)
}

// states returns an encoder that knows states of tokens: that of the index, if no other is asked for.
func (r *Reranker) states(name string, enc encoder.Encoder) (encoder.TokenStates, error) {
	if s, ok := enc.(encoder.TokenStates); ok && (name == "" || enc.Identity().Model == name) {
		return s, nil
	}
	if name == "" {
		name = defaultStates
	}
	m, err := onnx.OpenInstalled(name, onnx.Options{})
	if err != nil {
		return nil, err
	}
	r.close = append(r.close, m.Close)
	return m, nil
}

func (r *Reranker) openLate(name string, enc encoder.Encoder, open func(string) *rerank.Cache) error {
	states, err := r.states(name, enc)
	if err != nil {
		return err
	}
	r.use(rerank.NewLate(states, open(rerank.LateIdentity(states)), runtime.GOMAXPROCS(0)))
	return nil
}

func (r *Reranker) openBi(name string, open func(string) *rerank.Cache) error {
	m, err := onnx.OpenInstalled(name, onnx.Options{})
	if err != nil {
		return err
	}
	r.close = append(r.close, m.Close)
	r.use(rerank.NewBi(m, open(rerank.BiIdentity(m)), runtime.GOMAXPROCS(0)))
	return nil
}

func (r *Reranker) openCross(name string, open func(string) *rerank.Cache) error {
	m, err := onnx.OpenInstalledPair(name, onnx.Options{})
	if err != nil {
		return err
	}
	r.close = append(r.close, m.Close)
	r.use(rerank.NewCross(m, open("cross/1 "+m.Identity()), runtime.GOMAXPROCS(0)))
	return nil
}

func (r *Reranker) openPoly(file string, enc encoder.Encoder, open func(string) *rerank.Cache) error {
	codes, err := rerank.ReadPoly(file)
	if err != nil {
		return err
	}
	states, err := r.states(codes.Model(), enc)
	if err != nil {
		return err
	}
	p, err := rerank.NewPoly(codes, states, open(codes.Identity(states)), runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	r.use(p)
	return nil
}

// openReranker opens what the setting says for searches of the engine. One that cannot be used is named in every answer,
// which then is as good as without.
func (e *Engine) openReranker(setting string) search.Rerank {
	r, err := OpenReranker(setting, e.encoder, e.cacheDir, e.log)
	if err != nil {
		e.log.Error("open reranker", "error", err)
		return search.Rerank{Model: unusable{err}}
	}
	e.reranker = r
	o := search.Rerank{Model: r.Model, Budget: rerankBudget}
	if e.cfg.Patient {
		o.Budget = 0
	}
	return o
}

// unusable is a reranker that could not be opened.
type unusable struct{ err error }

func (unusable) Name() string    { return "reranker" }
func (unusable) Weight() float64 { return 0 }
func (unusable) Close() error    { return nil }

func (u unusable) Score(context.Context, string, []encoder.Unit, []float64) (int, error) {
	return 0, u.err
}
