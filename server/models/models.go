// Package models installs transformers and the runtime they need into a folder, and removes them. Every file is
// checked against the checksum of its specification before it counts; the manifest, written last, is what makes a
// model installed, so an interruption at any point leaves the old state or the new one.
//
// A folder holds, for every model,
//
//	<name>/model.json           the manifest
//	<name>/<sum>-<file>         its files, named by their content: an update does not touch those in use
//	<name>/<sum>-<file>.part    what a download has got so far
//	.<name>.lock                held by the process that changes the model
package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"lsp/encoder/onnx"
	"lsp/indexer/store"
)

// Installer changes what is installed in a folder.
type Installer struct {
	Folder string
	Hub    string       // address of the model hub, "" for DefaultHub
	Client *http.Client // of downloads; nil means one that follows the proxy settings of the environment

	// Progress is told how many of how many bytes of all files are there. It may be nil.
	Progress func(done, total int64)
	// Free returns how many bytes can still be written to a folder. Nil means that nobody knows.
	Free func(dir string) (uint64, error)
}

// Errors of an installer, to be tested with errors.Is.
var (
	ErrBusy     = errors.New("another process is changing it; try again when that has finished")
	ErrMismatch = onnx.ErrMismatch
	ErrNoSpace  = errors.New("not enough space")
	ErrNoSource = errors.New("no such file in the source")
)

// maxFileBytes bounds files of models whose size nobody has named.
const maxFileBytes = 8 << 30

