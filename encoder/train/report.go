package train

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"lsp/encoder"
)

// ReportOptions says what a report covers.
type ReportOptions struct {
	Records   string   // directory of mined records
	Splits    []string // whose repositories are asked about; default test and validation
	Functions int      // functions ranked at most, per language and over all; default 10,000
	Queries   int      // questions asked at most, per language and over all; default 2,000

	Baseline Ranking // ranks the same functions in another way, such as by their words; may be nil
	Plain    Ranking // a simpler one, to show what Baseline is worth; may be nil
}

// A Ranking returns what gives each of the units its score for a question.
type Ranking func(units []encoder.Unit) (score func(query string) []float32, err error)

func (o ReportOptions) withDefaults() ReportOptions {
	if len(o.Splits) == 0 {
		o.Splits = []string{SplitTest, SplitValidation}
	}
	o.Functions, o.Queries = cmp.Or(max(o.Functions, 0), 10000), cmp.Or(max(o.Queries, 0), 2000)
	return o
}

// A ReportLine is one language, or all of them, with functions stripped of their documentation.
type ReportLine struct {
	Language string   `json:"language"`
	Model    Metrics  `json:"model"`
	Baseline *Metrics `json:"baseline,omitempty"`
	Both     *Metrics `json:"both,omitempty"` // the scores of both, standardised over the functions of a question, added
	Plain    *Metrics `json:"plain,omitempty"`

	// The same of those questions alone that have no word in common with the name of their function or its owner.
	Distant Distant `json:"distant"`
}

// Distant are measures of questions that a name does not answer.
type Distant struct {
	Model    Metrics  `json:"model"`
	Baseline *Metrics `json:"baseline,omitempty"`
}

// Report measures an encoder on repositories that training never saw: whether the question that a function's
// documentation answers finds the function without it, among undocumented functions of the same repositories.
// The line of all languages comes first; languages without a question are left out.
func Report(ctx context.Context, e encoder.Encoder, opts ReportOptions) ([]ReportLine, error) {
	opts = opts.withDefaults()
	records, err := heldOutRecords(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("report on model: %w", err)
	}
	byLanguage := map[string][]Record{}
	for _, r := range records {
		byLanguage[r.Language] = append(byLanguage[r.Language], r)
	}
	var lines []ReportLine
	add := func(language string, records []Record) error {
		set := heldOut(records, opts.Functions, opts.Queries)
		if len(set.Queries) == 0 {
			return nil
		}
		line, err := reportLine(ctx, e, set, opts)
		if err != nil {
			return fmt.Errorf("report on model: %w", err)
		}
		line.Language = language
		lines = append(lines, line)
		return nil
	}
	if err := add("all", records); err != nil {
		return nil, err
	}
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		if err := add(language, byLanguage[language]); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// heldOutRecords reads the records of the splits of a report.
func heldOutRecords(ctx context.Context, opts ReportOptions) ([]Record, error) {
	files, err := recordFiles(opts.Records)
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, file := range files {
		err := readRecords(file, func(r *Record) error {
			if slices.Contains(opts.Splits, r.Split) {
				records = append(records, *r)
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return records, nil
}

func reportLine(ctx context.Context, e encoder.Encoder, set Set, opts ReportOptions) (ReportLine, error) {
	var line ReportLine
	units, queries, err := encodeSet(ctx, e, set)
	if err != nil {
		return line, err
	}
	base, err := rankingOf(opts.Baseline, set.Units)
	if err != nil {
		return line, err
	}
	plainBase, err := rankingOf(opts.Plain, set.Units)
	if err != nil {
		return line, err
	}
	empty := Metrics{Functions: len(set.Units)}
	model, baseline, both, plain, distant, distantBase := empty, empty, empty, empty, empty, empty
	columns, scores := transposed(units), newMatrix(1, units.Rows)
	for i, q := range set.Queries {
		if err := ctx.Err(); err != nil {
			return line, err
		}
		multiply(band(queries, i, i+1), columns, scores, 1)
		far := !sharesName(q.Text, &set.Units[q.Relevant[0]])
		position := bestRank(scores.Data, q.Relevant)
		model.ask(position)
		if far {
			distant.ask(position)
		}
		if plainBase != nil {
			plain.ask(bestRank(plainBase(q.Text), q.Relevant))
		}
		if base == nil {
			continue
		}
		other := base(q.Text)
		position = bestRank(other, q.Relevant)
		baseline.ask(position)
		if far {
			distantBase.ask(position)
		}
		both.ask(bestRank(added(scores.Data, other), q.Relevant))
	}
	line.Model, line.Distant.Model = model.mean(), distant.mean()
	if base != nil {
		line.Baseline, line.Both, line.Distant.Baseline = pointer(baseline.mean()), pointer(both.mean()), pointer(distantBase.mean())
	}
	if plainBase != nil {
		line.Plain = pointer(plain.mean())
	}
	return line, nil
}

// rankingOf prepares a ranking of the units; of none it makes none.
func rankingOf(r Ranking, units []encoder.Unit) (func(query string) []float32, error) {
	if r == nil {
		return nil, nil
	}
	return r(units)
}

func pointer[T any](v T) *T { return &v }

// ask counts one more question whose best right function has the given rank.
func (m *Metrics) ask(position int) {
	m.Queries++
	m.count(position)
}

// added standardises two lists of scores and adds them.
func added(a, b []float32) []float32 {
	sum := make([]float32, len(a))
	for _, scores := range [][]float32{a, b} {
		mean, square := 0.0, 0.0
		for _, s := range scores {
			mean += float64(s) / float64(len(scores))
			square += float64(s) * float64(s) / float64(len(scores))
		}
		inverse := float32(1 / (math.Sqrt(max(0, square-mean*mean)) + 1e-9))
		for i, s := range scores {
			sum[i] += (s - float32(mean)) * inverse
		}
	}
	return sum
}

// sharesName reports whether a question has a word in common with the name of a function or its owner: one that is
// equal, or begins with the same four letters.
func sharesName(question string, u *encoder.Unit) bool {
	names := nameWords(u.Owner + " " + u.Name)
	return slices.ContainsFunc(contentWords(question), func(w string) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			return n == w || len(n) >= 4 && len(w) >= 4 && strings.HasPrefix(w, n[:4])
		})
	})
}

// heldOut makes a set of at most so many functions and questions, spread evenly over the records. Documented
// functions come before undocumented ones where there are too many.
func heldOut(records []Record, functions, queries int) Set {
	pairs, total := 0, len(records)
	for i := range records {
		if records[i].Query != "" {
			pairs++
		}
	}
	keepPairs := min(pairs, max(functions/2, functions-(total-pairs)))
	keepBare := min(total-pairs, functions-keepPairs)
	asked := min(keepPairs, queries)
	var set Set
	seenPairs, seenBare, kept := 0, 0, 0
	for i := range records {
		r := &records[i]
		if r.Query == "" {
			if seenBare++; spread(seenBare, total-pairs, keepBare) {
				set.Units = append(set.Units, r.Unit(false))
			}
			continue
		}
		if seenPairs++; !spread(seenPairs, pairs, keepPairs) {
			continue
		}
		if kept++; spread(kept, keepPairs, asked) {
			set.Queries = append(set.Queries, Question{r.Query, []int{len(set.Units)}})
		}
		set.Units = append(set.Units, r.Unit(false))
	}
	return set
}

// spread reports whether the i-th of n, from 1, is among the keep that are spread evenly.
func spread(i, n, keep int) bool { return i*keep/n > (i-1)*keep/n }
