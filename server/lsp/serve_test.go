package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lsp/workspace"
)

// frames cuts the whole output of a server into messages. Anything that is not a message is an error: nothing
// else may ever be written to the editor.
func frames(out []byte) ([]map[string]any, error) {
	var all []map[string]any
	r := bufio.NewReader(bytes.NewReader(out))
	for {
		if _, err := r.Peek(1); errors.Is(err, io.EOF) {
			return all, nil
		}
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return nil, fmt.Errorf("header of message %d: %w", len(all), err)
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return nil, fmt.Errorf("length of message %d: %w", len(all), err)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, fmt.Errorf("body of message %d: %w", len(all), err)
		}
		var message map[string]any
		if err := json.Unmarshal(body, &message); err != nil {
			return nil, fmt.Errorf("message %d: %w", len(all), err)
		}
		all = append(all, message)
	}
}

// serve sends messages to a server and returns what it wrote and the status it ended with.
func serve(t *testing.T, args []string, messages ...string) (out, log []byte, status int) {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command("lsp", append(args, "--cache-dir", filepath.Join(home, "cache"))...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	var in, stdout, stderr bytes.Buffer
	for _, m := range messages {
		fmt.Fprintf(&in, "Content-Length: %d\r\n\r\n%s", len(m), m)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &stdout, &stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("run the server: %v", err)
	}
	return stdout.Bytes(), stderr.Bytes(), cmd.ProcessState.ExitCode()
}

// TestStdio looks at the server the way an editor does: whole messages on stdout and nothing else, whatever is
// logged, and the exit status of the protocol.
func TestStdio(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"a.go":           "package a\n\n// add sums up.\nfunc add(a, b int) int { return a + b }\n",
		".semantic.toml": "nonsense = true\n", // something to warn about
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	initialize := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{},"rootUri":%q}}`,
		workspace.PathToURI(folder))
	const (
		initialized = `{"jsonrpc":"2.0","method":"initialized","params":{}}`
		symbols     = `{"jsonrpc":"2.0","id":2,"method":"workspace/symbol","params":{"query":"add"}}`
		unknown     = `{"jsonrpc":"2.0","id":3,"method":"semantic/nothing","params":{}}`
		shutdown    = `{"jsonrpc":"2.0","id":4,"method":"shutdown"}`
		exit        = `{"jsonrpc":"2.0","method":"exit"}`
	)
	for _, tt := range []struct {
		name     string
		args     []string
		messages []string
		answered []float64 // ids that must have been answered; what runs when the editor leaves may or may not
		status   int
	}{
		{"orderly", []string{"--stdio"}, []string{initialize, initialized, symbols, unknown, shutdown, exit}, []float64{1, 3, 4}, 0},
		{"as a command", []string{"serve", "--stdio"}, []string{initialize, initialized, shutdown, exit}, []float64{1, 4}, 0},
		{"everything logged", []string{"--stdio", "--log-level", "debug"}, []string{initialize, initialized, symbols, shutdown, exit}, []float64{1, 4}, 0},
		{"exit without shutdown", []string{"--stdio"}, []string{initialize, initialized, exit}, []float64{1}, 1},
		{"end of input", []string{"--stdio"}, []string{initialize, initialized}, []float64{1}, 1},
		{"nothing at all", []string{"--stdio"}, nil, nil, 1},
		{"no protocol", []string{"--stdio"}, []string{"hello"}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, log, status := serve(t, tt.args, tt.messages...)
			if status != tt.status {
				t.Errorf("ended with status %d, want %d; it logged:\n%s", status, tt.status, log)
			}
			messages, err := frames(out)
			if err != nil {
				t.Fatalf("stdout is not pure: %v\n%q", err, out)
			}
			answers := map[float64]int{}
			for _, m := range messages {
				if id, ok := m["id"].(float64); ok && m["method"] == nil {
					answers[id]++
				}
			}
			for _, id := range tt.answered {
				if answers[id] == 0 {
					t.Errorf("request %v was not answered:\n%s", id, out)
				}
			}
			for id, n := range answers {
				if n > 1 {
					t.Errorf("request %v was answered %d times:\n%s", id, n, out)
				}
			}
		})
	}
}

// patience is how long something may take that must happen.
const patience = time.Minute

// TestListen connects over TCP and leaves.
func TestListen(t *testing.T) {
	cmd := exec.Command("lsp", "serve", "--listen", "127.0.0.1:0", "--cache-dir", t.TempDir())
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		cmd.Wait() // killed: the status says nothing
	})
	line, err := bufio.NewReader(stderr).ReadString('\n')
	if err != nil {
		t.Fatalf("read where the server listens: %v", err)
	}
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "lsp: listening on ")
	if !ok {
		t.Fatalf("the server says %q", line)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, m := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"capabilities":{}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`,
		`{"jsonrpc":"2.0","method":"exit"}`,
	} {
		fmt.Fprintf(conn, "Content-Length: %d\r\n\r\n%s", len(m), m)
	}
	out, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if messages, err := frames(out); err != nil || len(messages) < 2 {
		t.Errorf("%d messages, error %v, want two answers:\n%s", len(messages), err, out)
	}
}

// TestTerminated sends the signal that editors in a hurry send: the server ends in good order, with status 0.
func TestTerminated(t *testing.T) {
	home := t.TempDir()
	cmd := exec.Command("lsp", "--stdio", "--cache-dir", filepath.Join(home, "cache"))
	cmd.Env = append(os.Environ(), "HOME="+home)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`
	if _, err := fmt.Fprintf(in, "Content-Length: %d\r\n\r\n%s", len(initialize), initialize); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has begun to answer, so it is up
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); errors.Is(err, errors.ErrUnsupported) {
		if err := errors.Join(in.Close(), cmd.Process.Kill()); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // processes are not interrupted on Windows
		return
	} else if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("lsp --stdio: %v", err)
	}
}
