package search

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// wordsPart is the contribution that an explanation breaks up by term.
const wordsPart = "words"

// scored is a candidate with its score and how that came about.
type scored struct {
	candidate
	score      float64
	signals    Signals
	factor     float64        // product of the factors on the score
	parts      []Contribution // nil unless explained
	lifted     bool           // by its declaration
	duplicates int
}

// ranked collects candidates, scores and orders them.
func (r *run) ranked() ([]*scored, error) {
	if r.query.RankText() == "" {
		return r.listed(r.req.limit(), func(*source, uint32) bool { return true }), nil
	}
	if err := r.collect(); err != nil {
		return nil, err
	}
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	all, err := r.scoreCandidates()
	if err != nil {
		return nil, err
	}
	switch {
	case r.req.All || r.req.Mode == Lexical:
		return all[:min(len(all), r.req.limit())], nil
	case r.req.Mode == Hybrid:
		all = slices.DeleteFunc(all, r.isGuess)
	}
	return r.diversify(r.foldDuplicates(all)), nil
}

// scoreCandidates scores all candidates and orders them by score.
func (r *run) scoreCandidates() ([]*scored, error) {
	scale, err := r.newScale()
	if err != nil {
		return nil, err
	}
	backing := make([]scored, len(r.candidates))
	all := make([]*scored, len(r.candidates))
	for i := range r.candidates {
		all[i] = &backing[i]
		all[i].candidate = r.candidates[i]
		r.score(all[i], scale)
	}
	slices.SortFunc(all, r.compare)
	if r.req.Mode == Hybrid {
		if err := r.addUses(all[:min(len(all), UsedDepth)]); err != nil {
			return nil, err
		}
		slices.SortFunc(all, r.compare)
	}
	if r.req.Mode != Lexical && !r.req.All {
		all = r.liftDefinitions(all)
	}
	return all, r.rerank(all)
}

// adder returns the function that adds a named value to a score. Score and explanation are made by the same calls.
func (r *run) adder(c *scored) func(name string, value float64) {
	return func(name string, value float64) {
		if value == 0 {
			return
		}
		c.score += value
		if r.req.Explain {
			c.parts = append(c.parts, Contribution{name, value})
		}
	}
}

// compare orders by score, then by root, path and line.
func (r *run) compare(a, b *scored) int {
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	return comparePlace(r.sources, a.ref, b.ref)
}

// scale holds what evidence is divided by, so that the best of a query has 1.
type scale struct {
	meaning, words, nameWords float64
	nearby                    float64 // the meaning of the spreadRank-th nearest
	files                     map[fileRef]*fileEvidence
	fileWords, fileMeaning    float64
}

// spreadRank is the rank of the unit whose nearness counts as none for MeaningSpread. Retrieval by meaning always goes as
// far, so it does not depend on how many results are wanted.
const spreadRank = denseDepth / 2

type fileRef struct {
	source int
	file   uint32
}

// fileEvidence sums up what is known of a file by its candidates and its path.
type fileEvidence struct {
	words, meaning float64
	name, folders  float64 // shares of the words that were asked for
	path           string
	factors        [NumFactors]bool // those that apply to all of its units
	index          bool             // a file that mostly gathers others
}

// newScale looks over all candidates once. They are ordered by source and unit, so those of a file are neighbours.
func (r *run) newScale() (*scale, error) {
	s := &scale{files: map[fileRef]*fileEvidence{}}
	if r.req.Mode != Hybrid {
		if r.req.Mode == Dense && !r.req.All {
			s.meanings(r)
		}
		return s, nil
	}
	if err := r.weighTerms(); err != nil {
		return nil, err
	}
	nearness := make([]float64, 0, len(r.candidates))
	var words, meaning []float64
	for rest := r.candidates; len(rest) > 0; {
		key := fileRef{rest[0].source, rest[0].file}
		f := r.newFileEvidence(&rest[0])
		words, meaning = words[:0], meaning[:0]
		n := 0
		for ; n < len(rest) && (fileRef{rest[n].source, rest[n].file}) == key; n++ {
			c := &rest[n]
			s.meaning, s.words, s.nameWords = max(s.meaning, c.meaning), max(s.words, c.words), max(s.nameWords, c.nameWords)
			words, meaning = append(words, c.words), append(meaning, max(0, c.meaning))
			nearness = append(nearness, c.meaning)
		}
		rest = rest[n:]
		f.words, f.meaning = decayingSum(words, r.weights.Turns.FileDecay), decayingSum(meaning, r.weights.Turns.FileDecay)
		s.fileWords, s.fileMeaning = max(s.fileWords, f.words), max(s.fileMeaning, f.meaning)
		s.files[key] = f
	}
	s.shareNames()
	s.markOlder(r)
	if slices.Sort(nearness); len(nearness) >= spreadRank {
		s.nearby = max(0, nearness[len(nearness)-spreadRank])
	}
	return s, nil
}

