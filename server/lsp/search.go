package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lsp/indexer/search"
	"lsp/workspace"
	"lsp/workspace/git"
)

func newSearch(g *globals) *cobra.Command {
	l := lookup{globals: g}
	cmd := &cobra.Command{
		Use:   "search [options] QUERY...",
		Short: "Find functions and types by what they do",
		Long: `Find functions and types by what they do.

Ask in your own words, or give a name. The first run on a repository indexes it;
later runs only look at what changed. The query may hold operators:

` + operatorHelp() + `
A minus in front excludes: -path:**/testdata/**. Text in double quotes must occur
as it stands: "context deadline exceeded".`,
		Example: `  lsp search "retry a request with backoff"
  lsp search -n 3 --root ~/src/project 'open a database' lang:go -is:test
  lsp search --json "validate an e-mail address" | jq -r '.results[].path'
  lsp search "parse a date" -path:vendor/**

  " Vim: results in the quickfix list
  :set grepprg=lsp\ search\ --format\ grep grepformat=%f:%l:%c:\ %m`,
		Annotations:       map[string]string{annotationQuery: ""},
		ValidArgsFunction: completeOperators,
		RunE: func(cmd *cobra.Command, args []string) error {
			query := strings.TrimSpace(strings.Join(args, " "))
			if query == "" {
				return errors.New("what to search for? give a query, such as: lsp search \"parse a date\"")
			}
			if err := errors.Join(l.check(), checkLimit(l.limit)); err != nil {
				return err
			}
			return l.ask(cmd.Context(), func(e *session) (*search.Response, error) {
				return e.Search(cmd.Context(), search.Request{Query: query, Limit: l.limit, Explain: l.explain, BestLines: true})
			})
		},
	}
	l.add(cmd)
	cmd.Flags().IntVarP(&l.limit, "limit", "n", 10, "number of results")
	cmd.Flags().BoolVar(&l.explain, "explain", false, "show what every score is made of")
	return cmd
}

// operatorHelp lists the operators of the query language, one a line.
func operatorHelp() string {
	var b strings.Builder
	for _, op := range search.Operators {
		fmt.Fprintf(&b, "  %-14s %s\n", op.Name+":", op.Help)
		if len(op.Values) > 0 {
			for _, line := range fold(strings.Join(op.Values, " "), 61) {
				fmt.Fprintf(&b, "                 %s\n", line)
			}
		}
	}
	return b.String()
}

// fold breaks words into lines of at most width characters, or of one word that is longer.
func fold(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// queryArguments lets exclusions such as -path:vendor/** stand among the arguments of a search, where they would be
// taken for options: they are moved behind a "--". Conditions may stand anywhere in a query.
func queryArguments(args []string) []string {
	command := slices.Index(args, "search")
	if command < 0 {
		return args
	}
	end := len(args)
	if i := slices.Index(args, "--"); i >= 0 {
		end = i
	}
	var options, exclusions []string
	for i, arg := range args[:end] {
		if i > command && isExclusion(arg) {
			exclusions = append(exclusions, arg)
		} else {
			options = append(options, arg)
		}
	}
	if exclusions == nil {
		return args
	}
	rest := args[min(end+1, len(args)):]
	return slices.Concat(options, []string{"--"}, rest, exclusions)
}

// isExclusion reports whether an argument is an operator of the query language with a minus in front.
func isExclusion(arg string) bool {
	name, _, ok := strings.Cut(arg, ":")
	return ok && slices.ContainsFunc(search.Operators, func(op search.Operator) bool { return name == "-"+op.Name })
}

// completeOperators completes the word under the cursor as an operator of the query language.
func completeOperators(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	var out []string
	var views []search.View
	if where, err := workspace.FindRoot("."); err == nil && where.IsGit() {
		views = append(views, search.View{Root: where.Path, Revisions: git.Open(where).Revisions})
	}
	for _, c := range search.Complete(cmd.Context(), views, word, len(word)) {
		out = append(out, word[:c.Start]+c.Text+"\t"+c.Detail)
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
