package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"lsp/workspace"
)

// Changes is the set of files that differ from a revision.
type Changes struct {
	files   map[string]bool
	folders []string // repositories inside that differ as a whole, each with a slash at its end
}

// Has reports whether a file differs, by its path relative to the root with forward slashes.
func (c *Changes) Has(path string) bool {
	return c.files[path] || slices.ContainsFunc(c.folders, func(folder string) bool { return strings.HasPrefix(path, folder) })
}

// Len returns the number of files and of repositories inside that differ, deleted files included.
func (c *Changes) Len() int { return len(c.files) + len(c.folders) }

// kept is an answer with what it depends on.
type kept struct {
	revision string
	tree     uint64
	prints   string
	until    time.Time // zero for answers that do not depend on the clock
	changes  *Changes
}

// maxKept is how many answers are kept.
const maxKept = 8

// clockLife is how long an answer is kept that depends on the clock, such as what changed since yesterday.
const clockLife = time.Minute

// Changed returns the files of the work tree that differ from a revision, tracked or not, unless git ignores them.
//
// The revision "" is the last commit: what is staged, what is not staged, and what is untracked count. Any other revision
// is taken at its merge base with the last commit, so that of a branch only what is new here counts, not what is new
// there; a revision without any common ancestor is taken as it is. A text that names no revision but reads as a
// date (2026-11-22, yesterday, 2.weeks.ago) means the last commit before it, and everything when there is none.
//
// The number tree is the caller's count of states of the files: the same number promises that no file has changed since
// the last question.
func (r *Repository) Changed(ctx context.Context, revision string, tree uint64) (*Changes, error) {
	if revision != "" {
		if err := CheckRevision(revision); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	select {
	case r.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-r.busy }()
	prints := r.fingerprint(revision)
	i := slices.IndexFunc(r.kept, func(k kept) bool { return k.revision == revision })
	if i >= 0 {
		k := r.kept[i]
		r.kept = slices.Delete(r.kept, i, i+1)
		if k.tree == tree && k.prints == prints && (k.until.IsZero() || time.Now().Before(k.until)) {
			r.kept = append(r.kept, k)
			return k.changes, nil
		}
	}
	k := kept{revision: revision, tree: tree, prints: prints}
	if strings.Contains(revision, "@{") || isDate.MatchString(revision) {
		k.until = time.Now().Add(clockLife)
	}
	var err error
	if k.changes, err = r.changes(ctx, revision); err != nil {
		return nil, err
	}
	if r.kept = append(r.kept, k); len(r.kept) > maxKept {
		r.kept = slices.Delete(r.kept, 0, 1)
	}
	return k.changes, nil
}

// changes asks the program.
func (r *Repository) changes(ctx context.Context, revision string) (*Changes, error) {
	base, err := r.base(ctx, revision)
	if err != nil {
		return nil, err
	}
	filters, err := r.withoutFilters(ctx)
	if err != nil {
		return nil, err
	}
	c := &Changes{files: map[string]bool{}}
	// The program compares with the files of the disk, as it would for a person, not only with the index.
	out, err := r.run(ctx, append(filters, "diff", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
		"--ignore-submodules=dirty", "--relative", base, "--")...)
	if err != nil {
		return nil, err
	}
	c.addRaw(out)
	if err := r.addInside(ctx, c); err != nil {
		return nil, err
	}
	if out, err = r.run(ctx, "ls-files", "-z", "--others", "--exclude-standard"); err != nil {
		return nil, err
	}
	for path := range bytes.SplitSeq(out, []byte{0}) {
		if len(path) > 0 {
			c.add(string(path))
		}
	}
	return c, nil
}

// withoutFilters returns the options that keep the program from running filters, which any configuration can name and the
// attributes of a repository choose. A file that was touched and that a filter stores in another form then counts as changed.
func (r *Repository) withoutFilters(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "config", "-z", "--name-only", "--get-regexp", `^filter\..*\.(clean|process|required)$`)
	var failed *failure
	if errors.As(err, &failed) && failed.status == 1 {
		return nil, nil // there is none
	}
	if err != nil {
		return nil, err
	}
	var options []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if strings.Contains(name, "=") { // the option would end there
			return nil, fmt.Errorf("%s: git would run a filter that cannot be turned off: %q", r.root.Path, name)
		}
		options = append(options, "-c", name+"=")
	}
	return options, nil
}

// addInside adds the files that differ within the submodules that are checked out. The program would look there by itself,
// but with the filters that they name.
func (r *Repository) addInside(ctx context.Context, c *Changes) error {
	out, err := r.run(ctx, "ls-files", "-z", "--stage")
	if err != nil {
		return err
	}
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		_, name, ok := bytes.Cut(entry, []byte{'\t'})
		folder := string(name) + "/"
		if !ok || !bytes.HasPrefix(entry, []byte("160000 ")) || c.Has(folder) {
			continue
		}
		path := filepath.Join(r.root.Path, filepath.FromSlash(string(name)))
		root, err := workspace.FindRoot(path)
		if err != nil || root.Path != path {
			continue // not checked out
		}
		inside, err := Open(root).changes(ctx, "")
		if err != nil {
			return fmt.Errorf("in %s: %w", folder, err)
		}
		for file := range inside.files {
			c.add(folder + file)
		}
		for _, inner := range inside.folders {
			c.add(folder + inner)
		}
	}
	return nil
}

