package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lsp/indexer/store"
)

func newInspect(g *globals) *cobra.Command {
	var root string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "inspect",
		Short:   "Show what the index on disk is made of",
		Example: "  lsp index inspect\n  lsp index inspect --json | jq .segments",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			s, err := g.storedOf(root)
			if err == nil {
				err = s.Err
			}
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(g.con.out, s.Manifest)
			}
			return printStored(g.con.out, s)
		},
	}
	addRoot(cmd, &root)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printStored describes an index for people.
func printStored(w io.Writer, s store.Stored) error {
	m := s.Manifest
	files, units, bytes := totals(m)
	var b strings.Builder
	fmt.Fprintf(&b, "folder      %s\nroot        %s\nmodel       %s\nformat      %d, chunker %d, generation %d\n",
		s.Dir, m.Root, m.Model, m.Format, m.Chunker, m.Generation)
	state := "complete"
	if !m.Complete {
		state = "incomplete"
	}
	if !m.Reconciled.IsZero() {
		state += ", compared with the disk " + m.Reconciled.Local().Format(time.DateTime)
	}
	fmt.Fprintf(&b, "state       %s\nrecords     %s files, %s units (those a later segment replaces included), %s\n",
		state, thousands(files), thousands(units), size(bytes))
	for _, e := range m.Segments {
		fmt.Fprintf(&b, "segment     %s  %s files, %s units, %s\n", e.Name, thousands(e.Files), thousands(e.Units), size(e.Size))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func newVerify(g *globals) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check every byte of the index on disk against its checksums",
		Long: `Check every byte of the index on disk against its checksums. Nothing is changed;
a damaged index is built anew by the next search or server.`,
		Example: "  lsp index verify --root ~/src/project",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := g.storedOf(root)
			if err != nil {
				return err
			}
			if s, err = verify(cmd.Context(), s); err != nil {
				return fmt.Errorf("the index in %s is damaged and will be built anew when it is used: %w", s.Dir, err)
			}
			_, units, bytes := totals(s.Manifest)
			_, err = fmt.Fprintf(g.con.out, "%s: %d segments, %s units, %s: all checksums are right\n",
				s.Manifest.Root, len(s.Manifest.Segments), thousands(units), size(bytes))
			return err
		},
	}
	addRoot(cmd, &root)
	return cmd
}

// verify opens all segments, which checks them. A writer may replace segments meanwhile: then the newer manifest
// is read and verified in place of the older one.
func verify(ctx context.Context, s store.Stored) (store.Stored, error) {
	for {
		if s.Err != nil {
			return s, s.Err
		}
		err := openAll(ctx, s)
		if !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		newer := store.ReadStored(s.Dir)
		if newer.Err == nil && newer.Manifest.Generation == s.Manifest.Generation {
			return s, err // the manifest names a segment that is not there
		}
		s = newer
	}
}

func openAll(ctx context.Context, s store.Stored) error {
	d, err := store.OpenDir(s.Dir)
	if err != nil {
		return err
	}
	for _, e := range s.Manifest.Segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		segment, err := d.OpenSegment(e, s.Manifest.Identity())
		if err != nil {
			return err
		}
		segment.Release()
	}
	return nil
}

func newRemove(g *globals) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "rm",
		Short: "Remove the index that a folder belongs to",
		Long: `Remove the index that a folder belongs to, as lsp status shows it, with the
vectors of all models. It is made anew by the next search or server. What a
process is using is left alone.`,
		Example: "  lsp index rm --root ~/src/project",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			s, err := g.storedOf(root)
			if err != nil {
				return err
			}
			bytes, err := s.Remove()
			if errors.Is(err, store.ErrLocked) {
				return fmt.Errorf("%w: close the editors and commands that use it", err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(g.con.out, "removed %s, %s\n", s.Dir, size(bytes))
			return err
		},
	}
	addRoot(cmd, &root)
	return cmd
}

func newCollect(g *globals) *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Remove the indexes of folders that are gone, and vectors of former models",
		Long: `Remove the indexes of folders that are gone, and those that cannot be read. Of
other indexes the vectors of models are removed that were not used for a month,
or not since those of another model became complete. What a process is using is
left alone. A folder on a disk that is not mounted counts as gone: its index is
made anew when it is back.`,
		Example: "  lsp index gc --dry-run\n  lsp index gc",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cache, err := g.cache()
			if err != nil {
				return err
			}
			return collect(cmd.Context(), g.con, cache, dry)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be removed")
	return cmd
}

// collect removes useless indexes from the cache folder and says which.
func collect(ctx context.Context, con *console, cache string, dry bool) error {
	all, err := store.ListStored(cache)
	if err != nil {
		return err
	}
	var freed int64
	var removed int
	var failed []error
	for _, s := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		why := s.Useless()
		if why == "" {
			bytes, err := collectVectors(con, s.Dir, dry)
			freed, failed = freed+bytes, append(failed, err)
			continue
		}
		var bytes int64
		if dry {
			bytes, err = s.Size()
		} else {
			bytes, err = s.Remove()
		}
		if errors.Is(err, store.ErrLocked) {
			fmt.Fprintf(con.out, "%s  in use, left alone  (%s)\n", s.Dir, why)
			continue
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		removed++
		freed += bytes
		fmt.Fprintf(con.out, "%s  %s  (%s)\n", s.Dir, size(bytes), why)
	}
	verb := "removed"
	if dry {
		verb = "would remove"
	}
	fmt.Fprintf(con.out, "%s %d of %d indexes, %s\n", verb, removed, len(all), size(freed))
	return errors.Join(failed...)
}

// collectVectors removes the vectors beside an index that nobody will miss, says which, and returns their size.
func collectVectors(con *console, index string, dry bool) (freed int64, err error) {
	all, err := store.ListVectors(index)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, v := range all {
		why := v.Useless(all, time.Now())
		if why == "" {
			continue
		}
		var err error
		if !dry {
			err = v.Remove()
		}
		switch {
		case errors.Is(err, store.ErrLocked):
			fmt.Fprintf(con.out, "%s  in use, left alone  (%s)\n", v.Path, why)
		case err != nil:
			failed = append(failed, err)
		default:
			freed += v.Size
			fmt.Fprintf(con.out, "%s  %s  (%s)\n", v.Path, size(v.Size), why)
		}
	}
	return freed, errors.Join(failed...)
}
