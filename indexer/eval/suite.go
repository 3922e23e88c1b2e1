package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lsp/indexer/search"
)

// SuiteRepository is one repository of a suite.
type SuiteRepository struct {
	Name      string
	Language  string
	Folder    string               // where it is checked out
	Within    string               // the folder of it that is indexed, "" for all
	Queries   string               // file of its questions, as LoadRepositoryQueries reads it
	Published map[string]Published // by system
}

// Published is what somebody else reports of a repository: NDCG@10 over the same questions.
type Published struct {
	Score      float64            `json:"ndcg@10"`
	ByCategory map[string]float64 `json:"by_category,omitempty"`
}

// ReadSuite reads a JSON array of {"name", "language", "benchmark_root", "published_ndcg10"}. Language, root (null or
// absent for all) and published figures may be missing; other keys are left alone. Figures are {SYSTEM: score,
// SYSTEM_by_category: {CATEGORY: score}}; what is no number from 0 to 1, and times (SYSTEM_ms), are no scores. Folder and
// Queries are not set.
func ReadSuite(r io.Reader) ([]SuiteRepository, error) {
	var records []struct {
		Name      string
		Language  string
		Within    string                     `json:"benchmark_root"`
		Published map[string]json.RawMessage `json:"published_ndcg10"`
	}
	if err := json.NewDecoder(r).Decode(&records); err != nil {
		return nil, fmt.Errorf("read suite: %w", err)
	}
	seen := map[string]bool{}
	var suite []SuiteRepository
	for i, rec := range records {
		if !filepath.IsLocal(rec.Name) || rec.Name != filepath.Base(rec.Name) || rec.Name == "." || seen[rec.Name] {
			return nil, fmt.Errorf("read suite: repository %d is named %q; it needs a name of its own that can be a folder's", i+1, rec.Name)
		}
		seen[rec.Name] = true
		if rec.Within != "" && !filepath.IsLocal(filepath.FromSlash(rec.Within)) {
			return nil, fmt.Errorf("read suite: %s: benchmark_root %q is not a folder inside the repository", rec.Name, rec.Within)
		}
		suite = append(suite, SuiteRepository{
			Name: rec.Name, Language: rec.Language, Within: rec.Within, Published: readPublished(rec.Published),
		})
	}
	return suite, nil
}

// readPublished picks the scores out of published figures.
func readPublished(figures map[string]json.RawMessage) map[string]Published {
	published := map[string]Published{}
	for key, raw := range figures {
		var score float64
		if strings.HasSuffix(key, "_ms") || json.Unmarshal(raw, &score) != nil || !(score >= 0 && score <= 1) {
			continue
		}
		p := Published{Score: score}
		if categories := figures[key+"_by_category"]; json.Unmarshal(categories, &p.ByCategory) != nil {
			p.ByCategory = nil
		}
		published[key] = p
	}
	return published
}

// LoadSuite reads the file of a suite. Its repositories are checked out below one folder, each by its name, and the
// questions of each lie as NAME.json in the folder queries; "" is the folder beside the file that has its name without
// extension. Names in only, if there are any, are the repositories to take. It fails, naming them all, when folders or
// files are missing.
func LoadSuite(path, checkouts, queries string, only []string) ([]SuiteRepository, error) {
	suite, err := load(path, ReadSuite)
	if err != nil {
		return nil, err
	}
	for _, name := range only {
		if !slices.ContainsFunc(suite, func(r SuiteRepository) bool { return r.Name == name }) {
			return nil, fmt.Errorf("%s: no repository %q", path, name)
		}
	}
	if len(only) > 0 {
		suite = slices.DeleteFunc(suite, func(r SuiteRepository) bool { return !slices.Contains(only, r.Name) })
	}
	if queries == "" {
		queries = strings.TrimSuffix(path, filepath.Ext(path))
	}
	var missing []error
	for i := range suite {
		r := &suite[i]
		r.Folder = filepath.Join(checkouts, r.Name)
		r.Queries = filepath.Join(queries, r.Name+".json")
		for _, needed := range []string{filepath.Join(r.Folder, filepath.FromSlash(r.Within)), r.Queries} {
			if _, err := os.Stat(needed); err != nil {
				missing = append(missing, err)
			}
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(missing...))
	}
	return suite, nil
}

// SuiteReport is the outcome of a suite. Its JSON names are fixed.
type SuiteReport struct {
	Repositories []SuiteResult `json:"repositories"`
	Languages    []Row         `json:"languages"`
	Categories   []Row         `json:"categories"`
	All          Row           `json:"all"`
	Mode         search.Mode   `json:"mode"`
	Model        string        `json:"model"`
	PerQuery     []QueryReport `json:"per_query,omitempty"`
}

// SuiteResult is the outcome of one repository of a suite.
type SuiteResult struct {
	Name      string               `json:"name"`
	Language  string               `json:"language,omitempty"`
	Published map[string]Published `json:"published,omitempty"`
	RepositoryReport
}

// Row gives the repository as a row of its own.
func (r *SuiteResult) Row() Row {
	whole := summary{questions: r.Queries, score: r.NDCG, recall100: r.Recall100, files10: r.Files10}
	return newRow(r.Name, []cell{r.cell(whole, "")})
}

