// Package server speaks the language server protocol: one session per client, one small file per request. It is the
// only package that knows the protocol; everything it answers comes from an Engine.
//
// # Order
//
// Messages are read one after the other. Notifications, and with them every change of a document, take effect before
// the next message is read, so a request sees every change that was sent before it. Requests run beside each other
// with bounded parallelism, after the folder and configuration changes that were sent before them. Whatever waits for
// the client (configuration, questions) does so beside the reading.
//
// # Faults
//
// Every request is answered exactly once. A panic becomes an error reply and a log line; a message that cannot be
// read is answered with an error and skipped; a notification that fails is logged. The session ends with exit, at the
// end of input, or when the editor's process ends.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"lsp/server/engine"
	"lsp/server/settings"
)

// Options configure serving. Open is needed, everything else has a default.
type Options struct {
	// Open makes the engine of a session when its client initializes it. The session fills in the configuration but
	// for the encoder and the cache folder, and closes the engine at its end.
	Open func(engine.Config) (Engine, error)

	// OpenPage opens a page in the browser over the engine of a session: it returns the address of the page and what
	// serves it until a context ends. Nil when there is none.
	OpenPage func(context.Context, Engine) (url string, serve func(context.Context) error, err error)

	Version    string           // of the program, shown to the client
	Log        *slog.Logger     // beside the client's log window; nil discards
	Flags      []settings.Layer // from the command line, stronger than everything else
	MaxMessage int              // largest message that is read, in bytes; 0 means 64 MiB

	timing  timing // zero means the standard
	strange bool   // whoever connects may be no editor
}

// timing are the periods of a session. Tests shorten or lengthen them.
type timing struct {
	parent   time.Duration // between looks at the editor's process
	status   time.Duration // least between two semantic/statusChanged
	progress time.Duration // least between two reports of progress
	patience time.Duration // before work is worth a progress bar
	answer   time.Duration // most to wait for configuration and for the creation of a progress bar
	drain    time.Duration // most to wait for requests when the connection is gone
}

var standardTiming = timing{
	parent:   parentPeriod,
	status:   500 * time.Millisecond,
	progress: 100 * time.Millisecond,
	patience: 300 * time.Millisecond,
	answer:   5 * time.Second,
	drain:    5 * time.Second,
}

// Serve serves one client over rwc until it leaves, its process ends or ctx does, and closes rwc. It returns nil when
// the client shut the session down first, ErrNoShutdown (wrapped) when it just left, and what broke the connection
// otherwise.
func Serve(ctx context.Context, rwc io.ReadWriteCloser, o Options) error {
	if o.Open == nil {
		return errors.New("serve: no engine to open")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.timing == (timing{}) {
		o.timing = standardTiming
	}
	return newSession(ctx, rwc, o).run()
}

// Listen serves every client that connects to listener, each with its own engine, until ctx ends. It then waits for
// the sessions. Since any program, and any page in a browser, can connect, a session that does not begin with a header
// of the protocol ends at once.
func Listen(ctx context.Context, listener net.Listener, o Options) error {
	o.strange = true
	var sessions sync.WaitGroup
	defer sessions.Wait()
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept a client: %w", err)
		}
		sessions.Go(func() {
			if err := Serve(ctx, conn, o); err != nil && o.Log != nil {
				o.Log.Warn("session ended", "client", conn.RemoteAddr(), "error", err)
			}
		})
	}
}

// Stdio is the standard input and output of this process as one connection.
func Stdio(in io.ReadCloser, out io.WriteCloser) io.ReadWriteCloser {
	return stdio{in, out}
}

type stdio struct {
	io.ReadCloser
	out io.WriteCloser
}

func (s stdio) Write(p []byte) (int, error) { return s.out.Write(p) }

func (s stdio) Close() error { return errors.Join(s.ReadCloser.Close(), s.out.Close()) }

// parallelism is how many searches of a client run at the same time.
func parallelism() int { return max(2, runtime.GOMAXPROCS(0)) }
