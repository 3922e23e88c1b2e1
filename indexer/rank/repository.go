package rank

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/chunk"
	"lsp/indexer/search"
	"lsp/workspace"
)

// Repository is a checked-out git repository, or a folder, that gives no questions from commits.
type Repository struct {
	Name string // owner/name
	Path string
}

// file is a file of a repository with what it was cut into.
type file struct {
	path string // relative, with forward slashes
	text []byte
	cut  chunk.File
}

// readFiles cuts all files that an index would hold, in the order of their paths.
func readFiles(ctx context.Context, dir string) ([]file, error) {
	root := workspace.Root{Path: dir}
	var files []file
	_, err := workspace.Walk(ctx, workspace.LoadRules(root, workspace.RuleOptions{}), workspace.WalkOptions{}, func(e workspace.Entry) error {
		text, err := os.ReadFile(e.Path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err != nil {
			return err
		}
		files = append(files, file{e.Rel, text, chunk.Chunk(ctx, e.Rel, text, chunk.Options{})})
		return ctx.Err()
	})
	return files, err
}

// writeFiles writes all files but prose, which questions come from, below a folder, with or without documentation.
func writeFiles(dir string, files []file, stripped bool) error {
	for i := range files {
		f := &files[i]
		if f.cut.Content == chunk.Docs {
			continue
		}
		to := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		text := f.text
		if stripped {
			text = strip(f.text, &f.cut)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// opened is an index of a folder.
type opened struct {
	view  search.View
	units int
	close func()
}

// open indexes a folder from nothing.
func open(ctx context.Context, dir string, enc encoder.Encoder) (*opened, error) {
	cache, err := os.MkdirTemp("", "rank-index-")
	if err != nil {
		return nil, err
	}
	root := workspace.Root{Path: dir}
	index, err := indexer.Open(indexer.Config{
		Root: root, Dir: cache, Encoder: enc, Rules: workspace.LoadRules(root, workspace.RuleOptions{}),
	})
	if err != nil {
		os.RemoveAll(cache)
		return nil, err
	}
	if err := index.Reconcile(ctx); err != nil {
		index.Close()
		os.RemoveAll(cache)
		return nil, err
	}
	epoch, release := index.Acquire()
	return &opened{
		view: search.View{Root: dir, Epoch: epoch}, units: index.Status().Units,
		close: func() {
			release()
			index.Close()
			os.RemoveAll(cache)
		},
	}, nil
}

// commit is a change of few files.
type commit struct {
	subject string
	files   []string
}

// commits returns the newest commits of a repository that are no merges, up to a number. A folder that is no git
// repository has none.
func commits(ctx context.Context, dir string, most int) (string, []commit, error) {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		return "folder", nil, nil
	}
	head, err := runGit(ctx, dir, "rev-parse", "HEAD")
	if err != nil {
		return "", nil, err
	}
	log, err := runGit(ctx, dir, "log", "--no-merges", "--no-renames", "--name-only", fmt.Sprintf("--max-count=%d", most),
		"--format=%x00%s", "HEAD")
	if err != nil {
		return "", nil, err
	}
	var out []commit
	for record := range strings.SplitSeq(log, "\x00") {
		lines := strings.Split(strings.TrimSpace(record), "\n")
		c := commit{subject: lines[0]}
		for _, line := range lines[1:] {
			if line != "" {
				c.files = append(c.files, line)
			}
		}
		if len(c.files) > 0 {
			out = append(out, c)
		}
	}
	return strings.TrimSpace(head), out, nil
}

func runGit(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "safe.directory=*", "-c", "core.quotePath=false"}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s in %s: %w: %s", args[0], dir, err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
