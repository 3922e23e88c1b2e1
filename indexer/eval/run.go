package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/indexer/search"
	"lsp/indexer/vector"
)

// Options say how to run a benchmark.
type Options struct {
	Encoder encoder.Encoder
	Second  encoder.Encoder // whose vectors lie beside those of Encoder, all of them; nil for none
	Mode    search.Mode     // "" means search.Hybrid
	Engine  vector.Engine   // "" chooses by size
	Weights *search.Weights // of the ranking; nil means those inside the program

	// Rerankers judge the best candidates once more: questions about functions are asked without any and with each, those
	// about repositories with the last.
	Rerankers []search.Rerank

	// CacheDir keeps the indexes of repositories from run to run. "" builds them in a temporary folder, which is what
	// index_ms of a report should be taken from.
	CacheDir string

	// Explain adds to every question the results with the contributions to their scores.
	Explain bool

	// Progress, if not nil, is told how many of all steps of a phase are done.
	Progress func(phase string, done, total int)
}

func (o *Options) progress(phase string, done, total int) {
	if o.Progress != nil {
		o.Progress(phase, done, total)
	}
}

// searcher returns the searcher that answers the questions of a benchmark.
func (o *Options) searcher(r search.Rerank) *search.Searcher {
	return search.New(o.Encoder, search.Options{Engine: o.Engine, Weights: o.Weights, Rerank: r})
}

// last is the last reranker, none if there is none.
func (o *Options) last() search.Rerank {
	if len(o.Rerankers) == 0 {
		return search.Rerank{}
	}
	return o.Rerankers[len(o.Rerankers)-1]
}

// model names the encoders.
func (o *Options) model() string {
	name := o.Encoder.Identity().String()
	if o.Second != nil {
		name += " and " + o.Second.Identity().String()
	}
	return name
}

// questionReport is the outcome of a question about functions.
func questionReport(resp *search.Response, ranked []int, query string, relevant []int) QueryReport {
	r := QueryReport{
		Query: query, Class: resp.Class, Score: ReciprocalRank(ranked, relevant), Rank: firstRank(ranked, relevant),
		Found: placesOf(resp.Results[:min(judged, len(ranked))]), TookMs: resp.TookMs,
	}
	for _, id := range ranked[:min(judged, len(ranked))] {
		r.Hits = append(r.Hits, slices.Contains(relevant, id))
	}
	return r
}

// QueryReport is the outcome of one question.
type QueryReport struct {
	Repository string   `json:"repository,omitempty"` // of a suite
	Language   string   `json:"language,omitempty"`   // of that repository
	ID         string   `json:"id,omitempty"`
	Query      string   `json:"query"`
	Category   string   `json:"category,omitempty"`
	Class      string   `json:"class"`
	Score      float64  `json:"score"`            // NDCG@10 or reciprocal rank
	Rank       int      `json:"rank"`             // of the first right result, 0 when none was found
	Found      []string `json:"found"`            // the first ten results, each as path:line name
	Hits       []bool   `json:"hits"`             // which of them are right
	Missed     []string `json:"missed,omitempty"` // targets that none of them hits
	TookMs     float64  `json:"took_ms"`

	// Recall100 is the share of the targets of a repository question that are among the first hundred units of each of
	// search.Retrievers, of any of them (together), and of the ranking (hybrid), whatever the mode of the run is. What is
	// not there cannot be ranked well.
	Recall100 map[string]float64 `json:"recall@100,omitempty"`

	// Files10 is the share of its targets whose files are among the first ten distinct files of the ranking, however
	// many results come from each.
	Files10 float64 `json:"files@10,omitempty"`

	Results []search.Result `json:"results,omitempty"` // the first ten, if explanations were asked for
}

// placesOf names results as path:line name.
func placesOf(results []search.Result) []string {
	places := make([]string, len(results))
	for i := range results {
		r := &results[i]
		places[i] = strings.TrimSpace(fmt.Sprintf("%s:%d %s", r.Path, r.StartLine, r.Name))
	}
	return places
}

// latencies collects how long questions took.
type latencies []time.Duration

// ask answers one question and notes the time.
func (l *latencies) ask(ctx context.Context, s *search.Searcher, views []search.View, req search.Request) (*search.Response, error) {
	begin := time.Now()
	resp, err := s.Search(ctx, views, req)
	*l = append(*l, time.Since(begin))
	return resp, err
}

func (o *Options) mode() search.Mode {
	if o.Mode == "" {
		return search.Hybrid
	}
	return o.Mode
}
