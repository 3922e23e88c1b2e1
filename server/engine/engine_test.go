package engine_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/search"
	"lsp/indexer/store"
	"lsp/server/engine"
	"lsp/server/settings"
	"lsp/workspace"
)

// bench is an engine with a test double for a model and a counter of status news.
type bench struct {
	t *testing.T
	*engine.Engine
	mu   sync.Mutex
	news chan struct{} // closed and replaced at every news
}

func start(t *testing.T, cfg engine.Config) *bench {
	t.Helper()
	b := &bench{t: t, news: make(chan struct{})}
	if cfg.CacheDir == "" {
		cfg.CacheDir = t.TempDir()
	}
	if cfg.Encoder == nil {
		cfg.Encoder = encoder.NewHashed(32)
	}
	cfg.OnStatus = func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		close(b.news)
		b.news = make(chan struct{})
	}
	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = e
	t.Cleanup(func() {
		if err := e.Close(); err != nil && !errors.Is(err, engine.ErrClosed) {
			t.Error(err)
		}
	})
	return b
}

// until waits for news until a condition holds, which it must within a generous time.
func (b *bench) until(what string, holds func() bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		b.mu.Lock()
		news := b.news
		b.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			b.t.Fatalf("waited in vain for %s; status %+v", what, b.Status())
		}
	}
}

func (b *bench) open(dir string) {
	b.t.Helper()
	if err := b.AddFolder(context.Background(), dir); err != nil {
		b.t.Fatal(err)
	}
	b.wait()
}

func (b *bench) wait() {
	b.t.Helper()
	if err := b.Wait(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

// found returns the results of a query as root-relative path:name.
func (b *bench) found(query string) []string {
	b.t.Helper()
	r, err := b.Search(context.Background(), search.Request{Query: query, Limit: 50})
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, x := range r.Results {
		out = append(out, x.Path+":"+x.Name)
	}
	return out
}

func (b *bench) finds(query, want string) bool {
	b.t.Helper()
	return slices.Contains(b.found(query), want)
}

func (b *bench) modify(mods ...workspace.Modification) {
	b.t.Helper()
	if err := b.Modify(mods); err != nil {
		b.t.Fatal(err)
	}
}

// folder makes a canonical temporary folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := workspace.Canonical(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		write(t, dir, path, text)
	}
	return dir
}

