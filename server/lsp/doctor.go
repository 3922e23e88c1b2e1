package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lsp/workspace"
)

// health is how a check of the doctor came out.
type health string

const (
	healthy health = "ok"
	warning health = "warning" // works, but not as well as it could
	broken  health = "broken"  // something does not work
)

// finding is the outcome of one check; its JSON is stable.
type finding struct {
	Check  string `json:"check"`
	Health health `json:"health"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"` // what to do, for all that is not ok
}

// examination is the whole report of the doctor.
type examination struct {
	Health   health    `json:"health"` // the worst of all findings
	Findings []finding `json:"findings"`
}

// check looks at one part of the set-up.
type check struct {
	name string
	run  func(ctx context.Context, p patient) (health health, detail, advice string)
}

// patient is what the doctor examines.
type patient struct {
	*globals
	where workspace.Root
	cache string // folder of the indexes
}

func newDoctor(g *globals) *cobra.Command {
	var root string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the set-up and say what to do",
		Long: `Check the set-up and say what to do: the build, the models, the cache folder, the
settings, watching for changes, the index of the current repository, editors.

Exit status: 0 when nothing is broken, 2 otherwise.`,
		Example: "  lsp doctor\n  lsp doctor --root ~/src/project --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := g.patient(root)
			if err != nil {
				return err
			}
			report := examine(cmd.Context(), p)
			if asJSON {
				err = writeJSON(g.con.out, report)
			} else {
				err = report.print(g.con.out, g.con)
			}
			if err == nil && report.Health == broken {
				return errBroken
			}
			return err
		},
	}
	addRoot(cmd, &root)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checks are all checks in the order they are shown.
var checks = []check{
	{"build", checkBuild},
	{"model", checkModel},
	{"transformers", checkTransformers},
	{"reranker", checkReranker},
	{"cache folder", checkCache},
	{"disk space", checkSpace},
	{"settings", checkSettings},
	{"workspace", checkWorkspace},
	{"watching", checkWatching},
	{"index", checkIndex},
	{"editors", checkEditors},
}

// examine runs all checks.
func examine(ctx context.Context, p patient) examination {
	report := examination{Health: healthy}
	for _, c := range checks {
		f := finding{Check: c.name}
		f.Health, f.Detail, f.Advice = c.run(ctx, p)
		switch {
		case f.Health == broken:
			report.Health = broken
		case f.Health == warning && report.Health == healthy:
			report.Health = warning
		}
		report.Findings = append(report.Findings, f)
	}
	return report
}

// print writes the report for people.
func (x examination) print(w io.Writer, con *console) error {
	var b strings.Builder
	for _, f := range x.Findings {
		mark := con.paint(styleGood, "ok     ")
		switch f.Health {
		case warning:
			mark = con.paint(styleWarn, "warning")
		case broken:
			mark = con.paint(styleBad, "broken ")
		}
		fmt.Fprintf(&b, "%s  %-12s  %s\n", mark, f.Check, oneLine(f.Detail))
		if f.Advice != "" {
			fmt.Fprintf(&b, "%9s%s\n", "", "-> "+oneLine(f.Advice))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
