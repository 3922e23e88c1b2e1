package train

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lsp/indexer/chunk"
)

// A Repository is a source of code: a git directory, bare or with a checkout, or a plain folder.
type Repository struct {
	Name string // as it is reported, such as owner/name
	Path string
}

// sourceFile is one file of a repository.
type sourceFile struct {
	path string // with forward slashes, relative to the root
	size int64
	id   string // of the blob in git, "" in a plain folder
}

// A tree reads the files of one revision of a repository.
type tree struct {
	root     string
	revision string // commit, or "folder"
	files    []sourceFile
	git      bool
}

// openTree lists the files of the newest revision of a repository, in the order of their paths.
func openTree(ctx context.Context, r Repository) (*tree, error) {
	t := &tree{root: r.Path}
	revision, err := runGit(ctx, r.Path, "rev-parse", "--verify", "HEAD^{commit}")
	if err != nil {
		t.revision = "folder"
		return t, t.listFolder()
	}
	t.git, t.revision = true, strings.TrimSpace(string(revision))
	listing, err := runGit(ctx, r.Path, "ls-tree", "-r", "-l", "-z", "--full-tree", t.revision)
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", r.Name, err)
	}
	for entry := range bytes.SplitSeq(listing, []byte{0}) {
		head, name, ok := strings.Cut(string(entry), "\t")
		fields := strings.Fields(head)
		if !ok || len(fields) != 4 || fields[1] != "blob" || fields[0] == "120000" {
			continue // the end, a submodule, a symbolic link
		}
		size, err := strconv.ParseInt(fields[3], 10, 64)
		if err != nil {
			continue // a blob that the snapshot leaves out
		}
		t.files = append(t.files, sourceFile{name, size, fields[2]})
	}
	return t, nil
}

func runGit(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "safe.directory=*"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

func (t *tree) listFolder() error {
	return filepath.WalkDir(t.root, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("list files of %s: %w", t.root, err)
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone since the listing
		}
		rel, err := filepath.Rel(t.root, p)
		if err != nil {
			return fmt.Errorf("list files of %s: %w", t.root, err)
		}
		t.files = append(t.files, sourceFile{path: filepath.ToSlash(rel), size: info.Size()})
		return nil
	})
}

// licenseName matches the names of licence files and the folders that hold them.
var licenseName = regexp.MustCompile(`(?i)^((.*[-_.])?(licen[cs]es?|copying|unlicense)([-_.].*)?|l?gpl[-0-9.a-z]*|copyright([-_.].*)?)$`)

// license returns the path of the licence file that covers the repository, or "": the one nearest to the root, with
// the plainest name.
func (t *tree) license() string {
	best, least := "", 0
	for _, f := range t.files {
		depth := strings.Count(f.path, "/")
		folder, name := path.Split(f.path)
		if depth > 3 || skippedFolder(f.path) || chunk.IsCode(chunk.DetectLanguage(f.path, nil)) ||
			!licenseName.MatchString(name) && !licenseName.MatchString(path.Base(folder)) {
			continue
		}
		cost := 1000*depth + len(name)
		if !strings.HasPrefix(strings.ToUpper(name), "LICEN") {
			cost += 100
		}
		if best == "" || cost < least {
			best, least = f.path, cost
		}
	}
	return best
}

// read calls yield with the content of each file, in order. The content is valid until yield returns. Unreadable
// files are passed to yield as nil.
func (t *tree) read(ctx context.Context, yield func(sourceFile, []byte) error) error {
	if !t.git {
		for _, f := range t.files {
			content, err := os.ReadFile(filepath.Join(t.root, filepath.FromSlash(f.path)))
			if err != nil {
				content = nil
			}
			if err := yield(f, content); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	return t.readBlobs(ctx, yield)
}

// readBlobs reads the files through one git cat-file --batch.
func (t *tree) readBlobs(ctx context.Context, yield func(sourceFile, []byte) error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-C", t.root, "-c", "safe.directory=*", "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("read blobs of %s: %w", t.root, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("read blobs of %s: %w", t.root, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("read blobs of %s: %w", t.root, err)
	}
	asked := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(in)
		for _, f := range t.files {
			if _, err := w.WriteString(f.id + "\n"); err != nil {
				break // the reader sees the end of the output and reports it
			}
		}
		asked <- errors.Join(w.Flush(), in.Close())
	}()
	defer func() {
		cancel()
		<-asked
		_ = cmd.Wait() // killed on purpose, or done: what matters came through the pipe
	}()
	r := bufio.NewReaderSize(out, 1<<20)
	var content []byte
	for _, f := range t.files {
		head, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("read blob of %s in %s: %w", f.path, t.root, err)
		}
		fields := strings.Fields(head)
		if len(fields) != 3 {
			if err := yield(f, nil); err != nil { // "<id> missing"
				return err
			}
			continue
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			return fmt.Errorf("read blob of %s in %s: size %q", f.path, t.root, fields[2])
		}
		content = slices.Grow(content[:0], size+1)[:size+1]
		if _, err := io.ReadFull(r, content); err != nil {
			return fmt.Errorf("read blob of %s in %s: %w", f.path, t.root, err)
		}
		if err := yield(f, content[:size]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// skippedFolder reports whether a file lies in a folder that holds other people's or generated code. The libraries
// named are those of kept_out.txt that others often carry along.
func skippedFolder(p string) bool {
	for part := range strings.SplitSeq(path.Dir(p), "/") {
		switch part {
		case "vendor", "node_modules", "third_party", "thirdparty", "external", "dist", "build", "_vendor", "_vendored",
			"extern", "deps", "Godeps", "bower_components", "generated", "site-packages", "3rdparty", "bundled",
			"absl", "curl", "fmtlib", "libuv":
			return true
		}
	}
	return false
}
