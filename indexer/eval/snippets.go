package eval

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/indexer/chunk"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// Snippet is a function without its documentation, and the question that the documentation answered.
type Snippet struct {
	Query      string
	Unit       encoder.Unit // without documentation
	Language   string
	Extension  string // of its file, such as ".go"
	Repository string
}

// SnippetsReport is the outcome of a benchmark of snippets. Its JSON names are fixed.
type SnippetsReport struct {
	Questions   int            `json:"questions"`
	Functions   int            `json:"functions"`
	Distractors int            `json:"distractors"` // ranked beside the right function for MRR
	Mode        search.Mode    `json:"mode"`
	Model       string         `json:"model"`
	EncodeUs    float64        `json:"encode_us_per_function"`
	MRR         float64        `json:"mrr"`          // mean reciprocal rank among the distractors, without a reranker
	NDCG        float64        `json:"ndcg"`         // among all functions, over the whole ranking, without a reranker
	QueryP50    float64        `json:"query_p50_ms"` // of an ordinary question with ten results, among the distractors
	Rerank      []RerankScores `json:"rerank,omitempty"`
	PerQuery    []QueryReport  `json:"per_query,omitempty"` // of the last reranker, if there is any
}

// SnippetOptions say which questions are asked among what.
type SnippetOptions struct {
	Options
	Distractors int // functions ranked beside the right one for MRR
	Questions   int // asked at most, spread evenly over the snippets
}

// RunSnippets asks for functions by what their documentation said, as the CodeSearchNet challenge does (Husain et al.,
// 2019): the reciprocal rank of the right function among distractors, which are in the same language as long as there are
// enough, and the discounted cumulative gain of its rank among all snippets. Every question is asked without a reranker, and with each.
func RunSnippets(ctx context.Context, snippets []Snippet, opts SnippetOptions) (*SnippetsReport, error) {
	if len(snippets) < 2 || opts.Distractors < 1 || opts.Questions < 1 {
		return nil, fmt.Errorf("ask for %d snippets: %d questions among %d others make no benchmark", len(snippets), opts.Questions, opts.Distractors)
	}
	b := snippetBench{opts: opts, size: min(opts.Distractors+1, len(snippets))}
	if err := b.prepare(ctx, snippets); err != nil {
		return nil, fmt.Errorf("index snippets: %w", err)
	}
	asked := spreadOver(len(snippets), opts.Questions)
	slices.SortStableFunc(asked, func(i, j int) int { return cmp.Compare(b.windowOf[i], b.windowOf[j]) })
	for n, i := range asked {
		opts.progress("questions", n, len(asked))
		if err := b.ask(ctx, i, &snippets[i]); err != nil {
			return nil, fmt.Errorf("question %q: %w", snippets[i].Query, err)
		}
	}
	opts.progress("questions", len(asked), len(asked))
	return b.report(len(asked)), nil
}

// spreadOver returns at most so many of the numbers below n, at even distances.
func spreadOver(n, most int) []int {
	chosen := make([]int, min(n, most))
	for k := range chosen {
		chosen[k] = k * n / len(chosen)
	}
	return chosen
}

// snippetBench is a running benchmark.
type snippetBench struct {
	opts     SnippetOptions
	size     int // of a window
	items    []item
	rows     itemRows
	encoding time.Duration

	windows  [][]int // snippets that are ranked together, by number
	windowOf []int   // of each snippet
	current  int     // window that is indexed, if any is
	window   []search.View
	all      []search.View

	contenders []contender
	questions  []QueryReport
}

func (b *snippetBench) prepare(ctx context.Context, snippets []Snippet) (err error) {
	b.items = make([]item, len(snippets))
	for i := range snippets {
		b.items[i] = snippetItem(i, &snippets[i])
	}
	if b.rows, b.encoding, err = encodeItems(ctx, b.items, b.opts.Options); err != nil {
		return err
	}
	b.divide()
	b.all, err = viewsOf(b.items, b.rows, b.opts.Options)
	b.contenders = b.opts.contenders()
	return err
}

