package eval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"time"

	"github.com/zeebo/xxh3"

	"lsp/indexer"
	"lsp/indexer/search"
	"lsp/workspace"
)

// RepositoryReport is the outcome of a repository benchmark. Its JSON names are fixed.
type RepositoryReport struct {
	NDCG       float64            `json:"ndcg@10"`
	ByCategory map[string]float64 `json:"by_category"`
	Queries    int                `json:"queries"`
	Functions  int                `json:"functions"`
	Units      int                `json:"units"`
	Files      int                `json:"files"`
	IndexMs    float64            `json:"index_ms"`
	QueryP50   float64            `json:"query_p50_ms"`
	QueryP99   float64            `json:"query_p99_ms"`
	Mode       search.Mode        `json:"mode"`
	Model      string             `json:"model"`
	PerQuery   []QueryReport      `json:"per_query,omitempty"`

	// Recall100 and Files10 are the means of those of the questions.
	Recall100 map[string]float64 `json:"recall@100"`
	Files10   float64            `json:"files@10"`
}

// judged is how many results of a repository question count.
const judged = 10

// RunRepository indexes a checked-out repository, or only the folder within of it, asks the questions and judges
// the first ten results of each by NDCG. Paths of questions are relative to dir.
func RunRepository(ctx context.Context, dir, within string, queries []RepositoryQuery, opts Options) (*RepositoryReport, error) {
	view, report, release, err := openRepository(ctx, dir, within, opts)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", dir, err)
	}
	defer release()
	searcher := opts.searcher(opts.last())
	retrieval := opts.searcher(search.Rerank{}) // a reranker changes nothing about what is found at all
	prefix := filepath.ToSlash(filepath.Clean(within))
	var times latencies
	for i, q := range queries {
		opts.progress("questions", i, len(queries))
		resp, err := times.ask(ctx, searcher, []search.View{view}, search.Request{
			Query: q.Query, Plain: true, Limit: judged, Mode: opts.Mode, Explain: opts.Explain,
		})
		if err != nil {
			return nil, fmt.Errorf("evaluate %s: question %q: %w", dir, q.Query, err)
		}
		r := judge(&q, resp, prefix)
		if opts.Explain {
			r.Results = resp.Results
		}
		if err := measureRetrieval(ctx, retrieval, view, &q, prefix, &r); err != nil {
			return nil, fmt.Errorf("evaluate %s: question %q: %w", dir, q.Query, err)
		}
		report.PerQuery = append(report.PerQuery, r)
	}
	opts.progress("questions", len(queries), len(queries))
	all := summarise(report.PerQuery)
	report.NDCG, report.Recall100, report.Files10, report.Queries = all.score, all.recall100, all.files10, len(queries)
	for category, reports := range byCategory(report.PerQuery) {
		report.ByCategory[category] = summarise(reports).score
	}
	report.QueryP50, report.QueryP99 = quantile(times, 0.5), quantile(times, 0.99)
	return report, nil
}

// judge scores one answer.
func judge(q *RepositoryQuery, resp *search.Response, prefix string) QueryReport {
	r := QueryReport{Query: q.Query, Category: q.Category, Class: resp.Class, Found: placesOf(resp.Results), TookMs: resp.TookMs}
	spans := make([]Span, len(resp.Results))
	hit := map[Span]bool{}
	for i, res := range resp.Results {
		spans[i] = spanOf(&res, prefix)
		right := false
		for _, t := range q.Targets {
			if spans[i].hits(t) {
				right, hit[t] = true, true
			}
		}
		if r.Hits = append(r.Hits, right); right && r.Rank == 0 {
			r.Rank = i + 1
		}
	}
	for _, t := range q.Targets {
		if !hit[t] {
			r.Missed = append(r.Missed, t.String())
		}
	}
	r.Score = NDCG(spans, q.Targets, judged)
	return r
}

// candidateDepth is how many units of each retriever count for Recall100.
const candidateDepth = 100

