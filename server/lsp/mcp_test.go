package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// mcpCommand is lsp mcp as a process, with a home of its own, in a folder.
func mcpCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	home := t.TempDir()
	cmd := exec.Command("lsp", append([]string{"mcp", "--cache-dir", filepath.Join(home, "cache")}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+home, "USERPROFILE="+home)
	return cmd
}

func oneFunction(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text := "package a\n\n// Sum adds all numbers.\nfunc Sum(numbers []int) int { return len(numbers) }\n"
	if err := os.WriteFile(filepath.Join(dir, "sum.go"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestMCP talks to the real program as agents do: through the client of the official library.
func TestMCP(t *testing.T) {
	dir := oneFunction(t)
	for _, c := range []struct {
		name, revision, dir string
		args                []string
	}{
		{"root", "2025-06-18", t.TempDir(), []string{"--root", dir}},
		{"working directory", "2025-06-18", dir, nil},
		{"newest revision", "", dir, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := mcpCommand(t, c.dir, c.args...)
			var log bytes.Buffer
			cmd.Stderr = &log
			client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
			session, err := client.Connect(t.Context(), &sdk.CommandTransport{Command: cmd}, &sdk.ClientSessionOptions{ProtocolVersion: c.revision})
			if err != nil {
				t.Fatal(err)
			}
			result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "search", Arguments: map[string]any{"query": "adds all numbers"}})
			if err != nil {
				t.Fatal(err)
			}
			found, err := json.Marshal(result.StructuredContent)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`"path":"sum.go"`, `"startLine":3`, `"name":"Sum"`, `"complete":true`} {
				if !bytes.Contains(found, []byte(want)) {
					t.Errorf("%s lacks %s", found, want)
				}
			}
			if err := session.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			if log.Len() > 0 {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}

// TestMCPOutput looks at the bytes: lines of JSON on stdout and nothing else, however much is logged.
func TestMCPOutput(t *testing.T) {
	dir := oneFunction(t)
	if err := os.WriteFile(filepath.Join(dir, ".semantic.toml"), []byte("nonsense = true\n"), 0o644); err != nil {
		t.Fatal(err) // something to warn about
	}
	cmd := mcpCommand(t, dir, "--log-level", "debug")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"old","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"query":"kind:function"}}}`,
	} {
		if _, err := io.WriteString(in, message+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	decoder, answered := json.NewDecoder(out), false
	for !answered {
		var message struct {
			ID     int `json:"id"`
			Result struct {
				IsError bool `json:"isError"`
			} `json:"result"`
		}
		if err := decoder.Decode(&message); err != nil {
			t.Fatalf("stdout is not the protocol: %v", err)
		}
		answered = message.ID == 2 && !message.Result.IsError
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(io.MultiReader(decoder.Buffered(), out))
	if err != nil || strings.TrimSpace(string(rest)) != "" {
		t.Errorf("after the last answer: %q, %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("lsp mcp: %v", err)
	}
	if !strings.Contains(log.String(), "nonsense") {
		t.Errorf("the log %q does not mention the bad setting", log.String())
	}
}

// TestMCPTerminated ends on the first signal, in good order.
func TestMCPTerminated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := mcpCommand(t, oneFunction(t))
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(ctx, &sdk.CommandTransport{Command: cmd}, nil)
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); errors.Is(err, errors.ErrUnsupported) {
		return // processes are not interrupted on Windows
	} else if err != nil {
		t.Fatal(err)
	}
	if err := session.Wait(); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("the connection ended with %v", err)
	}
	if err := session.Close(); err != nil {
		t.Errorf("lsp mcp: %v", err)
	}
}
