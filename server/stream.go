package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/jsonrpc2"
)

const (
	// defaultMaxMessage is the size in bytes above which a message is refused: editors send whole documents.
	defaultMaxMessage = 64 << 20

	// keepBuffer is the size in bytes up to which a read or write buffer is kept for the next message.
	keepBuffer = 1 << 20

	// maxHeaderLine bounds one line of a header. Longer lines are not headers.
	maxHeaderLine = 4 << 10

	// idPrefix is how much of a refused message is searched for its id.
	idPrefix = 4 << 10
)

// stream frames messages with the headers of the base protocol. Unlike the stream of the JSON-RPC library it outlives
// broken input: a message that cannot be read is answered with an error and skipped, so that one bad message does not
// end the session, and the size of a message is bounded before anything is allocated for it.
type stream struct {
	conn       io.ReadWriteCloser
	in         *bufio.Reader
	maxMessage int
	strict     bool   // what begins with anything but a header field ends here: it may be no editor that has connected
	buffer     []byte // of the latest message; requests alias it until the next Read
	onBad      func(reason string)
	ended      chan struct{} // closed when nothing more will be read
	failure    error         // why; set before ended is closed

	closed atomic.Bool

	mu  sync.Mutex // guards writing and out
	out []byte
}

var _ jsonrpc2.Stream = (*stream)(nil)

// newStream frames conn. Every message that had to be refused is reported to onBad.
func newStream(conn io.ReadWriteCloser, maxMessage int, onBad func(reason string)) *stream {
	if maxMessage <= 0 {
		maxMessage = defaultMaxMessage
	}
	return &stream{conn: conn, in: bufio.NewReaderSize(conn, 64<<10), maxMessage: maxMessage, onBad: onBad, ended: make(chan struct{})}
}

// Read implements jsonrpc2.Stream. It returns the next message that can be read and answers the others. An error is
// final.
func (s *stream) Read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	message, n, err := s.next(ctx)
	if err != nil {
		if s.closed.Load() {
			err = io.EOF // whatever closing did to the read
		}
		s.failure = err
		close(s.ended)
	}
	return message, n, err
}

func (s *stream) next(ctx context.Context) (jsonrpc2.Message, int64, error) {
	for {
		if s.closed.Load() {
			return nil, 0, io.EOF
		}
		length, err := s.readHeader(ctx)
		if err != nil {
			return nil, 0, err
		}
		if length > s.maxMessage {
			if err := s.skip(ctx, length); err != nil {
				return nil, 0, err
			}
			continue
		}
		if cap(s.buffer) < length || cap(s.buffer) > keepBuffer {
			s.buffer = make([]byte, length)
		}
		body := s.buffer[:length]
		if _, err := io.ReadFull(s.in, body); err != nil {
			return nil, 0, fmt.Errorf("read a message of %d bytes: %w", length, unexpected(err))
		}
		message, err := jsonrpc2.DecodeMessage(body)
		if err == nil {
			return message, int64(length), nil
		}
		if err := s.refuse(ctx, body, malformed(body)); err != nil {
			return nil, 0, err
		}
	}
}

// malformed says what is wrong with a body that is not a message.
func malformed(body []byte) *jsonrpc2.Error {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	switch {
	case !json.Valid(body):
		return jsonrpc2.NewError(jsonrpc2.ParseError, "message is not valid JSON")
	case trimmed[0] == '[':
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, "batches are not part of the language server protocol")
	default:
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, `message is neither a request, a notification nor a response of JSON-RPC 2.0`)
	}
}

// skip passes over the body of a message that is too large and answers it.
func (s *stream) skip(ctx context.Context, length int) error {
	start := make([]byte, min(length, idPrefix))
	if _, err := io.ReadFull(s.in, start); err != nil {
		return fmt.Errorf("skip a message of %d bytes: %w", length, unexpected(err))
	}
	if _, err := io.CopyN(io.Discard, s.in, int64(length-len(start))); err != nil {
		return fmt.Errorf("skip a message of %d bytes: %w", length, unexpected(err))
	}
	return s.refuse(ctx, start, jsonrpc2.Errorf(jsonrpc2.InvalidRequest,
		"message of %d bytes refused, at most %d are allowed", length, s.maxMessage))
}

// refuse answers a message that was not understood, with its id when one can be made out, else with null.
func (s *stream) refuse(ctx context.Context, body []byte, reason *jsonrpc2.Error) error {
	s.onBad(reason.Message)
	_, err := s.Write(ctx, jsonrpc2.NewResponse(findID(body), nil, reason))
	return err
}

