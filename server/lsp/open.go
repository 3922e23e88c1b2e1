package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"lsp/encoder"
	"lsp/encoder/onnx"
	"lsp/encoder/static"
	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/settings"
)

// encoder loads the model: the file of --encoder-file, else the one that --encoder names, else the one inside the
// program.
func (g *globals) encoder() (encoder.Encoder, error) {
	switch {
	case g.encoderFile != "":
		return static.Open(g.encoderFile)
	case !g.transformer():
		return static.Default()
	}
	return onnx.OpenInstalled(g.encoderName, onnx.Options{Batch: g.encoderBatch})
}

// transformer reports whether the command line names a model that is installed.
func (g *globals) transformer() bool {
	return g.encoderFile == "" && g.encoderName != "" && g.encoderName != staticModel
}

// reranker opens what --rerank says.
func (g *globals) reranker(enc encoder.Encoder) (*engine.Reranker, error) {
	return g.openReranker(g.rerank, enc)
}

// openReranker opens a reranker by its name.
func (g *globals) openReranker(name string, enc encoder.Encoder) (*engine.Reranker, error) {
	log, err := g.logger()
	if err != nil {
		return nil, err
	}
	cache, err := g.cache()
	if err != nil {
		return nil, err
	}
	return engine.OpenReranker(name, enc, cache, log)
}

// staticModel names the model inside the program.
const staticModel = "static"

// cache is the folder that holds the indexes.
func (g *globals) cache() (string, error) {
	if g.cacheDir != "" {
		return filepath.Abs(g.cacheDir)
	}
	return engine.DefaultCacheDir()
}

// logger writes to stderr what --log-level lets through.
func (g *globals) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(g.logLevel)); err != nil || strings.ContainsAny(g.logLevel, "+-") {
		return nil, fmt.Errorf("--log-level is %q; it can be debug, info, warn or error", g.logLevel)
	}
	return slog.New(slog.NewTextHandler(g.con.err, &slog.HandlerOptions{Level: level})), nil
}

// flags are the options as a layer of settings, stronger than all others.
func (g *globals) flags() settings.Layer {
	values := map[string]any{"log.level": g.logLevel}
	if g.cacheDir != "" {
		values["cacheDir"] = g.cacheDir
	}
	if g.encoderName != "" {
		values["encoder"] = g.encoderName
	}
	if g.encoderBatch != 0 {
		values["encoderBatch"] = int64(g.encoderBatch)
	}
	if g.encoderFile != "" {
		values["encoderFile"] = g.encoderFile
	}
	if g.rerank != "" {
		values["rerank"] = g.rerank
	}
	if g.yes {
		values["enabled"] = string(settings.EnabledOn)
	}
	if g.eager {
		values["encoderThreads"], values["encoderOnBattery"] = int64(runtime.GOMAXPROCS(0)), true
	}
	return settings.Layer{Origin: settings.FromCommandLine, Name: "command line", Values: values}
}

// session is an engine with one folder, for the length of a command.
type session struct {
	*engine.Engine
	*globals
	root     string // canonical
	bar      *bar
	declined atomic.Bool // something large was not to be indexed
}

