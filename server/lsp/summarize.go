package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lsp/indexer/search"
)

func newSummarize(g *globals) *cobra.Command {
	l := lookup{globals: g}
	cmd := &cobra.Command{
		Use:   "summarize [options] FILE:LINE",
		Short: "Say in a line what a function does",
		Long: `Say in a line what the function at a place in a file does: the first sentence of
its documentation or, when it has none, a guess made of the documentation of
similar functions and of its own name. The path is relative to the current folder.`,
		Example: `  lsp summarize server/handler.go:120`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("one place is needed, as in: %s server/handler.go:120", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := l.check(); err != nil {
				return err
			}
			at, err := parsePlace(args[0])
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("root") {
				l.root = filepath.Dir(at.path)
			}
			path, err := filepath.Abs(at.path)
			if err != nil {
				return fmt.Errorf("find %s: %w", at.path, err)
			}
			if _, err := os.Stat(path); err != nil {
				return fmt.Errorf("find the function: %w", err)
			}
			return l.with(cmd.Context(), func(s *session) error {
				found, err := s.Summarize(cmd.Context(), "", path, at.line)
				if err != nil {
					return err
				}
				return l.summary(found)
			})
		},
	}
	l.add(cmd)
	return cmd
}

// summary prints a line about a function.
func (l *lookup) summary(found *search.Summary) error {
	switch {
	case l.format == formatJSON:
		return writeJSON(l.con.out, found)
	case found.Text == "":
		return errNothing
	case !found.Guess:
		fmt.Fprintln(l.con.out, found.Text)
	case found.From == nil:
		fmt.Fprintf(l.con.out, "Guess from the name: %s\n", found.Text)
	default:
		from := found.From
		fmt.Fprintf(l.con.out, "Guess from %s (%s:%d): %s\n", from.Name, from.Path, from.StartLine, found.Text)
	}
	return nil
}