// addRaw adds the files of a raw diff: for each ":mode mode hash hash status", a zero, its path, a zero.
func (c *Changes) addRaw(out []byte) {
	for len(out) > 0 {
		var head, path []byte
		head, out, _ = bytes.Cut(out, []byte{0})
		path, out, _ = bytes.Cut(out, []byte{0})
		if len(path) == 0 {
			continue
		}
		if fields := strings.Fields(string(head)); len(fields) > 1 && (fields[0] == ":160000" || fields[1] == "160000") {
			path = append(bytes.Clone(path), '/') // a submodule
		}
		c.add(string(path))
	}
}

func (c *Changes) add(path string) {
	if strings.HasSuffix(path, "/") {
		c.folders = append(c.folders, path)
		return
	}
	c.files[path] = true
}

// base returns what the work tree is compared with, as a hash.
func (r *Repository) base(ctx context.Context, revision string) (string, error) {
	head, err := r.commit(ctx, "HEAD")
	if errors.Is(err, ErrNoRevision) && revision == "" {
		return r.nothing(ctx) // before the first commit everything is new
	}
	if err != nil && !errors.Is(err, ErrNoRevision) || revision == "" {
		return head, err
	}
	commit, err := r.commit(ctx, revision)
	if errors.Is(err, ErrNoRevision) && isDate.MatchString(revision) {
		return r.before(ctx, revision)
	}
	if err != nil || head == "" {
		return commit, err
	}
	out, err := r.run(ctx, "merge-base", commit, head)
	var failed *failure
	if errors.As(err, &failed) && failed.status == 1 {
		return commit, nil
	}
	return string(bytes.TrimSpace(out)), err
}

// isDate matches what can only be meant as a date.
var isDate = regexp.MustCompile(`^(\d{4}-\d{1,2}-\d{1,2}([ T].*)?|yesterday|\d+[ .]?(second|minute|hour|day|week|month|year)s?([ .]ago)?)$`)

// before returns the last commit before a date.
func (r *Repository) before(ctx context.Context, date string) (string, error) {
	out, err := r.run(ctx, "rev-list", "-1", "--before="+date, "HEAD")
	if err != nil {
		return "", err
	}
	if commit := bytes.TrimSpace(out); len(commit) > 0 {
		return string(commit), nil
	}
	return r.nothing(ctx)
}

// nothing returns the hash of a tree without files.
func (r *Repository) nothing(ctx context.Context) (string, error) {
	out, err := r.run(ctx, "hash-object", "-t", "tree", os.DevNull)
	return string(bytes.TrimSpace(out)), err
}

// fingerprint sums up the files of the repository that an answer depends on: what the last commit is, what is staged,
// where the revision points to.
func (r *Repository) fingerprint(revision string) string {
	var b strings.Builder
	content := func(path string) string {
		text, err := readSmall(path)
		if err != nil {
			b.WriteString("-\n")
			return ""
		}
		b.Write(text)
		b.WriteByte('\n')
		return string(text)
	}
	if branch, ok := strings.CutPrefix(content(filepath.Join(r.root.GitDir, "HEAD")), "ref: "); ok {
		content(filepath.Join(r.root.CommonDir, filepath.FromSlash(strings.TrimSpace(branch))))
	}
	b.WriteString(state(filepath.Join(r.root.GitDir, "index")))
	for _, name := range []string{"packed-refs", filepath.Join("reftable", "tables.list"), filepath.Join("info", "exclude")} {
		b.WriteString(state(filepath.Join(r.root.CommonDir, name)))
	}
	name := revision
	if end := strings.IndexAny(name, "~^@:"); end >= 0 {
		name = name[:end]
	}
	if name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
		return b.String()
	}
	content(filepath.Join(r.root.GitDir, filepath.FromSlash(name))) // HEAD, FETCH_HEAD, ORIG_HEAD
	for _, folder := range []string{"", "refs", "refs/tags", "refs/heads", "refs/remotes"} {
		content(filepath.Join(r.root.CommonDir, filepath.FromSlash(folder), filepath.FromSlash(name)))
	}
	return b.String()
}

// maxReference is how much of a reference is read. A commit that is being merged has the longest.
const maxReference = 64 << 10

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxReference))
}

// state sums up a file that is replaced when it changes: its time, its size, and its end, where git writes a checksum.
func state(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "-\n"
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "-\n"
	}
	end := make([]byte, 32)
	n, err := f.ReadAt(end, max(0, info.Size()-int64(len(end))))
	if err != nil && !errors.Is(err, io.EOF) {
		n = 0
	}
	return info.ModTime().String() + string(end[:n]) + "\n"
}
