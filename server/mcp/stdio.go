package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Stdio is the transport of a server that its client has started: messages are lines. Nothing else may be written
// to out. A line that is no message is answered with an error of JSON-RPC, and the session goes on. Of a batch, which
// early versions of the protocol allow, each message is answered for itself.
func Stdio(in io.ReadCloser, out io.WriteCloser) sdk.Transport { return &stdio{in, out} }

// stdio makes the connection of a server.
type stdio struct {
	in  io.ReadCloser
	out io.WriteCloser
}

func (t *stdio) Connect(context.Context) (sdk.Connection, error) {
	l := &lineConn{in: t.in, out: t.out, incoming: make(chan incoming), closed: make(chan struct{})}
	go l.follow() // until the input ends, which no close may bring about
	return l, nil
}

// lineConn is a connection of lines.
type lineConn struct {
	in       io.ReadCloser
	incoming chan incoming

	writing sync.Mutex
	out     io.WriteCloser

	closing sync.Once
	closed  chan struct{}
}

// incoming is a message, or why there are no more.
type incoming struct {
	message jsonrpc.Message
	err     error
}

// maxLine is how long a message may be.
const maxLine = sdk.DefaultMaxLineLength

// errEditor is the end of a session with a client that speaks the other protocol on the same pipes.
var errEditor = errors.New("the client sends headers, as editors do to a language server; a message is a line here")

// follow reads lines until the input ends.
func (l *lineConn) follow() {
	reader := bufio.NewReaderSize(l.in, 64<<10)
	for {
		line, err := readLine(reader)
		if err == nil || len(line) > 0 {
			if more := l.take(line); !more {
				return
			}
		}
		if err != nil {
			l.give(incoming{err: err})
			return
		}
	}
}

// readLine reads a line. Of one that is too long it returns more than maxLine bytes, but not all.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxLine {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// take gives the messages of a line to the session. It returns false when there is no session any more.
func (l *lineConn) take(line []byte) bool {
	line = bytes.TrimSpace(line)
	switch {
	case len(line) == 0:
		return true
	case bytes.HasPrefix(line, []byte("Content-Length:")):
		l.give(incoming{err: errEditor})
		return false
	case len(line) > maxLine:
		return l.refuse(nil, jsonrpc.CodeInvalidRequest, fmt.Errorf("the message has more than %d bytes", maxLine))
	case !json.Valid(line):
		return l.refuse(nil, jsonrpc.CodeParseError, errors.New("the line is not one value of JSON"))
	case line[0] != '[':
		return l.decode(line)
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(line, &batch); err != nil || len(batch) == 0 {
		return l.refuse(nil, jsonrpc.CodeInvalidRequest, errors.New("the batch is empty"))
	}
	for _, message := range batch {
		if !l.decode(message) {
			return false
		}
	}
	return true
}

// decode gives one message to the session.
func (l *lineConn) decode(data []byte) bool {
	message, err := jsonrpc.DecodeMessage(data)
	if err == nil {
		return l.give(incoming{message: message})
	}
	var of struct{ ID json.RawMessage }
	if json.Unmarshal(data, &of) != nil || len(of.ID) == 0 || of.ID[0] == '{' || of.ID[0] == '[' {
		of.ID = nil
	}
	return l.refuse(of.ID, jsonrpc.CodeInvalidRequest, err)
}

func (l *lineConn) give(i incoming) bool {
	select {
	case l.incoming <- i:
		return true
	case <-l.closed:
		return false
	}
}

// refuse answers what is no message. The id is null when it cannot be told.
func (l *lineConn) refuse(id json.RawMessage, code int64, why error) bool {
	answer := struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   jsonrpc.Error   `json:"error"`
	}{"2.0", id, jsonrpc.Error{Code: code, Message: why.Error()}}
	data, err := json.Marshal(answer)
	if err == nil {
		err = l.write(data)
	}
	if err != nil {
		return l.give(incoming{err: err})
	}
	return true
}

func (l *lineConn) write(data []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	_, err := l.out.Write(append(data, '\n'))
	return err
}

func (l *lineConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case i := <-l.incoming:
		return i.message, i.err
	case <-l.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *lineConn) Write(ctx context.Context, message jsonrpc.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := jsonrpc.EncodeMessage(message)
	if err != nil {
		return err
	}
	return l.write(data)
}

func (l *lineConn) Close() (err error) {
	l.closing.Do(func() {
		close(l.closed)
		err = errors.Join(l.in.Close(), l.out.Close())
	})
	return err
}

// SessionID is empty: there is one session.
func (l *lineConn) SessionID() string { return "" }
