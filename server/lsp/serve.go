package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"lsp/server"
	"lsp/server/engine"
	"lsp/server/page"
	"lsp/server/settings"
)

func newServe(g *globals) *cobra.Command {
	var stdio bool
	var listen string
	var shown pageOptions
	cmd := &cobra.Command{
		Use:   "serve (--stdio | --listen ADDRESS | --open [--root DIR]...)",
		Short: "Serve editors with the language server protocol, or a page in the browser",
		Long: `Serve editors with the language server protocol: one over standard input and
output, or any number over TCP. Listening is for editors that cannot start
a program. Only this machine can connect, since there is no login.

Or open a page in the browser, with a search and a map of all functions. Only
this machine can reach it, by the address that is printed.`,
		Example: "  lsp serve --stdio\n  lsp serve --listen 127.0.0.1:4321\n  lsp serve --open --root ~/src/project",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case (stdio || shown.open) && listen != "", stdio && shown.open:
				return errors.New("--stdio, --listen and --open exclude each other")
			case shown.open:
				return servePage(cmd.Context(), g, &shown)
			case stdio:
				return serveStdio(cmd.Context(), g)
			case listen != "":
				return serveTCP(cmd.Context(), g, listen)
			}
			return errors.New("how to serve? give --stdio or --listen ADDRESS, or --open for the page")
		},
	}
	cmd.Flags().BoolVar(&stdio, "stdio", false, "serve one editor over standard input and output")
	cmd.Flags().StringVar(&listen, "listen", "", "serve editors that connect to this address, such as 127.0.0.1:4321")
	cmd.Flags().BoolVar(&shown.open, "open", false, "open a page in the browser, for this machine alone")
	cmd.Flags().StringArrayVar(&shown.roots, "root", nil, "folder to show on the page (default: the current one); can be given several times")
	cmd.Flags().StringVar(&shown.address, "page-listen", page.DefaultAddress, "address of the page, on 127.0.0.1 or [::1]")
	cmd.Flags().BoolVar(&shown.noBrowser, "no-browser", false, "print the address of the page and leave opening it to you")
	if err := cmd.MarkFlagDirname("root"); err != nil {
		panic(err)
	}
	return cmd
}

// serveStdio serves one editor until it leaves. Standard output belongs to the protocol: logs go to stderr.
func serveStdio(ctx context.Context, g *globals) error {
	options, err := g.serverOptions()
	if err != nil {
		return err
	}
	err = server.Serve(ctx, server.Stdio(os.Stdin, os.Stdout), options)
	if ctx.Err() != nil && errors.Is(err, server.ErrNoShutdown) {
		return nil // told to end by a signal, as editors do that are in a hurry: everything is kept
	}
	return err
}

// serveTCP serves all editors that connect until the process is told to end.
func serveTCP(ctx context.Context, g *globals, address string) error {
	options, err := g.serverOptions()
	if err != nil {
		return err
	}
	where, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for editors: %w", err)
	}
	if !where.IP.IsLoopback() {
		return fmt.Errorf("listen for editors on %q: there is no login, so only this machine may connect: use 127.0.0.1 or [::1]", address)
	}
	listener, err := net.ListenTCP("tcp", where)
	if err != nil {
		return fmt.Errorf("listen for editors: %w", err)
	}
	fmt.Fprintf(g.con.err, "lsp: listening on %s\n", listener.Addr())
	return server.Listen(ctx, listener, options)
}

// serverOptions are what the options of the command line mean for a server.
func (g *globals) serverOptions() (server.Options, error) {
	log, err := g.logger()
	if err != nil {
		return server.Options{}, err
	}
	return server.Options{
		Open: openEngine, OpenPage: pageOpener(log), Version: buildInfo().Version, Log: log, Flags: []settings.Layer{g.flags()},
	}, nil
}

// openEngine opens the engine of one editor. A failed one must not become an interface that is not nil.
func openEngine(c engine.Config) (server.Engine, error) {
	e, err := engine.New(c)
	if err != nil {
		return nil, err
	}
	return e, nil
}