// Install brings the files of a specification into the folder: from a file, folder or archive, or from the model hub
// when from is "". What is there already and right is kept.
func (in *Installer) Install(ctx context.Context, spec onnx.Spec, from string) (m *onnx.Manifest, err error) {
	if !onnx.ValidName(spec.Name) {
		return nil, fmt.Errorf("install %.60q: this is no name of a model", spec.Name)
	}
	if len(spec.Files) == 0 {
		return nil, fmt.Errorf("install %s: there are no files of it for this system", spec.Name)
	}
	dir := filepath.Join(in.Folder, spec.Name)
	unlock, err := in.lock(spec.Name)
	if err != nil {
		return nil, fmt.Errorf("install %s: %w", spec.Name, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("install %s: %w", spec.Name, err)
	}
	if err := in.install(ctx, spec, dir, from); err != nil {
		return nil, errors.Join(fmt.Errorf("install %s: %w", spec.Name, err), removeEmpty(dir))
	}
	return onnx.ReadManifest(in.Folder, spec.Name)
}

func (in *Installer) install(ctx context.Context, spec onnx.Spec, dir, from string) (err error) {
	if err := removeMatching(dir, ".tmp-*"); err != nil { // of a process that was killed
		return err
	}
	src, err := in.source(spec, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	c := &copying{Installer: in, ctx: ctx, total: spec.Bytes()}
	done := spec
	done.Files = nil
	for _, f := range spec.Files {
		if err := src.pin(&f); err != nil {
			return err
		}
		f, err = c.bring(f, src, dir)
		if err != nil {
			return err
		}
		done.Files = append(done.Files, f)
	}
	manifest, err := json.MarshalIndent(done, "", "  ")
	if err != nil {
		return err
	}
	err = writeFile(filepath.Join(dir, onnx.ManifestName), func(w io.Writer) error {
		_, err := w.Write(append(manifest, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return removeOthers(dir, done.Files)
}

// source provides files of a specification.
type source interface {
	io.Closer
	// pin fills in size and checksum of a file whose specification lacks them.
	pin(f *onnx.File) error
	// fetch calls put with the content of f, and with another candidate while put says ErrMismatch. The path is
	// where the content will be in the end; count is told how many bytes have come, less than none for those that
	// were not the right ones.
	fetch(ctx context.Context, f onnx.File, path string, put func(io.Reader) error, count func(n int64)) error
	// copies is how often a file is on disk at the worst moment.
	copies() int64
}

// source chooses where the files come from.
func (in *Installer) source(spec onnx.Spec, from string) (source, error) {
	if from != "" {
		return openLocal(from)
	}
	if spec.Repository == "" {
		advice := "give --from with a file, folder or archive that holds its files"
		if spec.Packages != "" {
			advice = fmt.Sprintf("give --from with the package that holds it (%s)", spec.Packages)
		}
		return nil, fmt.Errorf("it is not on the model hub; %s", advice)
	}
	return newHub(in, spec), nil
}

// copying is one run of Install.
type copying struct {
	*Installer
	ctx         context.Context
	done, total int64
}

// bring makes sure that a file is in dir, and returns it as the manifest names it.
func (c *copying) bring(f onnx.File, src source, dir string) (onnx.File, error) {
	stored := f
	stored.Path = f.SHA256[:12] + "-" + path.Base(f.Path)
	to := filepath.Join(dir, stored.Path)
	if f.Verify(to) == nil {
		c.count(f.Bytes)
		return stored, nil
	}
	if err := c.checkSpace(dir, f.Bytes*src.copies()); err != nil {
		return f, err
	}
	put := func(r io.Reader) error {
		return writeFile(to, func(w io.Writer) error { return c.copy(w, r, f) })
	}
	if err := src.fetch(c.ctx, f, to, put, c.count); err != nil {
		return f, fmt.Errorf("%s: %w", f.Path, err)
	}
	return stored, nil
}

// writeFile writes a file that everybody may read: a folder of models may be shared.
func writeFile(path string, write func(io.Writer) error) error {
	if err := store.WriteFileAtomic(path, write); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// checkSpace refuses to begin what cannot end.
func (c *copying) checkSpace(dir string, need int64) error {
	if c.Free == nil {
		return nil
	}
	free, err := c.Free(dir)
	if err == nil && free < uint64(need) { // where the question fails, the writing itself will tell
		return fmt.Errorf("%w in %s: %d bytes are needed, %d are free", ErrNoSpace, dir, need, free)
	}
	return nil
}

// copy writes the content of f to w and checks it.
func (c *copying) copy(w io.Writer, r io.Reader, f onnx.File) error {
	sum := sha256.New()
	interruptible := readerFunc(func(p []byte) (int, error) {
		if err := c.ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(interruptible, f.Bytes+1))
	if err != nil {
		return err
	}
	return f.Matches(n, sum.Sum(nil))
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (c *copying) count(n int64) {
	c.done += n
	if c.Progress != nil {
		c.Progress(min(c.done, c.total), c.total)
	}
}

// Check reads every file of what is installed under a name and compares it with the manifest.
func (in *Installer) Check(name string) (*onnx.Manifest, error) {
	m, err := onnx.ReadManifest(in.Folder, name)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", name, err)
	}
	if err := m.Verify(); err != nil {
		return m, fmt.Errorf("check %s: %w; install it again", name, err)
	}
	return m, nil
}

// Remove removes what is installed under a name, and what an interrupted installation has left of it.
func (in *Installer) Remove(name string) (err error) {
	if !onnx.ValidName(name) {
		return fmt.Errorf("remove %.60q: this is no name of a model", name)
	}
	dir := filepath.Join(in.Folder, name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w in %s", name, onnx.ErrNotInstalled, in.Folder)
	}
	unlock, err := in.lock(name)
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := os.Remove(filepath.Join(dir, onnx.ManifestName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s, which can no longer be used but whose files may be in use: %w", name, err)
	}
	return nil
}

// lock keeps other processes from changing a model.
func (in *Installer) lock(name string) (unlock func() error, err error) {
	if err := os.MkdirAll(in.Folder, 0o755); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(in.Folder, "."+name+".lock"))
	locked, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	if !locked {
		return nil, ErrBusy
	}
	return l.Unlock, nil
}

// removeOthers removes files of earlier revisions and parts of downloads. One that is in use may stay.
func removeOthers(dir string, keep []onnx.File) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	kept := map[string]bool{onnx.ManifestName: true}
	for _, f := range keep {
		kept[f.Path] = true
	}
	for _, entry := range entries {
		if !kept[entry.Name()] && !entry.IsDir() {
			// Windows does not remove what is open: the next installation will.
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
	return nil
}

func removeMatching(dir, pattern string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if ok, _ := filepath.Match(pattern, entry.Name()); ok {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeEmpty removes a folder that an installation created and put nothing into.
func removeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return nil
	}
	return os.Remove(dir)
}

// ReadSpec reads the specification of a model from a file, for models that are not in the catalogue. Sizes and
// checksums may be left out: then the files of the source are taken as they are, and pinned.
func ReadSpec(name string) (onnx.Spec, error) {
	var s onnx.Spec
	data, err := os.ReadFile(name)
	if err != nil {
		return s, fmt.Errorf("read specification: %w", err)
	}
	if err := parseSpec(data, &s); err != nil {
		return s, fmt.Errorf("read specification %s: %w", name, err)
	}
	return s, nil
}

func parseSpec(data []byte, s *onnx.Spec) error {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return err
	}
	if !onnx.ValidName(s.Name) {
		return fmt.Errorf("name is %.60q; letters, digits, dots, dashes and underscores make one", s.Name)
	}
	if _, err := s.Run.Complete(); err != nil {
		return err
	}
	roles := map[onnx.Role]int{}
	for _, f := range s.Files {
		roles[f.Role]++
		if f.Bytes < 0 || f.Bytes > maxFileBytes || !filepath.IsLocal(f.Path) || f.Path == "." {
			return fmt.Errorf("file %.60q of %d bytes cannot be", f.Path, f.Bytes)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 0 && len(sum) != sha256.Size {
			return fmt.Errorf("checksum of %.60q is %.70q, want a SHA-256 in hex or none", f.Path, f.SHA256)
		}
	}
	if len(s.Files) != 2 || roles[onnx.RoleModel] != 1 || roles[onnx.RoleTokenizer] != 1 {
		return fmt.Errorf("files have roles %v, want one %q and one %q", roles, onnx.RoleModel, onnx.RoleTokenizer)
	}
	return nil
}
