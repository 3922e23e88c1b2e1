package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"lsp/encoder"
	"lsp/indexer/store"
)

// TierConfig describes the second encoder of an index, whose vectors are computed in the background, after those that
// the index was made with, and take over from them unit by unit; see VectorSet.
type TierConfig struct {
	Encoder encoder.Encoder
	Workers int // goroutines that encode, each on a thread of low priority; 0 means one
	Batch   int // texts of a file that are encoded together, those of about the same length; 0 means one

	// Read returns the text of a file as the epochs of this process show it: the unsaved buffer, else what is on disk.
	Read func(rel string) ([]byte, error)

	// Admit waits until a text or a batch may be encoded; leave is called when that is done. The context of the turn ends with
	// ctx, or when something more urgent came up: what is being encoded is then given up and encoded later, up to
	// three times in a row. An error means that ctx ended. Nil always admits.
	Admit func(ctx context.Context) (turn context.Context, leave func(), err error)

	// Hold tells why nothing is admitted now, "" when something is. Nil always tells "".
	Hold func() string

	// OnFault is called by any goroutine when the encoder fails again and again, after which it is not used any more.
	OnFault func(error)

	// Interval is the time between two commits of what was computed, 0 means two seconds.
	Interval time.Duration

	// Now is the clock, nil means time.Now.
	Now func() time.Time
}

// defaultInterval is how long computed vectors may be lost by a crash.
const defaultInterval = 2 * time.Second

// TierState says in a word what is done about a second set of vectors.
type TierState string

// The states.
const (
	TierEncoding  TierState = "encoding"  // vectors are computed
	TierWaiting   TierState = "waiting"   // for files to be indexed first
	TierPaused    TierState = "paused"    // until Resume
	TierFollowing TierState = "following" // another process computes them
	TierComplete  TierState = "complete"  // every unit has what the encoder could make of it
	TierDegraded  TierState = "degraded"  // something is wrong; Reason says what
)

