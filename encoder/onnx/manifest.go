package onnx

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Role says what a file is for.
type Role string

// Roles of files.
const (
	RoleModel     Role = "model"     // ONNX graph
	RoleTokenizer Role = "tokenizer" // tokenizer.json
	RoleLibrary   Role = "library"   // shared library
)

// File is one file of a model or of the runtime.
type File struct {
	Role     Role   `json:"role"`
	Path     string `json:"path"`               // in the repository of the hub; in a manifest the name in its folder
	Bytes    int64  `json:"bytes"`              // size
	SHA256   string `json:"sha256"`             // checksum, in hex
	Platform string `json:"platform,omitempty"` // system and processor a library is for, such as "linux/amd64"
}

// Spec describes something that can be installed: a model, or the runtime, which has no Run.
type Spec struct {
	Name       string `json:"name"`
	About      string `json:"about"`
	License    string `json:"license"`              // SPDX identifier
	Repository string `json:"repository,omitempty"` // on the model hub, "" when it is not there
	Revision   string `json:"revision"`             // of the repository, else of the package
	Packages   string `json:"packages,omitempty"`   // packages that hold the files too
	Measured   string `json:"measured,omitempty"`   // quality that was measured with these very files, "" when none was
	Run        Run    `json:"run,omitzero"`
	Files      []File `json:"files"`
}

// Bytes is the size of all files.
func (s *Spec) Bytes() int64 {
	n := int64(0)
	for _, f := range s.Files {
		n += f.Bytes
	}
	return n
}

// ManifestName is the name of the file that makes a folder an installed model. It is written last.
const ManifestName = "model.json"

// maxManifestBytes bounds a manifest.
const maxManifestBytes = 1 << 20

// ErrNotInstalled says that a folder holds no manifest.
var ErrNotInstalled = errors.New("not installed")

// Manifest is an installed model.
type Manifest struct {
	Spec
	Folder string `json:"-"` // that holds the files
}

// Path returns the path of the file with a role, "" when there is none.
func (m *Manifest) Path(role Role) string {
	for _, f := range m.Files {
		if f.Role == role {
			return filepath.Join(m.Folder, f.Path)
		}
	}
	return ""
}

// ReadManifest reads the manifest of what is installed under a name. What is not there is ErrNotInstalled.
func ReadManifest(folder, name string) (*Manifest, error) {
	if !ValidName(name) {
		return nil, fmt.Errorf("%.60q is no name of a model: letters, digits, dots, dashes and underscores make one", name)
	}
	m := &Manifest{Folder: filepath.Join(folder, name)}
	path := filepath.Join(m.Folder, ManifestName)
	data, err := readBounded(path, maxManifestBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w in %s", name, ErrNotInstalled, folder)
	} else if err != nil {
		return nil, fmt.Errorf("read manifest of %s: %w", name, err)
	}
	if err := json.Unmarshal(data, &m.Spec); err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", path, err)
	}
	if err := m.check(name); err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", path, err)
	}
	return m, nil
}

// check refuses a manifest that leads out of its folder or lacks what is needed.
func (m *Manifest) check(name string) error {
	if m.Name != name {
		return fmt.Errorf("it is of %.60q, want %q", m.Name, name)
	}
	for _, f := range m.Files {
		if f.Path != filepath.Base(f.Path) || !filepath.IsLocal(f.Path) || strings.ContainsAny(f.Path, `/\`) {
			return fmt.Errorf("file %.60q is not in the folder", f.Path)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 || f.Bytes < 0 {
			return fmt.Errorf("file %q has size %d and checksum %.70q", f.Path, f.Bytes, f.SHA256)
		}
	}
	if name == RuntimeName {
		if m.Path(RoleLibrary) == "" {
			return errors.New("it names no library")
		}
		return nil
	}
	if m.Path(RoleModel) == "" || m.Path(RoleTokenizer) == "" {
		return errors.New("it names no model or no tokenizer")
	}
	_, err := m.Run.Complete()
	return err
}

// ValidName reports whether name can be that of a model, and so of a folder on every system.
func ValidName(name string) bool {
	if name == "" || len(name) > 100 || strings.Trim(name, ".") != name {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}) < 0
}

// Installed lists the names of what is installed in folder, in order. Folders without a manifest are left out.
func Installed(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if _, err := os.Stat(filepath.Join(folder, entry.Name(), ManifestName)); err == nil && ValidName(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Options say how a person wants a model to be run. The zero value is what suits most.
type Options struct {
	Folder  string // that the model is installed in; "" means DefaultFolder
	Threads int    // texts encoded at the same time in the background; 0 means one per processor

	// Batch is how many units of about the same length are run together, which may be faster where nothing else runs. With a
	// model that is quantised while it runs, the vector of a unit then depends on those beside it, by up to 0.01 in a
	// cosine, so the identity of the encoder is another one. 0 means 1.
	Batch int
}

// OpenInstalled opens the model that is installed under a name, if its files are what was installed: those of up to 64 MB are
// compared with their checksums every time, larger ones when they have changed and once a week. The runtime is the one that
// FindLibrary finds in the same folder.
func OpenInstalled(name string, o Options) (*Encoder, error) {
	config, err := o.config(name, Embed)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	return Open(config)
}

// OpenInstalledPair is OpenInstalled for a model that reads a question and a text together.
func OpenInstalledPair(name string, o Options) (*Pair, error) {
	config, err := o.config(name, Score)
	if err != nil {
		return nil, fmt.Errorf("open model: %w", err)
	}
	return OpenPair(config)
}

// config finds out what is installed under a name.
func (o Options) config(name string, task Task) (Config, error) {
	folder := o.Folder
	if folder == "" {
		folder = DefaultFolder()
	}
	m, err := ReadManifest(folder, name)
	if errors.Is(err, ErrNotInstalled) {
		return Config{}, fmt.Errorf("%w; lsp model list shows what there is, lsp model install %s installs it", err, name)
	} else if err != nil {
		return Config{}, err
	}
	if name == RuntimeName {
		return Config{}, fmt.Errorf("%s is the runtime of models and none itself", name)
	}
	run, err := m.Run.Complete()
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case run.Task == Score && task == Embed:
		return Config{}, fmt.Errorf("%s reads a question and a text together and makes no vectors; it is a reranker: cross:%s", name, name)
	case run.Task != task:
		return Config{}, fmt.Errorf("%s makes vectors and does not read a question and a text together", name)
	case !Supported:
		return Config{}, fmt.Errorf("%s: %w", name, ErrNoCgo)
	}
	library, err := FindLibrary("", folder)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", name, err)
	}
	// A damaged model may load, and its vectors would be kept as those of the sound one.
	if err := m.verifyToOpen(time.Now(), cheapBytes, RoleModel, RoleTokenizer); err != nil {
		return Config{}, fmt.Errorf("%s: %w; install it again: lsp model install %s", name, err, name)
	}
	revision := ""
	for _, f := range m.Files {
		if f.Role == RoleModel {
			revision = f.SHA256[:12]
		}
	}
	return Config{
		Run: run, Name: name, Revision: revision, Library: library, Model: m.Path(RoleModel), Tokenizer: m.Path(RoleTokenizer),
		Threads: o.Threads, Batch: o.Batch,
	}, nil
}

// TaskOf tells what an installed model is for.
func TaskOf(m *Manifest) Task {
	if m.Run.Task == "" {
		return Embed
	}
	return m.Run.Task
}
