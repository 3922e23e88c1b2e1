package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/search"
	"lsp/server/engine"
	"lsp/server/settings"
	"lsp/workspace"
)

// clock is a time that moves when the test says so.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[int]timer
	made   int
}

type timer struct {
	at time.Time
	f  func()
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), timers: map[int]timer{}}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	n := c.made
	c.timers[n] = timer{c.now.Add(d), f}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waiting := c.timers[n]
		delete(c.timers, n)
		return waiting
	}
}

// advance moves the time and calls what is due.
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []func()
	for n, t := range c.timers {
		if !t.at.After(c.now) {
			due = append(due, t.f)
			delete(c.timers, n)
		}
	}
	c.mu.Unlock()
	for _, f := range due {
		f()
	}
}

// transformers are second encoders by name that come and go.
type transformers struct {
	mu     sync.Mutex
	have   map[string]*transformer
	closed atomic.Int64
}

// transformer is a deterministic double for a second encoder.
type transformer struct {
	*encoder.Hashed
	name string
	all  *transformers
	fail atomic.Bool
}

func (x *transformer) Identity() encoder.Identity {
	id := x.Hashed.Identity()
	id.Model = x.name
	return id
}

func (x *transformer) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	if x.fail.Load() {
		return errors.New("the library is gone")
	}
	return x.Hashed.EncodeUnits(ctx, units, dst)
}

func (x *transformer) Close() error {
	x.all.closed.Add(1)
	return nil
}

func (m *transformers) Open(name string, _ engine.Load) (encoder.Encoder, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x := m.have[name]; x != nil {
		return x, nil
	}
	return nil, fmt.Errorf("%s is not installed", name)
}

func (m *transformers) State(name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x := m.have[name]; x != nil {
		return fmt.Sprintf("%p", x), nil
	}
	return "", fmt.Errorf("%s is not installed", name)
}

func (m *transformers) install(name string) *transformer {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := &transformer{Hashed: encoder.NewHashed(48), name: name, all: m}
	if m.have == nil {
		m.have = map[string]*transformer{}
	}
	m.have[name] = x
	return x
}

func (m *transformers) remove(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.have, name)
}