// meanings sums up the nearness of the candidates of each file.
func (s *scale) meanings(r *run) {
	var meaning []float64
	for rest := r.candidates; len(rest) > 0; {
		key := fileRef{rest[0].source, rest[0].file}
		meaning = meaning[:0]
		for len(rest) > 0 && (fileRef{rest[0].source, rest[0].file}) == key {
			s.meaning = max(s.meaning, rest[0].meaning)
			meaning = append(meaning, max(0, rest[0].meaning))
			rest = rest[1:]
		}
		f := &fileEvidence{meaning: decayingSum(meaning, r.weights.Turns.FileDecay)}
		s.fileMeaning = max(s.fileMeaning, f.meaning)
		s.files[key] = f
	}
}

// shareNames divides what a file name says among the files whose names answer equally well: of many a reader.go, none is
// the one that was asked for.
func (s *scale) shareNames() {
	equals := map[float64]int{}
	for _, f := range s.files {
		equals[f.name]++
	}
	for _, f := range s.files {
		f.name /= math.Sqrt(float64(equals[f.name]))
	}
}

// olderFolders hold what is kept for those who have not moved on.
var olderFolders = wordSet("compat legacy deprecated obsolete old")

// markOlder finds files of former versions: those in a folder that is named as one, and those in v3 where candidates lie in
// v4 beside it. A folder whose name is asked for is none.
func (s *scale) markOlder(r *run) {
	newest := map[string]int{}
	for _, f := range s.files {
		for parent, version := range versions(f.path) {
			newest[parent] = max(newest[parent], version)
		}
	}
	for _, f := range s.files {
		for parent, version := range versions(f.path) {
			if version < newest[parent] && !r.asksFor(fmt.Sprintf("v%d", version)) {
				f.factors[OlderFactor] = true
			}
		}
		for folder := range strings.SplitSeq(path.Dir(f.path), "/") {
			if folder = strings.ToLower(strings.Trim(folder, "_")); olderFolders[folder] && !r.asksFor(folder) {
				f.factors[OlderFactor] = true
			}
		}
	}
}

// versions yields the folders of a path that are named as versions, v1 to v99: what is above each and its number.
func versions(p string) func(func(string, int) bool) {
	return func(yield func(string, int) bool) {
		for start, end := 0, strings.IndexByte(p, '/'); end >= 0; {
			if name := p[start:end]; len(name) >= 2 && len(name) <= 3 && name[0] == 'v' {
				if n, err := strconv.Atoi(name[1:]); err == nil && n > 0 && !yield(p[:start], n) {
					return
				}
			}
			next := strings.IndexByte(p[end+1:], '/')
			if next < 0 {
				return
			}
			start, end = end+1, end+1+next
		}
	}
}

