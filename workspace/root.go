package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSmallFile bounds the ignore, configuration and pointer files that are read whole.
const maxSmallFile = 16 << 20

// Root is the directory an index belongs to: the work tree of the git
// repository around a folder, or the folder itself when there is none.
type Root struct {
	// Path is the canonical directory.
	Path string
	// GitDir is the repository's own git directory, "" outside git. For a
	// linked work tree or a submodule it lies elsewhere than Path/.git.
	GitDir string
	// CommonDir is the git directory that linked work trees share; it equals
	// GitDir for all others and is "" outside git.
	CommonDir string
}

// IsGit reports whether the root is the work tree of a git repository.
func (r Root) IsGit() bool { return r.GitDir != "" }

// HeadFiles returns the files that change when another commit or branch is
// checked out; none outside git. They are replaced by rename, so watch their
// directory.
func (r Root) HeadFiles() []string {
	if r.GitDir == "" {
		return nil
	}
	return []string{filepath.Join(r.GitDir, "HEAD")}
}

// Rel returns path relative to the root with forward slashes ("." for the
// root itself), and false when path lies outside. Both must be canonical.
func (r Root) Rel(path string) (string, bool) {
	return relative(r.Path, path, filepath.Separator)
}

func relative(root, path string, separator byte) (string, bool) {
	if path == root {
		return ".", true
	}
	rest, ok := strings.CutPrefix(path, root)
	if !ok || rest == "" {
		return "", false
	}
	if rest[0] == separator {
		rest = rest[1:]
	} else if root[len(root)-1] != separator {
		return "", false
	}
	if separator != '/' {
		rest = strings.ReplaceAll(rest, string(separator), "/")
	}
	return rest, true
}

// FindRoot returns the root of a directory (or of a file's directory): the
// nearest enclosing git work tree, else the directory itself. A submodule is
// its own root when the directory lies within it, and part of its
// superproject's root when the directory lies above. A .git that is neither a
// git directory nor a valid pointer to one is passed over. It fails when dir
// cannot be resolved or does not exist.
func FindRoot(dir string) (Root, error) {
	path, err := Canonical(dir)
	if err != nil {
		return Root{}, fmt.Errorf("find root: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Root{}, fmt.Errorf("find root: %w", err)
	}
	if !info.IsDir() {
		path = filepath.Dir(path)
	}
	for at := path; ; {
		if gitDir, ok := gitDirOf(at); ok {
			return Root{Path: at, GitDir: gitDir, CommonDir: commonDirOf(gitDir)}, nil
		}
		parent := filepath.Dir(at)
		if parent == at {
			return Root{Path: path}, nil
		}
		at = parent
	}
}

// gitDirOf returns the git directory of the work tree whose top is dir.
func gitDirOf(dir string) (string, bool) {
	dot := filepath.Join(dir, ".git")
	info, err := os.Stat(dot)
	if err != nil {
		return "", false
	}
	gitDir := dot
	if !info.IsDir() {
		text, err := readSmallFile(dot)
		target, ok := strings.CutPrefix(text, "gitdir:")
		if err != nil || !ok {
			return "", false
		}
		gitDir = strings.TrimRight(strings.TrimLeft(target, " "), "\r\n")
		if !filepath.IsAbs(gitDir) {
			gitDir = filepath.Join(dir, gitDir)
		}
	}
	if _, err := os.Lstat(filepath.Join(gitDir, "HEAD")); err != nil {
		return "", false
	}
	canonical, err := Canonical(gitDir)
	if err != nil {
		return "", false
	}
	return canonical, true
}

func commonDirOf(gitDir string) string {
	text, err := readSmallFile(filepath.Join(gitDir, "commondir"))
	if err != nil {
		return gitDir
	}
	common := strings.TrimRight(text, "\r\n")
	if !filepath.IsAbs(common) {
		common = filepath.Join(gitDir, common)
	}
	canonical, err := Canonical(common)
	if err != nil {
		return gitDir
	}
	return canonical
}

// readSmallFile reads a regular file of at most maxSmallFile bytes.
func readSmallFile(path string) (string, error) {
	content, err := readRegular(path, maxSmallFile)
	return string(content), err
}

// readRegular reads a file that must be regular and hold at most limit bytes.
// It never blocks on a pipe or device that stands in a file's place.
func readRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %q: %w", path, ErrNotRegular)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("read %q: %w: %d bytes", path, ErrTooLarge, info.Size())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		if int64(len(content)) > limit {
			return nil, fmt.Errorf("read %q: %w", path, ErrTooLarge)
		}
		if err == io.EOF {
			return content, nil
		}
		if err != nil {
			return nil, err
		}
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
	}
}

// Errors of reading files, to be tested with errors.Is.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("file too large")
)

// isAbsent reports whether err says that a path does not exist, also because
// one of its parents is a file or because its name is not possible here.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDirectory) || errors.Is(err, errBadName)
}
