package indexer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/store"
	"lsp/workspace"
)

// second is an encoder of the second tier: a deterministic double that can be made to wait or to fail.
type second struct {
	*encoder.Hashed
	model string
	ask   func(context.Context, encoder.Unit) error // before every text; nil never fails
}

func newSecond(model string) *second { return &second{Hashed: encoder.NewHashed(48), model: model} }

func (s *second) Identity() encoder.Identity {
	id := s.Hashed.Identity()
	id.Model = s.model
	return id
}

func (s *second) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	for _, u := range units {
		if s.ask != nil {
			if err := s.ask(ctx, u); err != nil {
				return err
			}
		}
	}
	return s.Hashed.EncodeUnits(ctx, units, dst)
}

// quick is the interval of commits in tests: nothing waits for it, but what follows another process is soon done.
const quick = 10 * time.Millisecond

// tierOf describes a second tier for an index over the folder of a fixture.
func (f *fixture) tierOf(enc encoder.Encoder, changes ...func(*indexer.TierConfig)) *indexer.TierConfig {
	cfg := &indexer.TierConfig{
		Encoder: enc, Workers: 2, Interval: quick,
		Read: func(rel string) ([]byte, error) { return os.ReadFile(filepath.Join(f.root, filepath.FromSlash(rel))) },
	}
	for _, change := range changes {
		change(cfg)
	}
	return cfg
}

func setTier(t *testing.T, x *indexer.Index, cfg *indexer.TierConfig) {
	t.Helper()
	if err := x.SetTier(cfg); err != nil {
		t.Fatal(err)
	}
}

func waitTier(t *testing.T, x *indexer.Index) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := x.WaitTier(ctx); err != nil {
		t.Fatalf("%v; the tier is %+v", err, x.Status().Tier)
	}
}

