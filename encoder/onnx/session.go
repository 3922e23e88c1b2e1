//go:build cgo

package onnx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

// Supported reports whether this build can run models.
const Supported = true

// environment is the runtime, which a process can load once.
var environment struct {
	sync.Mutex
	library string
}

// LoadRuntime loads the shared library of ONNX Runtime and returns its version. It stays loaded as long as the
// process lives, and no other can be loaded beside it.
func LoadRuntime(library string) (version string, err error) {
	environment.Lock()
	defer environment.Unlock()
	if environment.library != "" {
		if environment.library != library {
			return "", fmt.Errorf("load ONNX Runtime %s: %s is loaded already, and a process can have only one: restart it", library, environment.library)
		}
		return ort.GetVersion(), nil
	}
	if _, err := os.Stat(library); err != nil {
		return "", fmt.Errorf("load ONNX Runtime: %w", err)
	}
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		if strings.Contains(err.Error(), tooOld) {
			return "", fmt.Errorf("load ONNX Runtime %s: it is too old: version %s or newer is needed; %s", library, OldestRuntime, adviceRuntime)
		}
		return "", fmt.Errorf("load ONNX Runtime %s: it is damaged or made for another system (%s); %s", library, oneLine(err), adviceRuntime)
	}
	environment.library = library
	return ort.GetVersion(), nil
}

// tooOld is part of what the binding says when a library lacks the version of the interface it was made for.
const tooOld = "setting ORT API base: 2"

// oneLine is the text of an error of the runtime, which may have several lines.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// session runs one model on the thread of its caller. It is safe for concurrent use.
type session struct {
	model   *ort.DynamicAdvancedSession
	inputs  []string
	outputs []string
	key     sessionKey
	users   int // guarded by sessions.Mutex
}

// sessionKey tells sessions apart: a file as it is, what is read of it, and what for.
type sessionKey struct {
	model    string
	size     int64
	modified time.Time
	names    string
	use      sessionUse
}

// sessions are those that are open. Whoever opens the same model for the same use shares one, since each holds a copy of
// the weights: a reranker by the states of the model whose vectors are searched needs no memory of its own.
var sessions struct {
	sync.Mutex
	open map[sessionKey]*session
}

// openSession returns a session of a model, which is loaded unless it is open already.
func openSession(model string, run Run, use sessionUse) (*session, error) {
	info, err := os.Stat(model)
	if err != nil {
		return nil, err
	}
	key := sessionKey{model, info.Size(), info.ModTime(), strings.Join(append(slices.Clone(run.Inputs), run.Output), "\x00"), use}
	sessions.Lock()
	defer sessions.Unlock()
	s := sessions.open[key]
	if s == nil {
		if s, err = loadSession(model, run); err != nil {
			return nil, err
		}
		if sessions.open == nil {
			sessions.open = map[sessionKey]*session{}
		}
		s.key, sessions.open[key] = key, s
	}
	s.users++
	return s, nil
}

// loadSession loads a model. One thread and no spinning: work is spread by running several texts at a time, and a
// thread that waits must not burn a processor that somebody types on.
func loadSession(model string, run Run) (s *session, err error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, options.Destroy()) }()
	err = errors.Join(
		options.SetIntraOpNumThreads(1),
		options.SetInterOpNumThreads(1),
		options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0"),
	)
	if err != nil {
		return nil, err
	}
	s = &session{inputs: run.Inputs, outputs: []string{run.Output}}
	if s.model, err = ort.NewDynamicAdvancedSession(model, s.inputs, s.outputs, options); err != nil {
		return nil, fmt.Errorf("the file is damaged or no ONNX model: %s", oneLine(err))
	}
	return s, nil
}

// close frees the model when its last user closes it.
func (s *session) close() error {
	sessions.Lock()
	defer sessions.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	delete(sessions.open, s.key)
	return s.model.Destroy()
}

// run computes the output of a batch and hands it to use with its shape. The values are gone when use returns. When ctx ends,
// the model is left between two of its nodes, and the error is that of ctx.
func (s *session) run(ctx context.Context, b *batch, use func(values []float32, shape []int64) error) (err error) {
	var inputs []ort.Value
	outputs := []ort.Value{nil}
	defer func() {
		for _, v := range append(inputs, outputs...) {
			if v != nil {
				err = errors.Join(err, v.Destroy())
			}
		}
	}()
	shape := ort.NewShape(int64(b.texts()), int64(b.length))
	for i, values := range [][]int64{b.ids, b.mask, b.types}[:len(s.inputs)] {
		tensor, err := ort.NewTensor(shape, values)
		if err != nil {
			return fmt.Errorf("make input %q: %w", s.inputs[i], err)
		}
		inputs = append(inputs, tensor)
	}
	err = s.compute(ctx, inputs, outputs)
	if end := ctx.Err(); end != nil {
		return end
	}
	if err != nil {
		return fmt.Errorf("run the model with inputs %q for output %q: %s", s.inputs, s.outputs[0], oneLine(err))
	}
	values, ok := outputs[0].(*ort.Tensor[float32])
	if !ok {
		return fmt.Errorf("output %q is a %T of shape %v, want float32", s.outputs[0], outputs[0], outputs[0].GetShape())
	}
	return use(values.GetData(), values.GetShape())
}

// compute runs the model until ctx ends.
func (s *session) compute(ctx context.Context, inputs, outputs []ort.Value) (err error) {
	if ctx.Done() == nil {
		return s.model.Run(inputs, outputs)
	}
	options, err := ort.NewRunOptions()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, options.Destroy()) }()
	terminated := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { terminated <- options.Terminate() })
	err = s.model.RunWithOptions(inputs, outputs, options)
	if !stop() {
		err = errors.Join(err, <-terminated) // it must not be told to end after it is gone
	}
	return err
}
