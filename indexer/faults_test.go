package indexer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/indexer"
)

// gated is an encoder that asks before it encodes units of a certain name.
type gated struct {
	*encoder.Hashed
	name string
	ask  func(context.Context) error
}

func (g *gated) EncodeUnits(ctx context.Context, units []encoder.Unit, dst []float32) error {
	for _, u := range units {
		if u.Name == g.name {
			if err := g.ask(ctx); err != nil {
				return err
			}
			break
		}
	}
	return g.Hashed.EncodeUnits(ctx, units, dst)
}

// source returns a file with one function.
func source(name string) string { return "package p\n\nfunc " + name + "() {}\n" }

// TestSlowReaderDoesNotBringBackADeletedFile deletes a file while a bulk run still works on what it read of it, and
// merges everything meanwhile, which must not lose the deletion.
func TestSlowReaderDoesNotBringBackADeletedFile(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("First")})
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	reached, proceed := make(chan struct{}), make(chan struct{})
	f.open(func(cfg *indexer.Config) {
		cfg.Encoder = &gated{f.enc, "Slow", func(context.Context) error {
			close(reached)
			<-proceed
			return nil
		}}
	})
	f.reconcile()
	f.write("a.go", source("Slow"))
	done := make(chan error, 1)
	go func() { done <- f.Reconcile(context.Background()) }()
	<-reached
	if err := os.Remove(filepath.Join(f.root, "a.go")); err != nil {
		t.Fatal(err)
	}
	f.change(indexer.Change{Path: "a.go"})
	for i := range 10 { // enough small segments for a merge of all
		f.write("b.go", source(fmt.Sprint("Bee", i)))
		f.change(indexer.Change{Path: "b.go"})
		if err := f.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	close(proceed)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	f.want("b.go:Bee9")
	f.wantNot("a.go:First", "a.go:Slow")
}

// TestRebuildWhileMerging rebuilds again and again while edits keep maintenance busy.
func TestRebuildWhileMerging(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("Aye")})
	f.reconcile()
	stop, flushed := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				flushed <- nil
				return
			default:
			}
			if err := f.Flush(context.Background()); err != nil {
				flushed <- err
				return
			}
		}
	}()
	for i := range 40 {
		f.write("b.go", source(fmt.Sprint("Bee", i)))
		f.change(indexer.Change{Path: "b.go"}, indexer.Change{Path: "a.go"})
		if err := f.Rebuild(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-flushed; err != nil {
		t.Fatal(err)
	}
	f.reconcile()
	f.want("a.go:Aye", "b.go:Bee39")
}

// TestStoppedRunKeepsWhatItDid ends a bulk run in the middle of its second file.
func TestStoppedRunKeepsWhatItDid(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("First"), "b.go": source("Slow"), "c.go": source("Last")})
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.open(func(cfg *indexer.Config) {
		cfg.Workers = 1
		cfg.Encoder = &gated{f.enc, "Slow", func(ctx context.Context) error {
			cancel()
			return ctx.Err()
		}}
	})
	if err := f.Reconcile(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("a stopped run gives %v", err)
	}
	f.want("a.go:First")
	f.wantNot("b.go:Slow", "c.go:Last")
	if f.Status().Complete {
		t.Error("the index says that it is complete")
	}
}

// TestOneFailingFileDoesNotHoldUpOthers notifies a file that the encoder cannot cope with together with good ones.
func TestOneFailingFileDoesNotHoldUpOthers(t *testing.T) {
	f := newFixture(t, nil)
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	broken := true
	f.open(func(cfg *indexer.Config) {
		cfg.Encoder = &gated{f.enc, "Bad", func(context.Context) error {
			if broken {
				return errors.New("no such luck")
			}
			return nil
		}}
	})
	f.reconcile()
	var changes []indexer.Change
	for _, name := range []string{"Bad", "Good", "Fine", "Great"} {
		f.write(name+".go", source(name))
		changes = append(changes, indexer.Change{Path: name + ".go"})
	}
	f.change(changes...)
	f.want("Good.go:Good", "Fine.go:Fine", "Great.go:Great")
	if st := f.Status(); st.Complete || !strings.Contains(st.Problem, "no such luck") {
		t.Errorf("a file is missing, but the status is complete: %v, problem: %q", st.Complete, st.Problem)
	}
	broken = false
	f.reconcile()
	f.want("Bad.go:Bad")
	if st := f.Status(); !st.Complete || st.Problem != "" {
		t.Errorf("all is well again, but the status is complete: %v, problem: %q", st.Complete, st.Problem)
	}
}

