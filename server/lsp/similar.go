package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lsp/indexer/search"
)

func newSimilar(g *globals) *cobra.Command {
	l := lookup{globals: g}
	cmd := &cobra.Command{
		Use:   "similar [options] FILE:LINE",
		Short: "Find functions like the one at a place in a file",
		Long: `Find functions like the one at a place in a file, or like code on standard input
when the argument is a dash. The path is relative to the current folder.`,
		Example: `  lsp similar server/handler.go:120
  lsp similar -n 3 --json src/parse.py:14
  lsp similar - < snippet.go`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("one place is needed, as in: %s server/handler.go:120", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(l.check(), checkLimit(l.limit)); err != nil {
				return err
			}
			request := search.SimilarRequest{Limit: l.limit}
			if args[0] == "-" {
				text, err := io.ReadAll(io.LimitReader(g.con.in, maxSnippet))
				if err != nil {
					return fmt.Errorf("read code from standard input: %w", err)
				}
				if request.Text = string(text); strings.TrimSpace(request.Text) == "" {
					return errors.New("standard input holds no code to compare with")
				}
			} else {
				place, err := parsePlace(args[0])
				if err != nil {
					return err
				}
				if !cmd.Flags().Changed("root") {
					l.root = filepath.Dir(place.path)
				}
				if request.Path, err = filepath.Abs(place.path); err != nil {
					return fmt.Errorf("find %s: %w", place.path, err)
				}
				if _, err := os.Stat(request.Path); err != nil {
					return fmt.Errorf("find the function: %w", err)
				}
				request.Line = place.line
			}
			return l.ask(cmd.Context(), func(e *session) (*search.Response, error) {
				return e.Similar(cmd.Context(), request)
			})
		},
	}
	l.add(cmd)
	cmd.Flags().IntVarP(&l.limit, "limit", "n", 10, "number of results")
	return cmd
}

// maxSnippet is how much of standard input is read as code to compare with, in bytes.
const maxSnippet = 1 << 20

// place is a line of a file.
type place struct {
	path string
	line int // from 1
}

// parsePlace reads FILE:LINE or FILE:LINE:COLUMN, as compilers and grep write it. A colon in the path, as in
// C:\code, is not mistaken for the separator.
func parsePlace(text string) (place, error) {
	head, last, ok := cutLast(text)
	if !ok {
		return place{}, fmt.Errorf("%q is not a place; write FILE:LINE, as in server/handler.go:120", text)
	}
	if path, line, ok := cutLast(head); ok {
		head, last = path, line
	}
	if last < 1 {
		return place{}, fmt.Errorf("%q names line %d; lines count from 1", text, last)
	}
	return place{head, last}, nil
}

// cutLast splits "rest:number".
func cutLast(text string) (rest string, number int, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i <= 0 {
		return "", 0, false
	}
	number, err := strconv.Atoi(text[i+1:])
	return text[:i], number, err == nil
}
