package server

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"lsp/server/engine"
)

// progressBars shows the work on every root in the client, where it takes long enough to be worth it: indexing, and the
// vectors of a second encoder.
type progressBars struct {
	mu      sync.Mutex
	running map[work]*progressBar
	tokens  map[string]*progressBar // by token, when the client has created it
	created int
}

// work is what a bar is about.
type work struct {
	root  string
	model string // the second encoder, "" for indexing
}

// progressBar is some work on one root, from its first report to its end.
type progressBar struct {
	work

	mu       sync.Mutex
	value    engine.Progress
	changed  chan struct{} // signals a new value
	finished chan struct{} // closed with the last value
	stop     chan struct{} // closed when the work is paused because the person cancelled

	cancelled bool // guarded by the mutex of all bars
}

// put takes a report of the engine. It returns at once.
func (b *progressBars) put(s *session, p engine.Progress) {
	if !s.client.progress || !s.config.current.Load().Client.Progress {
		return
	}
	b.mu.Lock()
	what := work{p.Root, p.Model}
	bar := b.running[what]
	if bar == nil && !p.Finished {
		bar = &progressBar{work: what, changed: make(chan struct{}, 1), finished: make(chan struct{}), stop: make(chan struct{})}
		if b.running == nil {
			b.running, b.tokens = map[work]*progressBar{}, map[string]*progressBar{}
		}
		b.running[what] = bar
		s.beside.start(func() { bar.run(s) })
	}
	if bar != nil && p.Finished {
		delete(b.running, what)
	}
	b.mu.Unlock()
	if bar != nil {
		bar.put(p)
	}
}

func (bar *progressBar) put(p engine.Progress) {
	bar.mu.Lock()
	bar.value = p
	bar.mu.Unlock()
	if p.Finished {
		close(bar.finished)
		return
	}
	select {
	case bar.changed <- struct{}{}:
	default:
	}
}

func (bar *progressBar) latest() engine.Progress {
	bar.mu.Lock()
	defer bar.mu.Unlock()
	return bar.value
}

// run shows the work if it is not over soon.
func (bar *progressBar) run(s *session) {
	if !bar.pause(s, s.options.timing.patience) {
		return
	}
	token, ok := bar.create(s)
	if !ok {
		return
	}
	defer s.progress.forget(token)
	shown := bar.latest()
	s.sendProgress(protocol.String(token), bar.begin(shown))
	for {
		select {
		case <-bar.changed:
			p := bar.latest()
			if p == shown {
				continue
			}
			shown = p
			s.sendProgress(protocol.String(token), progressReport(p))
			if bar.pause(s, s.options.timing.progress) {
				continue
			}
		case <-bar.finished:
		case <-bar.stop:
		case <-s.ctx.Done():
		}
		s.sendProgress(protocol.String(token), bar.end())
		return
	}
}

// pause waits and returns false when the work ended meanwhile.
func (bar *progressBar) pause(s *session, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-bar.finished:
	case <-bar.stop:
	case <-s.ctx.Done():
	}
	return false
}

// create makes a token known to the client. Without its consent nothing may be sent.
func (bar *progressBar) create(s *session) (string, bool) {
	s.progress.mu.Lock()
	s.progress.created++
	token := fmt.Sprintf("semantic/index/%d", s.progress.created)
	s.progress.tokens[token] = bar
	s.progress.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.ctx, s.options.timing.answer)
	defer cancel()
	err := s.call(ctx, protocol.MethodWindowWorkDoneProgressCreate, &protocol.WorkDoneProgressCreateParams{Token: protocol.String(token)}, nil)
	if err != nil {
		s.progress.forget(token)
		s.log.Debug("the editor shows no progress", "error", err)
		return "", false
	}
	return token, true
}

func (b *progressBars) forget(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tokens, token)
}

// cancel returns the root of the bar of a token, the first time.
func (b *progressBars) cancel(token string) (root string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bar := b.tokens[token]
	if bar == nil || bar.cancelled {
		return "", false
	}
	bar.cancelled = true
	return bar.root, true
}

// stop ends the bars of a root, of which nothing more is reported until its work goes on.
func (b *progressBars) stop(root string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for what, bar := range b.running {
		if what.root == root {
			close(bar.stop)
			delete(b.running, what)
		}
	}
}

