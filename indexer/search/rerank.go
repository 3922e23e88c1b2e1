package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lsp/encoder"
	"lsp/encoder/rerank"
	"lsp/indexer/store"
	"lsp/workspace"
)

// Rerank says who judges the best candidates once more. The zero value is nobody.
type Rerank struct {
	Model rerank.Reranker

	// Depth is how many candidates are judged; 0 means DefaultRerankDepth.
	Depth int

	// Budget is how long judging may take: candidates that were not reached by then stand behind those that were. What
	// was made of the others is kept by the model, so the next question gets further. 0 means without bound.
	Budget time.Duration
}

// DefaultRerankDepth is how many candidates are judged when nobody says. More of them changed nothing that could be
// measured.
const DefaultRerankDepth = 30

// rerankPart begins the name of the contribution of a reranker.
const rerankPart = "reranker: "

// rerank lets the model judge the best candidates, which are in order, and puts them in their new order. Nobody loses by
// it, so judged candidates stay before all others; factors such as that on tests go on to apply.
func (r *run) rerank(all []*scored) error {
	o := &r.options.Rerank
	if o.Model == nil || !r.reranks() {
		return nil
	}
	depth := o.Depth
	if depth <= 0 {
		depth = DefaultRerankDepth
	}
	best := all[:min(len(all), depth)]
	units := make([]encoder.Unit, len(best))
	for i, c := range best {
		units[i] = r.wholeUnit(c.ref)
	}
	ctx := r.ctx
	if o.Budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Budget)
		defer cancel()
	}
	judged := make([]float64, len(best))
	n, err := o.Model.Score(ctx, r.query.RankText(), units, judged)
	if end := r.ctx.Err(); end != nil {
		return end
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		r.query.Notes = append(r.query.Notes, fmt.Sprintf("without the %s: %v", o.Model.Name(), err))
		return nil
	}
	r.addJudgement(best[:n], judged[:n])
	slices.SortFunc(all, r.compare)
	return nil
}

// reranks reports whether a query gains by another judgement: names are found better by the letter.
func (r *run) reranks() bool {
	switch r.class {
	case Filters, Identifier, Qualified:
		return false
	}
	return r.req.Mode != Lexical && r.query.RankText() != ""
}

// addJudgement adds to the scores of candidates what the model made of them.
func (r *run) addJudgement(best []*scored, judged []float64) {
	model := r.options.Rerank.Model
	scores := make([]float64, len(best))
	for i, c := range best {
		scores[i] = c.score
	}
	for i, gain := range rerank.Gains(scores, judged, model.Weight()) {
		if r.req.Mode == Hybrid {
			gain *= best[i].factor
		}
		r.adder(best[i])(rerankPart+model.Name(), gain)
	}
}

// wholeUnit returns a unit with its source text, documentation included. When the file cannot be read any more, what
// the index has of the unit is all there is.
func (r *run) wholeUnit(u ref) encoder.Unit {
	s := &r.sources[u.source]
	unit, file := s.seg.Unit(u.unit).Clone(), s.seg.FileOf(u.unit)
	unsaved := s.layer.Overlay && !s.onDisk(file)
	if s.view.Read != nil {
		if text, err := s.view.Read(unit.Path); err == nil {
			if body := lineSpan(text, int(unit.Range.Start.Line), int(unit.Range.End.Line)); len(body) > 0 {
				unsaved = unsaved || s.seg.File(file).Hash != store.Hash(workspace.HashOf(text)) // the buffer has changed meanwhile
				return encoder.Unit{Owner: unit.Owner, Body: string(body), Unsaved: unsaved}
			}
		}
	}
	return encoder.Unit{
		Owner: unit.Owner, Name: unit.Name, Signature: unit.Signature, Documentation: unit.Documentation, Unsaved: unsaved,
	}
}

// lineSpan returns the lines of a text from first to last, counted from 0, both included, but not more than any model
// reads.
func lineSpan(text []byte, first, last int) []byte {
	for range first {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return nil
		}
		text = text[i+1:]
	}
	end := 0
	for range last - first + 1 {
		i := bytes.IndexByte(text[end:], '\n')
		if i < 0 {
			end = len(text)
			break
		}
		if end += i + 1; end > maxRerankBytes {
			break
		}
	}
	return text[:min(end, maxRerankBytes)]
}

// maxRerankBytes is more than the tokens that a model reads of a unit.
const maxRerankBytes = 64 << 10