func write(t *testing.T, dir, path, text string) {
	t.Helper()
	abs := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(abs, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.org"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

const (
	giraffe  = "package zoo\n\n// Giraffe feeds the tallest animal.\nfunc Giraffe() {}\n"
	elephant = "package zoo\n\n// Elephant washes the heaviest animal.\nfunc Elephant() {}\n"
)

func TestUnsavedEditIsFoundAtOnce(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	b := start(t, engine.Config{})
	b.open(dir)
	path := filepath.Join(dir, "a.go")
	b.modify(workspace.Modification{Path: path, Action: workspace.ActionOpen, Version: 1, Text: giraffe})
	for version := int32(2); version < 20; version++ {
		b.modify(workspace.Modification{
			Path: path, Action: workspace.ActionChange, Version: version,
			Changes: []workspace.TextChange{{Text: elephant}},
		})
		b.until("the edit", func() bool { return b.finds("Elephant", "a.go:Elephant") && !b.finds("Giraffe", "a.go:Giraffe") })
		b.modify(workspace.Modification{
			Path: path, Action: workspace.ActionChange, Version: version + 100,
			Changes: []workspace.TextChange{{Text: giraffe}},
		})
		b.until("the edit back", func() bool { return b.finds("Giraffe", "a.go:Giraffe") })
		b.modify(workspace.Modification{Path: path, Action: workspace.ActionOpen, Version: version, Text: giraffe})
	}
	b.modify(workspace.Modification{
		Path: path, Action: workspace.ActionChange, Version: 1000, Changes: []workspace.TextChange{{Text: elephant}},
	}, workspace.Modification{Path: path, Action: workspace.ActionClose})
	b.until("the disk to count again", func() bool { return b.finds("Giraffe", "a.go:Giraffe") && !b.finds("Elephant", "a.go:Elephant") })
}

func TestFoldersAreViewsOfTheirRepository(t *testing.T) {
	dir := folder(t, map[string]string{"one/a.go": giraffe, "two/b.go": elephant})
	git(t, dir, "init", "-q")
	b := start(t, engine.Config{})
	b.open(filepath.Join(dir, "one"))
	if !b.finds("Giraffe", "one/a.go:Giraffe") || b.finds("Elephant", "two/b.go:Elephant") {
		t.Error("a folder does not show just itself")
	}
	b.open(filepath.Join(dir, "two"))
	if n := len(b.Status().Roots); n != 1 {
		t.Errorf("two folders of a repository have %d indexes, want 1", n)
	}
	if !b.finds("Elephant", "two/b.go:Elephant") {
		t.Error("the second folder cannot be searched")
	}
	if err := b.RemoveFolder(filepath.Join(dir, "one")); err != nil {
		t.Fatal(err)
	}
	if b.finds("Giraffe", "one/a.go:Giraffe") || !b.finds("Elephant", "two/b.go:Elephant") {
		t.Error("closing one folder does not leave just the other")
	}
	if err := b.RemoveFolder(filepath.Join(dir, "one")); !errors.Is(err, engine.ErrNotOpen) {
		t.Errorf("closing a closed folder gives %v", err)
	}
	if err := b.RemoveFolder(filepath.Join(dir, "two")); err != nil {
		t.Fatal(err)
	}
	if st := b.Status(); len(st.Roots) != 0 {
		t.Errorf("roots are left: %+v", st.Roots)
	}
}

func TestFolderInsideAnIndexedFolderIsAView(t *testing.T) {
	dir := folder(t, map[string]string{"one/a.go": giraffe, "b.go": elephant})
	cache := t.TempDir()
	first := start(t, engine.Config{CacheDir: cache})
	first.open(dir)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	b := start(t, engine.Config{CacheDir: cache})
	b.open(filepath.Join(dir, "one"))
	if st := b.Status(); st.Roots[0].Path != dir || st.Roots[0].Encoded != 0 {
		t.Errorf("the folder is not a view of the index above it: %+v", st.Roots)
	}
	if b.finds("Elephant", "b.go:Elephant") {
		t.Error("a result lies outside the folder")
	}
}

// TestHomeIsNoWorkspaceOfAll: the index of a home folder is not taken for every folder below it.
func TestHomeIsNoWorkspaceOfAll(t *testing.T) {
	home := folder(t, map[string]string{"project/in/a.go": giraffe, "b.go": elephant})
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	cache := t.TempDir()
	b := start(t, engine.Config{CacheDir: cache})
	for _, dir := range []string{"", "project", "project/in"} {
		b.open(filepath.Join(home, dir))
		if err := b.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]string{"": "", "project": "project", "project/in": "project", "project/in/..": "project"} {
		where, err := engine.FindRoot(cache, filepath.Join(home, dir))
		if err != nil || where.Path != filepath.Join(home, want) {
			t.Errorf("the root of %q is %s, %v, want %q", dir, where.Path, err, want)
		}
	}
	if st := b.Status(); len(st.Roots) != 2 {
		t.Errorf("roots %+v", st.Roots)
	}
}

// TestOpenedFolderThatIsLeftOut: who opens a folder that its repository leaves out means it.
func TestOpenedFolderThatIsLeftOut(t *testing.T) {
	dir := folder(t, map[string]string{".gitignore": "*\n", "project/a.go": giraffe, "vendor/x/b.go": elephant})
	git(t, dir, "init", "-q")
	for sub, want := range map[string]string{"project": "a.go:Giraffe", "vendor/x": "b.go:Elephant"} {
		b := start(t, engine.Config{})
		b.open(filepath.Join(dir, sub))
		if got := b.found("animal"); !slices.Equal(got, []string{want}) {
			t.Errorf("in %s there is %v, want %s", sub, got, want)
		}
	}
	b := start(t, engine.Config{})
	b.open(dir)
	if r, err := b.Search(context.Background(), search.Request{Query: "animal"}); err != nil || len(r.Results) > 0 || !strings.Contains(r.Message, "is left out: ignored") {
		t.Errorf("the repository answers %+v, %v", r, err)
	}
	write(t, dir, settings.RepositoryFile, "[index]\ninclude = [\"/project/\", \"*.go\"]\n")
	where, err := engine.FindRoot(t.TempDir(), filepath.Join(dir, "project"))
	if err != nil || where.Path != dir {
		t.Errorf("the root of a folder that a setting lets in is %s, %v", where.Path, err)
	}
}

func TestWorktreesShareVectors(t *testing.T) {
	dir := folder(t, map[string]string{"main/a.go": giraffe, "main/b.go": elephant})
	tree := filepath.Join(dir, "main")
	git(t, tree, "init", "-q")
	git(t, tree, "add", ".")
	git(t, tree, "commit", "-qm", "animals")
	git(t, tree, "worktree", "add", "-q", filepath.Join(dir, "other"))
	b := start(t, engine.Config{})
	b.open(tree)
	if err := b.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.open(filepath.Join(dir, "other"))
	for _, r := range b.Status().Roots {
		if filepath.Base(r.Path) == "other" && (r.Encoded != 0 || r.Units == 0) {
			t.Errorf("the second work tree encoded %d of %d units again", r.Encoded, r.Units)
		}
	}
}

func TestDiskIsFollowed(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe, "old/c.go": elephant})
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "animals")
	b := start(t, engine.Config{Watch: true})
	b.open(dir)

	write(t, dir, "deep/er/b.go", strings.ReplaceAll(giraffe, "Giraffe", "Okapi"))
	b.until("a new file", func() bool { return b.finds("Okapi", "deep/er/b.go:Okapi") })

	if err := os.RemoveAll(filepath.Join(dir, "old")); err != nil {
		t.Fatal(err)
	}
	b.until("a folder to vanish", func() bool { return !b.finds("Elephant", "old/c.go:Elephant") })

	git(t, dir, "checkout", "-qb", "topic")
	write(t, dir, "a.go", strings.ReplaceAll(giraffe, "Giraffe", "Zebra"))
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "zebra")
	b.until("the branch", func() bool { return b.finds("Zebra", "a.go:Zebra") })
	git(t, dir, "checkout", "-q", "-")
	b.until("the other branch", func() bool {
		return b.finds("Giraffe", "a.go:Giraffe") && !b.finds("Zebra", "a.go:Zebra") && b.finds("Elephant", "old/c.go:Elephant")
	})

	write(t, dir, ".gitignore", "deep/\n")
	b.until("an ignored folder to vanish", func() bool { return !b.finds("Okapi", "deep/er/b.go:Okapi") })
}

