package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lsp/server/engine"
)

func newStatus(g *globals) *cobra.Command {
	var root string
	var asJSON bool
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell how the index is doing",
		Long: `Tell how the index of a repository is doing: what it holds, what was left out and
why, whether it shows everything on disk. A repository without an index is not
indexed by this command; the exit status is 1 then.`,
		Example: "  lsp status\n  lsp status --root ~/src/project --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if _, err := g.storedOf(root); errors.Is(err, errNoIndex) {
				fmt.Fprintln(g.con.err, "lsp: "+oneLine(err.Error()))
				return errNothing
			} else if err != nil {
				return err
			}
			s, err := g.start(cmd.Context(), root)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			if err := s.catchUp(cmd.Context(), wait, false); err != nil {
				return err
			}
			status := s.Status()
			if asJSON {
				return writeJSON(g.con.out, status)
			}
			return printStatus(g.con, status)
		},
	}
	addRoot(cmd, &root)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().DurationVar(&wait, "wait", 5*time.Second, "compare the index with the disk for at most this long")
	return cmd
}

// printStatus describes the state of an engine for people.
func printStatus(con *console, status engine.Status) error {
	var b strings.Builder
	fmt.Fprintf(&b, "model      %s\ncache      %s\n", status.Model, status.CacheDir)
	if status.Degraded != "" {
		fmt.Fprintf(&b, "degraded   %s\n", con.paint(styleWarn, oneLine(status.Degraded)))
	}
	for i := range status.Roots {
		printRoot(&b, con, &status.Roots[i])
	}
	_, err := io.WriteString(con.out, b.String())
	return err
}

func printRoot(w io.Writer, con *console, r *engine.RootStatus) {
	look := styleGood
	if r.State != engine.Ready {
		look = styleWarn
	}
	state := con.paint(look, string(r.State))
	if r.Reason != "" {
		state += ": " + oneLine(r.Reason)
	}
	role := "written by this process"
	if !r.Writer {
		role = "written by another process, followed by this one"
	}
	fmt.Fprintf(w, "\nroot       %s\nstate      %s\n", con.paint(stylePath, r.Path), state)
	fmt.Fprintf(w, "holds      %s files, %s functions, %s units in %d segments, %s on disk\n",
		thousands(r.Files), thousands(r.Functions), thousands(r.Units), r.Segments, size(r.DiskBytes))
	fmt.Fprintf(w, "search     %s over %s vectors\nindex      %s, %s\n", r.Engine, thousands(r.Vectors), r.Directory, role)
	if r.Tier != nil {
		fmt.Fprintf(w, "encoder    %s\n", tierLine(r))
	}
	if !r.Reconciled.IsZero() {
		fmt.Fprintf(w, "compared   %s\n", r.Reconciled.Local().Format(time.DateTime))
	}
	if r.Head != "" {
		fmt.Fprintf(w, "head       %s\n", r.Head)
	}
	if text := strings.TrimPrefix(leftOut(r.Skipped), "; left out: "); text != "" {
		fmt.Fprintf(w, "left out   %s\n", text)
	}
	if r.Damaged+r.Fallback > 0 {
		fmt.Fprintf(w, "grammars   %d files with errors, %d cut into windows of text\n", r.Damaged, r.Fallback)
	}
	if r.Rebuilt != "" {
		fmt.Fprintf(w, "rebuilt    %s\n", oneLine(r.Rebuilt))
	}
}

// tierLine describes the vectors of a second encoder: how far they are and what is done about them.
func tierLine(r *engine.RootStatus) string {
	t := r.Tier
	line := fmt.Sprintf("%s, %s: %s of %s units", t.Model, t.State, thousands(t.Done), thousands(t.Total))
	if t.Rate > 0 {
		line += fmt.Sprintf(", %.0f a second", t.Rate)
	}
	if t.Left > 0 {
		line += fmt.Sprintf(", %s left", time.Duration(t.Left*float64(time.Second)).Round(time.Second))
	}
	if t.Failed > 0 {
		line += fmt.Sprintf(", %s could not be encoded", thousands(t.Failed))
	}
	if t.Reason != "" {
		line += "; " + oneLine(t.Reason)
	}
	if t.Dropped != "" {
		line += "; computed anew because " + oneLine(t.Dropped)
	}
	return line
}
