package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lsp/indexer/eval"
)

// retrievers are the columns of recall@100, in the order they are shown.
var retrievers = []string{"dense", "lexical", "names", "paths", "together", "hybrid"}

func recallText(recall map[string]float64) string {
	parts := make([]string, len(retrievers))
	for i, r := range retrievers {
		parts[i] = fmt.Sprintf("%s %.3f", r, recall[r])
	}
	return strings.Join(parts, "  ")
}

// suiteTables writes the tables of a suite: repositories, languages and categories, each beside the published figures of
// one system ("" is the best), then the whole against every system.
func suiteTables(b *strings.Builder, s *eval.SuiteReport, against string) {
	if against == "" {
		against = s.BestPublished()
	}
	const columns = "%-20s %-12s %9s %8s %8s %8s %8s %8s %8s %8s %8s %8s %9s %8s"
	published := against
	if published == "" {
		published = "published"
	}
	write := func(cells ...any) {
		b.WriteString(strings.TrimRight(fmt.Sprintf(columns, cells...), " ") + "\n")
	}
	header := func(first, second, index, p50 string) {
		write(first, second, "questions", "NDCG@10", cut(clean(published), 8), "diff", "files@10", "dense", "lexical", "names", "paths", "together", index, p50)
	}
	recall := func(row *eval.Row, retriever string) string { return fmt.Sprintf("%.3f", row.Recall100[retriever]) }
	line := func(first, second string, row *eval.Row, index, p50 string) {
		theirs, diff := "", ""
		if a, known := row.Against[against]; known {
			theirs, diff = fmt.Sprintf("%.3f", a.Theirs), fmt.Sprintf("%+.3f", a.Ours-a.Theirs)
		}
		write(cut(clean(first), 20), cut(clean(second), 12), fmt.Sprint(row.Questions), fmt.Sprintf("%.3f", row.NDCG), theirs, diff,
			fmt.Sprintf("%.3f", row.Files10), recall(row, "dense"), recall(row, "lexical"), recall(row, "names"), recall(row, "paths"),
			recall(row, "together"), index, p50)
	}
	header("repository", "language", "index ms", "p50 ms")
	for i := range s.Repositories {
		r := &s.Repositories[i]
		row := r.Row()
		line(r.Name, r.Language, &row, fmt.Sprintf("%.0f", r.IndexMs), fmt.Sprintf("%.2f", r.QueryP50))
	}
	for _, table := range []struct {
		name string
		rows []eval.Row
	}{{"language", s.Languages}, {"category", s.Categories}, {"", []eval.Row{s.All}}} {
		b.WriteByte('\n')
		if table.name != "" {
			header(table.name, "repositories", "", "")
		}
		for i := range table.rows {
			row := &table.rows[i]
			line(row.Name, fmt.Sprint(row.Repositories), row, "", "")
		}
	}
	againstTable(b, s)
}

// againstTable compares with every system that has published figures.
func againstTable(b *strings.Builder, s *eval.SuiteReport) {
	for i, system := range slices.Sorted(maps.Keys(s.All.Against)) {
		if i == 0 {
			b.WriteString("\nagainst published figures, over the repositories that have them\n")
		}
		rows := append([]eval.Row{s.All}, s.Categories...)
		for _, row := range rows {
			a, known := row.Against[system]
			if !known {
				continue
			}
			fmt.Fprintf(b, "  %-22s %-14s %3d repositories  %.3f - %.3f = %+.3f%s\n", clean(system), clean(row.Name), a.Repositories,
				a.Ours, a.Theirs, a.Ours-a.Theirs, intervalText(a.Interval))
		}
	}
}

func intervalText(interval *[2]float64) string {
	if interval == nil {
		return ""
	}
	return fmt.Sprintf("  (%+.3f to %+.3f)", interval[0], interval[1])
}

func newEvalDiff(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Compare two runs question by question",
		Long: `Compare two runs over the same questions: files that lsp eval --save wrote. The
difference of the means comes with the interval that holds it with 95 % confidence,
by the paired bootstrap over questions; then follow the questions whose score
changed, the worst losses first.`,
		Example: "  lsp eval diff before.jsonl after.jsonl",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			before, err := eval.LoadQueryReports(args[0])
			if err != nil {
				return err
			}
			after, err := eval.LoadQueryReports(args[1])
			if err != nil {
				return err
			}
			comparison := eval.Compare(before, after)
			return g.con.writeComparison(&comparison, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// writeComparison prints what changed between two runs.
func (c *console) writeComparison(d *eval.Comparison, asJSON bool) error {
	if asJSON {
		return writeJSON(c.out, d)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "mean %.4f -> %.4f, %+.4f (%+.4f to %+.4f): %d better, %d worse, %d equal, %d unpaired\n", d.Before, d.After,
		d.After-d.Before, d.Interval[0], d.Interval[1], d.Better, d.Worse, d.Equal, d.Unpaired)
	for _, group := range d.Groups {
		if group.Better+group.Worse == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %-10s %-20s %.4f -> %.4f, %+.4f (%+.4f to %+.4f): %d better, %d worse, %d equal\n", group.By, clean(group.Name),
			group.Before, group.After, group.After-group.Before, group.Interval[0], group.Interval[1], group.Better, group.Worse, group.Equal)
	}
	for _, x := range d.Changes {
		style := styleBad
		if x.After > x.Before {
			style = styleGood
		}
		where := ""
		if x.Repository != "" {
			where = clean(x.Repository) + ": "
		}
		fmt.Fprintf(&b, "%s  %.3f -> %.3f  rank %d -> %d  %s%s (%s)\n", c.paint(style, fmt.Sprintf("%+.3f", x.After-x.Before)), x.Before, x.After,
			x.RankBefore, x.RankAfter, where, c.paint(styleStrong, clean(x.Query)), clean(x.ClassAfter))
		if x.FirstBefore != x.FirstAfter {
			fmt.Fprintf(&b, "        %s -> %s\n", clean(x.FirstBefore), clean(x.FirstAfter))
		}
	}
	_, err := c.out.Write([]byte(b.String()))
	return err
}