// TestCloseDuringWork closes an index while bulk work is paused, encodes, or is about to begin.
func TestCloseDuringWork(t *testing.T) {
	for name, prepare := range map[string]func(*fixture){
		"paused": func(f *fixture) { f.Pause() },
		"busy":   func(*fixture) {},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, map[string]string{"a.go": source("Aye"), "b.go": source("Bee")})
			prepare(f)
			runs := make(chan error, 3)
			for range cap(runs) {
				go func() { runs <- f.Reconcile(context.Background()) }()
			}
			closes := make(chan error, 2)
			for range cap(closes) {
				go func() { closes <- f.Index.Close() }()
			}
			for range cap(runs) {
				if err := <-runs; err != nil && !errors.Is(err, indexer.ErrClosed) {
					t.Errorf("a run during Close gives %v", err)
				}
			}
			first, second := <-closes, <-closes
			if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), indexer.ErrClosed) {
				t.Errorf("two calls of Close give %v and %v", first, second)
			}
			for what, err := range map[string]error{
				"Reconcile": f.Reconcile(context.Background()), "Rebuild": f.Rebuild(), "Flush": f.Flush(context.Background()),
			} {
				if !errors.Is(err, indexer.ErrClosed) {
					t.Errorf("%s after Close gives %v", what, err)
				}
			}
			f.open()
			f.likeFresh()
		})
	}
}

// TestRebuildInterruptsAPausedRun rebuilds while a bulk run waits to be resumed.
func TestRebuildInterruptsAPausedRun(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("Aye")})
	f.Pause()
	run := make(chan error, 1)
	go func() { run <- f.Reconcile(context.Background()) }()
	eventually(t, "the run to begin", func() bool { return f.Status().Total == 1 })
	if err := f.Rebuild(); err != nil {
		t.Fatal(err)
	}
	if err := <-run; !errors.Is(err, indexer.ErrInterrupted) {
		t.Errorf("the interrupted run gives %v", err)
	}
	f.Resume()
	f.likeFresh()
}

// TestVanishedRoot takes the root away, puts an empty folder in its place, as an unmounted disk does, and brings it
// back: nothing may be forgotten.
func TestVanishedRoot(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("Aye"), "d/b.go": source("Bee")})
	f.reconcile()
	away := f.root + ".away"
	unharmed := func(what string) {
		t.Helper()
		f.change(indexer.Change{Path: "a.go"}, indexer.Change{Path: "d"})
		if err := f.Reconcile(context.Background()); err == nil {
			t.Errorf("%s: comparing files gives no error", what)
		}
		if f.Status().Problem == "" {
			t.Errorf("%s: the status tells of no problem", what)
		}
		f.want("a.go:Aye", "d/b.go:Bee")
	}
	if err := os.Rename(f.root, away); err != nil {
		t.Fatal(err)
	}
	unharmed("root is gone")
	if err := os.Mkdir(f.root, 0o755); err != nil {
		t.Fatal(err)
	}
	unharmed("root is empty")
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	f.open()
	if err := f.Reconcile(context.Background()); !errors.Is(err, indexer.ErrVanished) {
		t.Errorf("comparing an empty root gives %v", err)
	}
	f.want("a.go:Aye", "d/b.go:Bee")
	if err := os.Remove(f.root); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(away, f.root); err != nil {
		t.Fatal(err)
	}
	f.reconcile()
	if st := f.Status(); st.Problem != "" || !st.Complete {
		t.Errorf("all is back, but the problem is %q, complete: %v", st.Problem, st.Complete)
	}
	if err := os.RemoveAll(filepath.Join(f.root, "d")); err != nil {
		t.Fatal(err)
	}
	f.change(indexer.Change{Path: "d"})
	f.want("a.go:Aye")
	f.wantNot("d/b.go:Bee")
}

