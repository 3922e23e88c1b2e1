package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lsp/encoder/onnx"
)

// Variables that make the test program an installer of the test's model.
const (
	installInto  = "LSP_TEST_INSTALL_INTO" // folder
	installFrom  = "LSP_TEST_INSTALL_FROM" // source, "" for the hub
	installLimit = "LSP_TEST_INSTALL_LIMIT"
)

// testHub is a hub that no name server knows: only a proxy can reach it.
const testHub = "http://hub.invalid"

func TestMain(m *testing.M) {
	folder := os.Getenv(installInto)
	if folder == "" {
		os.Exit(m.Run())
	}
	in := &Installer{Folder: folder, Hub: testHub}
	err := limitFiles(os.Getenv(installLimit))
	if err == nil {
		_, err = in.Install(context.Background(), testSpec(), os.Getenv(installFrom))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// installElsewhere installs in a process of its own and returns what that said.
func installElsewhere(t testing.TB, variables ...string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), variables...)
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// TestInstallProcessesAtOnce lets several processes and threads install one model: each installs it or says that another
// one does, and it is whole in the end.
func TestInstallProcessesAtOnce(t *testing.T) {
	folder := t.TempDir()
	from := archiveOf(t, map[string][]byte{"m": weights, "t": tokenizer})
	var wg sync.WaitGroup
	var done atomic.Int64
	for range 3 {
		wg.Go(func() {
			said, err := installElsewhere(t, installInto+"="+folder, installFrom+"="+from)
			if err == nil {
				done.Add(1)
			} else if !strings.Contains(said, ErrBusy.Error()) {
				t.Errorf("a process: %v: %s", err, said)
			}
		})
		wg.Go(func() {
			_, err := (&Installer{Folder: folder}).Install(t.Context(), testSpec(), from)
			if err == nil {
				done.Add(1)
			} else if !errors.Is(err, ErrBusy) {
				t.Errorf("a thread: %v", err)
			}
		})
	}
	wg.Wait()
	m, err := (&Installer{Folder: folder}).Check(testSpec().Name)
	if err != nil || done.Load() == 0 {
		t.Fatalf("%d installations succeeded (%v)", done.Load(), err)
	}
	checkInstalled(t, m)
}

// TestProxy downloads through the proxy that the environment names.
func TestProxy(t *testing.T) {
	hub := server(t, nil)
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if "http://"+r.URL.Host != testHub {
			http.Error(w, "not for this proxy", http.StatusBadGateway)
			return
		}
		asked.Add(1)
		answer, err := hub.Client.Get(strings.TrimSuffix(hub.Hub, "/") + r.URL.EscapedPath())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		if _, err := io.Copy(w, answer.Body); err != nil {
			t.Error(err)
		}
	}))
	defer proxy.Close()
	folder := t.TempDir()
	said, err := installElsewhere(t, installInto+"="+folder, "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if err != nil || asked.Load() != 2 {
		t.Fatalf("%v after %d requests to the proxy: %s", err, asked.Load(), said)
	}
	m, err := onnx.ReadManifest(folder, testSpec().Name)
	if err != nil {
		t.Fatal(err)
	}
	checkInstalled(t, m)
}