// measureRetrieval adds to the report of a question what the retrievers offer to the ranking. It costs three searches.
func measureRetrieval(ctx context.Context, s *search.Searcher, view search.View, q *RepositoryQuery, prefix string, r *QueryReport) error {
	if len(q.Targets) == 0 {
		return nil
	}
	views, req := []search.View{view}, search.Request{Query: q.Query, Plain: true, Limit: candidateDepth, All: true}
	resp, err := s.Search(ctx, views, req)
	if err != nil {
		return err
	}
	retrieved, err := s.Retrieved(ctx, views, req, candidateDepth)
	if err != nil {
		return err
	}
	share := func(hit map[Span]bool) float64 { return float64(len(hit)) / float64(len(q.Targets)) }
	together := map[Span]bool{}
	r.Recall100 = map[string]float64{}
	for _, by := range search.Retrievers {
		hit := q.hitsOf(retrieved[by], prefix)
		r.Recall100[string(by)] = share(hit)
		maps.Copy(together, hit)
	}
	r.Recall100["together"] = share(together)
	r.Recall100[string(search.Hybrid)] = share(q.hitsOf(resp.Results, prefix))
	r.Files10 = share(q.inFiles(resp.Results, prefix))
	return nil
}

// hitsOf returns the targets that some of the results hit.
func (q *RepositoryQuery) hitsOf(results []search.Result, prefix string) map[Span]bool {
	hit := map[Span]bool{}
	for i := range results {
		span := spanOf(&results[i], prefix)
		for _, t := range q.Targets {
			if span.hits(t) {
				hit[t] = true
			}
		}
	}
	return hit
}

// inFiles returns the targets whose files are among the first distinct ones of the results that are judged.
func (q *RepositoryQuery) inFiles(results []search.Result, prefix string) map[Span]bool {
	files, in := map[string]bool{}, map[Span]bool{}
	for i := range results {
		if len(files) < judged {
			files[spanOf(&results[i], prefix).Path] = true
		}
	}
	for _, t := range q.Targets {
		if files[t.Path] {
			in[t] = true
		}
	}
	return in
}

// spanOf is where a result lies, relative to the checkout.
func spanOf(r *search.Result, prefix string) Span {
	return Span{Path: path.Join(prefix, r.Path), Start: r.StartLine, End: r.EndLine}
}

// String returns path:first-last, or the path alone for a whole file.
func (s Span) String() string {
	if s.Start == 0 {
		return s.Path
	}
	return fmt.Sprintf("%s:%d-%d", s.Path, s.Start, s.End)
}

// openRepository brings the index of a folder up to date and returns a view of it.
func openRepository(ctx context.Context, dir, within string, opts Options) (search.View, *RepositoryReport, func(), error) {
	var view search.View
	folder, err := workspace.Canonical(filepath.Join(dir, filepath.FromSlash(within)))
	if err != nil {
		return view, nil, nil, err
	}
	if info, err := os.Stat(folder); err != nil {
		return view, nil, nil, err
	} else if !info.IsDir() {
		return view, nil, nil, errors.New("not a folder")
	}
	cache, removeCache, err := cacheFor(opts.CacheDir, folder)
	if err != nil {
		return view, nil, nil, err
	}
	root := workspace.Root{Path: folder}
	begin := time.Now()
	index, err := indexer.Open(indexer.Config{
		Root: root, Dir: cache, Encoder: opts.Encoder, Rules: workspace.LoadRules(root, workspace.RuleOptions{}), Engine: opts.Engine,
	})
	if err != nil {
		removeCache()
		return view, nil, nil, err
	}
	opts.progress("index", 0, 1)
	err = index.Reconcile(ctx)
	took := time.Since(begin)
	read := func(rel string) ([]byte, error) {
		return os.ReadFile(filepath.Join(folder, filepath.FromSlash(rel)))
	}
	if err == nil && opts.Second != nil {
		if err = index.SetTier(&indexer.TierConfig{Encoder: opts.Second, Workers: runtime.GOMAXPROCS(0), Read: read}); err == nil {
			err = index.WaitTier(ctx)
		}
	}
	if err != nil {
		index.Close()
		removeCache()
		return view, nil, nil, err
	}
	opts.progress("index", 1, 1)
	epoch, unpin := index.Acquire()
	status := index.Status()
	view = search.View{Root: folder, Epoch: epoch, Read: read}
	report := &RepositoryReport{
		ByCategory: map[string]float64{}, Functions: status.Functions, Units: status.Units, Files: status.Files,
		IndexMs: float64(took) / float64(time.Millisecond), Mode: opts.mode(), Model: opts.model(),
	}
	return view, report, func() {
		unpin()
		index.Close()
		removeCache()
	}, nil
}

// cacheFor returns the folder for an index, and a function that removes it if it is temporary.
func cacheFor(dir, folder string) (string, func(), error) {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "eval-index-")
		return tmp, func() { os.RemoveAll(tmp) }, err
	}
	return filepath.Join(dir, fmt.Sprintf("%016x", xxh3.HashString(folder))), func() {}, nil
}