func (bar *progressBar) begin(p engine.Progress) any {
	cancellable := true
	title := "Indexing " + filepath.Base(bar.root)
	if bar.model != "" {
		title = fmt.Sprintf("Encoding %s with %s", filepath.Base(bar.root), bar.model)
	}
	return protocol.WorkDoneProgressBegin{
		Kind:        "begin",
		Title:       title,
		Cancellable: &cancellable,
		Message:     pointer(progressMessage(p)),
		Percentage:  pointer(percent(p.Done, p.Total)),
	}
}

func progressReport(p engine.Progress) any {
	return protocol.WorkDoneProgressReport{Kind: "report", Message: pointer(progressMessage(p)), Percentage: pointer(percent(p.Done, p.Total))}
}

func (bar *progressBar) end() any {
	p := bar.latest()
	message := "done"
	switch {
	case !p.Finished:
		message = "paused"
	case p.Err != nil:
		message = p.Err.Error()
	}
	return protocol.WorkDoneProgressEnd{Kind: "end", Message: &message}
}

func progressMessage(p engine.Progress) string {
	switch {
	case p.Model != "" && p.Left > 0:
		left := time.Duration(p.Left * float64(time.Second)).Round(time.Second)
		return fmt.Sprintf("%d of %d functions and other units, %s left", p.Done, p.Total, left)
	case p.Model != "":
		return fmt.Sprintf("%d of %d functions and other units", p.Done, p.Total)
	case p.Total == 0:
		return "looking for files"
	}
	return fmt.Sprintf("%d of %d files", p.Done, p.Total)
}

// sendProgress sends a value under a token.
func (s *session) sendProgress(token protocol.ProgressToken, value any) {
	s.out.notify(protocol.MethodProgress, func() ([]byte, error) {
		raw, err := protocol.Marshal(value)
		if err != nil {
			return nil, err
		}
		return protocol.Marshal(&protocol.ProgressParams{Token: token, Value: raw})
	})
}

// workDoneProgressCancel pauses the indexing whose progress the person cancelled.
func workDoneProgressCancel(_ context.Context, s *session, p *protocol.WorkDoneProgressCancelParams) error {
	token, ok := p.Token.(protocol.String)
	if !ok {
		return nil
	}
	root, ok := s.progress.cancel(string(token))
	if !ok {
		return nil
	}
	s.beside.start(func() {
		if err := s.engine.Pause(root); err != nil {
			s.log.Error("indexing not paused", "root", root, "error", err)
			return
		}
		s.progress.stop(root)
		s.log.Info("indexing paused; semantic/resume goes on", "root", root)
	})
	return nil
}

// requestBar reports the progress of one request under the token its client chose. Without a token it reports nothing.
type requestBar struct {
	s     *session
	token protocol.ProgressToken

	mu   sync.Mutex
	last uint32 // percentage
}

// requestProgress begins to report.
func (s *session) requestProgress(token any, title string) (*requestBar, error) {
	bar := &requestBar{s: s}
	switch t := token.(type) {
	case nil:
		return bar, nil
	case string:
		bar.token = protocol.String(t)
	case float64:
		if t != math.Trunc(t) || math.Abs(t) > math.MaxInt32 {
			return nil, invalidParams("params.workDoneToken: a string or a whole number of 32 bits is needed, got %v", t)
		}
		bar.token = protocol.Integer(t)
	default:
		return nil, invalidParams("params.workDoneToken: a string or a whole number is needed")
	}
	s.sendProgress(bar.token, protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Percentage: pointer(uint32(0))})
	return bar, nil
}

// report sends the progress when the percentage has changed.
func (b *requestBar) report(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := percent(done, total); b.token != nil && now > b.last {
		b.last = now
		b.s.sendProgress(b.token, protocol.WorkDoneProgressReport{Kind: "report", Percentage: &now})
	}
}

func (b *requestBar) end() {
	if b.token != nil {
		b.s.sendProgress(b.token, protocol.WorkDoneProgressEnd{Kind: "end"})
	}
}

// percent is how much of a total is done, 0 when the total is unknown.
func percent(done, total int) uint32 {
	if total <= 0 {
		return 0
	}
	return uint32(min(max(100*float64(done)/float64(total), 0), 100))
}
