package main

import (
	"errors"

	"github.com/spf13/cobra"

	"lsp/indexer/search"
)

func newDuplicates(g *globals) *cobra.Command {
	l := lookup{globals: g}
	var least float32
	var lines int
	cmd := &cobra.Command{
		Use:   "duplicates [options]",
		Short: "Find groups of functions that are nearly the same",
		Long: `Find groups of functions that are nearly the same. With --min 1 only those whose
text is the same; lower values also find copies that were changed since.`,
		Example: "  lsp duplicates\n  lsp duplicates --min 0.95 --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if err := errors.Join(l.check(), checkLimit(l.limit)); err != nil {
				return err
			}
			return l.with(ctx, func(s *session) error {
				answer, err := s.Duplicates(ctx, search.DuplicatesRequest{Min: least, MinLines: lines, Limit: l.limit},
					func(done, total int) { s.bar.show("comparing", done, total) })
				s.bar.clear()
				if err != nil {
					return err
				}
				s.remark(answer.Complete, len(answer.Groups), "", l.format)
				return l.renderer(s).duplicates(answer)
			})
		},
	}
	l.add(cmd)
	cmd.Flags().Float32Var(&least, "min", search.DefaultDuplicate, "least similarity of two functions, at most 1")
	cmd.Flags().IntVar(&lines, "min-lines", search.DefaultDuplicateLines, "leave out functions with fewer lines")
	cmd.Flags().IntVarP(&l.limit, "limit", "n", 50, "number of groups")
	return cmd
}
