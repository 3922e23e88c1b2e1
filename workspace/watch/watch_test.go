package watch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"lsp/workspace"
)

// The cases every kind of watcher must pass: after act the batches lead to
// what is on disk.
var cases = []struct {
	name    string
	files   []string
	act     func(t *testing.T, f *follower)
	rescans bool     // batches may ask for a rescan
	unseen  []string // paths that no batch may name
}{
	{name: "create", act: func(t *testing.T, f *follower) { write(t, f.path("new.go"), "x") }},
	{name: "write", files: []string{"a.go", "d/b.go"}, act: func(t *testing.T, f *follower) {
		write(t, f.path("a.go"), "other")
		write(t, f.path("d/b.go"), "other")
	}},
	{name: "write the same size", files: []string{"a.go"}, act: func(t *testing.T, f *follower) {
		write(t, f.path("a.go"), "b.go")
		f.settle()
		write(t, f.path("a.go"), "c.go")
	}},
	{name: "delete", files: []string{"a.go", "b.go"}, act: func(t *testing.T, f *follower) { must(t, os.Remove(f.path("a.go"))) }},
	{name: "rename file", files: []string{"a.go", "d/b.go"}, act: func(t *testing.T, f *follower) {
		must(t, os.Rename(f.path("a.go"), f.path("d/c.go")))
	}},
	{name: "rename over", files: []string{"a.go", "b.go"}, act: func(t *testing.T, f *follower) {
		must(t, os.Rename(f.path("a.go"), f.path("b.go")))
	}},
	{name: "rename directory", files: []string{"d/e/a.go", "d/b.go"}, rescans: true, act: func(t *testing.T, f *follower) {
		must(t, os.Rename(f.path("d"), f.path("r")))
		f.settle()
		write(t, f.path("r/e/after.go"), "the new place is watched")
	}},
	{name: "move directory into a new one", files: []string{"d/e/a.go"}, rescans: true, act: func(t *testing.T, f *follower) {
		must(t, os.Mkdir(f.path("new"), 0o755))
		must(t, os.Rename(f.path("d"), f.path("new/d")))
		f.settle()
		write(t, f.path("new/d/e/after.go"), "x")
	}},
	{name: "move directory in from outside", rescans: true, act: func(t *testing.T, f *follower) {
		outside := filepath.Join(filepath.Dir(f.root.Path), "outside")
		write(t, filepath.Join(outside, "x/a.go"), "a")
		must(t, os.Rename(outside, f.path("in")))
		f.settle()
		write(t, f.path("in/x/b.go"), "b")
	}},
	{name: "move directory out", files: []string{"d/a.go", "b.go"}, rescans: true, act: func(t *testing.T, f *follower) {
		must(t, os.Rename(f.path("d"), filepath.Join(filepath.Dir(f.root.Path), "gone")))
	}},
	{name: "delete directory", files: []string{"d/e/a.go", "d/b.go", "c.go"}, act: func(t *testing.T, f *follower) {
		must(t, os.RemoveAll(f.path("d")))
	}},
	{name: "file in a directory's place", files: []string{"d/e/a.go"}, act: func(t *testing.T, f *follower) {
		must(t, os.RemoveAll(f.path("d")))
		write(t, f.path("d"), "now a file")
	}},
	{name: "directory in a file's place", files: []string{"d"}, act: func(t *testing.T, f *follower) {
		must(t, os.Remove(f.path("d")))
		write(t, f.path("d/a.go"), "x")
	}},
	{name: "deep directories with files", act: func(t *testing.T, f *follower) {
		write(t, f.path("a/b/c/d/e/f.go"), "x")
		write(t, f.path("a/b/g.go"), "x")
		f.settle()
		write(t, f.path("a/b/c/d/e/h.go"), "x")
	}},
	{name: "atomic save", files: []string{"a.go"}, act: func(t *testing.T, f *follower) {
		write(t, f.path("a.go.tmp123"), "saved")
		must(t, os.Rename(f.path("a.go.tmp123"), f.path("a.go")))
	}},
	{name: "save with a backup", files: []string{"a.go"}, act: func(t *testing.T, f *follower) {
		must(t, os.Rename(f.path("a.go"), f.path("a.go~")))
		write(t, f.path("a.go"), "saved")
		must(t, os.Remove(f.path("a.go~")))
	}},
	{name: "ignored files", files: []string{"a.go"}, rescans: true, act: func(t *testing.T, f *follower) {
		write(t, f.path(".gitignore"), "*.tmp\nout/\n")
		f.settle()
		write(t, f.path("x.tmp"), "x")
		write(t, f.path("out/b.go"), "x")
		write(t, f.path("node_modules/m/i.js"), "x")
		write(t, f.path(".env"), "x")
		write(t, f.path("seen.go"), "x")
	}, unseen: []string{"x.tmp", "out/b.go", "out", "node_modules/m/i.js", "node_modules", ".env"}},
	{name: "rules change", files: []string{"a.go", "d/b.go", "d/c.go"}, rescans: true, act: func(t *testing.T, f *follower) {
		write(t, f.path("d/.gitignore"), "b.go\n")
		f.settle()
		must(t, os.Remove(f.path("d/.gitignore")))
		f.settle()
		write(t, f.path(".semanticignore"), "d/\n")
		f.settle()
		must(t, os.Remove(f.path(".semanticignore")))
		f.settle()
		write(t, f.path("d/e.go"), "watched again")
	}},
	{name: "mode change", files: []string{"a.go", "b.go"}, act: func(t *testing.T, f *follower) {
		must(t, os.Chmod(f.path("a.go"), 0o600))
		write(t, f.path("seen.go"), "x")
	}},
	{name: "root deleted and recreated", files: []string{"a.go", "d/b.go"}, rescans: true, act: func(t *testing.T, f *follower) {
		must(t, os.RemoveAll(f.root.Path))
		f.settle()
		write(t, f.path("new/c.go"), "x")
		f.settle()
		write(t, f.path("new/d.go"), "x")
	}},
	{name: "thousands of files at once", files: []string{"a.go"}, act: func(t *testing.T, f *follower) {
		for i := range 2000 {
			write(t, f.path(fmt.Sprintf("d%d/f%d.go", i%20, i)), "x")
		}
	}},
}

