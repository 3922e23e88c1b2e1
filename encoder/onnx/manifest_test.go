package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// installed writes a manifest, as changed, and returns the folder it is installed in.
func installed(t testing.TB, name string, change func(*Spec)) string {
	t.Helper()
	s := Spec{
		Name: name, License: "none", Revision: "1", Run: Run{Output: "states", MaxTokens: 16},
		Files: []File{
			{Role: RoleModel, Path: "m.onnx", Bytes: 3, SHA256: strings.Repeat("ab", 32)},
			{Role: RoleTokenizer, Path: "t.json", Bytes: 3, SHA256: strings.Repeat("cd", 32)},
			{Role: RoleLibrary, Path: "lib.so", Bytes: 3, SHA256: strings.Repeat("ef", 32)},
		},
	}
	if change != nil {
		change(&s)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{filepath.Join(name, ManifestName): string(data)})
	return dir
}

func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadManifest(t *testing.T) {
	dir := installed(t, "model-1", nil)
	m, err := ReadManifest(dir, "model-1")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Path(RoleModel), filepath.Join(dir, "model-1", "m.onnx"); got != want {
		t.Errorf("model at %s, want %s", got, want)
	}
	writeFiles(t, dir, map[string]string{"empty/other": "", ".hidden/" + ManifestName: "{}", "file": ""})
	names, err := Installed(dir)
	if err != nil || !slices.Equal(names, []string{"model-1"}) {
		t.Errorf("installed are %q, %v", names, err)
	}
	if names, err := Installed(filepath.Join(dir, "none")); err != nil || names != nil {
		t.Errorf("installed in no folder are %q, %v", names, err)
	}
	if _, err := ReadManifest(dir, "other"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("a model that is not there: %v", err)
	}
}

func TestReadManifestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Spec)
		want   string
	}{
		"other name":   {func(s *Spec) { s.Name = "other" }, `of "other"`},
		"parent":       {func(s *Spec) { s.Files[0].Path = "../m.onnx" }, "not in the folder"},
		"backslash":    {func(s *Spec) { s.Files[0].Path = `a\m.onnx` }, "not in the folder"},
		"absolute":     {func(s *Spec) { s.Files[0].Path = "/etc/passwd" }, "not in the folder"},
		"no file":      {func(s *Spec) { s.Files[0].Path = "" }, "not in the folder"},
		"checksum":     {func(s *Spec) { s.Files[0].SHA256 = "abc" }, "checksum"},
		"size":         {func(s *Spec) { s.Files[0].Bytes = -1 }, "size -1"},
		"no model":     {func(s *Spec) { s.Files = s.Files[1:] }, "no model"},
		"no tokenizer": {func(s *Spec) { s.Files = s.Files[:1] }, "no tokenizer"},
		"no output":    {func(s *Spec) { s.Run.Output = "" }, "no output"},
		"pooling":      {func(s *Spec) { s.Run.Pooling = "max" }, `pooling is "max"`},
		"inputs":       {func(s *Spec) { s.Run.Inputs = []string{"a"} }, "inputs are"},
		"tokens":       {func(s *Spec) { s.Run.MaxTokens = 1 << 30 }, "tokens"},
		"dimensions":   {func(s *Spec) { s.Run.Dimensions = -1 }, "dimensions"},
		"similarity":   {func(s *Spec) { s.Run.Similarity = "distance" }, `similarity is "distance"`},
		"no length":    {func(s *Spec) { s.Run.Similarity = Dot }, "longest vector is 0"},
		"length":       {func(s *Spec) { s.Run.Longest = 3 }, "longest vector is 3"},
	} {
		if _, err := ReadManifest(installed(t, "m", test.change), "m"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
	for _, name := range []string{"", "..", "a/b", `a\b`, ".a", "a.", "ä", strings.Repeat("a", 101)} {
		if _, err := ReadManifest(t.TempDir(), name); err == nil || errors.Is(err, ErrNotInstalled) {
			t.Errorf("name %q: %v, want that it is none", name, err)
		}
	}
}

func FuzzReadManifest(f *testing.F) {
	good, err := json.Marshal(Catalogue()[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"name":"m","run":{"output":"o","maxTokens":2},"files":[{"role":"model","path":"..","sha256":""}]}`))
	dir := f.TempDir()
	writeFiles(f, dir, map[string]string{"m/" + ManifestName: ""})
	path := filepath.Join(dir, "m", ManifestName)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(dir, "m")
		if err != nil {
			return
		}
		for _, role := range []Role{RoleModel, RoleTokenizer} {
			if p := m.Path(role); filepath.Dir(p) != m.Folder {
				t.Fatalf("%s at %s, outside %s", role, p, m.Folder)
			}
		}
	})
}

func TestCatalogue(t *testing.T) {
	sum, revision := regexp.MustCompile(`^[0-9a-f]{64}$`), regexp.MustCompile(`^[0-9a-f]{40}$`)
	seen := map[string]bool{}
	for _, s := range Catalogue() {
		if !ValidName(s.Name) || seen[s.Name] || s.About == "" || s.License == "" || len(s.Files) == 0 {
			t.Errorf("entry %q is incomplete or there twice", s.Name)
		}
		seen[s.Name] = true
		if !s.Pinned() {
			if _, err := s.Run.Complete(); err != nil || s.Measured != "" || s.Revision != "" || s.Repository == "" || s.Bytes() != 0 {
				t.Errorf("%s, whose files nobody has seen, is described as if somebody had (%v)", s.Name, err)
			}
			continue
		}
		if s.Revision == "" || s.Repository != "" && !revision.MatchString(s.Revision) {
			t.Errorf("%s: revision %q pins nothing on the hub", s.Name, s.Revision)
		}
		if s.Repository == "" && s.Packages == "" {
			t.Errorf("%s can be had from nowhere", s.Name)
		}
		for _, f := range s.Files {
			if !sum.MatchString(f.SHA256) || f.Bytes <= 0 || f.Path == "" {
				t.Errorf("%s: file %q has %d bytes and checksum %q", s.Name, f.Path, f.Bytes, f.SHA256)
			}
		}
		if s.Name == RuntimeName {
			continue
		}
		if _, err := s.Run.Complete(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if mean := s.Run.Mean; mean != nil {
			if _, err := decodeMean(mean, len(mean)-meanHeader); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
		if got := len(s.For("plan9/mips").Files); got != 2 {
			t.Errorf("%s has %d files, want a model and a tokenizer", s.Name, got)
		}
	}
	s, ok := Find(RuntimeName)
	if !ok || len(s.For("linux/amd64").Files) != 1 || len(s.For("plan9/mips").Files) != 0 || len(s.Files) != 4 {
		t.Errorf("libraries of the runtime: %v", s.Files)
	}
	if _, ok := Find("none"); ok {
		t.Error("a model that nobody made is in the catalogue")
	}
}

func TestFindLibrary(t *testing.T) {
	dir := installed(t, RuntimeName, func(s *Spec) { s.Files = s.Files[2:] })
	writeFiles(t, dir, map[string]string{"set.so": "", "variable.so": ""})
	set, variable := filepath.Join(dir, "set.so"), filepath.Join(dir, "variable.so")
	t.Setenv("LD_LIBRARY_PATH", "")
	for name, test := range map[string]struct{ set, variable, folder, want, err string }{
		"setting":          {set, variable, dir, set, ""},
		"missing setting":  {set + "x", variable, dir, "", "named by the setting"},
		"variable":         {"", variable, dir, variable, ""},
		"missing variable": {"", variable + "x", dir, "", "named by " + LibraryVariable},
		"installed":        {"", "", dir, filepath.Join(dir, RuntimeName, "lib.so"), ""},
		"damaged manifest": {"", "", installed(t, RuntimeName, func(s *Spec) { s.Files = nil }), "", "names no library"},
	} {
		t.Setenv(LibraryVariable, test.variable)
		got, err := FindLibrary(test.set, test.folder)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %q, %v; want %q, %q", name, got, err, test.want, test.err)
		}
	}
}

func TestDefaultFolder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(FolderVariable, dir)
	if got := DefaultFolder(); got != dir {
		t.Errorf("folder %q, want %q", got, dir)
	}
	t.Setenv(FolderVariable, "")
	for _, name := range []string{"HOME", "USERPROFILE", "XDG_DATA_HOME", "LOCALAPPDATA"} {
		t.Setenv(name, dir)
	}
	if got := DefaultFolder(); !strings.HasPrefix(got, dir) || filepath.Base(got) != "models" {
		t.Errorf("folder %q, want one in %q", got, dir)
	}
}

func TestOpenInstalledErrors(t *testing.T) {
	for name, test := range map[string]struct{ folder, model, want string }{
		"not there": {t.TempDir(), "none", "lsp model install none"},
		"runtime":   {installed(t, RuntimeName, nil), RuntimeName, "none itself"},
		"damaged":   {installed(t, "m", func(s *Spec) { s.Files = nil }), "m", "no model"},
		"path":      {t.TempDir(), "../m", "no name"},
	} {
		if _, err := OpenInstalled(test.model, Options{Folder: test.folder}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

// TestVerify changes the files of an installed model in every way that matters.
func TestVerify(t *testing.T) {
	content := []byte("a model")
	sum := sha256.Sum256(content)
	for name, test := range map[string]struct {
		content []byte // nil for no file
		want    error
	}{
		"right":   {content, nil},
		"changed": {[]byte("a Model"), ErrMismatch},
		"longer":  {[]byte("a model and more"), ErrMismatch},
		"cut off": {content[:3], ErrMismatch},
		"empty":   {[]byte{}, ErrMismatch},
		"gone":    {nil, fs.ErrNotExist},
	} {
		m := Manifest{Folder: t.TempDir(), Spec: Spec{Files: []File{
			{Role: RoleModel, Path: "m.onnx", Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])},
			{Role: RoleTokenizer, Path: "none.json"},
		}}}
		if test.content != nil {
			if err := os.WriteFile(m.Path(RoleModel), test.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := m.verifyToOpen(time.Now(), cheapBytes, RoleModel)
		if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), m.Path(RoleModel)) {
			t.Errorf("%s: %v, want %v and the path", name, err, test.want)
		}
		if err := m.Verify(); err == nil {
			t.Errorf("%s: no error although there is no tokenizer", name)
		}
	}
}

// TestVerifyToOpen opens a large file again and again, which is compared when it has to be.
func TestVerifyToOpen(t *testing.T) {
	content, other := []byte("a model"), []byte("a Model")
	sum := sha256.Sum256(content)
	folder := t.TempDir()
	m := Manifest{Folder: folder, Spec: Spec{Files: []File{
		{Role: RoleModel, Path: "m.onnx", Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])},
	}}}
	path := m.Path(RoleModel)
	now, modified := time.Now(), time.Now().Add(-time.Hour)
	write := func(content []byte, modified time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, content, 0o600), os.Chtimes(path, modified, modified)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, cheap int64, want error) {
		t.Helper()
		if err := m.verifyToOpen(now, cheap, RoleModel); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	write(content, modified)
	check("sound", 0, nil)
	write(other, modified)
	check("changed behind the back of the file system", 0, nil)
	check("a small one", cheapBytes, ErrMismatch)
	now = now.Add(comparedFor)
	check("a week later", 0, ErrMismatch)
	now = now.Add(-comparedFor)
	write(other, modified.Add(time.Second))
	check("changed", 0, ErrMismatch)
	write(content, modified.Add(time.Second))
	check("restored", 0, nil)
	write(content[:3], modified.Add(time.Second))
	check("cut off", 0, ErrMismatch)
	write(other, modified.Add(time.Second))
	for _, noted := range []string{"", "{", "[]", `{"m.onnx":{"sha256":"00"}}`} {
		if err := os.WriteFile(filepath.Join(folder, comparedName), []byte(noted), 0o600); err != nil {
			t.Fatal(err)
		}
		check("with the note "+noted, 0, ErrMismatch)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	check("gone", 0, fs.ErrNotExist)
}
