package mcp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestBadLines has a client that makes mistakes: each is answered, and the session goes on.
func TestBadLines(t *testing.T) {
	in, send := io.Pipe()
	receive, out := io.Pipe()
	done := make(chan error, 1)
	e := &scripted{}
	go func() {
		done <- Serve(t.Context(), Stdio(in, out), Options{Open: e.open, Roots: []string{t.TempDir()}})
	}()
	answers := bufio.NewScanner(receive)
	ask := func(line, want string) {
		t.Helper()
		if _, err := fmt.Fprintln(send, line); err != nil {
			t.Fatal(err)
		}
		if want == "" {
			return
		}
		if !answers.Scan() || !json.Valid(answers.Bytes()) || !strings.Contains(answers.Text(), want) {
			t.Fatalf("%.80s is answered by %s, want %s", line, answers.Text(), want)
		}
	}
	ask("not json", `"id":null,"error":{"code":-32700,`)
	ask("", "")
	ask(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`, `"id":1,"result":{`)
	ask(`{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\r", "")
	for line, want := range map[string]string{
		`{"jsonrpc":"1.0","id":"a","method":"ping"}`:                                       `"id":"a","error":{"code":-32600,`,
		`{"jsonrpc":"1.0","id":{},"method":"ping"}`:                                        `"id":null,"error":{"code":-32600,`,
		`{"jsonrpc":"2.0","id":2,"method":"ping"}{"jsonrpc":"2.0","id":3,"method":"ping"}`: `"id":null,"error":{"code":-32700,`,
		`{"jsonrpc":"2.0","id":4`:                                                          `"id":null,"error":{"code":-32700,`,
		`[]`:                                                                               `"id":null,"error":{"code":-32600,`,
		`[1]`:                                                                              `"id":null,"error":{"code":-32600,`,
		`7`:                                                                                `"id":null,"error":{"code":-32600,`,
		`[{"jsonrpc":"2.0","id":5,"method":"ping"}]`: `"id":5,"result":{}`,
		strings.Repeat("x", maxLine+10):              `"id":null,"error":{"code":-32600,`,
	} {
		ask(line, want)
	}
	ask(`{"jsonrpc":"2.0","id":6,"method":"ping"}`, `"id":6,"result":{}`)
	send.Close()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
