package editors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"lsp/editors/internal/editortest"
	"lsp/workspace"
)

// recorder makes a folder with a program lsp that keeps what it is sent and what it answers.
func recorder(t *testing.T, server, sent string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recorder")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\ntee '%s' | '%s' \"$@\" | tee '%s.answers'\n", sent, server, sent)
	if err := os.WriteFile(filepath.Join(dir, "lsp"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// message is the part of a message that recording looks at.
type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
}

// keepTranscript writes a session to the transcripts of the server's tests, whose format server/replay_test.go
// describes. The answers are written there.
func keepTranscript(t *testing.T, name, root, sent string) {
	t.Helper()
	asked := map[string]string{} // methods of the server's requests
	for _, m := range readFrames(t, sent+".answers") {
		if m.Method != "" && m.ID != nil {
			asked[string(m.ID)] = m.Method
		}
	}
	var session bytes.Buffer
	places := strings.NewReplacer(workspace.PathToURI(root), "{rootURI}", root, "{root}")
	for _, m := range readFrames(t, sent) {
		if m.Method == "" {
			m.ID = json.RawMessage(fmt.Sprintf(`{"method":%q}`, asked[string(m.ID)]))
		}
		if m.Method == "initialize" {
			m.Params = withoutProcess(t, m.Params)
		}
		line, err := json.Marshal(map[string]any{"client": m})
		if err != nil {
			t.Fatal(err)
		}
		session.WriteString(places.Replace(string(line)) + "\n")
	}
	archive := &txtar.Archive{Comment: []byte("A session of the editor " + name + ", recorded by go test ./editors -record.\n")}
	for path, text := range editortest.Workspace["main"] {
		archive.Files = append(archive.Files, txtar.File{Name: "workspace/" + path, Data: []byte(text)})
	}
	slices.SortFunc(archive.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	archive.Files = append(archive.Files, txtar.File{Name: "workspace/notes.txt", Data: []byte("Notes about slugs.\n")},
		txtar.File{Name: "session.jsonl", Data: session.Bytes()})
	path := filepath.Join("..", "server", "testdata", "transcripts", name+".txtar")
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// withoutProcess removes the process that the server would watch.
func withoutProcess(t *testing.T, params json.RawMessage) json.RawMessage {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal(params, &p); err != nil {
		t.Fatal(err)
	}
	p["processId"] = nil
	out, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readFrames reads the messages of one direction.
func readFrames(t *testing.T, path string) []message {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(bytes.NewReader(data))
	var out []message
	for {
		header, err := textproto.NewReader(in).ReadMIMEHeader()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			return out // the end of a session that was cut off
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatalf("%s: %v: %s", path, err, body)
		}
		out = append(out, m)
	}
}
