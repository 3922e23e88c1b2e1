// Command lsp finds code by what it does: a language server for editors, and the same search for shells.
//
// Every subcommand has its own small file. What they share is here and in root.go (flags, exit status),
// console.go (what the terminal can show), progress.go (the bar) and open.go (the engine behind the commands).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"lsp/server"
)

// Exit statuses, the same for every command.
const (
	exitFound   = 0 // done, or something was found
	exitNothing = 1 // the search worked and found nothing
	exitError   = 2 // an error; one line on stderr says which

	exitNoShutdown = 1 // as the protocol wants it: the editor left without a shutdown request
)

// errNothing ends a command that worked and found nothing: status 1 without another line on stderr.
var errNothing = errors.New("nothing found")

// errBroken ends a command that has already said in its output what is wrong: status 2 without another line.
var errBroken = errors.New("broken")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; from then on a second one ends the process the hard way.
	context.AfterFunc(ctx, stop)
	status := run(ctx, os.Args[1:], standardConsole())
	stop()
	os.Exit(status)
}

// run executes one command line and returns the exit status of the process.
func run(ctx context.Context, args []string, con *console) int {
	cmd := newRoot(con)
	cmd.SetArgs(queryArguments(args))
	cmd.SetIn(con.in)
	cmd.SetOut(con.out)
	cmd.SetErr(con.err)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitFound
	case errors.Is(err, errNothing):
		return exitNothing
	case errors.Is(err, server.ErrNoShutdown):
		return exitNoShutdown
	case errors.Is(err, errBroken):
		return exitError
	case ctx.Err() != nil:
		err = errors.New("interrupted; what was indexed so far is kept")
	}
	fmt.Fprintln(con.err, "lsp: "+oneLine(err.Error()))
	return exitError
}
