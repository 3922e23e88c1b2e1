package models

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"lsp/encoder/onnx"
)

// The files of the model that the tests install.
var (
	weights   = bytes.Repeat([]byte("weights "), 20_000)
	tokenizer = []byte(`{"model":{}}`)
)

func fileOf(role onnx.Role, path string, content []byte) onnx.File {
	sum := sha256.Sum256(content)
	return onnx.File{Role: role, Path: path, Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
}

func testSpec() onnx.Spec {
	return onnx.Spec{
		Name: "test-model", License: "none", Repository: "somebody/test model", Revision: "abc",
		Run: onnx.Run{Output: "states", MaxTokens: 16},
		Files: []onnx.File{
			fileOf(onnx.RoleModel, "onnx/model.onnx", weights), fileOf(onnx.RoleTokenizer, "tokenizer.json", tokenizer),
		},
	}
}

func write(t testing.TB, path string, content []byte) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func archiveOf(t testing.TB, files map[string][]byte) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "package.jar"), out.Bytes())
}

// content reads an installed file back.
func content(t testing.TB, m *onnx.Manifest, role onnx.Role) []byte {
	t.Helper()
	data, err := os.ReadFile(m.Path(role))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func checkInstalled(t testing.TB, m *onnx.Manifest) {
	t.Helper()
	if !bytes.Equal(content(t, m, onnx.RoleModel), weights) || !bytes.Equal(content(t, m, onnx.RoleTokenizer), tokenizer) {
		t.Error("installed files have another content")
	}
	entries, err := os.ReadDir(m.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Errorf("folder holds %v, want manifest and two files", entries)
	}
}

// checkNothing says what an installation that failed has left.
func checkNothing(t testing.TB, folder string, allowed ...string) {
	t.Helper()
	if names, err := onnx.Installed(folder); err != nil || len(names) > 0 {
		t.Errorf("installed are %v (%v), want nothing", names, err)
	}
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(name, ".lock") && !slices.ContainsFunc(allowed, func(a string) bool { return strings.HasSuffix(name, a) }) {
			t.Errorf("%s is left", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestInstallFrom(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "deep", "anything.bin"), weights)
	write(t, filepath.Join(folder, "decoy"), bytes.Repeat([]byte("x"), len(weights)))
	write(t, filepath.Join(folder, "tokens"), tokenizer)
	for name, from := range map[string]string{
		"folder": folder,
		"archive": archiveOf(t, map[string][]byte{
			"a/decoy": bytes.Repeat([]byte("x"), len(weights)), "b/model": weights, "c/": nil, "tokens": tokenizer,
		}),
	} {
		var done, total int64
		in := &Installer{Folder: t.TempDir(), Progress: func(d, all int64) { done, total = d, all }}
		m, err := in.Install(t.Context(), testSpec(), from)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkInstalled(t, m)
		if spec := testSpec(); done != spec.Bytes() || total != spec.Bytes() {
			t.Errorf("%s: progress ended at %d of %d, want %d", name, done, total, spec.Bytes())
		}
		if _, err := in.Check(m.Name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := in.Remove(m.Name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkNothing(t, in.Folder)
		if err := in.Remove(m.Name); !errors.Is(err, onnx.ErrNotInstalled) {
			t.Errorf("%s: removing nothing: %v", name, err)
		}
	}
}

func TestInstallSingleFile(t *testing.T) {
	spec := onnx.Spec{Name: onnx.RuntimeName, Files: []onnx.File{fileOf(onnx.RoleLibrary, "lib.so", weights)}}
	in := &Installer{Folder: t.TempDir()}
	m, err := in.Install(t.Context(), spec, write(t, filepath.Join(t.TempDir(), "some.so"), weights))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content(t, m, onnx.RoleLibrary), weights) {
		t.Error("the library has another content")
	}
}

func TestInstallErrors(t *testing.T) {
	half := archiveOf(t, map[string][]byte{"model": weights})
	data, err := os.ReadFile(half)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/4] ^= 1 // inside the compressed weights
	for name, test := range map[string]struct {
		from   string
		change func(*onnx.Spec, *Installer)
		want   error
		text   string
	}{
		"no source":    {filepath.Join(t.TempDir(), "none"), nil, fs.ErrNotExist, "open source"},
		"empty folder": {t.TempDir(), nil, ErrNoSource, "another version"},
		"wrong file":   {write(t, filepath.Join(t.TempDir(), "f"), bytes.Repeat([]byte("y"), len(weights))), nil, ErrMismatch, "want " + testSpec().Files[0].SHA256},
		"incomplete":   {half, nil, ErrNoSource, "tokenizer.json"},
		"damaged":      {write(t, filepath.Join(t.TempDir(), "d.jar"), data), nil, nil, "onnx/model.onnx"},
		"no space":     {half, func(_ *onnx.Spec, in *Installer) { in.Free = func(string) (uint64, error) { return 1000, nil } }, ErrNoSpace, "1000 are free"},
		"name":         {half, func(s *onnx.Spec, _ *Installer) { s.Name = "../x" }, nil, "no name"},
		"no files":     {half, func(s *onnx.Spec, _ *Installer) { s.Files = nil }, nil, "for this system"},
		"not on hub":   {"", func(s *onnx.Spec, _ *Installer) { s.Repository, s.Packages = "", "package P" }, nil, "package P"},
	} {
		spec, in := testSpec(), &Installer{Folder: t.TempDir()}
		if test.change != nil {
			test.change(&spec, in)
		}
		_, err := in.Install(t.Context(), spec, test.from)
		if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.text)
		}
		checkNothing(t, in.Folder, "-model.onnx")
	}
}

func TestInstallCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in := &Installer{Folder: t.TempDir(), Progress: func(done, _ int64) { cancel() }}
	_, err := in.Install(ctx, testSpec(), archiveOf(t, map[string][]byte{"m": weights, "t": tokenizer}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	checkNothing(t, in.Folder)
}

func TestInstallTwiceAtOnce(t *testing.T) {
	in := &Installer{Folder: t.TempDir()}
	from := archiveOf(t, map[string][]byte{"m": weights, "t": tokenizer})
	other := flock.New(filepath.Join(in.Folder, ".test-model.lock"))
	if ok, err := other.TryLock(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := in.Install(t.Context(), testSpec(), from); !errors.Is(err, ErrBusy) {
		t.Errorf("beside another installation: %v", err)
	}
	if err := other.Unlock(); err != nil {
		t.Fatal(err)
	}
	m, err := in.Install(t.Context(), testSpec(), from)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := in.Remove(m.Name); !errors.Is(err, ErrBusy) {
		t.Errorf("removed beside another installation: %v", err)
	}
	if _, err := in.Check(m.Name); err != nil {
		t.Errorf("removed although another process changes it: %v", err)
	}
}

// TestInstallAgain repairs a damaged file, takes up what a killed process left, and replaces an older revision.
func TestInstallAgain(t *testing.T) {
	in := &Installer{Folder: t.TempDir()}
	from := archiveOf(t, map[string][]byte{"m": weights, "t": tokenizer, "old": []byte("old")})
	old := testSpec()
	old.Files[0] = fileOf(onnx.RoleModel, "onnx/model.onnx", []byte("old"))
	if _, err := in.Install(t.Context(), old, from); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(in.Folder, old.Name, ".tmp-123"), []byte("torn"))
	m, err := in.Install(t.Context(), testSpec(), from)
	if err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, m)
	damaged := slices.Clone(weights)
	damaged[5] ^= 1
	write(t, m.Path(onnx.RoleModel), damaged)
	if _, err := in.Check(m.Name); !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), "install it again") {
		t.Errorf("check of a damaged file: %v", err)
	}
	if m, err = in.Install(t.Context(), testSpec(), from); err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, m)
	if err := os.Remove(m.Path(onnx.RoleTokenizer)); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Check(m.Name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("check without a file: %v", err)
	}
}

// server is a model hub with the test's model; answer, when it is there, comes first and says whether it answered.
func server(t testing.TB, answer func(w http.ResponseWriter, r *http.Request) bool) *Installer {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer != nil && answer(w, r) {
			return
		}
		for _, f := range []struct {
			name    string
			content []byte
		}{{"onnx/model.onnx", weights}, {"tokenizer.json", tokenizer}} {
			if r.URL.Path == "/somebody/test model/resolve/abc/"+f.name {
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return &Installer{Folder: t.TempDir(), Hub: s.URL + "/", Client: s.Client()}
}

func TestDownload(t *testing.T) {
	in := server(t, nil)
	var done int64
	in.Progress = func(d, _ int64) { done = d }
	m, err := in.Install(t.Context(), testSpec(), "")
	if err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, m)
	if spec := testSpec(); done != spec.Bytes() {
		t.Errorf("progress ended at %d, want %d", done, spec.Bytes())
	}
}

// TestDownloadGoesOn interrupts a download and lets the next one go on, from a server that knows ranges and from one
// that does not.
func TestDownloadGoesOn(t *testing.T) {
	for name, ranges := range map[string]bool{"with ranges": true, "without": false} {
		var asked []string
		in := server(t, func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, ".onnx") {
				return false
			}
			asked = append(asked, r.Header.Get("Range"))
			if len(asked) == 1 {
				w.Header().Set("Content-Length", strconv.Itoa(len(weights)))
				_, err := w.Write(weights[:1000])
				return err == nil // and the connection ends
			}
			if !ranges {
				r.Header.Del("Range")
			}
			return false
		})
		_, err := in.Install(t.Context(), testSpec(), "")
		if err == nil || !strings.Contains(err.Error(), "install again to go on") {
			t.Errorf("%s: interrupted: %v", name, err)
		}
		checkNothing(t, in.Folder, ".part")
		m, err := in.Install(t.Context(), testSpec(), "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkInstalled(t, m)
		if want := []string{"", "bytes=1000-"}; !slices.Equal(asked, want) {
			t.Errorf("%s: ranges %q, want %q", name, asked, want)
		}
	}
}

