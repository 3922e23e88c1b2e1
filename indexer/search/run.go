package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"lsp/indexer/lexical"
	"lsp/indexer/vector"
)

// run is the work on one query.
type run struct {
	*Searcher
	ctx     context.Context
	req     Request
	query   *Query
	class   Class
	weights *Weights
	views   []View
	sources []source
	extra   []ref // units to score whether found or not

	words      lexical.Query
	typed      string        // the term of a last word that was taken for the beginning of another one, "" when it is none
	wide       lexical.Query // the words and those near to them
	standsFor  []standsFor   // by term of wide
	asked      []float64     // by term: which share of the query it is
	lexical    []lexical.Source
	scorer     *lexical.Scorer // all fields
	nameScorer *lexical.Scorer // the name alone
	pathScorer *lexical.Scorer // the path alone
	names      []wantedName
	spelled    *wantedName // the name that the words of the query spell, nil when they are none
	vectors    []vector.Source
	vector     []float32 // nil when the query has no meaning to the encoder
	background float64   // cosine of the query with an average unit: nearness starts above it
	tier       *tier     // of a second encoder, nil when there is none
	share      *TierShare

	candidates []candidate
	folders    map[string]float64 // what foldersShare found
}

// newRun prepares everything that does not look at units yet, except for the filters.
func (s *Searcher) newRun(ctx context.Context, views []View, q *Query, req Request) (*run, error) {
	r := &run{Searcher: s, ctx: ctx, req: req, query: q, class: Classify(q), views: views, weights: &s.weights}
	if r.req.Mode == "" {
		r.req.Mode = Hybrid
	}
	var err error
	if r.sources, err = gather(views); err != nil {
		return nil, err
	}
	if err := r.finishWord(); err != nil {
		return nil, err
	}
	if err := restrict(ctx, r.sources, q); err != nil {
		return nil, err
	}
	text := q.RankText()
	if text == "" {
		return r, nil
	}
	r.vectors = vectorSources(r.sources)
	if r.names == nil {
		r.names = wantedNames(text, r.class)
	}
	r.spelled = spelledName(text, r.class)
	if err := r.prepareWords(text); err != nil {
		return nil, err
	}
	if r.weights.noMeaning {
		return r, nil
	}
	v := make([]float32, s.encoder.Dimensions())
	if err := s.encoder.EncodeQuery(ctx, text, v); err != nil {
		return nil, err
	}
	r.vector, r.background = meaningOf(s.encoder, v)
	return r, r.prepareTier(encodeQuery(ctx, text), false)
}

// prepareWords looks up the words of the query in all segments.
func (r *run) prepareWords(text string) error {
	r.words = lexical.Analyze(text)
	if r.typed != "" {
		r.words.Add(lexical.Term{Text: r.typed, Weight: typedWeight, Kind: lexical.Expanded})
	}
	r.lexical = lexicalSources(r.sources)
	params := lexical.DefaultParams()
	params.Weight[lexical.Documentation] = r.weights.Fields.Documentation
	params.Weight[lexical.Name] = r.weights.Fields.Name
	if r.query.looksInComments() {
		params = commentParams()
	}
	only := func(f lexical.Field) lexical.Params {
		p := lexical.DefaultParams()
		p.Weight = [lexical.NumFields]float64{}
		p.Weight[f] = 1
		return p
	}
	r.wide, r.standsFor = r.widened(text)
	var err error
	if r.scorer, err = lexical.NewScorer(r.lexical, r.wide, params); err != nil {
		return err
	}
	if r.nameScorer, err = lexical.NewScorer(r.lexical, r.words, only(lexical.Name)); err != nil {
		return err
	}
	r.pathScorer, err = lexical.NewScorer(r.lexical, r.words, only(lexical.Path))
	return err
}

// wantedNames picks what of the text may be the name of a unit: all of it when it is one identifier, else words
// that only an identifier looks like.
func wantedNames(text string, class Class) []wantedName {
	if class == Identifier || class == Qualified {
		return []wantedName{newWantedName(text)}
	}
	var names []wantedName
	for word := range strings.FieldsSeq(text) {
		word = strings.Trim(word, "`'\",.;:?!")
		if len(names) < 8 && looksLikeName(word) && (identifierForm.MatchString(word) || qualifiedForm.MatchString(word)) {
			names = append(names, newWantedName(word))
		}
	}
	return names
}

// maxSpelled is the number of words of which a name may be made that is typed in words.
const maxSpelled = 5

// spelledName takes a few words for a name that somebody recalls by its words: read full, http connection pool.
func spelledName(text string, class Class) *wantedName {
	words := strings.Fields(text)
	if class != Keywords || len(words) < 2 || len(words) > maxSpelled {
		return nil
	}
	w := newWantedName(strings.Join(words, "_"))
	if w.owner != "" || w.folded == "" {
		return nil
	}
	return &w
}

// looksLikeName reports whether a word has what words of a language do not have: a capital inside, an underscore,
// a call, or a name before its name.
func looksLikeName(word string) bool {
	if strings.ContainsAny(word, "_") || strings.HasSuffix(word, "()") || strings.ContainsAny(strings.Trim(word, "."), ".:#") {
		return true
	}
	lower := false
	for _, r := range word {
		if unicode.IsUpper(r) && lower {
			return true
		}
		lower = lower || unicode.IsLower(r)
	}
	return false
}

// listed returns the first allowed units in the order of root, path and line, for a query that does not rank.
func (r *run) listed(limit int, wanted func(s *source, u uint32) bool) []*scored {
	type place struct {
		source int
		file   uint32
	}
	var files []place
	for i := range r.sources {
		s := &r.sources[i]
		for f := range uint32(s.seg.Files()) {
			if s.layer.Files.Has(f) {
				files = append(files, place{i, f})
			}
		}
	}
	slices.SortFunc(files, func(a, b place) int {
		sa, sb := &r.sources[a.source], &r.sources[b.source]
		if c := cmp.Compare(sa.view.Root, sb.view.Root); c != 0 {
			return c
		}
		return cmp.Compare(sa.seg.FilePath(a.file), sb.seg.FilePath(b.file))
	})
	var out []*scored
	for _, p := range files {
		s := &r.sources[p.source]
		first, end := s.seg.FileUnits(p.file)
		for u := first; u < end; u++ {
			if s.allow.Has(u) && wanted(s, u) {
				out = append(out, &scored{candidate: candidate{ref: ref{p.source, u}, file: p.file}, score: 1})
			}
			if len(out) >= limit {
				return out
			}
		}
	}
	return out
}