// start opens the engine on the repository around a folder. The index is ready to answer from what is stored;
// what changed on disk since is brought in behind. Close must be called.
func (g *globals) start(ctx context.Context, dir string) (*session, error) {
	where, cache, err := g.rootOf(dir)
	if err != nil {
		return nil, err
	}
	log, err := g.logger()
	if err != nil {
		return nil, err
	}
	if err := g.checkEncoder(); err != nil {
		return nil, err
	}
	s := &session{globals: g, root: where.Path, bar: newBar(g.con)}
	s.Engine, err = engine.New(engine.Config{
		CacheDir: cache, Layers: []settings.Layer{g.flags()}, Log: log,
		OnProgress: s.progress, Ask: s.question, Patient: true,
	})
	if err != nil {
		return nil, err
	}
	if err := s.AddFolder(ctx, dir); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.WaitModel(ctx); err != nil { // it was asked for by name
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkEncoder refuses a model file that cannot be read: the engine would go on with the model inside the program.
func (g *globals) checkEncoder() error {
	if g.encoderFile == "" {
		return nil
	}
	_, err := static.Open(g.encoderFile)
	return err
}

// Close keeps what was indexed and ends the engine.
func (s *session) Close() error {
	s.bar.clear()
	return s.Engine.Close()
}

// progress shows how far indexing is.
func (s *session) progress(p engine.Progress) {
	if p.Finished {
		s.bar.clear()
		return
	}
	what := "indexing"
	switch {
	case p.Model != "" && p.Left > 0:
		what = fmt.Sprintf("encoding with %s, %s left", p.Model, time.Duration(p.Left*float64(time.Second)).Round(time.Second))
	case p.Model != "":
		what = "encoding with " + p.Model
	}
	s.bar.show(what, p.Done, p.Total)
}

// question asks on the terminal before something large is indexed, also when that was refused for ever in an editor: the
// command was given now. Where nobody can answer, only --yes does.
func (s *session) question(ctx context.Context, q engine.Question) engine.Answer {
	if s.con.inTTY && s.con.errTTY && s.confirm(ctx, q) {
		return engine.Yes
	}
	s.declined.Store(true)
	return engine.NotNow
}

// confirm asks and waits for a line, or for ctx: reading from a terminal cannot be interrupted, so it is left
// behind then.
func (s *session) confirm(ctx context.Context, q engine.Question) bool {
	s.bar.clear()
	fmt.Fprintf(s.con.err, "Index %s, %s files with %s? [y/N] ", q.Root, thousands(q.Files), size(q.Bytes))
	answer := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(s.con.in).ReadString('\n')
		if err != nil {
			line = ""
		}
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case line := <-answer:
		return line == "y" || line == "yes"
	case <-ctx.Done():
		fmt.Fprintln(s.con.err)
		return false
	}
}

// catchUp waits until the index shows what is on disk, at most for the given time unless it is to be fresh. Time
// running out is no error: the answer then says that it is incomplete.
func (s *session) catchUp(ctx context.Context, wait time.Duration, fresh bool) error {
	bounded := ctx
	if !fresh {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	err := s.Wait(bounded)
	s.bar.clear()
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	if s.declined.Load() {
		return fmt.Errorf("%s is large and was not indexed; do it with: lsp index --yes --root %s", s.root, s.root)
	}
	return err
}

// trouble says why the index cannot show everything, "" when it only needs more time.
func (s *session) trouble() string {
	for _, r := range s.Status().Roots {
		if r.State == engine.Disabled || r.State == engine.Degraded {
			return fmt.Sprintf("%s is %s: %s", r.Path, r.State, r.Reason)
		}
	}
	return ""
}

// ask opens the index, lets it catch up, asks, and prints the answer.
func (l *lookup) ask(ctx context.Context, query func(*session) (*search.Response, error)) error {
	return l.with(ctx, func(s *session) error {
		answer, err := query(s)
		if err != nil {
			return err
		}
		s.remark(answer.Complete, len(answer.Results), answer.Message, l.format)
		return l.renderer(s).response(answer)
	})
}

// with runs do on an index that has caught up as far as the options want.
func (l *lookup) with(ctx context.Context, do func(*session) error) (err error) {
	s, err := l.start(ctx, l.root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.catchUp(ctx, l.wait, l.fresh); err != nil {
		return err
	}
	return do(s)
}

func (l *lookup) renderer(s *session) renderer {
	return renderer{con: l.con, format: l.format, root: s.root, current: currentFolder()}
}

// remark tells a person what to know about an answer. Programs find it in the JSON, but for what keeps the index
// from ever being complete.
func (s *session) remark(complete bool, found int, message, format string) {
	if !complete || found == 0 {
		if why := s.trouble(); why != "" {
			fmt.Fprintln(s.con.err, "lsp: "+oneLine(why))
			return
		}
	}
	if format == formatJSON {
		return
	}
	if message != "" {
		fmt.Fprintln(s.con.err, "lsp: "+oneLine(message))
	}
	if !complete {
		fmt.Fprintln(s.con.err, "lsp: not everything is indexed yet, so there may be more (--fresh waits for all of it)")
	}
	if s.encoderName == "" || s.encoderName == staticModel {
		return
	}
	for _, r := range s.Status().Roots {
		if t := r.Tier; t != nil && t.Done < t.Total {
			fmt.Fprintf(s.con.err, "lsp: %s knows %s of %s functions and other units so far; complete it with: lsp index --encoder %s\n",
				t.Model, thousands(t.Done), thousands(t.Total), s.encoderName)
		}
	}
}