func TestCases(t *testing.T) {
	for kind, start := range kinds(t) {
		for _, c := range cases {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				f := follow(t, tempTree(t, c.files...), start)
				c.act(t, f)
				f.settle()
				for reason := range f.reasons {
					// Polling rescans when a first scan finds changes, and
					// running out of watches is what the mixed kind does.
					if !c.rescans && (kind == "notify" || reason != Changes && reason != LostWatches) {
						t.Errorf("a rescan was asked for: %s", reason)
					}
				}
				for _, rel := range c.unseen {
					if f.seen[f.path(rel)] {
						t.Errorf("%s was reported", rel)
					}
				}
			})
		}
	}
}

func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("links need a right that users seldom have")
		return
	}
	for kind, start := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			f := follow(t, tempTree(t, "a.go", "d/b.go"), start)
			must(t, os.Symlink("a.go", f.path("link.go")))
			must(t, os.Symlink("d", f.path("dirlink")))
			must(t, os.Remove(f.path("d/b.go")))
			must(t, os.Symlink("../a.go", f.path("d/b.go"))) // a link in a file's place
			write(t, f.path("seen.go"), "x")
			f.settle()
			if len(f.known) != 2 {
				t.Errorf("known: %q", short(f.known))
			}
		})
	}
}

func TestHead(t *testing.T) {
	for kind, start := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			top := tempTree(t, "main/a.go")
			repo := filepath.Join(top, "main")
			git(t, repo, "init", "-q", "-b", "main")
			git(t, repo, "add", ".")
			git(t, repo, "commit", "-q", "-m", "m")
			git(t, repo, "worktree", "add", "-q", "../tree", "-b", "other")
			for _, dir := range []string{"main", "tree"} {
				work := filepath.Join(top, dir)
				f := follow(t, work, start)
				git(t, work, "checkout", "-q", "-b", "branch-of-"+dir)
				f.await("a change of HEAD in "+dir, func() bool { return f.reasons[HeadChanged] })
			}
		})
	}
}