func TestSettingsOfARepository(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe, settings.RepositoryFile: "enabled = \"off\"\n"})
	b := start(t, engine.Config{Watch: true})
	b.open(dir)
	if st := b.Status().Roots[0]; st.State != engine.Disabled || st.Reason == "" {
		t.Errorf("a repository that is switched off is %s: %s", st.State, st.Reason)
	}
	if r, err := b.Search(context.Background(), search.Request{Query: "Giraffe"}); err != nil || len(r.Results) > 0 || !strings.Contains(r.Message, "the setting enabled is off") {
		t.Errorf("a repository that is switched off answers %+v, %v", r, err)
	}
	write(t, dir, settings.RepositoryFile, "enabled = \"on\"\n")
	b.until("the repository to be switched on", func() bool { return b.finds("Giraffe", "a.go:Giraffe") })
}

// TestSizesOfARepository: files that a setting of the repository lets in can be read too, which exact text needs.
func TestSizesOfARepository(t *testing.T) {
	large := giraffe + strings.Repeat("// and so on, for more than a file may have that nobody lets in\n", 1<<14)
	dir := folder(t, map[string]string{"a.go": elephant, "large.go": large})
	b := start(t, engine.Config{Watch: true})
	b.open(dir)
	if got := b.found(`"func Giraffe()"`); len(got) > 0 {
		t.Errorf("a file that is too large has %v", got)
	}
	write(t, dir, settings.RepositoryFile, "[index]\nmaxFileSize = 4000000\n")
	b.until("the large file to be let in", func() bool { return b.finds(`"func Giraffe()"`, "large.go:Giraffe") })
	layer, err := settings.ParseJSON(settings.FromEditor, "test", []byte(`{"index":{"maxFileSize":100}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Configure(layer); err != nil {
		t.Fatal(err)
	}
	b.wait()
	if got := b.found(`func`); !slices.Equal(got, []string{"a.go:Elephant"}) {
		t.Errorf("with a bound of 100 bytes there is %v", got)
	}
}

func TestHugeWorkspaceIsAskedFor(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe, "b.go": elephant})
	layer, err := settings.ParseJSON(settings.FromEditor, "test", []byte(`{"index":{"askAboveFiles":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	b := start(t, engine.Config{Layers: []settings.Layer{layer}, Ask: func(_ context.Context, q engine.Question) engine.Answer {
		asked++
		if q.Root != dir || q.Files != 2 || q.Bytes == 0 || q.Never {
			t.Errorf("the question is %+v", q)
		}
		return engine.NotNow
	}})
	if err := b.AddFolder(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	declined := func(after string) {
		t.Helper()
		if err := b.Wait(context.Background()); !errors.Is(err, indexer.ErrDeclined) {
			t.Errorf("after %s: waiting for a declined index gives %v", after, err)
		}
		if st := b.Status().Roots[0]; st.State != engine.Disabled || !st.Declined || st.Files != 0 || st.Pending != 0 || asked != 1 {
			t.Errorf("after %s a declined repository is %s (%s) with %d files, %d questions", after, st.State, st.Reason, st.Files, asked)
		}
	}
	declined("opening")
	write(t, dir, "a.go", giraffe+giraffe)
	b.modify(workspace.Modification{Path: filepath.Join(dir, "a.go"), Action: workspace.ActionWrite, Cause: workspace.CauseWatcherOwn})
	declined("a change of a file")
	write(t, dir, ".gitignore", "*.o\n")
	b.modify(workspace.Modification{Path: filepath.Join(dir, ".gitignore"), Action: workspace.ActionWrite, Cause: workspace.CauseWatcherOwn})
	declined("a change of the rules")
	if err := b.Reindex(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	b.wait()
	if !b.finds("Giraffe", "a.go:Giraffe") || asked != 1 {
		t.Error("nothing is found after somebody asked for an index")
	}
	write(t, dir, "c.go", strings.ReplaceAll(giraffe, "Giraffe", "Zebra"))
	b.modify(workspace.Modification{Path: filepath.Join(dir, "c.go"), Action: workspace.ActionCreate, Cause: workspace.CauseWatcherOwn})
	b.wait()
	if !b.finds("Zebra", "c.go:Zebra") {
		t.Error("changes are not followed after somebody asked for an index")
	}
}

// TestRefusalIsKept: who never wants a repository to be indexed is not asked with every start, until somebody reindexes.
func TestRefusalIsKept(t *testing.T) {
	dir, cache := folder(t, map[string]string{"a.go": giraffe, "b.go": elephant}), t.TempDir()
	layer := func(text string) []settings.Layer {
		l, err := settings.ParseJSON(settings.FromEditor, "test", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return []settings.Layer{l}
	}
	asking := layer(`{"index":{"askAboveFiles":1}}`)
	// session opens the folder and returns how the answer before was reported and what came of it.
	session := func(layers []settings.Layer, answer engine.Answer, reindex bool) (before []bool, state engine.State) {
		b := start(t, engine.Config{CacheDir: cache, Layers: layers, Ask: func(_ context.Context, q engine.Question) engine.Answer {
			before = append(before, q.Never)
			if q.Never {
				return engine.Never
			}
			return answer
		}})
		if err := b.AddFolder(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(context.Background()); err != nil && !errors.Is(err, indexer.ErrDeclined) {
			t.Fatal(err)
		}
		if reindex {
			if err := b.Reindex(context.Background(), dir); err != nil {
				t.Fatal(err)
			}
			b.wait()
		}
		state = b.Status().Roots[0].State
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		return before, state
	}
	for _, c := range []struct {
		name    string
		layers  []settings.Layer
		answer  engine.Answer
		reindex bool
		before  []bool
		state   engine.State
	}{
		{"not now", asking, engine.NotNow, false, []bool{false}, engine.Disabled},
		{"the next start asks again", asking, engine.Never, false, []bool{false}, engine.Disabled},
		{"never is kept", asking, engine.Yes, false, []bool{true}, engine.Disabled},
		{"enabled takes it back", layer(`{"enabled":"on"}`), engine.NotNow, false, nil, engine.Ready},
	} {
		before, state := session(c.layers, c.answer, c.reindex)
		if !slices.Equal(before, c.before) || state != c.state {
			t.Errorf("%s: asked %v, the state is %s", c.name, before, state)
		}
	}
	if store.Refused(filepath.Join(cache, store.DirectoryName(dir))) {
		t.Error("what was refused is refused although it was indexed")
	}
	for _, s := range stored(t, cache) {
		if _, err := s.Remove(); err != nil {
			t.Fatal(err)
		}
	}
	session(asking, engine.Never, true)
	if store.Refused(filepath.Join(cache, store.DirectoryName(dir))) {
		t.Error("what was refused is refused although somebody reindexed")
	}
}

// stored lists the indexes in a cache folder.
func stored(t *testing.T, cache string) []store.Stored {
	t.Helper()
	all, err := store.ListStored(cache)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPauseHoldsBulkWorkOnly(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	b := start(t, engine.Config{})
	b.open(dir)
	if err := b.Pause(""); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "b.go", elephant)
	if err := b.Reconcile(""); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a.go")
	b.modify(workspace.Modification{Path: path, Action: workspace.ActionOpen, Version: 1, Text: strings.ReplaceAll(giraffe, "Giraffe", "Okapi")})
	b.until("an edit while paused", func() bool { return b.finds("Okapi", "a.go:Okapi") })
	if st := b.Status().Roots[0].State; st != engine.Paused {
		t.Errorf("a paused root is %s", st)
	}
	if b.finds("Elephant", "b.go:Elephant") {
		t.Error("bulk work goes on while paused")
	}
	if err := b.Resume(dir); err != nil {
		t.Fatal(err)
	}
	b.wait()
	if !b.finds("Elephant", "b.go:Elephant") {
		t.Error("bulk work did not go on")
	}
}

func TestReindexStartsFromNothing(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	b := start(t, engine.Config{})
	b.open(dir)
	path := filepath.Join(dir, "b.go")
	b.modify(workspace.Modification{Path: path, Action: workspace.ActionOpen, Version: 1, Text: elephant})
	before := b.Status().Roots[0].Encoded
	if err := b.Reindex(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	b.wait()
	if !b.finds("Giraffe", "a.go:Giraffe") || !b.finds("Elephant", "b.go:Elephant") {
		t.Error("something is missing after a new start")
	}
	if after := b.Status().Roots[0].Encoded; after <= before {
		t.Error("nothing was encoded again")
	}
}

func TestWhatIsNotAFolder(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	b := start(t, engine.Config{})
	if err := b.AddFolder(context.Background(), filepath.Join(dir, "a.go")); !errors.Is(err, engine.ErrNotFolder) {
		t.Errorf("opening a file gives %v", err)
	}
	if err := b.AddFolder(context.Background(), filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("opening nothing gives %v", err)
	}
	if err := b.Pause(filepath.Join(dir, "missing")); !errors.Is(err, engine.ErrNotOpen) {
		t.Errorf("pausing a folder that is not open gives %v", err)
	}
	if r, err := b.Search(context.Background(), search.Request{Query: "anything"}); err != nil || len(r.Results) != 0 {
		t.Errorf("a search without folders gives %+v, %v", r, err)
	}
}

// TestStoredIndexIsNotCompleteBeforeItWasCompared opens a stored index whose files changed meanwhile: what it shows
// before it was compared with the disk must not count as complete.
func TestStoredIndexIsNotCompleteBeforeItWasCompared(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	cache := t.TempDir()
	first := start(t, engine.Config{CacheDir: cache})
	first.open(dir)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.go", elephant)
	b := start(t, engine.Config{CacheDir: cache})
	if err := b.AddFolder(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		r, err := b.Search(context.Background(), search.Request{Query: "Elephant"})
		if err != nil {
			t.Fatal(err)
		}
		stale := len(r.Results) == 0 || r.Results[0].Name != "Elephant"
		if r.Complete && stale {
			t.Fatalf("an answer that misses a change on disk says that it is complete: %+v", r)
		}
		if r.Complete {
			return
		}
	}
	b.wait()
	if !b.finds("Elephant", "a.go:Elephant") {
		t.Error("the change is not found in the end")
	}
}

// TestIgnoreFileHidesAnOpenDocument ignores a document that is open and not saved, and shows it again.
func TestIgnoreFileHidesAnOpenDocument(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	b := start(t, engine.Config{})
	b.open(dir)
	path, ignore := filepath.Join(dir, "new.go"), filepath.Join(dir, ".semanticignore")
	b.modify(workspace.Modification{Path: path, Action: workspace.ActionOpen, Version: 1, Text: elephant})
	b.until("the document", func() bool { return b.finds("Elephant", "new.go:Elephant") })
	write(t, dir, ".semanticignore", "new.go\n")
	b.modify(workspace.Modification{Path: ignore, Action: workspace.ActionCreate, Cause: workspace.CauseEditor})
	b.until("the document to be ignored", func() bool { return !b.finds("Elephant", "new.go:Elephant") })
	write(t, dir, ".semanticignore", "other.go\n")
	b.modify(workspace.Modification{Path: ignore, Action: workspace.ActionWrite, Cause: workspace.CauseEditor})
	b.until("the document again", func() bool { return b.finds("Elephant", "new.go:Elephant") })
}

// TestReindexAndSettingsDuringARun interrupts bulk work that is paused: no fault may be left.
func TestReindexAndSettingsDuringARun(t *testing.T) {
	dir := folder(t, map[string]string{"a.go": giraffe})
	b := start(t, engine.Config{})
	b.open(dir)
	if err := b.Pause(""); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := b.Reindex(context.Background(), ""); err != nil {
			t.Fatal(err)
		}
	}
	layer, err := settings.ParseJSON(settings.FromEditor, "test", []byte(`{"index":{"exclude":["b.go"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Configure(layer); err != nil {
		t.Fatal(err)
	}
	if st := b.Status().Roots[0]; st.State != engine.Paused {
		t.Errorf("the root is %s after settings have changed, want paused as before", st.State)
	}
	if err := b.Resume(""); err != nil {
		t.Fatal(err)
	}
	b.wait()
	if st := b.Status().Roots[0]; st.State != engine.Ready || st.Problem != "" {
		t.Errorf("the root is %s: %s%s", st.State, st.Reason, st.Problem)
	}
	if !b.finds("Giraffe", "a.go:Giraffe") {
		t.Error("nothing is found")
	}
}

func TestIndexesOfVanishedFoldersAreCollected(t *testing.T) {
	cache := t.TempDir()
	index := func(dir string) string {
		b := start(t, engine.Config{CacheDir: cache})
		b.open(dir)
		where := b.Status().Roots[0].Directory
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		return where
	}
	kept, gone, recent := folder(t, map[string]string{"a.go": giraffe}), folder(t, map[string]string{"a.go": giraffe}), folder(t, map[string]string{"a.go": giraffe})
	keptIndex, goneIndex, recentIndex := index(kept), index(gone), index(recent)
	long := time.Now().Add(-365 * 24 * time.Hour)
	for _, dir := range []string{keptIndex, goneIndex} {
		if err := os.Chtimes(filepath.Join(dir, store.ManifestName), long, long); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{gone, recent} {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	b := start(t, engine.Config{CacheDir: cache, Watch: true})
	if err := b.Close(); err != nil { // waits for what runs beside
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{keptIndex: true, recentIndex: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("index %s: %v", dir, err)
		}
	}
	eventuallyGone := start(t, engine.Config{CacheDir: cache, Watch: true})
	eventuallyGone.untilGone(goneIndex)
}

// untilGone waits until a folder does not exist.
func (b *bench) untilGone(dir string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			b.t.Fatalf("%s is still there", dir)
		}
	}
}