// snippetItem puts a snippet into a file of its own.
func snippetItem(id int, s *Snippet) item {
	it := item{id: id, extension: s.Extension, language: s.Language, text: s.Unit.Body, unit: s.Unit}
	if !strings.Contains(it.text, s.Unit.Signature) {
		it.text = s.Unit.Signature + "\n" + it.text
	}
	it.record = store.Unit{
		Kind: chunk.Function, Name: s.Unit.Name, Owner: s.Unit.Owner, Signature: s.Unit.Signature,
		Range: store.Range{End: store.Position{Line: uint32(strings.Count(it.text, "\n")) + 1}},
	}
	return it
}

// divide puts every snippet into a window with others of its language. What a language lacks for a full window is
// filled up with other snippets, at even distances.
func (b *snippetBench) divide() {
	byLanguage := map[string][]int{}
	for i := range b.items {
		byLanguage[b.items[i].language] = append(byLanguage[b.items[i].language], i)
	}
	b.windowOf = make([]int, len(b.items))
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		for window := range slices.Chunk(byLanguage[language], b.size) {
			for _, i := range window {
				b.windowOf[i] = len(b.windows)
			}
			b.windows = append(b.windows, b.filled(window))
		}
	}
}

// filled returns a window of full size that begins with the given snippets.
func (b *snippetBench) filled(window []int) []int {
	missing := b.size - len(window)
	others := make([]int, 0, len(b.items)-len(window))
	for i := range b.items {
		if !slices.Contains(window, i) {
			others = append(others, i)
		}
	}
	full := slices.Clone(window)
	for _, k := range spreadOver(len(others), missing) {
		full = append(full, others[k])
	}
	return full
}

// enter makes an index of the window of a snippet, unless there is one.
func (b *snippetBench) enter(snippet int) (err error) {
	w := b.windowOf[snippet]
	if b.window != nil && w == b.current {
		return nil
	}
	items := make([]item, b.size)
	var rows itemRows
	for k, i := range b.windows[w] {
		items[k] = b.items[i]
		of := b.rows.of(i, &b.opts.Options)
		rows.first, rows.second = append(rows.first, of.first...), append(rows.second, of.second...)
	}
	b.current = w
	b.window, err = viewsOf(items, rows, b.opts.Options)
	return err
}

// ask asks the question of the snippet with number i.
func (b *snippetBench) ask(ctx context.Context, i int, s *Snippet) error {
	if err := b.enter(i); err != nil {
		return err
	}
	req := search.Request{Query: s.Query, Plain: true, Mode: b.opts.Mode}
	var q QueryReport
	for k := range b.contenders {
		var err error
		if q, err = b.judged(ctx, &b.contenders[k], req, i); err != nil {
			return err
		}
	}
	q.Repository, q.Language = s.Repository, s.Language
	b.questions = append(b.questions, q)
	return nil
}

// judged asks a question one way, about the snippet with number right.
func (b *snippetBench) judged(ctx context.Context, j *contender, req search.Request, right int) (QueryReport, error) {
	if err := j.time(ctx, b.window, req); err != nil {
		return QueryReport{}, err
	}
	ranked, _, err := j.rank(ctx, b.all, req, len(b.items))
	if err != nil {
		return QueryReport{}, err
	}
	gain := 0.0
	if r := firstRank(ranked, []int{right}); r > 0 {
		gain = discount(r)
	}
	ranked, resp, err := j.rank(ctx, b.window, req, b.size)
	if err != nil {
		return QueryReport{}, err
	}
	q := questionReport(resp, ranked, req.Query, []int{right})
	j.rr, j.ndcg = append(j.rr, q.Score), append(j.ndcg, gain)
	return q, nil
}

func (b *snippetBench) report(questions int) *SnippetsReport {
	plain := &b.contenders[0]
	return &SnippetsReport{
		Questions: questions, Functions: len(b.items), Distractors: b.size - 1, Mode: b.opts.mode(), Model: b.opts.model(),
		EncodeUs: float64(b.encoding) / float64(time.Microsecond) / float64(len(b.items)),
		MRR:      mean(plain.rr), NDCG: mean(plain.ndcg), QueryP50: quantile(plain.first, 0.5), Rerank: gains(b.contenders), PerQuery: b.questions,
	}
}