// Row sums up repositories: every repository counts the same, however many questions it has. The row of a category has
// of every repository the questions of that category.
type Row struct {
	Name         string             `json:"name"`
	Repositories int                `json:"repositories"`
	Questions    int                `json:"questions"`
	NDCG         float64            `json:"ndcg@10"`
	Recall100    map[string]float64 `json:"recall@100"`
	Files10      float64            `json:"files@10"`
	Against      map[string]Against `json:"against,omitempty"` // by system with published figures
}

// Against compares with published figures over the repositories that have them.
type Against struct {
	Repositories int     `json:"repositories"`
	Ours         float64 `json:"ours"` // mean over these repositories
	Theirs       float64 `json:"theirs"`

	// Interval holds the difference of the means with 95 % confidence, by Bootstrap over repositories. There is none
	// for fewer than five of them.
	Interval *[2]float64 `json:"interval,omitempty"`
}

// leastPairs is how many repositories an interval needs: few values cannot tell how much they vary.
const leastPairs = 5

// RunSuite runs the benchmark of every repository, one after the other.
func RunSuite(ctx context.Context, suite []SuiteRepository, opts Options) (*SuiteReport, error) {
	report := &SuiteReport{Mode: opts.mode(), Model: opts.model()}
	step := opts.Progress
	for i, r := range suite {
		if step != nil {
			step("repositories", i, len(suite))
		}
		queries, err := LoadRepositoryQueries(r.Queries)
		if err != nil {
			return nil, err
		}
		opts.Progress = nil
		result, err := RunRepository(ctx, r.Folder, r.Within, queries, opts)
		if err != nil {
			return nil, err
		}
		for k := range result.PerQuery {
			result.PerQuery[k].Repository, result.PerQuery[k].Language = r.Name, r.Language
		}
		report.PerQuery = append(report.PerQuery, result.PerQuery...)
		result.PerQuery = nil
		report.Repositories = append(report.Repositories, SuiteResult{r.Name, r.Language, r.Published, *result})
	}
	if step != nil {
		step("repositories", len(suite), len(suite))
	}
	report.tabulate()
	return report, nil
}

// cell is what one repository, or one category of it, brings to a row.
type cell struct {
	summary
	published map[string]float64 // by system
}

// cell puts a summary beside what is published of the repository, or of one category of its questions.
func (r *SuiteResult) cell(s summary, category string) cell {
	c := cell{s, map[string]float64{}}
	for system, p := range r.Published {
		score, known := p.ByCategory[category]
		if category == "" {
			score, known = p.Score, true
		}
		if known {
			c.published[system] = score
		}
	}
	return c
}

// tabulate makes the rows out of the outcomes of repositories and questions.
func (s *SuiteReport) tabulate() {
	questions := map[string][]QueryReport{}
	for _, r := range s.PerQuery {
		questions[r.Repository] = append(questions[r.Repository], r)
	}
	var all []cell
	languages, categories := map[string][]cell{}, map[string][]cell{}
	for i := range s.Repositories {
		r := &s.Repositories[i]
		whole := r.cell(summarise(questions[r.Name]), "")
		all = append(all, whole)
		languages[r.Language] = append(languages[r.Language], whole)
		for category, reports := range byCategory(questions[r.Name]) {
			categories[category] = append(categories[category], r.cell(summarise(reports), category))
		}
	}
	s.All = newRow("all", all)
	for _, name := range slices.Sorted(maps.Keys(languages)) {
		s.Languages = append(s.Languages, newRow(name, languages[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(categories)) {
		s.Categories = append(s.Categories, newRow(name, categories[name]))
	}
}

func newRow(name string, cells []cell) Row {
	row := Row{Name: name, Repositories: len(cells), Recall100: map[string]float64{}, Against: map[string]Against{}}
	var scores, files []float64
	recall := map[string][]float64{}
	ours, theirs := map[string][]float64{}, map[string][]float64{}
	for _, c := range cells {
		row.Questions += c.questions
		scores, files = append(scores, c.score), append(files, c.files10)
		for retriever, share := range c.recall100 {
			recall[retriever] = append(recall[retriever], share)
		}
		for system, score := range c.published {
			ours[system], theirs[system] = append(ours[system], c.score), append(theirs[system], score)
		}
	}
	row.NDCG, row.Files10 = mean(scores), mean(files)
	for retriever, shares := range recall {
		row.Recall100[retriever] = mean(shares)
	}
	for system := range ours {
		row.Against[system] = newAgainst(ours[system], theirs[system])
	}
	return row
}

func newAgainst(ours, theirs []float64) Against {
	a := Against{Repositories: len(ours), Ours: mean(ours), Theirs: mean(theirs)}
	if len(ours) >= leastPairs {
		differences := make([]float64, len(ours))
		for i := range ours {
			differences[i] = ours[i] - theirs[i]
		}
		interval := Bootstrap(differences)
		a.Interval = &interval
	}
	return a
}

// BestPublished returns the system with the highest published mean over all repositories, "" when there is none.
func (s *SuiteReport) BestPublished() string {
	best, score := "", math.Inf(-1)
	for _, system := range slices.Sorted(maps.Keys(s.All.Against)) {
		if a := s.All.Against[system]; a.Theirs > score {
			best, score = system, a.Theirs
		}
	}
	return best
}
