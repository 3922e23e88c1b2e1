package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"lsp/indexer/chunk"
	"lsp/indexer/store"
	"lsp/server/settings"
	"lsp/workspace"
)

// patient finds out what the doctor is to examine.
func (g *globals) patient(root string) (patient, error) {
	where, cache, err := g.rootOf(root)
	return patient{globals: g, where: where, cache: cache}, err
}

func checkBuild(context.Context, patient) (health, string, string) {
	functions := 0
	for _, l := range chunk.Languages() {
		if l.Functions {
			functions++
		}
	}
	detail := fmt.Sprintf("%s, %s/%s, finds functions in %d languages", runtime.Version(), runtime.GOOS, runtime.GOARCH, functions)
	if !buildInfo().Cgo {
		return warning, detail + ", built without cgo",
			"functions are found with less certainty, and in fewer languages; build with CGO_ENABLED=1 and a C compiler"
	}
	return healthy, detail, ""
}

func checkModel(_ context.Context, p patient) (health, string, string) {
	enc, err := p.encoder()
	if err != nil {
		advice := "the program is damaged: build or install it again"
		switch {
		case p.encoderName != "":
			advice = "leave --encoder out to use the model inside the program; lsp model list shows what is installed"
		case p.encoderFile != "":
			advice = "leave --encoder-file out to use the model inside the program, or name a file that lsp train made"
		}
		return broken, err.Error(), advice
	}
	id := enc.Identity()
	return healthy, fmt.Sprintf("%s, revision %s, %d dimensions; checksum is right", id.Model, id.Revision, id.Dimensions), ""
}

func checkCache(_ context.Context, p patient) (health, string, string) {
	const advice = "make the folder writable, or name another one with --cache-dir (in an editor: the setting cacheDir)"
	if err := os.MkdirAll(p.cache, 0o700); err != nil {
		return broken, err.Error(), advice
	}
	probe, err := os.CreateTemp(p.cache, "doctor-*")
	if err != nil {
		return broken, err.Error(), advice
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return broken, err.Error(), advice
	}
	all, err := store.ListStored(p.cache)
	if err != nil {
		return broken, err.Error(), advice
	}
	gone := 0
	for _, s := range all {
		if s.Useless() != "" {
			gone++
		}
	}
	detail := fmt.Sprintf("%s is writable, %s", p.cache, counted(len(all), "index", "indexes"))
	if gone > 0 {
		return warning, fmt.Sprintf("%s, %d of them of no use any more", detail, gone), "remove them with: lsp index gc"
	}
	return healthy, detail, ""
}

// littleSpace is the free space in bytes below which indexing may soon fail.
const littleSpace = 500e6

func checkSpace(_ context.Context, p patient) (health, string, string) {
	free, err := freeSpace(p.cache)
	if errors.Is(err, errors.ErrUnsupported) {
		return healthy, "not known on this system", ""
	}
	if err != nil {
		return warning, err.Error(), "see the cache folder above"
	}
	detail := size(int64(min(free, 1<<62))) + " free for indexes"
	if free < littleSpace {
		return warning, detail, "free some space, or move the indexes with --cache-dir; an index takes about as much as the source text"
	}
	return healthy, detail, ""
}

func checkSettings(_ context.Context, p patient) (health, string, string) {
	_, problems := settings.ResolveRoot(p.where.Path)
	if len(problems) == 0 {
		return healthy, "nothing wrong in " + settings.RepositoryFile + " or no such file", ""
	}
	texts := make([]string, len(problems))
	for i, problem := range problems {
		texts[i] = problem.Error()
	}
	return broken, strings.Join(texts, "; "), "correct " + filepath.Join(p.where.Path, settings.RepositoryFile) + "; wrong keys are ignored until then"
}

func checkWorkspace(_ context.Context, p patient) (health, string, string) {
	if !p.where.IsGit() {
		return healthy, p.where.Path + ", no git repository: everything below the folder is one workspace", ""
	}
	return healthy, p.where.Path + ", a git repository: what git ignores is left out", ""
}

// watchLimit is where Linux keeps the number of folders that a user may watch.
const watchLimit = "/proc/sys/fs/inotify/max_user_watches"