// TierStatus tells how far a second set of vectors is. The numbers are of units.
type TierStatus struct {
	Model   string    `json:"model"`
	State   TierState `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Done    int       `json:"done"`              // live units with vectors
	Total   int       `json:"total"`             // live units
	Rate    float64   `json:"rate"`              // units a second lately, 0 when nobody knows
	Left    float64   `json:"secondsLeft"`       // at that rate, 0 when nobody knows
	Encoded int64     `json:"encoded"`           // units encoded since the encoder was chosen
	Reused  int64     `json:"reused"`            // units whose vectors another work tree had
	Failed  int       `json:"failed"`            // units that the encoder could not encode
	Unsaved int       `json:"unsaved"`           // units whose vectors are in memory only
	Dropped string    `json:"dropped,omitempty"` // why stored vectors were thrown away
}

// tier computes the vectors of a second encoder: one goroutine that decides, keeps and publishes, and some that encode.
type tier struct {
	x   *Index
	cfg TierConfig
	id  store.VectorIdentity
	log *slog.Logger

	ctx     context.Context
	cancel  context.CancelFunc
	stopped chan struct{}
	wake    chan struct{} // there is a new epoch, or bulk work has ended
	landed  chan struct{} // an encoder has finished a unit
	jobs    chan []job    // units that are encoded together

	shelf *shelf // of the deciding goroutine

	mu       sync.Mutex
	fresh    map[store.Hash]computed // vectors that are not on disk
	changes  int64                   // how often something was added to them
	flying   map[store.Hash]bool     // being encoded
	failed   map[store.Hash]error    // could not be encoded
	failures int                     // in a row
	status   TierStatus
	settled  uint64        // highest number of an epoch of which nothing is missing
	progress chan struct{} // closed and replaced when settled or the state changes
	problems map[string]string
}

// ErrTier is returned by WaitTier when the second set of vectors cannot become complete.
var ErrTier = errors.New("the vectors of the second encoder cannot be completed")

// errNoTier is returned by WaitTier when no second encoder was chosen.
var errNoTier = errors.New("no second encoder was chosen")

// SetTier chooses the second encoder, nil for none; the one that is chosen already goes on. It returns when the work with the
// former one has ended, whose vectors stay on disk. Epochs published from now on carry vectors of the new one, those that are stored at once.
func (x *Index) SetTier(cfg *TierConfig) error {
	x.tierMu.Lock()
	defer x.tierMu.Unlock()
	if old := x.tier.Load(); old != nil && cfg != nil && old.cfg.Encoder == cfg.Encoder &&
		old.cfg.Workers == max(1, cfg.Workers) && old.cfg.Batch == max(1, cfg.Batch) {
		return nil
	}
	if old := x.tier.Load(); old != nil {
		old.stop()
		err := x.apply(func(s *state) { s.setVectors(nil) })
		x.tier.Store(nil) // only now, so that the status never says that it is gone while searches still see it
		if err != nil {
			return err
		}
	}
	if cfg == nil {
		return nil
	}
	if x.closed.Load() {
		return ErrClosed
	}
	t, err := x.newTier(*cfg)
	if err != nil {
		return fmt.Errorf("keep vectors of %s: %w", cfg.Encoder.Identity().Model, err)
	}
	t.checkpoint() // what is stored can be searched when this returns
	x.tier.Store(t)
	go t.run()
	return nil
}

func (x *Index) newTier(cfg TierConfig) (*tier, error) {
	cfg.Workers, cfg.Batch = max(1, cfg.Workers), max(1, cfg.Batch)
	if cfg.Interval <= 0 {
		cfg.Interval = defaultInterval
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Admit == nil {
		cfg.Admit = func(ctx context.Context) (context.Context, func(), error) { return ctx, func() {}, ctx.Err() }
	}
	model := cfg.Encoder.Identity()
	t := &tier{
		x: x, cfg: cfg, id: store.VectorIdentity{Model: model.String(), Dimensions: cfg.Encoder.Dimensions()},
		log: x.log.With("model", model.Model), stopped: make(chan struct{}), wake: make(chan struct{}, 1),
		landed: make(chan struct{}, 1), jobs: make(chan []job),
		fresh: map[store.Hash]computed{}, flying: map[store.Hash]bool{}, failed: map[store.Hash]error{},
		status: TierStatus{Model: model.Model, State: TierWaiting}, progress: make(chan struct{}), problems: map[string]string{},
	}
	var err error
	if t.shelf, err = openShelf(t); err != nil {
		return nil, err
	}
	t.ctx, t.cancel = context.WithCancel(x.ctx)
	return t, nil
}

// stop ends the work, after what was computed was stored.
func (t *tier) stop() {
	t.cancel()
	<-t.stopped
}

// run is the deciding goroutine.
func (t *tier) run() {
	defer close(t.stopped)
	var workers sync.WaitGroup
	for range t.cfg.Workers {
		workers.Go(t.encode)
	}
	ticker := time.NewTicker(t.cfg.Interval)
	defer ticker.Stop()
	for t.ctx.Err() == nil {
		if t.round(ticker.C) {
			continue
		}
		select {
		case <-t.wake:
		case <-t.landed:
		case <-ticker.C:
			t.checkpoint()
		case <-t.ctx.Done():
		}
	}
	workers.Wait()
	t.shelf.commit()
	t.shelf.close()
	t.announce(nil)
}

// round does what the current epoch lacks. It returns false when there is nothing to do until something happens.
func (t *tier) round(tick <-chan time.Time) bool {
	if t.x.bulk.running.Load() {
		t.announce(func(st *TierStatus) { st.State = TierWaiting })
		return false
	}
	epoch, release := t.x.Acquire()
	defer release()
	plan := t.plan(epoch)
	if t.exhausted() {
		t.announce(nil)
		return false
	}
	for _, f := range plan {
		if !t.offer(epoch, f, tick) {
			return t.ctx.Err() == nil && !t.exhausted()
		}
	}
	for t.busy() {
		select {
		case <-t.landed:
		case <-tick:
			t.checkpoint()
		case <-t.wake:
			return true
		case <-t.ctx.Done():
			return false
		}
	}
	if len(plan) > 0 || t.shelf.dirty() {
		t.checkpoint()
		return true // on the epoch that shows it
	}
	t.settle(epoch)
	return false
}

// busy reports whether units are being encoded.
func (t *tier) busy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.flying) > 0
}

// mostFailures is the number of units in a row that an encoder may fail at before it is taken for broken, mostUnsaved
// the number of units in memory above which nothing more is encoded while it cannot be stored.
const (
	mostFailures = 8
	mostUnsaved  = 20_000
)

// exhausted reports whether it makes no sense to go on.
func (t *tier) exhausted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failures >= mostFailures || len(t.fresh) >= mostUnsaved && len(t.problems) > 0
}

// settle notes that an epoch lacks nothing that this process would compute.
func (t *tier) settle(e *Epoch) {
	done, total := e.Covered()
	t.mu.Lock()
	complete := done+len(t.failed) >= total || !t.shelf.follows
	t.mu.Unlock()
	if complete && e.Complete && t.shelf.writer {
		t.shelf.completed(e)
	}
	t.mu.Lock()
	if complete {
		t.settled = e.Number
	}
	t.mu.Unlock()
	t.announce(func(st *TierStatus) {
		switch {
		case !complete:
			st.State = TierFollowing
		case !e.Complete:
			st.State = TierWaiting
		default:
			st.State = TierComplete
		}
		st.Rate = 0
	})
}

// announce changes the status and tells whoever waits for it.
func (t *tier) announce(change func(*TierStatus)) {
	t.mu.Lock()
	before := t.status.State
	if change != nil {
		change(&t.status)
	}
	different := before != t.status.State
	close(t.progress)
	t.progress = make(chan struct{})
	t.mu.Unlock()
	if different {
		t.x.cfg.OnChange()
	}
}

// trouble records whether something could be done, such as "store vectors".
func (t *tier) trouble(what string, err error) {
	t.mu.Lock()
	before := t.problems[what]
	if err == nil {
		delete(t.problems, what)
	} else {
		t.problems[what] = err.Error()
	}
	same := before == t.problems[what]
	t.mu.Unlock()
	if same {
		return
	}
	if err != nil {
		t.log.Error(what, "error", err)
	}
	t.announce(nil)
	t.x.cfg.OnChange()
}

// report returns the present status for an epoch.
func (t *tier) report(e *Epoch) *TierStatus {
	t.mu.Lock()
	st := t.status
	st.Failed, st.Unsaved = len(t.failed), len(t.fresh)
	for _, what := range sortedKeys(t.problems) {
		st.State, st.Reason = TierDegraded, what+": "+t.problems[what]
	}
	if t.failures >= mostFailures {
		st.State, st.Reason = TierDegraded, fmt.Sprintf("encode: %v", anyError(t.failed))
	}
	t.mu.Unlock()
	st.Done, st.Total = e.Covered()
	if st.State != TierDegraded && st.Done >= st.Total && e.Complete {
		st.State, st.Rate = TierComplete, 0 // whether or not the goroutine that decides has seen it
	}
	if st.State != TierDegraded && st.State != TierComplete && t.x.bulk.paused.Load() {
		st.State = TierPaused
	}
	if st.State == TierEncoding && t.cfg.Hold != nil {
		if st.Reason = t.cfg.Hold(); st.Reason != "" {
			st.State = TierWaiting
		}
	}
	if st.State == TierEncoding && st.Rate > 0 {
		st.Left = float64(st.Total-st.Done) / st.Rate
	}
	return &st
}

// TierStatus returns how far the second set of vectors is, nil when there is no second encoder.
func (x *Index) TierStatus() *TierStatus {
	t := x.tier.Load()
	if t == nil {
		return nil
	}
	e, release := x.Acquire()
	defer release()
	return t.report(e)
}

// anyError returns the error of the lowest hash, so that the same errors give the same text.
func anyError(failed map[store.Hash]error) error {
	var first *store.Hash
	for h := range maps.Keys(failed) {
		if first == nil || string(h[:]) < string(first[:]) {
			first = &h
		}
	}
	if first == nil {
		return nil
	}
	return failed[*first]
}

// WaitTier returns when every unit of the present epoch has what the second encoder could make of it. It fails with
// ErrTier when that will not come about by itself.
func (x *Index) WaitTier(ctx context.Context) error {
	t := x.tier.Load()
	if t == nil {
		return errNoTier
	}
	epoch, release := x.Acquire()
	number := epoch.Number
	release()
	for {
		t.mu.Lock()
		settled, progress := t.settled >= number, t.progress
		t.mu.Unlock()
		if settled {
			return nil
		}
		e, release := x.Acquire()
		st := t.report(e)
		release()
		if st.State == TierDegraded {
			return fmt.Errorf("%w: %s", ErrTier, st.Reason)
		}
		select {
		case <-progress:
		case <-t.stopped:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
