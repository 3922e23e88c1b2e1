package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lsp/server/engine"
)

func newIndex(g *globals) *cobra.Command {
	var root string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "index",
		Short: "Build the index or bring it up to date",
		Long: `Build the index of a repository or bring it up to date. Searches do that by
themselves; this is for doing it beforehand. With --encoder the vectors of that
model are computed too, all of them. What was done before an interruption is
kept.`,
		Example: "  lsp index\n  lsp index --root ~/src/project --json\n  lsp index --encoder all-minilm-l6-v2",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			begin := time.Now()
			g.eager = true
			s, err := g.start(cmd.Context(), root)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			if err := s.catchUp(cmd.Context(), 0, true); err != nil {
				return err
			}
			if why := s.trouble(); why != "" {
				return errors.New(why)
			}
			if err := s.WaitTier(cmd.Context()); err != nil {
				return err
			}
			s.bar.clear()
			if err := s.Flush(cmd.Context()); err != nil {
				return err
			}
			status := s.Status()
			if asJSON {
				return writeJSON(g.con.out, status)
			}
			for i := range status.Roots {
				if err := printIndexed(g.con.out, &status.Roots[i], time.Since(begin)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addRoot(cmd, &root)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as JSON")
	cmd.AddCommand(newInspect(g), newVerify(g), newRemove(g), newCollect(g))
	return cmd
}

// printIndexed says what an index holds and how long bringing it up to date took.
func printIndexed(w io.Writer, r *engine.RootStatus, took time.Duration) error {
	_, err := fmt.Fprintf(w, "%s: %s files, %s functions, %s units; %s new; %s on disk; %.1f s%s\n", r.Path,
		thousands(r.Files), thousands(r.Functions), thousands(r.Units), thousands(int(r.Encoded)), size(r.DiskBytes),
		took.Seconds(), leftOut(r.Skipped))
	if t := r.Tier; t != nil && err == nil {
		_, err = fmt.Fprintf(w, "%s: %s of %s units, %s of them encoded now\n", t.Model, thousands(t.Done), thousands(t.Total), thousands(int(t.Encoded)))
	}
	return err
}

// leftOut lists what was not indexed by reason, the largest count first.
func leftOut(skipped map[string]int) string {
	if len(skipped) == 0 {
		return ""
	}
	reasons := slices.SortedFunc(maps.Keys(skipped), func(a, b string) int {
		if skipped[a] != skipped[b] {
			return skipped[b] - skipped[a]
		}
		return strings.Compare(a, b)
	})
	for i, reason := range reasons {
		reasons[i] = thousands(skipped[reason]) + " " + reason
	}
	return "; left out: " + strings.Join(reasons, ", ")
}