// describeTier lists hash and vectors of all live units of a complete second set.
func describeTier(t *testing.T, x *indexer.Index) []string {
	t.Helper()
	e, release := x.Acquire()
	defer release()
	var out []string
	for i, l := range e.Layers {
		c := e.Coverage(i)
		for u := range uint32(l.Segment.Units()) {
			if !l.Alive.Has(u) {
				continue
			}
			unit := l.Segment.Unit(u)
			line := fmt.Sprintf("%s:%s %x", unit.Path, unit.Name, unit.Hash)
			if c == nil || !c.Has.Has(u) {
				t.Errorf("%s has no vectors", line)
				continue
			}
			block, entry := c.Entry(u)
			section := e.Vectors.Blocks()[block].Vectors()
			first, end := section.Slots(entry)
			for slot := first; slot < end; slot++ {
				line += fmt.Sprint(section.Row(slot, make([]float32, section.Dims()))[:4])
			}
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// freshTier describes the second set of an index that is made from nothing.
func (f *fixture) freshTier(model string) []string {
	f.t.Helper()
	other := &fixture{t: f.t, root: f.root, dir: filepath.Join(f.t.TempDir(), "fresh"), enc: encoder.NewHashed(32)}
	x := other.openAnother()
	defer x.Close()
	if err := x.Reconcile(context.Background()); err != nil {
		f.t.Fatal(err)
	}
	setTier(f.t, x, other.tierOf(newSecond(model)))
	waitTier(f.t, x)
	return describeTier(f.t, x)
}

// likeFreshTier compares the second set with that of an index that is made from nothing.
func (f *fixture) likeFreshTier(model string) {
	f.t.Helper()
	if got, want := describeTier(f.t, f.Index), f.freshTier(model); !slices.Equal(got, want) {
		logDifference(f.t, got, want)
		f.t.Error("the second set differs from a fresh one")
	}
}

// functions returns files with so many different functions.
func functions(files, each int) map[string]string {
	out := map[string]string{}
	for i := range files {
		var b strings.Builder
		fmt.Fprintf(&b, "package p%d\n", i)
		for j := range each {
			fmt.Fprintf(&b, "\n// F%d_%d counts sheep %d.\nfunc F%d_%d() int { return %d }\n", i, j, j, i, j, i*each+j)
		}
		out[fmt.Sprintf("f%d.go", i)] = b.String()
	}
	return out
}

// withTier returns a fixture whose index is complete and has a second tier.
func withTier(t *testing.T, files map[string]string, enc encoder.Encoder) *fixture {
	t.Helper()
	f := newFixture(t, files)
	f.reconcile()
	setTier(t, f.Index, f.tierOf(enc))
	return f
}

func TestTierBecomesComplete(t *testing.T) {
	enc := newSecond("second")
	files := functions(7, 5)
	files["copy.go"] = files["f3.go"] // encoded once
	f := withTier(t, files, enc)
	waitTier(t, f.Index)
	st := f.Status().Tier
	if want := int64(7 * (5 + 1)); enc.Encoded() != want {
		t.Errorf("%d units were encoded, want each of %d different ones once", enc.Encoded(), want)
	}
	if st.State != indexer.TierComplete || st.Done != st.Total || st.Total != f.Status().Units || st.Encoded != enc.Encoded() {
		t.Errorf("the tier is %+v, want all of %d units", st, f.Status().Units)
	}
	f.likeFreshTier("second")
}

// TestTierSurvives restarts, renames, merges and changes of branch: nothing is encoded twice.
func TestTierSurvives(t *testing.T) {
	enc := newSecond("second")
	f := withTier(t, functions(5, 4), enc)
	waitTier(t, f.Index)
	before := enc.Encoded()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(f.root, "f1.go"), filepath.Join(f.root, "renamed.go")); err != nil {
		t.Fatal(err)
	}
	f.open()
	setTier(t, f.Index, f.tierOf(enc))
	f.reconcile()
	text, err := os.ReadFile(filepath.Join(f.root, "f2.go"))
	if err != nil {
		t.Fatal(err)
	}
	f.write("f2.go", "package p\n") // another branch
	f.change(indexer.Change{Path: "f2.go"})
	waitTier(t, f.Index)
	f.write("f2.go", string(text)) // and back
	f.change(indexer.Change{Path: "f2.go"})
	if err := f.Rebuild(); err != nil {
		t.Fatal(err)
	}
	f.reconcile()
	waitTier(t, f.Index)
	if n := enc.Encoded() - before; n > 1 { // the empty file
		t.Errorf("%d units were encoded again", n)
	}
	f.likeFreshTier("second")
}

// counted lets through so many texts and then waits for the end of the context.
func counted(n int64) (ask func(context.Context, encoder.Unit) error, reached <-chan struct{}) {
	var left atomic.Int64
	left.Store(n)
	at := make(chan struct{})
	var once sync.Once
	return func(ctx context.Context, _ encoder.Unit) error {
		if left.Add(-1) >= 0 {
			return nil
		}
		once.Do(func() { close(at) })
		<-ctx.Done()
		return ctx.Err()
	}, at
}

func TestTierRestartInTheMiddle(t *testing.T) {
	enc := newSecond("second")
	ask, reached := counted(12)
	enc.ask = ask
	f := withTier(t, functions(6, 5), enc)
	<-reached
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	if n := enc.Encoded(); n != 12 {
		t.Fatalf("%d units were encoded before the restart, want 12", n)
	}
	enc.ask = nil
	f.open()
	setTier(t, f.Index, f.tierOf(enc))
	waitTier(t, f.Index)
	if got, want := enc.Encoded(), int64(f.Status().Units); got != want {
		t.Errorf("%d units were encoded in two runs, want each of %d once", got, want)
	}
	f.likeFreshTier("second")
}

// TestTierPublishesWhatThereIs looks at an epoch while the encoder is in the middle.
func TestTierPublishesWhatThereIs(t *testing.T) {
	enc := newSecond("second")
	ask, reached := counted(10)
	enc.ask = ask
	f := withTier(t, functions(4, 5), enc)
	<-reached
	eventually(t, "the epoch to show ten units", func() bool {
		e, release := f.Acquire()
		defer release()
		done, _ := e.Covered()
		return done == 10
	})
	if st := f.Status().Tier; st.State != indexer.TierEncoding || st.Done != 10 {
		t.Errorf("the tier is %+v", st)
	}
}

// TestTierFollowsEdits types into a buffer while the tier works, and saves in the end.
func TestTierFollowsEdits(t *testing.T) {
	enc := newSecond("second")
	f := newFixture(t, functions(6, 4))
	var buffer atomic.Pointer[string]
	f.reconcile()
	setTier(t, f.Index, f.tierOf(enc, func(c *indexer.TierConfig) {
		onDisk := c.Read
		c.Read = func(rel string) ([]byte, error) {
			if text := buffer.Load(); text != nil && rel == "f0.go" {
				return []byte(*text), nil
			}
			return onDisk(rel)
		}
	}))
	const last = 29
	for i := range last + 1 {
		text := fmt.Sprintf("package p\n\n// Secret%d is typed.\nfunc Secret%d() {}\n", i, i)
		buffer.Store(&text)
		f.change(indexer.Change{Path: "f0.go", Buffer: true, Text: []byte(text)})
	}
	waitTier(t, f.Index)
	if done := f.Status().Tier; done.Done != done.Total {
		t.Fatalf("the tier is %+v", done)
	}
	if err := f.Index.SetTier(nil); err != nil {
		t.Fatal(err)
	}
	secret := hashesOf(f.Index, fmt.Sprintf("Secret%d", last))
	if len(secret) == 0 {
		t.Fatal("the buffer is not shown")
	}
	for _, h := range secret {
		if f.onDisk("second", h) {
			t.Error("the vector of unsaved text is on disk")
		}
	}
	f.write("f0.go", *buffer.Load())
	f.change(indexer.Change{Path: "f0.go", Closed: true}, indexer.Change{Path: "f0.go"})
	setTier(t, f.Index, f.tierOf(enc))
	waitTier(t, f.Index)
	f.likeFreshTier("second")
}

// hashesOf returns the hashes of live units with a name.
func hashesOf(x *indexer.Index, name string) (out []store.Hash) {
	e, release := x.Acquire()
	defer release()
	for _, l := range e.Layers {
		for u := range uint32(l.Segment.Units()) {
			if l.Alive.Has(u) && l.Segment.Name(u) == name {
				out = append(out, l.Segment.Hash(u))
			}
		}
	}
	return out
}

// blocks returns the files that hold the vectors of a model.
func (f *fixture) blocks(model string) []string {
	f.t.Helper()
	paths, err := filepath.Glob(filepath.Join(f.dir, store.VectorsName(vectorID(model)), store.BlockPattern))
	if err != nil {
		f.t.Fatal(err)
	}
	return paths
}

func vectorID(model string) store.VectorIdentity {
	return store.VectorIdentity{Model: newSecond(model).Identity().String(), Dimensions: 48}
}

// onDisk reports whether a vector of a hash is stored.
func (f *fixture) onDisk(model string, h store.Hash) bool {
	f.t.Helper()
	for _, path := range f.blocks(model) {
		b, err := store.MapBlock(path, vectorID(model))
		if err != nil {
			f.t.Fatal(err)
		}
		_, ok := b.Find(h)
		b.Release()
		if ok {
			return true
		}
	}
	return false
}

// TestSwitchingTheSecondEncoder goes to another model and back, which costs nothing.
func TestSwitchingTheSecondEncoder(t *testing.T) {
	one, two := newSecond("one"), newSecond("two")
	f := withTier(t, functions(4, 4), one)
	waitTier(t, f.Index)
	setTier(t, f.Index, f.tierOf(two))
	waitTier(t, f.Index)
	f.likeFreshTier("two")
	encoded := one.Encoded()
	setTier(t, f.Index, f.tierOf(one))
	waitTier(t, f.Index)
	if n := one.Encoded() - encoded; n != 0 {
		t.Errorf("%d units were encoded again after a switch and back", n)
	}
	f.likeFreshTier("one")
	if n := f.enc.Encoded(); n != int64(f.Status().Units) {
		t.Errorf("the first encoder encoded %d units, want each of %d once", n, f.Status().Units)
	}
}

// TestTwoProcessesWithTwoEncoders opens one index twice, with a second encoder each: neither evicts the other.
func TestTwoProcessesWithTwoEncoders(t *testing.T) {
	f := withTier(t, functions(5, 4), newSecond("one"))
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	other := &fixture{t: t, root: f.root, dir: f.dir, enc: f.enc}
	other.open()
	setTier(t, other.Index, other.tierOf(newSecond("two")))
	waitTier(t, f.Index)
	waitTier(t, other.Index)
	f.likeFreshTier("one")
	other.likeFreshTier("two")
	if st := other.Status(); st.Writer || st.Rebuilt != "" || st.Problem != "" {
		t.Errorf("the other process: %+v", st)
	}
}

// TestTierIsFollowed opens one index twice with the same second encoder: one process encodes, the other one follows, and
// takes over when the first ends.
func TestTierIsFollowed(t *testing.T) {
	one, two := newSecond("second"), newSecond("second")
	ask, reached := counted(8)
	one.ask = ask
	f := withTier(t, functions(5, 4), one)
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-reached
	other := &fixture{t: t, root: f.root, dir: f.dir, enc: f.enc}
	other.open()
	setTier(t, other.Index, other.tierOf(two))
	eventually(t, "the follower to see what is stored", func() bool {
		st := other.Status().Tier
		return st.Done == 8 && st.State == indexer.TierFollowing
	})
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	waitTier(t, other.Index)
	if got, want := two.Encoded(), int64(other.Status().Units)-8; got != want {
		t.Errorf("the follower encoded %d units after it took over, want %d", got, want)
	}
	other.likeFreshTier("second")
}

func TestTierPauses(t *testing.T) {
	enc := newSecond("second")
	f := newFixture(t, functions(4, 4))
	f.reconcile()
	f.Pause()
	setTier(t, f.Index, f.tierOf(enc))
	eventually(t, "the tier to be paused", func() bool { return f.Status().Tier.State == indexer.TierPaused })
	if n := enc.Encoded(); n != 0 {
		t.Errorf("%d units were encoded while work was paused", n)
	}
	f.Resume()
	waitTier(t, f.Index)
	f.likeFreshTier("second")
}

// TestTierAdmission counts who is admitted, and that everybody leaves.
func TestTierAdmission(t *testing.T) {
	f := newFixture(t, functions(4, 4))
	f.reconcile()
	var inside, most, admitted atomic.Int64
	one := make(chan struct{}, 1)
	setTier(t, f.Index, f.tierOf(newSecond("second"), func(c *indexer.TierConfig) {
		c.Workers = 4
		c.Admit = func(ctx context.Context) (context.Context, func(), error) {
			select {
			case one <- struct{}{}:
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
			most.Store(max(most.Load(), inside.Add(1)))
			admitted.Add(1)
			return ctx, func() { inside.Add(-1); <-one }, nil
		}
	}))
	waitTier(t, f.Index)
	if inside.Load() != 0 || most.Load() != 1 || admitted.Load() != int64(f.Status().Units) {
		t.Errorf("%d inside, at most %d, %d admitted; want none, one, %d", inside.Load(), most.Load(), admitted.Load(), f.Status().Units)
	}
}

// TestTierInterrupted has something more urgent come up whenever a text is encoded: it is given up a few times, and then
// encoded all the same.
func TestTierInterrupted(t *testing.T) {
	f := newFixture(t, functions(2, 3))
	f.reconcile()
	enc := newSecond("second")
	var interrupted atomic.Int64
	enc.ask = func(ctx context.Context, _ encoder.Unit) error {
		if ctx.Err() != nil {
			interrupted.Add(1)
		}
		return ctx.Err()
	}
	setTier(t, f.Index, f.tierOf(enc, func(c *indexer.TierConfig) {
		c.Admit = func(ctx context.Context) (context.Context, func(), error) {
			turn, cancel := context.WithCancel(ctx)
			cancel()
			return turn, func() {}, ctx.Err()
		}
	}))
	waitTier(t, f.Index)
	units := int64(f.Status().Units)
	if tier := f.Status().Tier; tier.Failed != 0 || tier.Encoded != units || interrupted.Load() != 3*units {
		t.Errorf("%+v, interrupted %d times; want %d units interrupted three times each", tier, interrupted.Load(), units)
	}
	f.likeFreshTier("second")
}

// batches notes how many units are encoded together.
type batches struct {
	*second
	mu    sync.Mutex
	sizes []int
}

func (b *batches) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	b.mu.Lock()
	b.sizes = append(b.sizes, len(units))
	b.mu.Unlock()
	return b.second.EncodeUnits(ctx, units, dst)
}

// TestTierBatches has the units of a file encoded several at a time. One of them fails, which costs the others nothing.
func TestTierBatches(t *testing.T) {
	f := newFixture(t, functions(3, 7))
	f.reconcile()
	enc := &batches{second: newSecond("second")}
	enc.ask = func(_ context.Context, u encoder.Unit) error {
		if u.Name == "F1_1" {
			return errors.New("too hard")
		}
		return nil
	}
	cfg := f.tierOf(enc, func(c *indexer.TierConfig) { c.Batch = 4 })
	setTier(t, f.Index, cfg)
	waitTier(t, f.Index)
	st := f.TierStatus()
	if st.State != indexer.TierComplete || st.Failed != 1 || st.Encoded != int64(st.Total-1) {
		t.Errorf("%+v; want all but one encoded", st)
	}
	if most := slices.Max(enc.sizes); most != 4 {
		t.Errorf("at most %d encoded together, want 4", most)
	}
	plain := *cfg
	plain.Batch = 0
	setTier(t, f.Index, &plain)
	waitTier(t, f.Index)
	if again := f.TierStatus().Encoded; again != 0 {
		t.Errorf("%d encoded again for the same model", again)
	}
}

// TestUnitThatCannotBeEncoded has one function fail: the others get their vectors, and it is not tried again.
func TestUnitThatCannotBeEncoded(t *testing.T) {
	enc := newSecond("second")
	var tried atomic.Int64
	enc.ask = func(_ context.Context, u encoder.Unit) error {
		if u.Name == "F1_1" {
			tried.Add(1)
			return errors.New("no vector for this")
		}
		return nil
	}
	f := withTier(t, functions(4, 4), enc)
	waitTier(t, f.Index)
	st := f.Status().Tier
	if st.State != indexer.TierComplete || st.Failed != 1 || tried.Load() != 1 {
		t.Errorf("the tier is %+v after %d tries", st, tried.Load())
	}
}

// TestBrokenEncoder fails at everything: it is given up, and says why.
func TestBrokenEncoder(t *testing.T) {
	enc := newSecond("second")
	enc.ask = func(context.Context, encoder.Unit) error { return errors.New("the library is gone") }
	f := newFixture(t, functions(5, 5))
	f.reconcile()
	fault := make(chan error, 1)
	setTier(t, f.Index, f.tierOf(enc, func(c *indexer.TierConfig) { c.OnFault = func(err error) { fault <- err } }))
	if err := <-fault; !strings.Contains(err.Error(), "the library is gone") {
		t.Errorf("the fault is %v", err)
	}
	err := f.WaitTier(context.Background())
	if !errors.Is(err, indexer.ErrTier) || !strings.Contains(err.Error(), "the library is gone") {
		t.Errorf("waiting gave %v", err)
	}
	if st := f.Status(); st.Tier.State != indexer.TierDegraded || st.Problem != "" {
		t.Errorf("the status is %+v", st.Tier)
	}
	f.want("f1.go:F1_1")
	if err := f.Index.SetTier(nil); err != nil {
		t.Fatal(err)
	}
	setTier(t, f.Index, f.tierOf(newSecond("second")))
	waitTier(t, f.Index)
	f.likeFreshTier("second")
}

// TestDamagedVectors alters a stored block: it is dropped, said aloud, and its vectors are computed again.
func TestDamagedVectors(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{"cut": cut, "empty": empty, "foreign": foreign, "flipped": flipBody} {
		t.Run(name, func(t *testing.T) {
			enc := newSecond("second")
			f := withTier(t, functions(3, 4), enc)
			waitTier(t, f.Index)
			if err := f.Index.Close(); err != nil {
				t.Fatal(err)
			}
			for _, path := range f.blocks("second") {
				alter(t, path, change)
			}
			before := enc.Encoded()
			f.open()
			setTier(t, f.Index, f.tierOf(enc))
			waitTier(t, f.Index)
			if f.Status().Tier.Dropped == "" {
				t.Error("nothing is said of dropped vectors")
			}
			if enc.Encoded() == before {
				t.Error("nothing was encoded again")
			}
			f.likeFreshTier("second")
		})
	}
}

// TestVectorsThatCannotBeStored puts a file where the folder of vectors was, and takes it away again.
func TestVectorsThatCannotBeStored(t *testing.T) {
	enc := newSecond("second")
	ask, reached := counted(6)
	enc.ask = ask
	f := withTier(t, functions(4, 4), enc)
	<-reached
	eventually(t, "something to be stored", func() bool { return len(f.blocks("second")) > 0 })
	if err := f.Index.SetTier(nil); err != nil {
		t.Fatal(err)
	}
	proceed, waiting := make(chan struct{}), make(chan struct{})
	var once sync.Once
	enc.ask = func(ctx context.Context, _ encoder.Unit) error {
		once.Do(func() { close(waiting) })
		select {
		case <-proceed:
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	setTier(t, f.Index, f.tierOf(enc))
	<-waiting
	folder := filepath.Join(f.dir, store.VectorsName(vectorID("second")))
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	close(proceed)
	eventually(t, "the tier to be degraded", func() bool { return f.Status().Tier.State == indexer.TierDegraded })
	eventually(t, "all to be in memory", func() bool { st := f.Status().Tier; return st.Done == st.Total })
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all to be stored", func() bool {
		st := f.Status().Tier
		return st.Unsaved == 0 && st.State == indexer.TierComplete
	})
	before := enc.Encoded()
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	f.open()
	setTier(t, f.Index, f.tierOf(enc))
	waitTier(t, f.Index)
	if n := enc.Encoded() - before; n != 0 {
		t.Errorf("%d units were encoded again", n)
	}
	f.likeFreshTier("second")
}

// TestVectorsAreKeptForAWhile removes a file and looks when its vectors go.
func TestVectorsAreKeptForAWhile(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).Unix())
	enc := newSecond("second")
	f := newFixture(t, functions(3, 4))
	f.reconcile()
	clock := func(c *indexer.TierConfig) { c.Now = func() time.Time { return time.Unix(now.Load(), 0) } }
	setTier(t, f.Index, f.tierOf(enc, clock))
	waitTier(t, f.Index)
	gone, kept := hashesOf(f.Index, "F2_1")[0], hashesOf(f.Index, "F1_1")[0]
	if err := os.Remove(filepath.Join(f.root, "f2.go")); err != nil {
		t.Fatal(err)
	}
	f.change(indexer.Change{Path: "f2.go"})
	f.merge()
	for days, want := range []struct {
		days int64
		gone bool
	}{{20, false}, {10, false}, {10, true}} {
		now.Add(want.days * 24 * 60 * 60)
		if err := f.Index.SetTier(nil); err != nil {
			t.Fatal(err)
		}
		setTier(t, f.Index, f.tierOf(enc, clock))
		waitTier(t, f.Index)
		if f.onDisk("second", gone) == want.gone || !f.onDisk("second", kept) {
			t.Errorf("step %d: the vector of what is gone is there: %v; of what is not: %v",
				days, f.onDisk("second", gone), f.onDisk("second", kept))
		}
	}
}

