package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lsp/encoder/train"
)

func newTrain(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Make the model inside the program",
		Long: `Make the model inside the program, in three steps: mine documented functions from
repositories, fit a table of word vectors to them, report how well it does on
repositories it has not seen. The result of each step is the same for the same
input, and a step that was interrupted continues where it stopped.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMine(g), newTeach(g), newFit(g), newNear(g), newAblate(g), newReport(g), newPoly(g), newRank(g))
	return cmd
}

func newMine(g *globals) *cobra.Command {
	options := train.MineOptions{}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "mine --records DIR [NAME=]REPOSITORY...",
		Short: "Collect documented functions from repositories",
		Long: `Collect documented functions from repositories: git repositories, bare or checked
out, or plain folders. The name, such as owner/name, decides whether a repository
is for training, validation or test; without one it is the name of the folder.`,
		Example: "  lsp train mine --records mined gorilla/mux=$HOME/src/mux ~/src/chi",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("which repositories? give their folders, as in: lsp train mine --records DIR owner/name=FOLDER")
			}
			var repositories []train.Repository
			for _, arg := range args {
				r, err := parseRepository(arg)
				if err != nil {
					return err
				}
				repositories = append(repositories, r)
			}
			return mine(cmd.Context(), g, repositories, options, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&options.Dir, "records", "", "folder that the records are written to")
	flags.StringVar(&options.Functions, "keep-out", "", "file of JSON lines with a \"text\": functions not to train on")
	flags.StringVar(&options.Language, "keep-out-name", "a.py", "file name that tells the language of those functions")
	flags.IntVar(&options.MaxPairs, "max-pairs", 0, "most functions kept of one repository, 0 for all")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	require(cmd, "records")
	return cmd
}

// require makes options of a command mandatory.
func require(cmd *cobra.Command, options ...string) {
	for _, option := range options {
		if err := cmd.MarkFlagRequired(option); err != nil {
			panic(err) // no such option
		}
	}
}

// parseRepository reads NAME=FOLDER or FOLDER.
func parseRepository(arg string) (train.Repository, error) {
	name, path, named := strings.Cut(arg, "=")
	if !named {
		path = arg
	}
	abs, err := folder(path)
	if err != nil {
		return train.Repository{}, err
	}
	if !named {
		name = filepath.Base(abs)
	}
	return train.Repository{Name: name, Path: abs}, nil
}

// mine collects records and says what came of every repository.
func mine(ctx context.Context, g *globals, repositories []train.Repository, options train.MineOptions, asJSON bool) error {
	progress := newBar(g.con)
	done := 0
	options.Progress = func(r train.MineReport) {
		done++
		progress.show("mining", done, len(repositories))
	}
	reports, err := train.Mine(ctx, repositories, options)
	progress.clear()
	if err != nil {
		return err
	}
	if asJSON {
		if err := writeJSON(g.con.out, reports); err != nil {
			return err
		}
	}
	var failed []error
	for _, r := range reports {
		if r.Err != nil {
			failed = append(failed, fmt.Errorf("mine %s: %w", r.Repository, r.Err))
		} else if !asJSON {
			fmt.Fprintf(g.con.out, "%s: %s, %s documented functions of %s in %s files\n", r.Repository, r.Split,
				thousands(r.Pairs), thousands(r.Functions), thousands(r.Files))
		}
	}
	return errors.Join(failed...)
}
