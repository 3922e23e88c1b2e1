package eval

import (
	"context"

	"lsp/indexer/search"
)

// RerankScores says how well a reranker does, and what it gains over the ranking without it.
type RerankScores struct {
	Name         string     `json:"name"`
	MRR          float64    `json:"mrr"`
	MRRGain      float64    `json:"mrr_gain"`
	MRRInterval  [2]float64 `json:"mrr_interval"` // of the gain, by Bootstrap
	NDCG         float64    `json:"ndcg,omitzero"`
	NDCGGain     float64    `json:"ndcg_gain,omitzero"`
	NDCGInterval [2]float64 `json:"ndcg_interval,omitzero"`

	// How long half of the questions with ten results take at most, in milliseconds: asked for the first time, of candidates
	// many of which the reranker never saw, and asked again.
	FirstP50 float64 `json:"query_p50_ms"`
	AgainP50 float64 `json:"again_p50_ms"`
}

// contender is a way of ranking, by search alone or with a reranker, and what came of it.
type contender struct {
	name     string
	searcher *search.Searcher
	rr, ndcg []float64
	first    latencies
	again    latencies
}

// contenders are all ways of ranking: the first has no reranker.
func (o *Options) contenders() []contender {
	all := []contender{{searcher: o.searcher(search.Rerank{})}}
	for _, r := range o.Rerankers {
		all = append(all, contender{name: r.Model.Name(), searcher: o.searcher(r)})
	}
	return all
}

// time asks a question as people do, with a reranker twice.
func (j *contender) time(ctx context.Context, views []search.View, req search.Request) error {
	if _, err := j.first.ask(ctx, j.searcher, views, req); err != nil || j.name == "" {
		return err
	}
	_, err := j.again.ask(ctx, j.searcher, views, req)
	return err
}

// rank asks for the ranking of all n functions.
func (j *contender) rank(ctx context.Context, views []search.View, req search.Request, n int) ([]int, *search.Response, error) {
	req.All, req.Limit, req.Depth = true, n, n
	resp, err := j.searcher.Search(ctx, views, req)
	if err != nil {
		return nil, nil, err
	}
	return idsOf(resp), resp, nil
}

// gains compares every reranker with the ranking without.
func gains(contenders []contender) []RerankScores {
	var all []RerankScores
	plain := &contenders[0]
	for k := range contenders[1:] {
		j := &contenders[k+1]
		all = append(all, RerankScores{
			Name: j.name,
			MRR:  mean(j.rr), MRRGain: mean(j.rr) - mean(plain.rr), MRRInterval: Bootstrap(differences(plain.rr, j.rr)),
			NDCG: mean(j.ndcg), NDCGGain: mean(j.ndcg) - mean(plain.ndcg), NDCGInterval: Bootstrap(differences(plain.ndcg, j.ndcg)),
			FirstP50: quantile(j.first, 0.5), AgainP50: quantile(j.again, 0.5),
		})
	}
	return all
}

// differences returns after less before, one by one.
func differences(before, after []float64) []float64 {
	d := make([]float64, len(before))
	for i := range d {
		d[i] = after[i] - before[i]
	}
	return d
}