// merge makes the index forget what is shadowed.
func (f *fixture) merge() {
	f.t.Helper()
	if err := f.Rebuild(); err != nil {
		f.t.Fatal(err)
	}
	f.reconcile()
}

// TestTierBorrows gives another work tree of the same repository what the first has.
func TestTierBorrows(t *testing.T) {
	files := functions(5, 4)
	f := withTier(t, files, newSecond("second"))
	waitTier(t, f.Index)
	enc := newSecond("second")
	other := newFixture(t, files)
	if err := other.Index.Close(); err != nil {
		t.Fatal(err)
	}
	other.write("f5.go", "package p\n\nfunc OnlyHere() {}\n")
	other.open(func(c *indexer.Config) { c.Siblings = []string{f.dir} })
	other.reconcile()
	setTier(t, other.Index, other.tierOf(enc))
	waitTier(t, other.Index)
	if n := enc.Encoded(); n < 1 || n > 2 {
		t.Errorf("%d units were encoded that another work tree lacks, want one or two", n)
	}
	if st := other.Status().Tier; st.Reused == 0 || st.Unsaved != 0 {
		t.Errorf("the tier is %+v", st)
	}
	other.likeFreshTier("second")
}

// TestTierUnderRandomChanges changes files at random while the tier works: in the end it equals a fresh one.
func TestTierUnderRandomChanges(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{
				fixture: newFixture(t, nil), rng: rand.New(rand.NewPCG(seed, 11)), buffers: map[string]string{},
				paths: []string{"a.go", "b.go", "x/c.go", "x/d.go", "z/e.go"},
			}
			w.reconcile()
			enc := newSecond("second")
			setTier(t, w.Index, w.tierOf(enc))
			for i := range 150 {
				w.change(w.step()...)
				if i%50 == 49 {
					setTier(t, w.Index, nil)
					setTier(t, w.Index, w.tierOf(enc))
				}
			}
			for path := range w.buffers {
				w.change(indexer.Change{Path: path, Closed: true})
			}
			w.reconcile()
			waitTier(t, w.Index)
			if st := w.Status().Tier; st.Done != st.Total {
				t.Errorf("seed %d: the tier is %+v", seed, st)
			}
			w.likeFreshTier("second")
		})
	}
}

