//go:build onnxtest && cgo

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lsp/encoder/onnx"
	"lsp/server/internal/fakeeditor"
	"lsp/workspace"
)

const upgradeModel = "all-minilm-l6-v2"

// pipes are standard input and output of a process.
type pipes struct {
	io.Reader
	in io.WriteCloser
}

func (p pipes) Write(b []byte) (int, error) { return p.in.Write(b) }
func (p pipes) Close() error                { return p.in.Close() }

// desk is a folder that somebody works on, with models and a cache of its own.
type desk struct {
	t         *testing.T
	folder    string
	home      string
	installed string // where the real models are
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, folder: t.TempDir(), home: t.TempDir()}
	var err error
	if d.installed, err = filepath.Abs(onnx.DefaultFolder()); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"net.go":  "package demo\n\n// backoff waits twice the time with each attempt.\nfunc backoff(attempt int) time.Duration { return time.Second << attempt }\n",
		"math.go": "package demo\n\n// add returns the sum.\nfunc add(a, b int) int { return a + b }\n",
	} {
		if err := os.WriteFile(filepath.Join(d.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 { // something to do in the background
		text := fmt.Sprintf("package demo\n\n// draw%d draws figure %d.\nfunc draw%d() { paint(%d) }\n", i, i, i, i)
		if err := os.WriteFile(filepath.Join(d.folder, fmt.Sprintf("draw%d.go", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) environment() []string {
	return append(os.Environ(), "HOME="+d.home, "USERPROFILE="+d.home, onnx.FolderVariable+"="+filepath.Join(d.home, "models"))
}

// command runs lsp beside the server, as a person does in a shell.
func (d *desk) command(args ...string) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "lsp", args...)
	cmd.Env = d.environment()
	if said, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("lsp %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}

// install installs the runtime and the model from where they are installed already.
func (d *desk) install(name string) {
	d.t.Helper()
	d.command("model", "install", name, "--from", filepath.Join(d.installed, name))
}

// sitting is an editor with a server of its own.
type sitting struct {
	*fakeeditor.Editor
	t        *testing.T
	cmd      *exec.Cmd
	answered bool // a question was answered with a result
}

// open starts a server, which is to use the model.
func (d *desk) open() *sitting {
	d.t.Helper()
	cmd := exec.Command("lsp", "--stdio", "--cache-dir", filepath.Join(d.home, "cache"))
	cmd.Env = d.environment()
	var log bytes.Buffer
	cmd.Stderr = &log
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		if err := cmd.Process.Kill(); err == nil { // the test has failed before it closed the editor
			cmd.Wait()
		}
		if d.t.Failed() {
			d.t.Logf("the server logged:\n%s", log.Bytes())
		}
	})
	s := &sitting{Editor: fakeeditor.New(d.t, pipes{out, in}), t: d.t, cmd: cmd}
	type object = map[string]any
	s.MustCall("initialize", object{
		"processId": nil, "rootUri": workspace.PathToURI(d.folder), "capabilities": object{},
		"initializationOptions": object{"encoder": upgradeModel, "encoderOnBattery": true, "enabled": "on"},
	}, nil)
	s.Notify("initialized", object{})
	return s
}

// close leaves the server in good order.
func (s *sitting) close() {
	s.t.Helper()
	s.MustCall("shutdown", nil, nil)
	s.Notify("exit", nil)
	s.Ended()
	if err := s.cmd.Wait(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("the server ended: %v", err)
	}
}

// tierHealth is what the test reads of a status.
type tierHealth struct {
	Degraded string
	Roots    []struct {
		State string
		Tier  *struct {
			Model, State         string
			Done, Total, Encoded int
		}
	}
}

// until asks questions, one after each news from the server, until its status is as wanted. All of them are answered.
func (s *sitting) until(what string, reached func(tierHealth) bool) tierHealth {
	s.t.Helper()
	for {
		s.ask()
		var st tierHealth
		s.Expect("the status in which "+what, func(m fakeeditor.Message) bool {
			return m.Method == "semantic/statusChanged" && json.Unmarshal(m.Params, &st) == nil
		})
		if reached(st) {
			return st
		}
	}
}

// complete tells whether every unit has the vectors of the model.
func complete(st tierHealth) bool {
	return len(st.Roots) == 1 && st.Roots[0].Tier != nil && st.Roots[0].Tier.State == "complete" && st.Roots[0].Tier.Total > 60
}

// ask asks a question that both models can answer, and returns how many units the transformer had a say in. Until the first
// index is there an answer may be empty, if it says that it is not complete; after that none may.
func (s *sitting) ask() (done, total int) {
	s.t.Helper()
	var answer struct {
		Results  []struct{ Name string }
		Complete bool
		Tier     *struct {
			Model       string
			Done, Total int
		}
	}
	s.MustCall("semantic/search", map[string]any{"query": "wait longer with each retry attempt"}, &answer)
	switch {
	case len(answer.Results) > 0 && answer.Results[0].Name != "backoff":
		s.t.Errorf("found %+v, want backoff first", answer.Results[0])
	case len(answer.Results) == 0 && (s.answered || answer.Complete):
		s.t.Errorf("nothing was found; complete: %v, a question was answered before: %v", answer.Complete, s.answered)
	}
	s.answered = s.answered || len(answer.Results) > 0
	if answer.Tier == nil {
		return 0, len(answer.Results)
	}
	return answer.Tier.Done, answer.Tier.Total
}

// TestTransformerUpgradesAnOpenWorkspace installs runtime and model while an editor works: questions are answered all the
// time, and the transformer takes over; it is left when the library is removed, comes back with it, and is there at once
// when the editor is opened again. Nothing is encoded twice.
func TestTransformerUpgradesAnOpenWorkspace(t *testing.T) {
	d := newDesk(t)
	s := d.open()
	s.until("the index is ready and the model missing", func(st tierHealth) bool {
		return len(st.Roots) == 1 && st.Roots[0].State == "ready" && strings.Contains(st.Degraded, "lsp model install "+upgradeModel)
	})
	d.install(upgradeModel)
	s.until("the runtime is missing", func(st tierHealth) bool { return strings.Contains(st.Degraded, "lsp model install "+onnx.RuntimeName) })
	d.install(onnx.RuntimeName)
	st := s.until("the transformer has taken over", complete)
	tier := st.Roots[0].Tier
	if st.Degraded != "" || tier.Model != upgradeModel || tier.Done != tier.Total || tier.Encoded == 0 {
		t.Errorf("the status is %+v with %+v", st, tier)
	}
	if done, total := s.ask(); done != total || done != tier.Total {
		t.Errorf("the transformer has a say in %d of %d units, want %d", done, total, tier.Total)
	}

	d.command("model", "remove", onnx.RuntimeName)
	s.until("the library is gone", func(st tierHealth) bool {
		return strings.Contains(st.Degraded, "ONNX Runtime is not installed") && st.Roots[0].Tier == nil
	})
	if done, _ := s.ask(); done != 0 {
		t.Errorf("a model that is not there has a say in %d units", done)
	}
	d.install(onnx.RuntimeName)
	if again := s.until("the transformer is back", complete).Roots[0].Tier; again.Encoded != 0 {
		t.Errorf("%d units were encoded again", again.Encoded)
	}
	s.close()

	s = d.open()
	if again := s.until("the transformer is there after a restart", complete).Roots[0].Tier; again.Encoded != 0 {
		t.Errorf("%d units were encoded again after a restart", again.Encoded)
	}
	s.close()
}

// TestTransformerInstallations installs the real model on a full disk, then in two processes at once: there is an error that
// says why, nothing is half installed, and in the end the model works.
func TestTransformerInstallations(t *testing.T) {
	d := newDesk(t)
	d.install(onnx.RuntimeName)
	from := filepath.Join(d.installed, upgradeModel)
	full := exec.CommandContext(t.Context(), "sh", "-c", `trap "" XFSZ; ulimit -f 8000; exec lsp model install "$0" --from "$1"`, upgradeModel, from)
	full.Env = d.environment()
	if said, err := full.CombinedOutput(); err == nil || !bytes.Contains(said, []byte("model_quantized.onnx")) || !bytes.Contains(said, []byte("file too large")) {
		t.Errorf("with a full disk: %v: %s", err, said)
	}
	if _, err := onnx.ReadManifest(filepath.Join(d.home, "models"), upgradeModel); !errors.Is(err, onnx.ErrNotInstalled) {
		t.Errorf("after a full disk: %v", err)
	}

	var both sync.WaitGroup
	var installed atomic.Int64
	for range 2 {
		both.Go(func() {
			cmd := exec.CommandContext(t.Context(), "lsp", "model", "install", upgradeModel, "--from", from)
			cmd.Env = d.environment()
			said, err := cmd.CombinedOutput()
			if err == nil {
				installed.Add(1)
			} else if !bytes.Contains(said, []byte("another process is changing it")) {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
	both.Wait()
	if installed.Load() == 0 {
		t.Error("neither of two processes installed the model")
	}
	d.command("model", "check")
}
