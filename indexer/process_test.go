package indexer_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/workspace"
)

// childEnv makes the test binary a process that indexes a folder until it is killed.
const childEnv = "LSP_INDEXER_TEST_CHILD"

func TestMain(m *testing.M) {
	if root := os.Getenv(childEnv); root != "" {
		run := child
		if os.Args[1] == "tier" {
			run = tierChild
		}
		if err := run(root, os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child indexes root into dir and goes on changing and flushing until it is killed. It prints a line per step.
func child(root, dir string) error {
	where := workspace.Root{Path: root}
	x, err := indexer.Open(indexer.Config{Root: where, Dir: dir, Encoder: encoder.NewHashed(32), Rules: workspace.LoadRules(where, workspace.RuleOptions{})})
	if err != nil {
		return err
	}
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(uint64(os.Getpid()), 3))
	fmt.Println("opened")
	for i := 0; ; i++ {
		if err := x.Reconcile(ctx); err != nil {
			return err
		}
		if err := x.Flush(ctx); err != nil {
			return err
		}
		fmt.Println("flushed", i)
		path := fmt.Sprintf("f%d.go", rng.IntN(20))
		text := fmt.Sprintf("package p\n\nfunc F%d() int { return %d }\n", rng.IntN(100), i)
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
			return err
		}
		if err := x.WaitFor(ctx, x.Notify([]indexer.Change{{Path: path}})); err != nil {
			return err
		}
	}
}

// start runs a child that does some kind of work and returns it with a channel of the lines it prints, closed at its end.
func (f *fixture) start(work string) (*exec.Cmd, <-chan string) {
	f.t.Helper()
	cmd := exec.Command(os.Args[0], work, f.dir)
	cmd.Env = append(os.Environ(), childEnv+"="+f.root)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	lines := make(chan string, 1024)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	f.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd, lines
}

// TestKillAtAnyMoment kills a writing process again and again: what it leaves must open, and after a look at the
// disk equal a fresh index.
func TestKillAtAnyMoment(t *testing.T) {
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("f%d.go", i)] = fmt.Sprintf("package p\n\nfunc F%d() {}\n", i)
	}
	f := newFixture(t, files)
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 25 {
		cmd, lines := f.start("index")
		for range 1 + rng.IntN(30) {
			if _, ok := <-lines; !ok {
				t.Fatal("the child ended by itself")
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		x := f.openAnother()
		if problem := x.Status().Rebuilt; problem != "" {
			t.Fatalf("round %d: the index was thrown away after a kill: %s", round, problem)
		}
		if err := x.Reconcile(context.Background()); err != nil {
			t.Fatal(err)
		}
		w := &world{fixture: &fixture{t: t, root: f.root, enc: f.enc, Index: x}}
		if got, want := describe(t, x), w.fresh(); !slices.Equal(got, want) {
			logDifference(t, got, want)
			t.Fatalf("round %d: the index differs from a fresh one", round)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f.open()
}

// eventually waits until a condition holds, which it must within a generous time.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestTwoProcessesShareOneIndex(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": twoFunctions})
	f.reconcile()
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	follower := f.openAnother()
	defer follower.Close()
	if !f.Status().Writer || follower.Status().Writer {
		t.Fatal("want the first to write and the second to follow")
	}
	if names(follower)["a.go:One"] != 1 {
		t.Error("the follower does not see what is stored")
	}

	f.write("b.go", "package a\n\nfunc Written() {}\n")
	f.change(indexer.Change{Path: "b.go"})
	if err := f.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the follower to see a commit", func() bool { return names(follower)["b.go:Written"] == 1 })
	if n := follower.Status().Encoded; n != 0 {
		t.Errorf("the follower encoded %d units that the writer had stored", n)
	}

	f.write("c.go", "package a\n\nfunc Noticed() {}\n")
	if err := follower.WaitFor(context.Background(), follower.Notify([]indexer.Change{
		{Path: "c.go"}, {Path: "a.go", Buffer: true, Text: []byte("package a\n\nfunc Unsaved() {}\n")},
	})); err != nil {
		t.Fatal(err)
	}
	seen := names(follower)
	if seen["c.go:Noticed"] != 1 || seen["a.go:Unsaved"] != 1 || seen["a.go:One"] != 0 {
		t.Errorf("the follower does not see what it was told: %v", seen)
	}
	if names(f.Index)["a.go:Unsaved"] != 0 {
		t.Error("another process sees an unsaved buffer")
	}

	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the follower to take over", func() bool { return follower.Status().Writer })
	if err := follower.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := follower.Close(); err != nil {
		t.Fatal(err)
	}
	f.open()
	f.want("a.go:One", "b.go:Written", "c.go:Noticed")
	f.wantNot("a.go:Unsaved")
}

// TestKilledWriterIsReplaced kills a writer while another process follows it.
func TestKilledWriterIsReplaced(t *testing.T) {
	f := newFixture(t, map[string]string{"a.go": twoFunctions})
	if err := f.Index.Close(); err != nil {
		t.Fatal(err)
	}
	cmd, lines := f.start("index")
	for range 10 {
		<-lines
	}
	f.open()
	if f.Status().Writer {
		t.Fatal("two processes write one index")
	}
	cmd.Process.Kill()
	cmd.Wait()
	eventually(t, "the follower to take over", func() bool { return f.Status().Writer })
	f.reconcile()
	w := &world{fixture: f}
	if got, want := describe(t, f.Index), w.fresh(); !slices.Equal(got, want) {
		logDifference(t, got, want)
		t.Error("the index differs from a fresh one")
	}
}