// tierChild keeps a second tier until it is killed, and prints a line per text.
func tierChild(root, dir string) error {
	where := workspace.Root{Path: root}
	x, err := indexer.Open(indexer.Config{Root: where, Dir: dir, Encoder: encoder.NewHashed(32), Rules: workspace.LoadRules(where, workspace.RuleOptions{})})
	if err != nil {
		return err
	}
	if err := x.Reconcile(context.Background()); err != nil {
		return err
	}
	enc := newSecond("second")
	enc.ask = func(context.Context, encoder.Unit) error { fmt.Println("text"); return nil }
	if err := x.SetTier(&indexer.TierConfig{
		Encoder: enc, Interval: time.Millisecond,
		Read: func(rel string) ([]byte, error) { return fs.ReadFile(os.DirFS(root), rel) },
	}); err != nil {
		return err
	}
	if err := x.WaitTier(context.Background()); err != nil {
		return err
	}
	fmt.Println("complete")
	select {} // until it is killed
}

// TestTierAfterKills kills a process that computes vectors again and again: what it leaves is used, and what is missing
// is computed.
func TestTierAfterKills(t *testing.T) {
	f := newFixture(t, functions(20, 10))
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for range 8 {
		cmd, lines := f.start("tier")
		for range 1 + rng.IntN(120) {
			line, ok := <-lines
			if !ok {
				t.Fatal("the child ended by itself")
			}
			if line == "complete" {
				break
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
	enc := newSecond("second")
	f.open()
	f.reconcile()
	setTier(t, f.Index, f.tierOf(enc))
	waitTier(t, f.Index)
	if st := f.Status(); st.Rebuilt != "" || st.Tier.Dropped != "" {
		t.Errorf("thrown away after kills: %q, %q", st.Rebuilt, st.Tier.Dropped)
	}
	if n := enc.Encoded(); n >= int64(f.Status().Units) {
		t.Errorf("all of %d units were encoded again after eight runs", n)
	}
	f.likeFreshTier("second")
}
