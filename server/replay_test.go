package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"lsp/indexer/chunk"
	"lsp/server/internal/fakeeditor"
	"lsp/workspace"
)

// A transcript is what a real editor sent in a session, and what it has to be answered: an archive of the files of the
// workspace, under "workspace/", and of "session.jsonl" with a line {"client": message} for everything the editor sent
// and {"server": message} for every answer. {root} and {rootURI} stand for the workspace. The tests in editors record
// what the editors send, with "go test ./editors -record", and "npm run transcript" in editors/vscode what VS Code sends.
// No package has Sublime Text's client, LSP: its session was recorded from the code of its version 2.13.0, run in Python
// with a stand-in for the editor's API. "go test ./server -run TestReplay -update" writes the answers.
const sessionFile = "session.jsonl"

// turn is a line of a session.
type turn struct {
	Client json.RawMessage `json:"client,omitempty"`
	Server json.RawMessage `json:"server,omitempty"`
}

func TestReplay(t *testing.T) {
	paths, err := filepath.Glob("testdata/transcripts/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		if filepath.Base(path) == "vscode.txtar" && chunk.Version&1 != 0 {
			continue // a build without cgo reads what is not Go in another way, and scores it so
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { replay(t, path) })
	}
}

// replay plays the editor's part of a transcript and compares the answers.
func replay(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(tempDir(t), "demo")
	var session []byte
	for i, file := range archive.Files {
		if name, ok := strings.CutPrefix(file.Name, "workspace/"); ok {
			writeFile(t, root, name, string(file.Data))
		} else if file.Name == sessionFile {
			session = file.Data
			archive.Files = append(archive.Files[:i:i], archive.Files[i+1:]...)
		}
	}
	places := strings.NewReplacer("{rootURI}", workspace.PathToURI(root), "{root}", jsonText(root))
	names := strings.NewReplacer(workspace.PathToURI(root), "{rootURI}", jsonText(root), "{root}")

	var wanted, got []byte
	r := serveReal(t, t.TempDir())
	messages := decodeTurns(t, session, places)
	answerAs(r.Editor, messages)
	for _, m := range messages {
		if m.line.Client == nil {
			continue
		}
		wanted = fmt.Appendln(wanted, m.text)
		got = fmt.Appendln(got, m.text)
		switch {
		case m.Method == "":
		case m.ID == nil:
			r.Notify(m.Method, m.Params)
		default:
			answer := r.ask(m.Message)
			got = fmt.Appendln(got, names.Replace(answer))
			for _, other := range messages {
				if other.line.Server != nil && bytes.Equal(other.ID, m.ID) {
					wanted = fmt.Appendln(wanted, other.text)
				}
			}
		}
	}
	if messages[len(messages)-1].Method != "exit" { // the editor was killed, or ends servers in this way
		r.Close()
		<-r.done
	} else if err := <-r.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if *update {
		archive.Files = append(archive.Files, txtar.File{Name: sessionFile, Data: got})
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, have := strings.Split(string(wanted), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(want), len(have)) {
		if i >= len(want) || i >= len(have) || want[i] != have[i] {
			t.Fatalf("line %d differs (-update accepts it):\n got %s\nwant %s", i+1, at0(have, i), at0(want, i))
		}
	}
}

func at0(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// jsonText is a text as it stands inside of a JSON string.
func jsonText(s string) string {
	quoted, _ := json.Marshal(s) // a string can always be encoded
	return string(quoted[1 : len(quoted)-1])
}

// played is a message of a transcript.
type played struct {
	fakeeditor.Message
	line turn
	text string // the line as it stands in the file
}

func decodeTurns(t *testing.T, session []byte, places *strings.Replacer) []played {
	t.Helper()
	var out []played
	for line := range strings.Lines(string(session)) {
		m := played{text: strings.TrimSuffix(line, "\n")}
		if err := json.Unmarshal([]byte(places.Replace(m.text)), &m.line); err != nil {
			t.Fatalf("line %d: %v", len(out)+1, err)
		}
		body := m.line.Client
		if body == nil {
			body = m.line.Server
		}
		if err := json.Unmarshal(body, &m.Message); err != nil {
			t.Fatalf("line %d: %v", len(out)+1, err)
		}
		out = append(out, m)
	}
	return out
}

// answerAs has requests of the server answered as the recorded editor did: its answers carry their method.
func answerAs(e *fakeeditor.Editor, messages []played) {
	answers := map[string]chan played{}
	for _, m := range messages {
		var about struct{ Method string }
		if m.line.Client == nil || m.Method != "" || json.Unmarshal(m.ID, &about.Method) != nil {
			continue
		}
		if answers[about.Method] == nil {
			answers[about.Method] = make(chan played, len(messages))
		}
		answers[about.Method] <- m
	}
	for method, list := range answers {
		e.Handle(method, func(json.RawMessage) (any, *fakeeditor.Error) {
			select {
			case m := <-list:
				return m.Result, m.Error
			default:
				return nil, nil
			}
		})
	}
}

// ask sends a recorded request once what came before it is indexed, and returns the line of its answer.
func (r *real) ask(m fakeeditor.Message) string {
	r.t.Helper()
	if m.Method != "initialize" && m.Method != "shutdown" {
		r.indexed()
	}
	var result json.RawMessage
	err := r.Call(m.Method, m.Params, &result)
	answer := object{"id": m.ID}
	if err != nil {
		answer["error"] = err.Error()
	} else if strings.HasPrefix(m.Method, "semantic/") || m.Method == "workspace/executeCommand" {
		answer["result"] = steady(r.t, result)
	} else {
		answer["result"] = result
	}
	line, err := json.Marshal(object{"server": answer})
	if err != nil {
		r.t.Fatal(err)
	}
	return string(line)
}

// unsteady are the fields of our own requests and commands that differ between runs and machines, or whenever the ranking is tuned.
var unsteady = []string{
	"tookMs", "score", "confidence", "explanation", "cacheDir", "directory", "diskBytes", "watching", "engine", "vectors",
	"segments", "encoded", "reused",
}

// steady returns a result without them.
func steady(t *testing.T, result json.RawMessage) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(result, &value); err != nil {
		t.Fatal(err)
	}
	strip(value)
	return value
}

func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range unsteady {
			delete(v, name)
		}
		for _, inner := range v {
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}
