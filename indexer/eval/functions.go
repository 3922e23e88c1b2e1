package eval

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/indexer/chunk"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// FunctionsReport is the outcome of a function benchmark, with the last reranker if there is any. Its JSON names are fixed.
type FunctionsReport struct {
	MRR       float64        `json:"mrr"`
	Recall1   float64        `json:"recall@1"`
	Recall10  float64        `json:"recall@10"`
	Queries   int            `json:"queries"`
	Functions int            `json:"functions"`
	EncodeUs  float64        `json:"encode_us_per_function"`
	QueryP50  float64        `json:"query_p50_ms"` // of an ordinary question with ten results
	Mode      search.Mode    `json:"mode"`
	Model     string         `json:"model"`
	Rerank    []RerankScores `json:"rerank,omitempty"` // what each reranker gains
	PerQuery  []QueryReport  `json:"per_query,omitempty"`
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
	contenders := opts.contenders()
	report := &FunctionsReport{
		Queries: len(queries), Functions: len(functions), Mode: opts.mode(), Model: opts.model(),
		EncodeUs: float64(encoding) / float64(time.Microsecond) / float64(max(1, len(functions))),
	}
	var r1, r10 []float64
	for i := range queries {
		q := &queries[i]
		opts.progress("questions", i, len(queries))
		var ranked []int
		var r QueryReport
		for k := range contenders {
			if r, ranked, err = opts.askFunctions(ctx, &contenders[k], views, q, len(functions)); err != nil {
				return nil, fmt.Errorf("question %q: %w", q.Query, err)
			}
		}
		r1, r10 = append(r1, Recall(ranked, q.Relevant, 1)), append(r10, Recall(ranked, q.Relevant, 10))
		report.PerQuery = append(report.PerQuery, r)
	}
	opts.progress("questions", len(queries), len(queries))
	last := &contenders[len(contenders)-1]
	report.MRR, report.Recall1, report.Recall10 = mean(last.rr), mean(r1), mean(r10)
	report.QueryP50, report.Rerank = quantile(last.first, 0.5), gains(contenders)
	return report, nil
}

// askFunctions asks one question one way. It returns the outcome, and the ids of all functions as they are ranked.
func (o *Options) askFunctions(ctx context.Context, j *contender, views []search.View, q *FunctionQuery, n int) (QueryReport, []int, error) {
	req := search.Request{Query: q.Query, Plain: true, Mode: o.Mode}
	if err := j.time(ctx, views, req); err != nil {
		return QueryReport{}, nil, err
	}
	ranked, resp, err := j.rank(ctx, views, req, n)
	if err != nil {
		return QueryReport{}, nil, err
	}
	r := questionReport(resp, ranked, q.Query, q.Relevant)
	r.ID = q.ID
	j.rr = append(j.rr, r.Score)
	if o.Explain {
		req.Explain, req.Limit = true, judged
		explained, err := j.searcher.Search(ctx, views, req)
		if err != nil {
			return QueryReport{}, nil, err
		}
		few := questionReport(explained, idsOf(explained), q.Query, q.Relevant)
		r.Results, r.Found, r.Hits = explained.Results, few.Found, few.Hits
	}
	return r, ranked, nil
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
