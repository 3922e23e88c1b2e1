package search

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/vector"
)

// How many candidates each retriever gives for an ordinary question, or twice the limit when that is more. Scoring all
// of them costs about as much as finding them.
const (
	denseDepth   = 200
	lexicalDepth = 200
	fieldDepth   = 100 // by name and path words alone
	nameDepth    = 100 // by whole names
)

// candidate is a unit that some retriever found, with what every retriever says of it.
type candidate struct {
	ref
	file      uint32
	meaning   float64   // cosine above that of an average unit
	second    float64   // what the second encoder brought to that
	words     float64   // BM25F
	nameWords float64   // BM25F over the name
	name      float64   // grade of the whole name
	spelled   bool      // its name is made of just the words of the query
	inPath    bool      // whether a word of the query is in the path
	literal   bool      // whether the unit has a word of the query, not only one that is near to it
	has       []float64 // by term of the query: 1 if the unit has it, less if it has a word near to it; of words alone
}

// asked reports whether the candidate was asked for by its name.
func (c *candidate) asked() bool { return c.spelled || c.name >= gradeStyle }

// depth is how many candidates a retriever that usually gives n is asked for.
func (r *run) depth(n int) int {
	if r.req.Depth > 0 {
		return r.req.Depth
	}
	return max(n, 2*r.req.limit())
}

// collect gathers the union of what the retrievers find and has each score all of it.
func (r *run) collect() error {
	retrievers := [...]func(add func(ref)) error{r.byMeaning, r.byWords, r.byNameWords, r.byPathWords, r.byName}
	var by [len(retrievers)][]ref
	if err := concurrently(len(retrievers), func(i int) error {
		return retrievers[i](func(u ref) { by[i] = append(by[i], u) })
	}); err != nil {
		return err
	}
	found := distinct(slices.Concat(by[:]...))
	add := func(u ref) { found = append(found, u) }
	r.addFiltered(add, len(found))
	found = distinct(append(found, r.extra...))
	r.candidates = make([]candidate, len(found))
	for i, u := range found {
		r.candidates[i] = candidate{ref: u, file: r.sources[u.source].seg.FileOf(u.unit)}
	}
	return r.scoreAll()
}

// concurrently calls f with 0 to n-1 at the same time and returns the first error. A panic becomes one of the
// caller, who may recover.
func concurrently(n int, f func(i int) error) error {
	errs, panics := make([]error, n), make([]any, n)
	call := func(i int) {
		defer func() {
			if cause := recover(); cause != nil {
				panics[i] = fmt.Sprintf("%v\n%s", cause, debug.Stack())
			}
		}()
		errs[i] = f(i)
	}
	var wg sync.WaitGroup
	for i := 1; i < n; i++ {
		wg.Go(func() { call(i) })
	}
	call(0)
	wg.Wait()
	for _, cause := range panics {
		if cause != nil {
			panic(cause)
		}
	}
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}

// distinct sorts units by source and number and leaves each once.
func distinct(units []ref) []ref {
	slices.SortFunc(units, compareRefs)
	return slices.Compact(units)
}

// addFiltered adds units that no retriever found but that pass what the query filters by: all of them when they are few,
// so that a filter costs no result, and as many as are wanted when the query has no words of its own.
func (r *run) addFiltered(add func(ref), found int) {
	if len(r.query.Clauses) == 0 || r.req.Mode != Hybrid {
		return
	}
	allowed := 0
	for _, s := range r.sources {
		allowed += s.allow.Count()
	}
	switch {
	case allowed <= exhaustive:
		for i, s := range r.sources {
			for u := range s.allow.All {
				add(ref{i, u})
			}
		}
	case len(r.query.Words) == 0 && found < r.req.limit():
		for _, c := range r.listed(r.req.limit(), func(*source, uint32) bool { return true }) {
			add(c.ref)
		}
	}
}

// exhaustive is the number of units that are all scored when a query leaves no more of them.
const exhaustive = 500

func compareRefs(a, b ref) int {
	if a.source != b.source {
		return a.source - b.source
	}
	return int(int64(a.unit) - int64(b.unit))
}

func (r *run) byMeaning(add func(ref)) error {
	if r.req.Mode == Lexical {
		return nil
	}
	found, err := r.nearestUnits(r.depth(denseDepth), vector.Options{Engine: r.options.Engine, Exact: r.req.Depth > 0})
	for _, u := range found {
		add(u)
	}
	return err
}

func (r *run) byWords(add func(ref)) error {
	if r.req.Mode == Dense || r.weights.noWords {
		return nil
	}
	return r.lexicalHits(r.scorer, lexicalDepth, add)
}

// byNameWords finds units whose name alone has the words, which longer texts with the same words drown.
func (r *run) byNameWords(add func(ref)) error { return r.byField(r.nameScorer, add) }

