package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"
	"testing"

	"go.lsp.dev/jsonrpc2"

	"lsp/server/internal/fakeeditor"
)

// TestBadMessages: whatever cannot be read is answered, with its id when there is one, and the session goes on.
func TestBadMessages(t *testing.T) {
	frame := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }
	cases := []struct {
		name, bytes string
		id          any
		code        int
		holds       string
	}{
		{"no JSON", frame("hello"), nil, -32700, "not valid JSON"},
		{"cut JSON", frame(`{"jsonrpc":"2.0","id":1,"method":"semantic/status"`), 1, -32700, "not valid JSON"},
		{"two values", frame(`{"jsonrpc":"2.0","id":1,"method":"a"}{}`), 1, -32700, "not valid JSON"},
		{"blank body", frame("  "), nil, -32700, "not valid JSON"},
		{"batch", frame(`[{"jsonrpc":"2.0","id":1,"method":"semantic/status"}]`), nil, -32600, "batches"},
		{"empty batch", frame(`[]`), nil, -32600, "batches"},
		{"a number", frame(`3`), nil, -32600, "neither"},
		{"old version", frame(`{"id":"x","method":"semantic/status"}`), "x", -32600, "neither"},
		{"method and result", frame(`{"jsonrpc":"2.0","id":4,"method":"a","result":1}`), 4, -32600, "neither"},
		{"nothing in it", frame(`{"jsonrpc":"2.0","id":5}`), 5, -32600, "neither"},
		{"fraction as id", frame(`{"jsonrpc":"2.0","id":1.5,"method":"semantic/status"}`), nil, -32600, "neither"},
		{"object as id", frame(`{"jsonrpc":"2.0","id":{},"method":"semantic/status"}`), nil, -32600, "neither"},
		{"number as method", frame(`{"jsonrpc":"2.0","id":6,"method":7}`), 6, -32600, "neither"},
		{"deep", frame(`{"jsonrpc":"2.0","id":7,"method":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`), 7, -32700, "not valid JSON"},
		{"params that are no JSON", frame(`{"jsonrpc":"2.0","id":8,"method":"semantic/search","params":{"query":}}`), 8, -32700, "not valid JSON"},
		{"no length", "Content-Type: x\r\n\r\n", nil, -32700, "Content-Length"},
		{"length of zero", "Content-Length: 0\r\n\r\n", nil, -32700, "Content-Length"},
		{"negative length", "Content-Length: -5\r\n\r\n", nil, -32700, "Content-Length"},
		{"length in words", "Content-Length: five\r\n\r\n", nil, -32700, "Content-Length"},
		{"length beyond numbers", "Content-Length: 99999999999999999999\r\n\r\n", nil, -32700, "Content-Length"},
		{"garbage", "what is this {}\r\nand this?\r\n\r\n", nil, -32700, "header field"},
		{"bytes that are no text before a header", "\xff\xfe\xff" + frame(`{"jsonrpc":"2.0","method":"x"}`), nil, -32700, "header field"},
		{"garbage in one line with a header", "garbage" + frame(`{"jsonrpc":"2.0","method":"x"}`), nil, -32700, "header field"},
		{"binary garbage", strings.Repeat("\x00\xff", 100_000) + "\n", nil, -32700, "header field"},
		{"too large", frame(`{"jsonrpc":"2.0","id":"big","method":"semantic/search","params":{"query":"` + strings.Repeat("x", 100_000) + `"}}`),
			"big", -32600, "at most 65536"},
		{"too large, without id", frame(`{"jsonrpc":"2.0","method":"a","params":"` + strings.Repeat("x", 100_000) + `"}`), nil, -32600, "at most 65536"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := start(t, func(o *Options) { o.MaxMessage = 65536 })
			f.initialize(nil)
			if err := f.Raw(c.bytes); err != nil {
				t.Fatal(err)
			}
			f.Fails(f.Await(c.id, nil), c.code, c.holds)
			f.settle()
			f.leave()
		})
	}
}

// TestTolerance: what some clients send beside the letter of the protocol is read all the same.
func TestTolerance(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	body := `{"jsonrpc":"2.0","id":"x","method":"semantic/status"}`
	for _, header := range []string{
		"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
		"Content-Type: x\r\ncontent-length:%d\r\n\r\n",
		"Content-Length: %d\n\n",
		"\r\n\r\nContent-Length: %d\r\n\r\n",
	} {
		if err := f.Raw(fmt.Sprintf(header, len(body)) + body); err != nil {
			t.Fatal(err)
		}
		if err := f.Await("x", nil); err != nil {
			t.Errorf("%q: %v", header, err)
		}
	}
	f.Body(`{"jsonrpc":"2.0","id":77,"result":null}`) // an answer to nothing
	f.settle()
	f.leave()
}

