package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"lsp/server/engine"
	"lsp/server/mcp"
	"lsp/server/settings"
)

func newMCP(g *globals) *cobra.Command {
	var roots []string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "mcp [--root DIR]...",
		Short: "Serve an agent with the Model Context Protocol",
		Long: `Serve an agent with the Model Context Protocol over standard input and output.

The agent searches the folders of --root. Without any it searches those that
its client works on, or else the current folder. It can read files in these
folders and nowhere else, and it changes nothing.`,
		Example: `  lsp mcp
  lsp mcp --root ~/src/project --root ~/src/library`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveMCP(cmd.Context(), g, roots, wait) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&roots, "root", nil, "folder to search; can be given several times")
	flags.DurationVar(&wait, "wait", mcp.DefaultWait, "let a question wait at most this long for the index, then answer from what there is")
	if err := cmd.MarkFlagDirname("root"); err != nil {
		panic(err)
	}
	return cmd
}

// serveMCP serves one agent until it leaves. Standard output belongs to the protocol: logs go to stderr.
func serveMCP(ctx context.Context, g *globals, roots []string, wait time.Duration) error {
	log, err := g.logger()
	if err != nil {
		return err
	}
	if wait < 0 {
		return fmt.Errorf("--wait is %s; it must not be negative", wait)
	}
	if wait == 0 {
		wait = mcp.NoWait
	}
	for i, dir := range roots {
		if roots[i], err = folder(dir); err != nil {
			return err
		}
	}
	directory, err := os.Getwd()
	if err != nil && len(roots) == 0 {
		log.Warn("there is no current folder to search", "error", err)
	}
	return mcp.Serve(ctx, mcp.Stdio(os.Stdin, os.Stdout), mcp.Options{
		Open: openMCP, Version: buildInfo().Version, Log: log, Flags: []settings.Layer{g.flags()},
		Roots: roots, Directory: directory, Wait: wait,
	})
}

// openMCP opens the engine of one agent. A failed one must not become an interface that is not nil.
func openMCP(c engine.Config) (mcp.Engine, error) {
	e, err := engine.New(c)
	if err != nil {
		return nil, err
	}
	return e, nil
}