// byPathWords finds units whose path alone has the words.
func (r *run) byPathWords(add func(ref)) error { return r.byField(r.pathScorer, add) }

func (r *run) byField(s *lexical.Scorer, add func(ref)) error {
	if r.req.Mode == Dense || r.req.Mode == Lexical {
		return nil
	}
	return r.lexicalHits(s, fieldDepth, add)
}

func (r *run) lexicalHits(s *lexical.Scorer, n int, add func(ref)) error {
	hits, err := untied(r.depth(n), func(k int) ([]lexical.Hit, error) { return s.Search(r.ctx, k) },
		func(h lexical.Hit) float32 { return h.Score })
	for _, h := range hits {
		add(ref{h.Source, h.Document})
	}
	return err
}

func (r *run) byName(add func(ref)) error {
	if r.req.Mode == Dense || r.req.Mode == Lexical {
		return nil
	}
	find := func(w *wantedName, atLeast float64) error {
		found, err := findNames(r.ctx, r.sources, w, atLeast, r.depth(nameDepth))
		for _, n := range found {
			add(n.ref)
		}
		return err
	}
	for i := range r.names {
		if err := find(&r.names[i], gradeSubword); err != nil {
			return err
		}
	}
	if r.spelled == nil {
		return nil
	}
	return find(r.spelled, gradeStyle)
}

// maxTies bounds how far untied looks for the end of a tie.
const maxTies = 8

// untied searches for k hits and leaves out the last ones if they tie with hits that were cut off: which of equals
// come in depends on their place in the segments. Where nearly all are equal, all that tie are taken, up to a bound.
func untied[H any](k int, search func(k int) ([]H, error), score func(H) float32) ([]H, error) {
	for n := k + 1; ; n *= 4 {
		hits, err := search(n)
		if err != nil || len(hits) < n {
			return hits, err
		}
		last := score(hits[n-1])
		keep := slices.IndexFunc(hits, func(h H) bool { return score(h) == last })
		if keep >= k/2 || n >= k*maxTies {
			return hits[:max(keep, min(n, k))], nil
		}
	}
}

// scoreAll asks every retriever for its score of every candidate.
func (r *run) scoreAll() error {
	lex := make([]lexical.Hit, len(r.candidates))
	for i, c := range r.candidates {
		lex[i] = lexical.Hit{Source: c.source, Document: c.unit}
	}
	if err := r.scoreMeaning(); err != nil {
		return err
	}
	if err := r.scoreWords(lex); err != nil {
		return err
	}
	if r.req.Mode != Hybrid {
		return nil
	}
	if err := r.nameScorer.Score(lex); err != nil {
		return err
	}
	for i := range r.candidates {
		c := &r.candidates[i]
		c.nameWords = float64(lex[i].Score)
		c.name = r.nameGrade(c)
		c.spelled = r.isSpelled(c)
	}
	if err := r.pathScorer.Score(lex); err != nil {
		return err
	}
	for i := range r.candidates {
		r.candidates[i].inPath = lex[i].Score > 0
	}
	return nil
}

// scoreWords sets the score of every candidate by words, and which words of the query it has.
func (r *run) scoreWords(lex []lexical.Hit) error {
	n := len(r.words.Terms)
	all := make([]float64, n*len(r.candidates))
	for i := range r.candidates {
		r.candidates[i].has = all[i*n : (i+1)*n : (i+1)*n]
	}
	if err := r.scorer.ScoreTerms(lex, func(hit, term int) {
		c, by := &r.candidates[hit], r.standsFor[term]
		c.has[by.term] = max(c.has[by.term], by.share)
		c.literal = c.literal || by.term == term
	}); err != nil {
		return err
	}
	for i := range r.candidates {
		r.candidates[i].words = float64(lex[i].Score)
	}
	return nil
}

// isSpelled reports whether the declared name is made of just the words of the query.
func (r *run) isSpelled(c *candidate) bool {
	seg := r.sources[c.source].seg
	return r.spelled != nil && seg.NameMask(c.unit)&r.spelled.mask == r.spelled.mask && seg.Kind(c.unit) != chunk.Section &&
		r.spelled.grade(seg.Name(c.unit)) >= gradeStyle
}

// nameGrade tells how well the declared name answers the best of the names that were asked for. What a name was
// qualified with counts for half.
func (r *run) nameGrade(c *candidate) float64 {
	best := 0.0
	seg := r.sources[c.source].seg
	for i := range r.names {
		w := &r.names[i]
		if seg.NameMask(c.unit)&w.mask != w.mask || seg.Kind(c.unit) == chunk.Section {
			continue // a heading is no name
		}
		grade := w.grade(seg.Name(c.unit))
		if w.owner != "" {
			grade *= 0.5 + 0.5*w.ownerShare(seg.Owner(c.unit), seg.Name(c.unit), seg.FilePath(c.file))
		}
		best = max(best, grade)
	}
	return best
}