// TestLargeMessages: buffers follow the size of messages and shrink again.
func TestLargeMessages(t *testing.T) {
	f := start(t)
	f.initialize(nil)
	for _, size := range []int{10, 3 << 20, 10, 5 << 20} {
		text := strings.Repeat("é", size/2)
		f.MustCall("semantic/complete", object{"text": text, "cursor": 3}, nil)
	}
	f.leave()
}

// TestBrokenWriter: a client that is gone does not hang the server.
func TestBrokenWriter(t *testing.T) {
	body := `{"jsonrpc":"2.0","id":1,"method":"initialize"}`
	in := strings.NewReader(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
	err := Serve(context.Background(), readWriteCloser{in, brokenWriter{}}, Options{Open: openNothing, timing: quick})
	if err == nil {
		t.Error("no error")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

// FuzzStream holds that any input is read to its end without a panic, and that everything written is sound: exact
// frames with answers that carry an error.
func FuzzStream(f *testing.F) {
	for _, seed := range []string{
		"\xff\xffContent-Length:", "", "\r\n", "Content-Length: 2\r\n\r\n{}", "Content-Length: 5\r\n\r\n{}", "Content-Length: 0\r\n\r\n",
		"Content-Length: 40\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"abcd"}`,
		"x: y\nContent-Length: 3\n\n[1]Content-Length: 2\r\n\r\n\"\"", "aContent-Length: 2000\r\n\r\n" + strings.Repeat("{", 2000),
		"Content-Length: 33\r\n\r\n" + `{"jsonrpc":"2.0","id":"\ud800",3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		var out bytes.Buffer
		s := newStream(readWriteCloser{bytes.NewReader(input), &out}, 1000, func(string) {})
		for {
			message, _, err := s.Read(context.Background())
			if err != nil {
				break
			}
			switch message.(type) {
			case *jsonrpc2.Call, *jsonrpc2.Notification, *jsonrpc2.Response:
			default:
				t.Fatalf("a message of type %T", message)
			}
		}
		checkFrames(t, out.Bytes())
	})
}

// checkFrames holds that out is a row of frames with error answers.
func checkFrames(t *testing.T, out []byte) {
	in := bufio.NewReader(bytes.NewReader(out))
	for {
		header, err := textproto.NewReader(in).ReadMIMEHeader()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("header: %v", err)
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Error *fakeeditor.Error `json:"error"`
		}
		if err := json.Unmarshal(body, &answer); err != nil || answer.Error == nil || answer.Error.Code == 0 {
			t.Fatalf("%q: %v", body, err)
		}
	}
}

// FuzzServer holds that a server survives any message of any method, and answers every request once.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, `[]`, `{"textDocument":{"uri":"file:///a"},"position":{"line":-1}}`,
		`{"command":"semantic.search","arguments":["a"]}`, `{"query":"\ud83d","limit":1e99}`, `{"id":1e1}`, `{"changes":[{"uri":":"}]}`,
		`{"contentChanges":[{"range":{"start":{"line":4294967295,"character":4294967295},"end":{}},"text":""}],"textDocument":{"uri":"x:","version":-1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, params []byte) {
		if !json.Valid(params) {
			t.Skip()
		}
		var in bytes.Buffer
		id := 0
		write := func(method string, params []byte, request bool) {
			body := fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s`, method, params)
			if request {
				id++
				body += fmt.Sprintf(`,"id":%d`, id)
			}
			fmt.Fprintf(&in, "Content-Length: %d\r\n\r\n%s}", len(body)+1, body)
		}
		write("initialize", params, true)
		write("initialize", []byte(`{"capabilities":{}}`), true)
		for _, method := range sortedKeys(notifications) {
			if method != "exit" {
				write(method, params, false)
			}
		}
		for _, method := range sortedKeys(requests) {
			if method != "shutdown" && method != "initialize" {
				write(method, params, true)
			}
		}
		write("shutdown", []byte("null"), true)
		client := &script{in: &in, waiting: id, answered: make(chan struct{})}
		if err := Serve(context.Background(), client, Options{Open: openNothing, timing: quick}); err != nil {
			t.Fatal(err)
		}
		if client.waiting != 0 {
			t.Fatalf("%d more requests than answers", client.waiting)
		}
	})
}
