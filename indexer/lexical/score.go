package lexical

import (
	"fmt"
	"math"
	"slices"

	"lsp/indexer/bitset"
)

// Params are the constants of BM25F (Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and
// beyond", 2009). The count of a term in a field is divided by 1-B+B*length/average length, multiplied by the
// field's weight and summed over the fields to w; the term scores idf*w/(K1+w).
type Params struct {
	K1     float64            // how slowly repetition saturates, above 0
	Weight [NumFields]float64 // of an occurrence in each field, at least 0; 0 leaves the field out
	B      [NumFields]float64 // how much a field's length counts, from 0 to 1
}

// The default constants: round numbers from the middle of the plateau on which two tasks agree that share neither
// language nor style: web questions for documented Python functions, and the first sentences of Go's documentation
// for functions stripped of it. Changing one of them by half costs about 0.01 in mean reciprocal rank or less.
const (
	DefaultK1 = 2.0

	NameWeight          = 3.0
	OwnerWeight         = 1.5
	SignatureWeight     = 2.0
	DocumentationWeight = 2.0
	BodyWeight          = 0.7
	PathWeight          = 2.0

	NameB          = 0.4
	OwnerB         = 0.4
	SignatureB     = 0.75
	DocumentationB = 0.6
	BodyB          = 0.8
	PathB          = 0.4
)

// DefaultParams returns the default constants.
func DefaultParams() Params {
	return Params{
		K1: DefaultK1,
		Weight: [NumFields]float64{
			Name: NameWeight, Owner: OwnerWeight, Signature: SignatureWeight,
			Documentation: DocumentationWeight, Body: BodyWeight, Path: PathWeight,
		},
		B: [NumFields]float64{
			Name: NameB, Owner: OwnerB, Signature: SignatureB,
			Documentation: DocumentationB, Body: BodyB, Path: PathB, Comment: BodyB,
		},
	}
}

func (p Params) check() error {
	if !(p.K1 > 0 && p.K1 <= math.MaxFloat32) {
		return fmt.Errorf("score by BM25F: k1 is %v, not above 0", p.K1)
	}
	for f := range Field(NumFields) {
		if !(p.Weight[f] >= 0 && p.Weight[f] <= maxFieldWeight) {
			return fmt.Errorf("score by BM25F: weight of %s is %v, not in [0, %d]", f, p.Weight[f], maxFieldWeight)
		}
		if !(p.B[f] >= 0 && p.B[f] <= 1) {
			return fmt.Errorf("score by BM25F: b of %s is %v, not in [0, 1]", f, p.B[f])
		}
	}
	return nil
}

// counted returns the bits of the fields that have a weight.
func (p Params) counted() (bits frequencies) {
	for f := range Field(NumFields) {
		if p.Weight[f] > 0 {
			bits |= frequencies(highest(f)) << (f * frequencyBits)
		}
	}
	return bits
}

// maxFieldWeight keeps sums within what float32 resolves.
const maxFieldWeight = 1 << 20

// Scores are added up as integers, in units of 1/scoreUnit, so that sums do not depend on the order of terms
// and are the same to the bit however documents are spread over sections. A term contributes at most
// maxContribution and maxScoredTerms count, which fits 32 bits.
const (
	scoreUnit       = 1 << 18
	maxScoredTerms  = 256
	maxContribution = 63 * scoreUnit
)

// Source is a section as a query sees it. Sets must have room for all documents of the section; members beyond
// are ignored.
type Source struct {
	Section *Section
	Alive   bitset.Set // documents that exist, over which statistics are taken; nil means all
	Allow   bitset.Set // documents that may be found, of those alive; nil means all
	Totals  *Totals    // Section.Totals(Alive), if the caller keeps it; nil makes each query sum up
}

// Hit is a document found.
type Hit struct {
	Source   int // index of the source
	Document uint32
	Score    float32
}

// scoredTerm is a query term with its statistics.
type scoredTerm struct {
	Term
	at        int    // position in the query
	documents uint32 // live documents that have it, over all sources
	scale     float32
	bound     uint32     // no document gets more from this term
	infos     []termInfo // by source; documents is 0 where it does not occur
}

// Scorer ranks the documents of some sources for one query. Making one looks up the terms and gathers their
// statistics; it then answers any number of calls, also concurrent ones.
type Scorer struct {
	sources []Source
	masks   []bitset.Set // documents that may be found, by source; nil means all
	terms   []scoredTerm // those that occur
	totals  Totals
	params  Params
	k1      float32
	norms   [NumFields][256]float32 // weight of one occurrence, by length code
	counted frequencies             // bits of the fields that have a weight
}

