package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/indexer/chunk"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// FunctionsReport is the outcome of a function benchmark. Its JSON names are fixed.
type FunctionsReport struct {
	MRR       float64       `json:"mrr"`
	Recall1   float64       `json:"recall@1"`
	Recall10  float64       `json:"recall@10"`
	Queries   int           `json:"queries"`
	Functions int           `json:"functions"`
	EncodeUs  float64       `json:"encode_us_per_function"`
	QueryP50  float64       `json:"query_p50_ms"` // of an ordinary question with ten results
	Mode      search.Mode   `json:"mode"`
	Model     string        `json:"model"`
	PerQuery  []QueryReport `json:"per_query,omitempty"`
}

// RunFunctions indexes every function as one unit and ranks all of them for every question.
func RunFunctions(ctx context.Context, functions []Function, queries []FunctionQuery, opts Options) (*FunctionsReport, error) {
	items := pythonItems(ctx, functions)
	rows, encoding, err := encodeItems(ctx, items, opts)
	if err != nil {
		return nil, fmt.Errorf("index functions: %w", err)
	}
	views, err := viewsOf(items, rows, opts)
	if err != nil {
		return nil, fmt.Errorf("index functions: %w", err)
	}
	searcher := opts.searcher()
	report := &FunctionsReport{
		Queries: len(queries), Functions: len(functions), Mode: opts.mode(), Model: opts.Encoder.Identity().String(),
		EncodeUs: float64(encoding) / float64(time.Microsecond) / float64(max(1, len(functions))),
	}
	var times, unused latencies
	var rr, r1, r10 []float64
	for i, q := range queries {
		opts.progress("questions", i, len(queries))
		req := search.Request{Query: q.Query, Plain: true, Mode: opts.Mode}
		if _, err := times.ask(ctx, searcher, views, req); err != nil {
			return nil, fmt.Errorf("question %q: %w", q.Query, err)
		}
		req.All, req.Limit, req.Depth = true, len(functions), len(functions)
		resp, err := unused.ask(ctx, searcher, views, req)
		if err != nil {
			return nil, fmt.Errorf("question %q: %w", q.Query, err)
		}
		ranked := idsOf(resp)
		rr = append(rr, ReciprocalRank(ranked, q.Relevant))
		r1 = append(r1, Recall(ranked, q.Relevant, 1))
		r10 = append(r10, Recall(ranked, q.Relevant, 10))
		r := QueryReport{ID: q.ID, Query: q.Query, Class: resp.Class, Score: rr[i], Rank: firstRank(ranked, q.Relevant),
			Found: placesOf(resp.Results[:min(judged, len(ranked))]), TookMs: resp.TookMs}
		if opts.Explain {
			req.Explain, req.Limit, req.Depth, req.All = true, judged, 0, false
			if resp, err = searcher.Search(ctx, views, req); err != nil {
				return nil, fmt.Errorf("question %q: %w", q.Query, err)
			}
			r.Results, r.Found = resp.Results, placesOf(resp.Results)
			ranked = idsOf(resp)
		}
		for _, id := range ranked[:min(judged, len(ranked))] {
			r.Hits = append(r.Hits, slices.Contains(q.Relevant, id))
		}
		report.PerQuery = append(report.PerQuery, r)
	}
	opts.progress("questions", len(queries), len(queries))
	report.MRR, report.Recall1, report.Recall10 = mean(rr), mean(r1), mean(r10)
	report.QueryP50 = quantile(times, 0.5)
	return report, nil
}

// pythonItems makes items of functions in Python, numbered by their ids.
func pythonItems(ctx context.Context, functions []Function) []item {
	items := make([]item, len(functions))
	for i, f := range functions {
		items[i] = item{id: f.ID, extension: ".py", language: "python", text: f.Text}
		items[i].unit, items[i].record, items[i].comments = wholeFunction(ctx, f.Text)
	}
	return items
}

// wholeFunction makes one unit of the text of a function: name, signature and documentation are those of its first
// function, and all the rest is the body, with the comments in it.
func wholeFunction(ctx context.Context, text string) (unit encoder.Unit, record store.Unit, comments string) {
	lines := uint32(strings.Count(text, "\n"))
	record = store.Unit{Kind: chunk.Function, Range: store.Range{End: store.Position{Line: lines + 1}}}
	unit = encoder.Unit{Body: text}
	cut := chunk.Chunk(ctx, "function.py", []byte(text), chunk.Options{})
	for i := range cut.Units {
		if u := &cut.Units[i]; u.Kind.IsCallable() {
			unit.Name, unit.Signature, unit.Documentation = u.Name, u.Signature, u.Documentation
			unit.Body = text[:u.Body.Start] + u.Text([]byte(text)) + text[u.Body.End:]
			record.Kind, record.Flags, comments = u.Kind, u.Flags, u.CommentText([]byte(text))
			break
		}
	}
	record.Name, record.Signature, record.Documentation = unit.Name, unit.Signature, unit.Documentation
	return unit, record, comments
}
