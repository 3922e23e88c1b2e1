package train

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"

	"lsp/encoder"
	"lsp/encoder/static"
)

// A Card is everything that the model card says in figures. Its words are in card.md.tmpl.
type Card struct {
	Model     *static.Model
	Bytes     int // size of the model file
	Options   FitOptions
	Corpus    Corpus
	HeldOut   []ReportLine
	Benchmark []BenchmarkLine // a benchmark of functions, or none
	Ablations []Ablation      // the run with everything first, or none
	Summaries SummaryReport
	Speed     Speed
}

// Speed is the mean time that encoding takes on one core.
type Speed struct{ Unit, Question time.Duration }

// MeasureSpeed encodes the units and questions of held-out repositories one after the other.
func MeasureSpeed(ctx context.Context, e encoder.Encoder, opts ReportOptions) (Speed, error) {
	opts = opts.withDefaults()
	records, err := heldOutRecords(ctx, opts)
	if err != nil {
		return Speed{}, fmt.Errorf("measure speed: %w", err)
	}
	set := heldOut(records, opts.Functions, opts.Queries)
	units, query := make([]float32, len(set.Units)*e.Dimensions()), make([]float32, e.Dimensions())
	begin := time.Now()
	if err := e.EncodeUnits(ctx, set.Units, units); err != nil {
		return Speed{}, fmt.Errorf("measure speed: %w", err)
	}
	half := time.Now()
	for _, q := range set.Queries {
		if err := e.EncodeQuery(ctx, q.Text, query); err != nil {
			return Speed{}, fmt.Errorf("measure speed: %w", err)
		}
	}
	return Speed{
		Unit:     half.Sub(begin) / time.Duration(max(len(set.Units), 1)),
		Question: time.Since(half) / time.Duration(max(len(set.Queries), 1)),
	}, nil
}

// A BenchmarkLine is one way of ranking the functions of a benchmark.
type BenchmarkLine struct {
	Name    string  `json:"name"`
	Metrics Metrics `json:"metrics"`
}

// Corpus counts mined records.
type Corpus struct {
	Repositories int
	Pairs        int
	Trained      int // pairs of the training split
	SetAside     int // pairs kept for adjusting the ranking, of which nothing is learned
	Languages    []LanguageCount
}

// A LanguageCount is the number of pairs in one language.
type LanguageCount struct {
	Language string
	Pairs    int
}

// CountCorpus counts the records of a folder, languages with the most pairs first.
func CountCorpus(ctx context.Context, records string) (Corpus, error) {
	var c Corpus
	files, err := recordFiles(records)
	if err != nil {
		return c, fmt.Errorf("count records: %w", err)
	}
	repositories, languages := map[string]bool{}, map[string]int{}
	for _, file := range files {
		err := readRecords(file, func(r *Record) error {
			if r.Query == "" {
				return ctx.Err()
			}
			repositories[r.Repository] = true
			languages[r.Language]++
			c.Pairs++
			switch r.Split {
			case SplitTrain:
				c.Trained++
			case SplitTest, SplitValidation:
			default:
				c.SetAside++
			}
			return ctx.Err()
		})
		if err != nil {
			return c, fmt.Errorf("count records: %w", err)
		}
	}
	c.Repositories = len(repositories)
	for _, l := range slices.SortedFunc(maps.Keys(languages), func(a, b string) int {
		return cmp.Or(languages[b]-languages[a], cmp.Compare(a, b))
	}) {
		c.Languages = append(c.Languages, LanguageCount{l, languages[l]})
	}
	return c, nil
}

//go:embed card.md.tmpl
var cardText string

var cardTemplate = template.Must(template.New("card").Funcs(template.FuncMap{
	"figure":    func(x float64) string { return fmt.Sprintf("%.3f", x) },
	"micro":     func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Microsecond)) },
	"thousands": thousands,
	"percent":   func(part, whole int) string { return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(max(whole, 1))) },
	"share":     func(x float32) string { return fmt.Sprintf("%g", x) },
	"ratio":     func(a, b float64) string { return fmt.Sprintf("%.2f", a/b) },
	"change":    func(with, without float64) string { return fmt.Sprintf("%+.3f", without-with) },
	"top":       func(l []LanguageCount, n int) []LanguageCount { return l[:min(n, len(l))] },
	"rare":      rareLanguages,
	"behind":    behindBaseline,
	"first":     func(lines []ReportLine) ReportLine { return lines[0] },
}).Parse(cardText))

// WriteCard writes the model card.
func WriteCard(w io.Writer, c Card) error {
	if len(c.HeldOut) == 0 || len(c.Corpus.Languages) == 0 {
		return fmt.Errorf("write model card: no held-out functions or no records")
	}
	if err := cardTemplate.Execute(w, c); err != nil {
		return fmt.Errorf("write model card: %w", err)
	}
	return nil
}

// thousands writes a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// rareLanguages names the languages with less than 2 % of the pairs.
func rareLanguages(c Corpus) string {
	var names []string
	for _, l := range c.Languages {
		if l.Pairs*50 < c.Pairs {
			names = append(names, l.Language)
		}
	}
	return strings.Join(names, ", ")
}

// behindBaseline names the languages in which the words alone find more than the model does.
func behindBaseline(lines []ReportLine) string {
	var names []string
	for _, l := range lines[1:] {
		if l.Baseline != nil && l.Baseline.MRR > l.Model.MRR {
			names = append(names, l.Language)
		}
	}
	return strings.Join(names, ", ")
}