func checkWatching(ctx context.Context, p patient) (health, string, string) {
	if runtime.GOOS != "linux" {
		return healthy, "nothing to set on " + runtime.GOOS, ""
	}
	text, err := os.ReadFile(watchLimit)
	if err != nil {
		return warning, err.Error(), "changes are found by looking at the files every few seconds"
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return warning, fmt.Sprintf("%s holds %q", watchLimit, text), "changes are found by looking at the files every few seconds"
	}
	folders, err := countFolders(ctx, p.where)
	if err != nil {
		return warning, err.Error(), "make the folders readable, or leave them out with a line in .semanticignore"
	}
	detail := fmt.Sprintf("%s folders to watch, %s allowed for all programs together", thousands(folders), thousands(limit))
	if folders*2 > limit {
		return warning, detail, "allow more with: sudo sysctl fs.inotify.max_user_watches=" + strconv.Itoa(max(524288, folders*4))
	}
	return healthy, detail, ""
}

// countFolders counts the folders that hold files to be indexed.
func countFolders(ctx context.Context, where workspace.Root) (int, error) {
	folders := map[string]bool{}
	_, err := workspace.Walk(ctx, workspace.LoadRules(where, workspace.RuleOptions{}), workspace.WalkOptions{}, func(e workspace.Entry) error {
		folders[path.Dir(e.Rel)] = true
		return nil
	})
	return len(folders), err
}

func checkIndex(ctx context.Context, p patient) (health, string, string) {
	s := store.ReadStored(filepath.Join(p.cache, store.DirectoryName(p.where.Path)))
	if errors.Is(s.Err, fs.ErrNotExist) {
		return healthy, "none yet for " + p.where.Path + "; the first search makes it", ""
	}
	s, err := verify(ctx, s)
	if errors.Is(err, store.ErrMismatch) {
		return warning, "made by another version of lsp", "nothing to do: it is built anew when it is used"
	}
	if err != nil {
		return warning, err.Error(), "nothing to do: it is built anew when it is used; should that happen often, check the disk"
	}
	files, units, bytes := totals(s.Manifest)
	detail := fmt.Sprintf("%s files, %s units, %s, checksums are right", thousands(files), thousands(units), size(bytes))
	if inUse(s) {
		detail += "; another process keeps it up to date"
	}
	if !s.Manifest.Complete {
		return warning, detail + "; incomplete", "complete it with: lsp index --root " + p.where.Path
	}
	return healthy, detail, ""
}

// inUse reports whether a process holds the lock of the index.
func inUse(s store.Stored) bool {
	d, err := store.OpenDir(s.Dir)
	if err != nil {
		return false
	}
	defer d.Close()
	locked, err := d.TryLock()
	return err == nil && !locked
}

// editors are programs that can use the server, with the way to set them up.
var editors = []struct{ program, advice string }{
	{"nvim", "Neovim 0.11: vim.lsp.config('semantic', { cmd = { 'lsp', '--stdio' }, root_markers = { '.git' } }) and vim.lsp.enable('semantic')"},
	{"hx", "Helix: [language-server.semantic] command = \"lsp\", args = [\"--stdio\"] in languages.toml, and its name in every language's list"},
	{"emacs", "Emacs: (add-to-list 'eglot-server-programs '(prog-mode . (\"lsp\" \"--stdio\")))"},
	{"code", "VS Code: the extension in editors/vscode of the repository, whose README says how to build and install it"},
}

func checkEditors(context.Context, patient) (health, string, string) {
	var found, advice []string
	for _, e := range editors {
		if _, err := exec.LookPath(e.program); err == nil {
			found = append(found, e.program)
			advice = append(advice, e.advice)
		}
	}
	if _, err := exec.LookPath("lsp"); err != nil {
		advice = append(advice, "lsp is not in the PATH, where editors look for it: go install lsp/server/lsp")
	}
	if len(found) == 0 {
		return healthy, "none of nvim, hx, emacs, code in the PATH", strings.Join(advice, "; ")
	}
	return healthy, strings.Join(found, ", "), strings.Join(advice, "; ")
}
