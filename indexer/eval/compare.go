package eval

import (
	"cmp"
	"maps"
	"slices"
)

// Change is a question whose score differs between two runs.
type Change struct {
	Repository  string  `json:"repository,omitempty"`
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

// Difference sums up questions that two runs have in common.
type Difference struct {
	Before   float64    `json:"before"` // mean score
	After    float64    `json:"after"`
	Interval [2]float64 `json:"interval"` // of the difference of the means, by Bootstrap
	Better   int        `json:"better"`   // questions
	Worse    int        `json:"worse"`
	Equal    int        `json:"equal"`
}

// GroupDifference is the difference over the questions of a category, a language or a repository.
type GroupDifference struct {
	By   string `json:"by"` // "category", "language" or "repository"
	Name string `json:"name"`
	Difference
}

// Comparison is what changed between two runs over the same questions.
type Comparison struct {
	Difference
	Unpaired int               `json:"unpaired"`         // questions that only one run has
	Groups   []GroupDifference `json:"groups,omitempty"` // where there are at least two of a sort
	Changes  []Change          `json:"changes"`          // the worst losses first
}

// pair is one question in two runs.
type pair struct{ before, after *QueryReport }

// Compare pairs the questions of two runs by id, or by repository, category and text where there is none; of questions
// that are equal in this, the first with the first and so on.
func Compare(before, after []QueryReport) Comparison {
	key := func(r *QueryReport) string { return cmp.Or(r.ID, r.Repository+"\x00"+r.Category+"\x00"+r.Query) }
	old := make(map[string][]*QueryReport, len(before))
	for i := range before {
		k := key(&before[i])
		old[k] = append(old[k], &before[i])
	}
	c := Comparison{Changes: []Change{}}
	var pairs []pair
	for i := range after {
		a := &after[i]
		partners := old[key(a)]
		if len(partners) == 0 {
			c.Unpaired++
			continue
		}
		old[key(a)] = partners[1:]
		pairs = append(pairs, pair{partners[0], a})
		if b := partners[0]; a.Score != b.Score {
			c.Changes = append(c.Changes, Change{
				Repository: a.Repository, Query: a.Query, Category: a.Category, Before: b.Score, After: a.Score,
				RankBefore: b.Rank, RankAfter: a.Rank, FirstBefore: b.first(), FirstAfter: a.first(), ClassAfter: a.Class,
			})
		}
	}
	for _, left := range old {
		c.Unpaired += len(left)
	}
	c.Difference = differenceOf(pairs)
	c.Groups = slices.Concat(
		groupsOf(pairs, "category", func(r *QueryReport) string { return r.Category }),
		groupsOf(pairs, "language", func(r *QueryReport) string { return r.Language }),
		groupsOf(pairs, "repository", func(r *QueryReport) string { return r.Repository }))
	slices.SortStableFunc(c.Changes, func(x, y Change) int { return cmp.Compare(x.After-x.Before, y.After-y.Before) })
	return c
}

func differenceOf(pairs []pair) Difference {
	var d Difference
	var was, is, differences []float64
	for _, p := range pairs {
		b, a := p.before.Score, p.after.Score
		was, is, differences = append(was, b), append(is, a), append(differences, a-b)
		switch cmp.Compare(a, b) {
		case 0:
			d.Equal++
		case 1:
			d.Better++
		default:
			d.Worse++
		}
	}
	d.Before, d.After, d.Interval = mean(was), mean(is), Bootstrap(differences)
	return d
}

// groupsOf sums up the pairs by what the key says of them, none when it says the same of all.
func groupsOf(pairs []pair, by string, key func(*QueryReport) string) []GroupDifference {
	groups := map[string][]pair{}
	for _, p := range pairs {
		groups[key(p.after)] = append(groups[key(p.after)], p)
	}
	if len(groups) < 2 {
		return nil
	}
	var out []GroupDifference
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, GroupDifference{by, name, differenceOf(groups[name])})
	}
	return out
}

func (r *QueryReport) first() string {
	if len(r.Found) == 0 {
		return ""
	}
	return r.Found[0]
}
