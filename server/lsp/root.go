package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lsp/server/engine"
)

// globals are the options that every command takes.
type globals struct {
	con          *console
	color        string
	cacheDir     string
	encoderName  string
	encoderFile  string
	encoderBatch int
	rerank       string
	yes          bool
	eager        bool // the person waits for what is otherwise done in the background
	logLevel     string
}

// newRoot builds the command tree for one run.
func newRoot(con *console) *cobra.Command {
	g := &globals{con: con}
	var stdio bool
	root := &cobra.Command{
		Use:   "lsp",
		Short: "Find code by what it does",
		Long: `Find code by what it does, offline, in any editor or shell.

Editors start "lsp --stdio" and speak the language server protocol with it.
In a shell, ask in your own words:

  lsp search "retry a request with backoff"

Exit status: 0 done or found, 1 nothing found, 2 error.`,
		Example: `  lsp search "split a string at white space"
  lsp search --root ~/src/project "parse a date" lang:python -path:**/tests/**
  lsp similar server/handler.go:120
  lsp --stdio`,
		Args:                       noArguments,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(colorModes, g.color) {
				return fmt.Errorf("--color is %q; it can be %s", g.color, strings.Join(colorModes, ", "))
			}
			con.setColor(g.color)
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if stdio {
				return serveStdio(cmd.Context(), g)
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&stdio, "stdio", false, "serve an editor over standard input and output")
	flags := root.PersistentFlags()
	flags.StringVar(&g.color, "color", "auto", "colour: auto, always or never (NO_COLOR is honoured)")
	flags.StringVar(&g.cacheDir, "cache-dir", "", "folder of the indexes (default: semantic-lsp in the user's cache folder)")
	flags.StringVar(&g.encoderName, "encoder", "", "model: static for the one inside the program, or one that lsp model has installed")
	flags.IntVar(&g.encoderBatch, "encoder-batch", 0, "functions that the model of --encoder encodes together (default: the setting encoderBatch)")
	flags.StringVar(&g.encoderFile, "encoder-file", "", "model file to use in place of the embedded one")
	flags.StringVar(&g.rerank, "rerank", "", "who judges the best results once more: "+strings.Join(engine.RerankKinds, ", "))
	flags.StringVar(&g.logLevel, "log-level", "warn", "what goes to stderr: debug, info, warn or error")
	flags.BoolVar(&g.yes, "yes", false, "index without asking, however large the repository is")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newServe(g), newMCP(g), newSearch(g), newSimilar(g), newSummarize(g), newDuplicates(g), newIndex(g), newStatus(g), newEval(g),
		newTrain(g), newModel(g), newSimilarity(g), newDoctor(g), newVersion(g),
	)
	if err := root.RegisterFlagCompletionFunc("encoder", completeModels); err != nil {
		panic(err)
	}
	for option, values := range map[string][]string{"color": colorModes, "log-level": {"debug", "info", "warn", "error"}} {
		completeValues(root, option, values)
	}
	return root
}

// colorModes are the values of --color.
var colorModes = []string{"auto", "always", "never"}

// completeValues lets the shell complete the values of an option.
func completeValues(cmd *cobra.Command, option string, values []string) {
	// The only error is an option that does not exist or is registered twice.
	if err := cmd.RegisterFlagCompletionFunc(option, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// noArguments refuses arguments; an unknown word at the top is most likely a mistyped command.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		message := fmt.Sprintf("unknown command %q", args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			message += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return errors.New(message + " (lsp --help lists the commands)")
	}
	return fmt.Errorf("%s takes no arguments, got %q (see %s --help)", cmd.CommandPath(), args[0], cmd.CommandPath())
}

// flagError explains an option that could not be read.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	hint := "see " + cmd.CommandPath() + " --help"
	if _, takesQuery := cmd.Annotations[annotationQuery]; takesQuery {
		hint = "put -- before a query that starts with a dash; " + hint
	}
	return fmt.Errorf("%w (%s)", err, hint)
}

// annotationQuery marks commands whose arguments are a query, which may start with a dash.
const annotationQuery = "query"