// findID returns the id among the leading members of a message, which may be cut off or broken.
func findID(body []byte) jsonrpc2.ID {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return jsonrpc2.ID{}
	}
	for {
		name, err := decoder.Token()
		if err != nil {
			return jsonrpc2.ID{}
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return jsonrpc2.ID{}
		}
		if name != "id" {
			continue
		}
		switch id := value.(type) {
		case string:
			return jsonrpc2.NewStringID(id)
		case json.Number:
			if n, err := id.Int64(); err == nil {
				return jsonrpc2.NewNumberID(n)
			}
		}
		return jsonrpc2.ID{}
	}
}

// errNotEditor ends a connection of whoever speaks another protocol, such as a browser that was given the address.
var errNotEditor = errors.New("what connected does not speak the language server protocol")

// readHeader returns the length of the next body. What is no header is passed over and answered once, until a header
// with a length is found: there is no other way to find the next message. io.EOF means the end between messages.
func (s *stream) readHeader(ctx context.Context) (int, error) {
	h := header{length: -1}
	for {
		line, err := s.readLine()
		if err != nil {
			if errors.Is(err, io.EOF) && !h.started && len(line) == 0 {
				return 0, io.EOF
			}
			return 0, fmt.Errorf("read a header: %w", unexpected(err))
		}
		done, reason := h.add(line)
		if done {
			return h.length, nil
		}
		if reason == "" {
			s.strict = s.strict && line == ""
			continue
		}
		if s.strict {
			return 0, errNotEditor
		}
		if err := s.refuse(ctx, nil, jsonrpc2.NewError(jsonrpc2.ParseError, reason)); err != nil {
			return 0, err
		}
	}
}

// header collects the lines of one header.
type header struct {
	length  int  // -1 until known
	started bool // a line that is not blank was seen
	refused bool // what came so far was answered with an error
}

// add takes the next line, without its end. It says whether the header is complete, and what to answer, if anything.
func (h *header) add(line string) (done bool, reason string) {
	const field = "content-length:"
	if line == "" {
		if h.length > 0 {
			return true, ""
		}
		blank := !h.started // some clients end a body with a line break
		h.started, h.length = false, -1
		if blank {
			return false, ""
		}
		return false, h.refuse("header without a Content-Length above zero")
	}
	h.started = true
	at := indexFold(line, field)
	if at < 0 {
		if name, _, found := strings.Cut(line, ":"); found && !strings.ContainsAny(name, " \t\"{}[]") {
			return false, "" // another field, such as Content-Type
		}
		h.length = -1
		return false, h.refuse("expected a header field")
	}
	n, err := strconv.ParseUint(strings.TrimSpace(line[at+len(field):]), 10, 31)
	if err != nil {
		h.length = -1
		return false, h.refuse("Content-Length is not a number of bytes below 2 GiB")
	}
	h.length = int(n)
	if at > 0 {
		return false, h.refuse("expected a header field")
	}
	return false, ""
}

// indexFold returns where line holds an ASCII text in whatever case, or -1.
func indexFold(line, text string) int {
	for i := 0; i+len(text) <= len(line); i++ {
		if strings.EqualFold(line[i:i+len(text)], text) {
			return i
		}
	}
	return -1
}

// refuse returns reason the first time and nothing after that.
func (h *header) refuse(reason string) string {
	if h.refused {
		return ""
	}
	h.refused = true
	return reason
}

// readLine returns the next line without its end. Of a longer line than a header has, only the end is returned.
func (s *stream) readLine() (string, error) {
	var line []byte
	for {
		part, err := s.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxHeaderLine {
			line = line[len(line)-maxHeaderLine:]
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return strings.TrimRight(string(line), "\r\n"), err
	}
}

// unexpected turns an end of input inside a message into io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Write implements jsonrpc2.Stream: one message is one write, whoever else is writing. The context is not looked at,
// since the answer to a cancelled request must be written too.
func (s *stream) Write(_ context.Context, message jsonrpc2.Message) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() {
		return 0, io.ErrClosedPipe
	}
	const room = len("Content-Length: \r\n\r\n") + 20
	s.out = jsonrpc2.AppendMessage(append(s.out[:0], make([]byte, room)...), message)
	head := strconv.AppendInt([]byte("Content-Length: "), int64(len(s.out)-room), 10)
	head = append(head, "\r\n\r\n"...)
	frame := s.out[room-len(head):]
	copy(frame, head)
	n, err := s.conn.Write(frame)
	if cap(s.out) > keepBuffer {
		s.out = nil
	}
	if err != nil {
		err = fmt.Errorf("write a message of %d bytes: %w", len(frame), err)
	}
	return int64(n), err
}

// Close implements jsonrpc2.Stream.
func (s *stream) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.conn.Close()
}