func TestNestedRoots(t *testing.T) {
	for kind, start := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			f := follow(t, tempTree(t, "sub/a.go", "b.go"), start)
			inner := workspace.Root{Path: f.path("sub")}
			must(t, f.watcher.Add(inner, workspace.LoadRules(inner, workspace.RuleOptions{})))
			write(t, f.path("sub/new.go"), "x")
			told := map[string]bool{}
			timeout := time.After(deadline)
			for len(told) < 2 {
				select {
				case b := <-f.batches:
					for _, path := range b.Created {
						if path == f.path("sub/new.go") {
							told[b.Root] = true
						}
					}
				case <-timeout:
					t.Fatalf("only told %v", told)
				}
			}
			must(t, f.watcher.Remove(inner))
			f.known = f.disk()
			write(t, f.path("sub/later.go"), "the outer root is still watched")
			f.settle()
		})
	}
}

func TestAddErrors(t *testing.T) {
	for kind, start := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			f := follow(t, tempTree(t, "a.go"), start)
			if err := f.watcher.Add(f.root, f.rules); !errors.Is(err, ErrWatched) {
				t.Errorf("adding twice: %v", err)
			}
			for _, rel := range []string{"none", "a.go"} {
				root := workspace.Root{Path: f.path(rel)}
				if err := f.watcher.Add(root, workspace.LoadRules(root, workspace.RuleOptions{})); err == nil {
					t.Errorf("adding %s succeeded", rel)
				}
				if err := f.watcher.Remove(root); !errors.Is(err, ErrNotWatched) {
					t.Errorf("removing %s: %v", rel, err)
				}
			}
			f.watcher.Poke()
			go func() {
				for range f.batches { // closing waits until the batch of the poke is taken, if it was begun
				}
			}()
			must(t, f.watcher.Close())
			close(f.batches) // nothing is sent any more
			f.watcher.Poke()
			if err := f.watcher.Add(f.root, f.rules); !errors.Is(err, ErrClosed) {
				t.Errorf("adding to a closed watcher: %v", err)
			}
			if err := f.watcher.Remove(f.root); !errors.Is(err, ErrClosed) {
				t.Errorf("removing from a closed watcher: %v", err)
			}
		})
	}
}

// TestStress changes a tree at random from several goroutines.
func TestStress(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	for kind, start := range kinds(t) {
		t.Run(fmt.Sprintf("%s/seed=%d", kind, seed), func(t *testing.T) {
			f := follow(t, tempTree(t, "a/b/c.go", "d/e.go"), start)
			var group sync.WaitGroup
			stop := make(chan struct{})
			for i := range 3 {
				group.Go(func() { disturb(f, rand.New(rand.NewPCG(seed, uint64(i)))) })
			}
			go func() { group.Wait(); close(stop) }()
			for running := true; running; {
				select {
				case b := <-f.batches:
					f.apply(b)
				case <-stop:
					running = false
				}
			}
			write(t, f.path("last.go"), "x")
			f.settle()
		})
	}
}

// disturb does random things to a small set of names. What fails because
// another goroutine was faster does not matter.
func disturb(f *follower, r *rand.Rand) {
	name := func() string {
		path := f.root.Path
		for range 1 + r.IntN(3) {
			path = filepath.Join(path, string(rune('a'+r.IntN(4))))
		}
		return path
	}
	for i := range 300 {
		path := name()
		switch r.IntN(10) {
		case 0, 1:
			_ = os.MkdirAll(path, 0o755)
		case 2:
			_ = os.RemoveAll(path)
		case 3, 4:
			_ = os.Rename(path, name())
		case 5:
			_ = os.Rename(path+".go", name()+".go")
		case 6:
			_ = os.Remove(path + ".go")
		default:
			_ = os.MkdirAll(filepath.Dir(path), 0o755)
			_ = os.WriteFile(path+".go", fmt.Append(nil, i), 0o644)
		}
	}
}
