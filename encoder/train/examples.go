package train

import (
	"math/rand/v2"
	"strings"

	"lsp/encoder/static"
)

// A corpus is the pairs of one split in memory.
type corpus struct {
	records  []Record
	query    []teacherKey // keys of the teacher's vectors
	function []teacherKey
	taught   []bool // the teacher knows the query
}

// loadCorpus reads the pairs of a split. Records without a query are passed to bare, which may be nil.
func loadCorpus(dir, split string, teacher *Teacher, bare func(*Record)) (*corpus, error) {
	files, err := recordFiles(dir)
	if err != nil {
		return nil, err
	}
	c := &corpus{}
	for _, file := range files {
		err := readRecords(file, func(r *Record) error {
			switch {
			case r.Split != split:
			case r.Query != "":
				c.add(r, teacher)
			case bare != nil:
				bare(r)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *corpus) add(r *Record, teacher *Teacher) {
	query, function := teacherKeyOf(r.Query), teacherKeyOf(functionText(r))
	_, taught := teacher.entries[query]
	c.records = append(c.records, *r)
	c.query, c.function, c.taught = append(c.query, query), append(c.function, function), append(c.taught, taught)
}

// thin keeps at most so many pairs, spread evenly; 0 keeps all.
func (c *corpus) thin(most int) {
	n := len(c.records)
	if most <= 0 || most >= n {
		return
	}
	kept := &corpus{}
	for i := range n {
		if spread(i+1, n, most) {
			kept.records, kept.taught = append(kept.records, c.records[i]), append(kept.taught, c.taught[i])
			kept.query, kept.function = append(kept.query, c.query[i]), append(kept.function, c.function[i])
		}
	}
	*c = *kept
}

// batches deals the pairs of an epoch into batches of the given size. Most hold one language, for a function of
// another language is too easy to tell apart, and all of a batch either have a teacher or have none. A pair is followed
// by the first of its hard negatives, of which negatives has k for each pair, that is still to be dealt. What does not
// fill a batch waits for the next epoch's shuffle.
func (c *corpus) batches(size int, r *rand.Rand, negatives []int32, k int) [][]int32 {
	groups := map[string][]int32{}
	var names []string
	dealt := make([]bool, len(c.records))
	for _, i := range r.Perm(len(c.records)) {
		if dealt[i] {
			continue
		}
		dealt[i] = true
		group := c.records[i].Language
		if r.IntN(8) == 0 {
			group = "any"
		}
		if !c.taught[i] {
			group += " untaught"
		}
		if _, ok := groups[group]; !ok {
			names = append(names, group)
		}
		groups[group] = append(groups[group], int32(i))
		if negatives == nil {
			continue
		}
		for _, j := range negatives[i*k : (i+1)*k] {
			if j >= 0 && !dealt[j] {
				dealt[j] = true
				groups[group] = append(groups[group], j)
				break
			}
		}
	}
	var batches [][]int32
	leftovers := map[bool][]int32{}
	deal := func(members []int32) []int32 {
		for len(members) >= size {
			batches = append(batches, members[:size:size])
			members = members[size:]
		}
		return members
	}
	for _, name := range names {
		rest := deal(groups[name])
		taught := !strings.HasSuffix(name, " untaught")
		leftovers[taught] = append(leftovers[taught], rest...)
	}
	deal(leftovers[true])
	deal(leftovers[false])
	r.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	return batches
}

// languageNames are the words by which people name a language in a question.
var languageNames = map[string][]string{
	"go": {"go", "golang"}, "javascript": {"javascript", "js"}, "typescript": {"typescript", "ts"}, "tsx": {"react"},
	"csharp": {"c#", "csharp"}, "cpp": {"c++", "cpp"},
}

// typedQuery makes a question as somebody would type it out of a pair: the documentation as it is, a few of its
// words, a question, or the words of the name.
func typedQuery(r *Record, rng *rand.Rand) string {
	switch p := rng.Float32(); {
	case p < 0.3:
		return r.Query
	case p < 0.6:
		return withLanguage(someWords(contentWords(firstSentence(r.Query)), 3, 8, rng), r.Language, 0.3, rng)
	case p < 0.8:
		words := strings.Fields(strings.ToLower(strings.TrimRight(firstSentence(r.Query), ".!? ")))
		text := strings.Join(words[:min(len(words), 6+rng.IntN(6))], " ")
		start := []string{"how to ", "how to ", "how do i ", "function to ", "code to ", "way to ", ""}[rng.IntN(7)]
		return withLanguage(start+text, r.Language, 0.5, rng)
	}
	words := nameWords(r.Name)
	if rng.IntN(2) == 0 {
		words = append(words, nameWords(r.Owner)...)
	}
	extra := someWords(contentWords(firstSentence(r.Query)), 0, 3, rng)
	return withLanguage(strings.TrimSpace(strings.Join(words, " ")+" "+extra), r.Language, 0.3, rng)
}

func firstSentence(text string) string {
	if end := sentence.FindStringIndex(text); end != nil {
		return text[:end[0]]
	}
	return text
}

var isStopWord = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range stopWords {
		m[w] = true
	}
	return m
}()

// contentWords returns the lower-cased words of a text that are no stop words.
func contentWords(text string) []string {
	var words []string
	static.Words(text, func(w []byte) {
		if len(w) > 1 && !isStopWord[string(w)] {
			words = append(words, string(w))
		}
	})
	return words
}

func nameWords(name string) []string {
	var words []string
	static.Words(name, func(w []byte) { words = append(words, string(w)) })
	return words
}

// someWords keeps a random number of the words, from low to high, in their order.
func someWords(words []string, low, high int, rng *rand.Rand) string {
	keep := low + rng.IntN(high-low+1)
	if keep >= len(words) {
		return strings.Join(words, " ")
	}
	var kept []string
	for i, w := range words {
		// Selection sampling: each subset of the wanted size is as likely, the beginning a little more.
		if rng.IntN(len(words)-i) < keep-len(kept) {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// withLanguage adds the name of the language before or behind with the given probability.
func withLanguage(text, language string, probability float32, rng *rand.Rand) string {
	if rng.Float32() >= probability {
		return text
	}
	name := language
	if names := languageNames[language]; len(names) > 0 {
		name = names[rng.IntN(len(names))]
	}
	switch rng.IntN(3) {
	case 0:
		return name + " " + text
	case 1:
		return text + " " + name
	}
	return text + " in " + name
}

// drop removes features at random, in place, and keeps at least one.
func drop(features []static.Feature, probability float32, rng *rand.Rand) []static.Feature {
	kept := features[:0]
	for i, f := range features {
		if rng.Float32() >= probability || (i == len(features)-1 && len(kept) == 0) {
			kept = append(kept, f)
		}
	}
	return kept
}
