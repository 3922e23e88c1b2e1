package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Change is a question whose score differs between two runs.
type Change struct {
	Query       string  `json:"query"`
	Category    string  `json:"category,omitempty"`
	Before      float64 `json:"before"`
	After       float64 `json:"after"`
	RankBefore  int     `json:"rank_before"` // of the first right result, 0 for none
	RankAfter   int     `json:"rank_after"`
	FirstBefore string  `json:"first_before"` // the best result, as path:line name
	FirstAfter  string  `json:"first_after"`
	ClassAfter  string  `json:"class_after"`
}

// Comparison is what changed between two runs over the same questions.
type Comparison struct {
	Before   float64    `json:"before"` // mean score
	After    float64    `json:"after"`
	Interval [2]float64 `json:"interval"` // of the difference of the means, by Bootstrap
	Better   int        `json:"better"`   // questions
	Worse    int        `json:"worse"`
	Equal    int        `json:"equal"`
	Unpaired int        `json:"unpaired"` // questions that only one run has
	Changes  []Change   `json:"changes"`  // the worst losses first
}

// Compare pairs the questions of two runs by id, or by text where there is none.
func Compare(before, after []QueryReport) Comparison {
	key := func(r *QueryReport) string { return cmp.Or(r.ID, r.Category+"\x00"+r.Query) }
	old := make(map[string]*QueryReport, len(before))
	for i := range before {
		old[key(&before[i])] = &before[i]
	}
	c := Comparison{Changes: []Change{}}
	var was, is, differences []float64
	for i := range after {
		a := &after[i]
		b := old[key(a)]
		if b == nil {
			c.Unpaired++
			continue
		}
		delete(old, key(a))
		was, is, differences = append(was, b.Score), append(is, a.Score), append(differences, a.Score-b.Score)
		switch cmp.Compare(a.Score, b.Score) {
		case 0:
			c.Equal++
			continue
		case 1:
			c.Better++
		case -1:
			c.Worse++
		}
		c.Changes = append(c.Changes, Change{
			Query: a.Query, Category: a.Category, Before: b.Score, After: a.Score, RankBefore: b.Rank, RankAfter: a.Rank,
			FirstBefore: b.first(), FirstAfter: a.first(), ClassAfter: a.Class,
		})
	}
	c.Unpaired += len(old)
	c.Before, c.After, c.Interval = mean(was), mean(is), Bootstrap(differences)
	slices.SortStableFunc(c.Changes, func(x, y Change) int { return cmp.Compare(x.After-x.Before, y.After-y.Before) })
	return c
}

func (r *QueryReport) first() string {
	if len(r.Results) == 0 {
		return ""
	}
	f := &r.Results[0]
	return fmt.Sprintf("%s:%d %s", f.Path, f.StartLine, f.Name)
}

// WriteText writes the comparison for a person.
func (c *Comparison) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "mean %.4f -> %.4f (%+.4f to %+.4f): %d better, %d worse, %d equal, %d unpaired\n",
		c.Before, c.After, c.Interval[0], c.Interval[1], c.Better, c.Worse, c.Equal, c.Unpaired); err != nil {
		return err
	}
	for _, x := range c.Changes {
		if _, err := fmt.Fprintf(w, "%+.3f  %.3f -> %.3f  rank %d -> %d  %s (%s)\n        %s -> %s\n", x.After-x.Before, x.Before,
			x.After, x.RankBefore, x.RankAfter, x.Query, x.ClassAfter, x.FirstBefore, x.FirstAfter); err != nil {
			return err
		}
	}
	return nil
}

// WriteExplanations writes for every question what was ranked and why: right results carry a star, contributions
// follow in the order in which they were added up.
func WriteExplanations(w io.Writer, reports []QueryReport) error {
	for i := range reports {
		r := &reports[i]
		if _, err := fmt.Fprintf(w, "%s (%s) %.3f\n", r.Query, r.Class, r.Score); err != nil {
			return err
		}
		for j, res := range r.Results {
			star := ' '
			if r.Hits[j] {
				star = '*'
			}
			if _, err := fmt.Fprintf(w, "%c%3d %.3f %s:%d-%d %s %s\n", star, j+1, res.Score, res.Path, res.StartLine,
				res.EndLine, res.Kind, res.Name); err != nil {
				return err
			}
			for _, part := range res.Explanation {
				if _, err := fmt.Fprintf(w, "       %+.3f %s\n", part.Value, part.Name); err != nil {
					return err
				}
			}
		}
		for _, m := range r.Missed {
			if _, err := fmt.Fprintf(w, "  missed %s\n", m); err != nil {
				return err
			}
		}
	}
	return nil
}
