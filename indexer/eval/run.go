package eval

import (
	"context"
	"time"

	"lsp/encoder"
	"lsp/indexer/search"
	"lsp/indexer/vector"
)

// Options say how to run a benchmark.
type Options struct {
	Encoder encoder.Encoder
	Mode    search.Mode   // "" means search.Hybrid
	Engine  vector.Engine // "" chooses by size

	// CacheDir keeps the indexes of repositories from run to run. "" builds them in a temporary folder, which is what
	// index_ms of a report should be taken from.
	CacheDir string

	// Explain adds to every question what was found and why.
	Explain bool

	// Progress, if not nil, is told how many of all steps of a phase are done.
	Progress func(phase string, done, total int)
}

func (o *Options) progress(phase string, done, total int) {
	if o.Progress != nil {
		o.Progress(phase, done, total)
	}
}

// QueryReport is the outcome of one question.
type QueryReport struct {
	ID       string          `json:"id,omitempty"`
	Query    string          `json:"query"`
	Category string          `json:"category,omitempty"`
	Class    string          `json:"class"`
	Score    float64         `json:"score"`            // NDCG@10 or reciprocal rank
	Rank     int             `json:"rank"`             // of the first right result, 0 when none was found
	Results  []search.Result `json:"results"`          // the first ten, with explanations if they were asked for
	Hits     []bool          `json:"hits"`             // which of them are right
	Missed   []string        `json:"missed,omitempty"` // targets that none of them hits
	TookMs   float64         `json:"took_ms"`
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