// NewScorer prepares a query over sources. Terms beyond the first 256 are ignored.
func NewScorer(sources []Source, q Query, p Params) (*Scorer, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := &Scorer{
		sources: sources, params: p, k1: float32(p.K1), masks: make([]bitset.Set, len(sources)), counted: p.counted(),
	}
	for i, source := range sources {
		if !source.Section.fits(source.Alive) || !source.Section.fits(source.Allow) {
			return nil, fmt.Errorf("search source %d: a set has no room for its %d documents", i, source.Section.documents)
		}
		if source.Totals != nil {
			s.totals.Add(*source.Totals)
		} else {
			s.totals.Add(source.Section.Totals(source.Alive))
		}
		s.masks[i] = intersection(source.Alive, source.Allow)
	}
	for f := range Field(NumFields) {
		b, average := p.B[f], s.totals.average(f)
		for code, length := range codeLengths {
			s.norms[f][code] = float32(p.Weight[f] / (1 - b + b*max(1, float64(length))/average))
		}
	}
	return s, s.addTerms(q.Terms)
}

// intersection returns the common members; nil stands for all.
func intersection(a, b bitset.Set) bitset.Set {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	a = a[:min(len(a), len(b))].Clone()
	a.And(b)
	return a
}

// addTerms looks up the terms in all sources.
func (s *Scorer) addTerms(terms []Term) error {
	c := newCursor()
	defer freeCursor(c)
	for at, term := range terms[:min(len(terms), maxScoredTerms)] {
		if !(term.Weight > 0) {
			continue
		}
		t := scoredTerm{Term: term, at: at, infos: make([]termInfo, len(s.sources))}
		for i, source := range s.sources {
			info, live, err := c.countLive(source, term.Text)
			if err != nil {
				return fmt.Errorf("search source %d for %q: %w", i, term.Text, err)
			}
			t.infos[i] = info
			t.documents += live
		}
		if t.documents == 0 {
			continue
		}
		weight := min(float64(term.Weight), maxContribution)
		t.scale = float32(min(weight*s.rarity(&t)*scoreUnit, maxContribution))
		t.bound = uint32(t.scale) + 1
		s.terms = append(s.terms, t)
	}
	return nil
}

// countLive looks a term up in a source and counts the live documents that have it. The zero termInfo is of one that does not
// occur.
func (c *cursor) countLive(source Source, term string) (info termInfo, live uint32, err error) {
	info, found, err := source.Section.lookUp(term)
	if err != nil || !found {
		return termInfo{}, 0, err
	}
	c.open(source.Section, info)
	if live = c.count(source.Alive); c.corrupt {
		return termInfo{}, 0, ErrCorrupt
	}
	return info, live, nil
}

// rarity is the inverse document frequency of a term, or of the one that it stands for when that is lower: a word that
// somebody put in place of another one does not say more than that for being rare.
func (s *Scorer) rarity(t *scoredTerm) float64 {
	idf := s.idf(t.documents)
	if t.For != "" {
		for i := range s.terms {
			if s.terms[i].Text == t.For {
				return min(idf, s.idf(s.terms[i].documents))
			}
		}
	}
	return idf
}

// idf returns the inverse document frequency, above 0.
func (s *Scorer) idf(documents uint32) float64 {
	n, d := float64(max(s.totals.Documents, documents)), float64(documents)
	return math.Log(1 + (n-d+0.5)/(d+0.5))
}

// contribution returns what a term adds to the score of a document, in units of 1/scoreUnit, at least 1 unless
// all its fields weigh nothing. lengths holds the document's length codes. The conversions to float32 keep
// the compiler from fusing operations, which would round differently from place to place.
func (s *Scorer) contribution(t *scoredTerm, q frequencies, lengths []byte) uint32 {
	var w float32
	lengths = lengths[:NumFields:NumFields]
	q &= s.counted
	if q&^(maxFrequency<<(Body*frequencyBits)) == 0 {
		w = float32(float32(q>>(Body*frequencyBits)) * s.norms[Body][lengths[Body]])
	} else {
		for f := range Field(NumFields) {
			if n := q.of(f); n != 0 {
				w += float32(float32(n) * s.norms[f][lengths[f]])
			}
		}
	}
	if w == 0 {
		return 0
	}
	return min(max(1, uint32(float32(t.scale*float32(w/float32(s.k1+w))))), t.bound)
}

// lengthsOf returns the length codes of a document.
func (s *Section) lengthsOf(doc uint32) []byte { return s.lengths[int(doc)*NumFields:] }

// score converts a sum of contributions.
func score(sum uint32) float32 { return float32(sum) / scoreUnit }