// asksFor reports whether a word is among those of the query as it was typed.
func (r *run) asksFor(word string) bool {
	for w := range strings.FieldsFuncSeq(r.query.RankText(), func(c rune) bool { return !isAlnum(c) }) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// decayingSum adds up values from the largest to the smallest, of which the n-th counts 1/n to the power of
// decay. It sorts them.
func decayingSum(values []float64, decay float64) float64 {
	slices.Sort(values)
	sum := 0.0
	for n := range values {
		v := values[len(values)-1-n]
		if v == 0 {
			break
		}
		sum += v / math.Pow(float64(n+1), decay)
	}
	return sum
}

func (r *run) newFileEvidence(c *candidate) *fileEvidence {
	seg := r.sources[c.source].seg
	p := seg.FilePath(c.file)
	f := &fileEvidence{path: p, index: indexFiles[strings.ToLower(path.Base(p))]}
	if c.inPath {
		f.name, f.folders = r.pathShares(p)
	}
	if factor, applies := r.fileFactor(p, seg, c.file); applies {
		f.factors[factor] = true
	}
	return f
}

// pathShares tells how well the file name (without its extension) and the best single folder answer: the share of
// their letters that belongs to words of the query, lowered when those are only a small part of what was asked for.
func (r *run) pathShares(p string) (name, folders float64) {
	slash := strings.LastIndexByte(p, '/')
	stem := p[slash+1:]
	if dot := strings.LastIndexByte(stem, '.'); dot > 0 {
		stem = stem[:dot]
	}
	if slash > 0 {
		folders = r.foldersShare(p[:slash])
	}
	return r.partShare(stem), folders
}

// foldersShare is the best share of the folders of a path. Files have most of their folders in common, so what is known
// of one is kept.
func (r *run) foldersShare(p string) float64 {
	if share, known := r.folders[p]; known {
		return share
	}
	slash := strings.LastIndexByte(p, '/')
	share := r.partShare(p[slash+1:])
	if slash > 0 {
		share = max(share, r.foldersShare(p[:slash]))
	}
	if r.folders == nil {
		r.folders = map[string]float64{}
	}
	r.folders[p] = share
	return share
}

// partShare is the share of a folder or of a file name without its extension.
func (r *run) partShare(part string) float64 {
	matched, asked := 0, 0.0
	for _, h := range lexical.Highlights(part, r.words) {
		matched += h.End - h.Start
		asked += r.asked[h.Term]
	}
	return min(1, float64(matched)/float64(max(1, letters(part)))) * math.Sqrt(min(1, asked))
}

// weighTerms sets which share of the query each of its terms is. Rare words are more of it than common ones; how
// rare they are is read off the best candidates. A term made of several words counts as all of them.
func (r *run) weighTerms() error {
	r.asked = make([]float64, len(r.words.Terms))
	known, total := 0, 0.0
	for _, c := range r.bestByWords(maxWeighed) {
		if known == len(r.asked) {
			break
		}
		terms, err := r.scorer.Explain(c.source, c.unit)
		if err != nil {
			return err
		}
		for _, t := range terms {
			if i := r.words.Has([]byte(t.Term.Text)); i >= 0 && r.asked[i] == 0 {
				r.asked[i] = t.IDF
				known++
			}
		}
	}
	words := 0
	for i, t := range r.words.Terms {
		if t.Kind == lexical.Word {
			total += r.asked[i]
			words++
		}
	}
	for i, t := range r.words.Terms {
		switch t.Kind {
		case lexical.Identifier:
			r.asked[i] = 1
		case lexical.Joined:
			r.asked[i] = 2 / float64(max(2, words))
		default:
			if r.asked[i] /= total; total == 0 {
				r.asked[i] = 1
			}
		}
	}
	return nil
}

// bestByWords returns the n candidates with the best score by words, the best first.
func (r *run) bestByWords(n int) []*candidate {
	better := func(a, b *candidate) int {
		if c := cmp.Compare(b.words, a.words); c != 0 {
			return c
		}
		return comparePlace(r.sources, a.ref, b.ref)
	}
	best := make([]*candidate, 0, n+1)
	for i := range r.candidates {
		c := &r.candidates[i]
		if c.words == 0 || len(best) == n && better(best[n-1], c) < 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, c, better)
		best = slices.Insert(best, at, c)
		best = best[:min(len(best), n)]
	}
	return best
}

// maxWeighed is how many candidates are looked at for the rarity of terms.
const maxWeighed = 32

func letters(s string) int {
	n := 0
	for i := range len(s) {
		if c := s[i]; c != '_' && c != '-' && c != '.' && c != ' ' {
			n++
		}
	}
	return n
}

// fileFactor returns the factor that applies to all units of a file for the kind of file it is.
func (r *run) fileFactor(p string, seg *store.Segment, file uint32) (Factor, bool) {
	switch class := chunk.ContentOf(seg.FileLanguage(file)); {
	case isVendored(p):
		return VendoredFactor, true
	case r.asksContent():
		return 0, false
	case class == chunk.Docs || class == chunk.Other:
		return ProseFactor, true
	case class == chunk.Config:
		return ConfigFactor, true
	}
	return 0, false
}

// asksContent reports whether the query itself says what kind of file it wants.
func (r *run) asksContent() bool {
	return slices.ContainsFunc(r.query.Clauses, func(c Clause) bool {
		return !c.Not && c.Kind == OperatorClause && (c.Operator == opContent || c.Operator == opLang || c.Operator == opFile)
	})
}

// indexFiles only gather what other files define.
var indexFiles = wordSet("__init__.py index.js index.ts index.tsx index.jsx index.mjs mod.rs lib.rs package-info.java module-info.java doc.go")

func isVendored(p string) bool {
	for folder := range strings.SplitSeq(p, "/") {
		switch folder {
		case "vendor", "third_party", "thirdparty", "node_modules", "external":
			return true
		}
	}
	return false
}

// denseFile is what the nearness of all of a file counts in a dense search, beside 1 for that of the unit.
const denseFile = 0.3