func wanting(t *testing.T, model string) settings.Layer {
	t.Helper()
	layer, err := settings.ParseJSON(settings.FromEditor, "test", []byte(`{"encoder":"`+model+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

var animals = map[string]string{"a.go": giraffe, "b.go": elephant}

func (b *bench) waitTier() {
	b.t.Helper()
	if err := b.WaitTier(context.Background()); err != nil {
		b.t.Fatalf("%v; status %+v", err, b.Status())
	}
}

// share asks a question and returns how much of the answer the second encoder decided about.
func (b *bench) share() *search.TierShare {
	b.t.Helper()
	r, err := b.Search(context.Background(), search.Request{Query: "feeds the tallest animal"})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(r.Results) == 0 || r.Results[0].Name != "Giraffe" {
		b.t.Errorf("found %+v, want the giraffe first", r.Results)
	}
	return r.Tier
}

func TestSecondEncoderTakesOver(t *testing.T) {
	models := &transformers{}
	models.install("double")
	b := start(t, engine.Config{Models: models, Layers: []settings.Layer{wanting(t, "double")}})
	b.open(folder(t, animals))
	b.waitTier()
	if s := b.share(); s == nil || s.Model != "double" || s.Done != s.Total {
		t.Errorf("the share of the second encoder is %+v", s)
	}
	st := b.Status()
	if tier := st.Roots[0].Tier; st.Degraded != "" || tier.State != indexer.TierComplete || !strings.HasPrefix(st.Model, "hashed") {
		t.Errorf("the status is %+v with %+v", st, tier)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if n := models.closed.Load(); n != 1 {
		t.Errorf("the model was closed %d times", n)
	}
}

// TestModelComesAndGoes installs, removes and updates the chosen model while the workspace is open.
func TestModelComesAndGoes(t *testing.T) {
	models, time := &transformers{}, newClock()
	b := start(t, engine.Config{Models: models, Clock: time, Layers: []settings.Layer{wanting(t, "double")}})
	b.open(folder(t, animals))
	if err := b.WaitModel(context.Background()); !errors.Is(err, engine.ErrModel) {
		t.Fatalf("waiting for a model that is not installed gave %v", err)
	}
	if st := b.Status(); !strings.Contains(st.Degraded, "double is not installed") || b.share() != nil {
		t.Errorf("the status is %+v", st)
	}
	tier := func() *indexer.TierStatus { return b.Status().Roots[0].Tier }
	look := func() { time.advance(10 * 1e9) }

	models.install("double")
	look()
	b.until("the model to be used", func() bool { return tier() != nil && tier().State == indexer.TierComplete })
	if st := b.Status(); st.Degraded != "" {
		t.Errorf("still degraded: %s", st.Degraded)
	}

	models.remove("double")
	look()
	b.until("the model to be given up", func() bool { return tier() == nil && b.Status().Degraded != "" })
	if b.share() != nil {
		t.Error("a removed model takes part")
	}

	again := models.install("double")
	look()
	b.until("the model to be used again", func() bool { return tier() != nil && tier().State == indexer.TierComplete })
	if n := again.Encoded(); n != 0 {
		t.Errorf("%d units were encoded again", n)
	}
}

// TestModelThatBreaks has the model fail at everything, and work again later.
func TestModelThatBreaks(t *testing.T) {
	models, time := &transformers{}, newClock()
	model := models.install("double")
	model.fail.Store(true)
	b := start(t, engine.Config{Models: models, Clock: time, Layers: []settings.Layer{wanting(t, "double")}})
	files := map[string]string{}
	for i := range 10 {
		files[fmt.Sprintf("f%d.go", i)] = fmt.Sprintf("package p%d\n\nfunc F%d() {}\n", i, i)
	}
	b.open(folder(t, files))
	b.until("the model to be given up", func() bool { return strings.Contains(b.Status().Degraded, "the library is gone") })
	if !b.finds("F3", "f3.go:F3") {
		t.Error("nothing is found")
	}
	model.fail.Store(false)
	b.until("the model to be used again", func() bool {
		time.advance(120 * 1e9) // again and again: the alarm may not be set yet when the first passes
		tier := b.Status().Roots[0].Tier
		return tier != nil && tier.State == indexer.TierComplete
	})
}

// TestSwitchingModels changes the setting while the workspace is open.
func TestSwitchingModels(t *testing.T) {
	models := &transformers{}
	models.install("one")
	models.install("two")
	b := start(t, engine.Config{Models: models})
	b.open(folder(t, animals))
	if b.share() != nil {
		t.Error("there is a second encoder that nobody chose")
	}
	for _, name := range []string{"one", "two", "one"} {
		if err := b.Configure(wanting(t, name)); err != nil {
			t.Fatal(err)
		}
		b.waitTier()
		if s := b.share(); s == nil || s.Model != name || s.Done != s.Total {
			t.Errorf("the share of %s is %+v", name, s)
		}
	}
	if err := b.Configure(); err != nil {
		t.Fatal(err)
	}
	b.until("the model to go", func() bool { return b.Status().Roots[0].Tier == nil })
}

// typeInto opens a file of a folder and types a function.
func (b *bench) typeInto(dir string) {
	b.t.Helper()
	b.modify(workspace.Modification{Path: dir + "/a.go", Action: workspace.ActionOpen, Cause: workspace.CauseEditor, Version: 1, Text: giraffe})
	b.modify(workspace.Modification{
		Path: dir + "/a.go", Action: workspace.ActionChange, Cause: workspace.CauseEditor, Version: 2,
		Changes: []workspace.TextChange{{Text: giraffe + "\nfunc Typed() {}\n"}},
	})
}

// TestTypingHoldsBackEncoding types a key: nothing is encoded until the person has paused.
func TestTypingHoldsBackEncoding(t *testing.T) {
	models, time := &transformers{}, newClock()
	model := models.install("double")
	b := start(t, engine.Config{Models: models, Clock: time})
	dir := folder(t, animals)
	b.open(dir)
	b.typeInto(dir)
	if err := b.Configure(wanting(t, "double")); err != nil {
		t.Fatal(err)
	}
	b.until("the tier to wait", func() bool {
		tier := b.Status().Roots[0].Tier
		return tier != nil && tier.State == indexer.TierWaiting && tier.Reason == "somebody types"
	})
	if n := model.Encoded(); n != 0 {
		t.Errorf("%d units were encoded while somebody typed", n)
	}
	// Until the clock has moved nobody is admitted. Whether an encoder waits already or comes later does not matter.
	time.advance(1e9)
	b.waitTier()
	if s := b.share(); s == nil || s.Done != s.Total {
		t.Errorf("the share is %+v", s)
	}
}

// TestProgressOfATier collects what is told about the vectors of a second encoder.
func TestProgressOfATier(t *testing.T) {
	models, time := &transformers{}, newClock()
	models.install("double")
	var mu sync.Mutex
	var told []engine.Progress
	ended := make(chan struct{})
	var once sync.Once
	b := start(t, engine.Config{Models: models, Clock: time, OnProgress: func(p engine.Progress) {
		if p.Model == "" {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		told = append(told, p)
		if p.Finished {
			once.Do(func() { close(ended) })
		} else {
			time.advance(1e9) // the person stops typing
		}
	}})
	dir := folder(t, animals)
	b.open(dir)
	b.typeInto(dir)
	if err := b.Configure(wanting(t, "double")); err != nil {
		t.Fatal(err)
	}
	<-ended
	mu.Lock()
	defer mu.Unlock()
	last := told[len(told)-1]
	if len(told) < 2 || told[0].Finished || told[0].Model != "double" || !last.Finished || last.Err != nil {
		t.Errorf("told %+v", told)
	}
	if slices.ContainsFunc(told, func(p engine.Progress) bool { return p.Root != dir }) {
		t.Errorf("told about other folders: %+v", told)
	}
}