// Score sets the scores of the given documents, exactly as Search scores them; a document without any term of
// the query gets 0. Source and Document of each hit must be valid, whether alive and allowed or not.
func (s *Scorer) Score(hits []Hit) error { return s.ScoreTerms(hits, func(int, int) {}) }

// ScoreTerms is Score that also calls found with the position of every hit and of every term of the query that it has.
func (s *Scorer) ScoreTerms(hits []Hit, found func(hit, term int)) error {
	order := make([]int, len(hits))
	for i, hit := range hits {
		if hit.Source < 0 || hit.Source >= len(s.sources) || hit.Document >= s.sources[hit.Source].Section.documents {
			return fmt.Errorf("score document %d of source %d: no such document", hit.Document, hit.Source)
		}
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return compareDocuments(hits[x], hits[y]) })
	sums := make([]uint32, len(hits))
	c := newCursor()
	defer freeCursor(c)
	for i := range s.terms {
		t := &s.terms[i]
		source := -1
		for _, n := range order {
			hit := hits[n]
			if t.infos[hit.Source].documents == 0 {
				continue
			}
			section := s.sources[hit.Source].Section
			if hit.Source != source {
				source = hit.Source
				c.open(section, t.infos[source])
			}
			if c.seek(hit.Document) && c.docs[c.pos] == hit.Document {
				if q := c.frequencies(); q != 0 {
					if more := s.contribution(t, q, section.lengthsOf(hit.Document)); more > 0 {
						sums[n] += more
						found(n, t.at)
					}
				}
			}
			if c.corrupt {
				return fmt.Errorf("score %q in source %d: %w", t.Text, source, ErrCorrupt)
			}
		}
	}
	for i := range hits {
		hits[i].Score = score(sums[i])
	}
	return nil
}

// compareDocuments orders hits by source and document.
func compareDocuments(x, y Hit) int {
	if x.Source != y.Source {
		return x.Source - y.Source
	}
	if x.Document < y.Document {
		return -1
	}
	if x.Document > y.Document {
		return 1
	}
	return 0
}

// TermScore explains what one term contributes to a document's score.
type TermScore struct {
	Term         Term
	Documents    uint32  // live documents that have the term
	IDF          float64 // inverse document frequency, that of the term it stands for when that is lower
	Contribution float64 // to the score; contributions sum up to it
	Fields       []FieldScore
}

// FieldScore is the share of one field in a TermScore.
type FieldScore struct {
	Field        Field
	Frequency    uint32  // occurrences of the term, at most 31 are counted
	Length       uint32  // words of the field, as Section.Lengths has it
	Average      float64 // length of the field over the live documents that have it
	Weight       float64 // of one occurrence, after normalisation by length
	Contribution float64 // to the score; those of all fields sum up to the term's
}

// Explain tells what each term of the query contributes to a document's score, in the order of the query. Terms
// that the document lacks are left out.
func (s *Scorer) Explain(source int, document uint32) ([]TermScore, error) {
	if source < 0 || source >= len(s.sources) || document >= s.sources[source].Section.documents {
		return nil, fmt.Errorf("explain document %d of source %d: no such document", document, source)
	}
	section := s.sources[source].Section
	c := newCursor()
	defer freeCursor(c)
	var scores []TermScore
	for i := range s.terms {
		t := &s.terms[i]
		if t.infos[source].documents == 0 {
			continue
		}
		c.open(section, t.infos[source])
		if c.seek(document) && c.docs[c.pos] == document {
			if q := c.frequencies(); q != 0 {
				scores = append(scores, s.explainTerm(t, q, section.lengthsOf(document)))
			}
		}
		if c.corrupt {
			return nil, fmt.Errorf("explain %q in source %d: %w", t.Text, source, ErrCorrupt)
		}
	}
	return scores, nil
}

func (s *Scorer) explainTerm(t *scoredTerm, q frequencies, lengths []byte) TermScore {
	e := TermScore{
		Term: t.Term, Documents: t.documents, IDF: s.rarity(t),
		Contribution: float64(s.contribution(t, q, lengths)) / scoreUnit,
	}
	sum := 0.0
	q &= s.counted
	for f := range Field(NumFields) {
		if n := q.of(f); n != 0 {
			weight := float64(s.norms[f][lengths[f]])
			sum += float64(n) * weight
			e.Fields = append(e.Fields, FieldScore{
				Field: f, Frequency: n, Length: codeLengths[lengths[f]], Average: s.totals.average(f), Weight: weight,
			})
		}
	}
	for i := range e.Fields {
		if sum > 0 {
			e.Fields[i].Contribution = e.Contribution * float64(e.Fields[i].Frequency) * e.Fields[i].Weight / sum
		}
	}
	return e
}