// score adds up the evidence for one candidate.
func (r *run) score(c *scored, s *scale) {
	add := r.adder(c)
	switch r.req.Mode {
	case Dense:
		add("meaning", c.meaning)
		if f := s.files[fileRef{c.source, c.file}]; f != nil {
			add("meaning of the file", denseFile*s.meaning*share(f.meaning, s.fileMeaning))
		}
		return
	case Lexical:
		add(wordsPart, c.words)
		return
	}
	r.measure(c, s)
	weights := &r.weights.Evidence[r.class]
	for signal, value := range c.signals {
		add(Signal(signal).String(), weights[signal]*value)
	}
	r.applyFactors(c, s.files[fileRef{c.source, c.file}])
}

// applyFactors lowers the score of a candidate by all factors that apply to it.
func (r *run) applyFactors(c *scored, f *fileEvidence) {
	add := r.adder(c)
	c.factor = 1
	for factor, applies := range r.factors(c, f) {
		if value := r.weights.Factors[factor]; applies && value != 1 {
			add(Factor(factor).String(), (value-1)*c.score)
			c.factor *= value
		}
	}
}

// measure sets the signals of a candidate, except for Used.
func (r *run) measure(c *scored, s *scale) {
	f := s.files[fileRef{c.source, c.file}]
	seg := r.sources[c.source].seg
	flags, kind := seg.Flags(c.unit), seg.Kind(c.unit)
	c.signals = Signals{
		Meaning:       share(c.meaning, s.meaning),
		MeaningSpread: share(c.meaning-s.nearby, s.meaning-s.nearby),
		Words:         share(c.words, s.words),
		Coverage:      r.coveredBy(c),
		NameWords:     share(c.nameWords, s.nameWords),
		Name:          c.name,
		SpelledName:   truth(c.spelled),
		FileName:      f.name,
		Folder:        f.folders,
		FileWords:     share(f.words, s.fileWords),
		FileMeaning:   share(f.meaning, s.fileMeaning),
		Exported:      truth(flags&chunk.Exported != 0),
		Documented:    truth(flags&chunk.Documented != 0),
		TypeNamed:     truth(kind.IsType() && c.asked()),
		IsModule:      truth(kind == chunk.Module),
	}
}

// truth is 1 for true.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// coveredBy is the share of the query, by weight, whose words the unit has.
func (r *run) coveredBy(c *scored) float64 {
	sum := 0.0
	for i, has := range c.has {
		sum += has * r.asked[i]
	}
	return sum
}

// share scales evidence by the best of the query; what points away counts nothing.
func share(value, best float64) float64 {
	if value <= 0 || best <= 0 {
		return 0
	}
	return value / best
}

// factors tells which factors apply to a candidate.
func (r *run) factors(c *scored, f *fileEvidence) [NumFactors]bool {
	seg := r.sources[c.source].seg
	flags, kind := seg.Flags(c.unit), seg.Kind(c.unit)
	applies := f.factors
	applies[TestFactor] = (flags&chunk.IsTest != 0 || kind == chunk.Test) && !r.wantsTests()
	applies[ExampleFactor] = flags&chunk.Example != 0 && !r.query.wants(isExample)
	applies[GeneratedFactor] = flags&chunk.Generated != 0 && !r.query.wants(isGenerated)
	applies[DeprecatedFactor] = flags&chunk.Deprecated != 0 && !r.query.wants(isDeprecated)
	applies[MinorFactor] = !c.asked() && (kind == chunk.Closure || kind == chunk.Type || kind == chunk.Macro)
	applies[ConstructorFactor] = kind == chunk.Constructor && !c.asked() && !r.wantsConstructors()
	applies[IndexFactor] = kind == chunk.Module && (f.index || flags&chunk.Imports != 0)
	return applies
}

// wantsTests reports whether tests are asked for, by operator or by word.
func (r *run) wantsTests() bool {
	if r.query.wants(isTest) {
		return true
	}
	return slices.ContainsFunc(r.words.Terms, func(t lexical.Term) bool { return t.Text == "test" && t.Kind != lexical.Joined })
}

// wantsConstructors reports whether the query is about making something.
func (r *run) wantsConstructors() bool {
	return slices.ContainsFunc(r.words.Terms, func(t lexical.Term) bool { return t.Kind == lexical.Word && making[t.Text] })
}

// making are the terms of words for what constructors do.
var making = func() map[string]bool {
	set := map[string]bool{}
	for _, t := range lexical.Analyze("construct constructor create creation initialize initialise instantiate instance init new make build").Terms {
		set[t.Text] = true
	}
	return set
}()