func TestDownloadErrors(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(code)
			return true
		}
	}
	text := func(content string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			_, err := io.WriteString(w, content)
			return err == nil
		}
	}
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"missing":       {status(http.StatusNotFound), "404"},
		"proxy":         {status(http.StatusProxyAuthRequired), "HTTPS_PROXY"},
		"server error":  {status(http.StatusInternalServerError), "500"},
		"login page":    {text("<html>please log in</html>"), "does a proxy answer"},
		"other content": {text(strings.Repeat("x", len(weights))), ErrMismatch.Error()},
		"too much": {func(w http.ResponseWriter, _ *http.Request) bool {
			for range 3 {
				if _, err := w.Write(weights); err != nil {
					return true
				}
				w.(http.Flusher).Flush()
			}
			return true
		}, ErrMismatch.Error()},
	} {
		in := server(t, test.answer)
		if _, err := in.Install(t.Context(), testSpec(), ""); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
		checkNothing(t, in.Folder, ".part")
	}
	in := server(t, nil)
	in.Hub = "http://127.0.0.1:1"
	if _, err := in.Install(t.Context(), testSpec(), ""); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("no server: error %v, want advice", err)
	}
	unpinned := testSpec()
	unpinned.Files[0].SHA256 = ""
	if _, err := server(t, nil).Install(t.Context(), unpinned, ""); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a download that nobody can check: %v", err)
	}
}

func TestReadSpec(t *testing.T) {
	dir := t.TempDir()
	spec := testSpec()
	for i := range spec.Files {
		spec.Files[i].Bytes, spec.Files[i].SHA256 = 0, ""
	}
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadSpec(write(t, filepath.Join(dir, "spec.json"), data))
	if err != nil {
		t.Fatal(err)
	}
	in := &Installer{Folder: t.TempDir()}
	m, err := in.Install(t.Context(), read, archiveOf(t, map[string][]byte{"x/model.onnx": weights, "x/tokenizer.json": tokenizer}))
	if err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, m)
	if !slices.Equal([]string{m.Files[0].SHA256, m.Files[1].SHA256}, []string{testSpec().Files[0].SHA256, testSpec().Files[1].SHA256}) {
		t.Error("the manifest does not pin what was installed")
	}
	if _, err := in.Install(t.Context(), read, t.TempDir()); !errors.Is(err, ErrNoSource) {
		t.Errorf("from an empty folder: %v", err)
	}
	for name, change := range map[string]struct{ old, new, want string }{
		"syntax":   {"{", "", "read specification"},
		"unknown":  {`"license"`, `"licence"`, "licence"},
		"name":     {"test-model", "a/b", "name is"},
		"output":   {`"output":"states"`, `"output":""`, "no output"},
		"roles":    {`"role":"tokenizer"`, `"role":"model"`, "want one"},
		"checksum": {`"sha256":""`, `"sha256":"12"`, "checksum"},
		"path":     {"tokenizer.json", "..", "cannot be"},
	} {
		bad := strings.Replace(string(data), change.old, change.new, 1)
		_, err := ReadSpec(write(t, filepath.Join(dir, "bad.json"), []byte(bad)))
		if err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, change.want)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	data, err := json.Marshal(testSpec())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"name":"a","files":[{"path":"/"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s onnx.Spec
		if err := parseSpec(data, &s); err == nil && (len(s.Files) != 2 || !onnx.ValidName(s.Name)) {
			t.Fatalf("accepted %+v", s)
		}
	})
}

func FuzzLocal(f *testing.F) {
	data, err := os.ReadFile(archiveOf(f, map[string][]byte{"m": weights, "t": tokenizer}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := &Installer{Folder: t.TempDir()}
		if m, err := in.Install(t.Context(), testSpec(), write(t, filepath.Join(t.TempDir(), "p"), data)); err == nil {
			checkInstalled(t, m)
		}
	})
}

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// silent is an answer that sends some bytes and then nothing more.
type silent struct {
	ctx  context.Context
	sent bool
}

func (s *silent) Read(p []byte) (int, error) {
	if !s.sent {
		s.sent = true
		return copy(p, weights[:100]), nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (s *silent) Close() error { return nil }

// TestDownloadStalls gives up a download that sends nothing any more, in time that does not pass.
func TestDownloadStalls(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		in := &Installer{Folder: folder, Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: http.StatusOK, ContentLength: int64(len(weights)), Body: &silent{ctx: r.Context()}, Request: r,
			}, nil
		})}}
		_, err := in.Install(t.Context(), testSpec(), "")
		if err == nil || !strings.Contains(err.Error(), "nothing came for") || !strings.Contains(err.Error(), "100 of 160000 bytes are kept") {
			t.Errorf("error %v, want that nothing came", err)
		}
		if took := time.Since(begin); took != stallTimeout {
			t.Errorf("given up after %s, want %s", took, stallTimeout)
		}
	})
	checkNothing(t, folder, ".part")
}