// TestFileAndFolderChangePlaces puts a folder where a file was and a file where the folder was.
func TestFileAndFolderChangePlaces(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": source("Aye"), "b.go/b.go": source("Bee")})
	f.reconcile()
	for _, path := range []string{"a.go", "b.go"} {
		if err := os.RemoveAll(filepath.Join(f.root, path)); err != nil {
			t.Fatal(err)
		}
	}
	f.write("a.go/deep/a.go", source("Deep"))
	f.write("b.go", source("Flat"))
	f.change(indexer.Change{Path: "a.go"}, indexer.Change{Path: "b.go"})
	f.want("a.go/deep/a.go:Deep", "b.go:Flat")
	f.wantNot("a.go:Aye", "b.go/b.go:Bee")
	f.likeFresh()
}

// TestBranchSwitch changes, adds and removes very many files in one notification, while a document is edited.
func TestBranchSwitch(t *testing.T) {
	files := map[string]string{"keep.go": source("Keep")}
	for i := range 400 {
		files[fmt.Sprintf("d%d/f%d.go", i%7, i)] = source(fmt.Sprint("Old", i))
	}
	f := newFixture(t, files)
	f.reconcile()
	var changes []indexer.Change
	for i := range 500 {
		path := fmt.Sprintf("d%d/f%d.go", i%7, i)
		changes = append(changes, indexer.Change{Path: path})
		if i%3 != 0 {
			f.write(path, source(fmt.Sprint("New", i)))
		} else if err := os.Remove(filepath.Join(f.root, path)); err != nil && i < 400 {
			t.Fatal(err)
		}
	}
	changes = append(changes, indexer.Change{Path: "keep.go", Buffer: true, Text: []byte(source("Typed"))})
	f.change(changes...)
	f.want("keep.go:Typed", "d1/f1.go:New1", "d2/f499.go:New499")
	f.wantNot("d0/f0.go:Old0", "d1/f1.go:Old1", "keep.go:Keep")
	if st := f.Status(); st.Pending != 0 || st.Problem != "" {
		t.Errorf("%d changes are pending, problem %q", st.Pending, st.Problem)
	}
	f.change(indexer.Change{Path: "keep.go", Closed: true})
	f.likeFresh()
}

// TestTouchedFileIsReadOnce touches a file without changing it: the record is brought up to date, nothing is encoded,
// and the next comparison needs no look at the content.
func TestTouchedFileIsReadOnce(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": twoFunctions, "b.bin": "\x00\x01\x02"})
	f.reconcile()
	encoded := f.Status().Encoded
	touched := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, name := range []string{"a.go", "b.bin"} {
		if err := os.Chtimes(filepath.Join(f.root, name), touched, touched); err != nil {
			t.Fatal(err)
		}
	}
	f.reconcile()
	f.want("a.go:One", "a.go:Two")
	if n := f.Status().Encoded - encoded; n != 0 {
		t.Errorf("%d units were encoded after a file was touched", n)
	}
	reused := f.Status().Reused
	f.reconcile()
	if n := f.Status().Reused - reused; n != 0 {
		t.Errorf("%d units were prepared again although nothing changed", n)
	}
	e, release := f.Acquire()
	defer release()
	layer, file, ok := e.Lookup("a.go")
	if !ok {
		t.Fatal("the file is not there")
	}
	if at := e.Layers[layer].Segment.File(file).ModTime; at != touched.UnixNano() {
		t.Errorf("the record has the time %v, want %v", time.Unix(0, at).UTC(), touched)
	}
}
