package train

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"lsp/encoder/static"
)

// VocabularyOptions bounds a vocabulary.
type VocabularyOptions struct {
	Words    int // whole words at most
	Pieces   int // sub-words at most, beside letters, digits and pairs of letters
	Pairs    int // pairs of words at most
	MinCount int // functions a word or pair must occur in
}

// stopWords never stand in a pair, and pairs reach across them.
var stopWords = []string{
	"a", "an", "the", "of", "in", "on", "at", "to", "for", "from", "by", "with", "and", "or", "as", "is", "are", "be", "was",
	"it", "its", "this", "that", "these", "those", "if", "then", "than", "into", "will", "can", "may", "should", "which",
	"how", "what", "when", "where", "do", "does", "you", "we", "i", "my", "given", "using", "use", "used", "has", "have",
	"def", "self", "return", "returns", "func", "function", "var", "let", "const", "new", "none", "null", "nil", "true",
	"false", "not", "else", "elif", "while", "try", "except", "catch", "throw", "raise", "public", "private", "static",
	"void", "import", "class", "python",
}

// A counter counts words and pairs over records: in how many functions each occurs.
type counter struct {
	words map[string]int
	pairs map[[2]string]int
	stop  map[string]bool
}

func newCounter() *counter {
	c := &counter{words: map[string]int{}, pairs: map[[2]string]int{}, stop: map[string]bool{}}
	for _, w := range stopWords {
		c.stop[w] = true
	}
	return c
}

// count adds the distinct words and pairs of one function. A word of its documentation counts twice: it is what
// people ask with.
func (c *counter) count(r *Record, pairs bool) {
	seen, seenPairs := map[string]int{}, map[[2]string]bool{}
	text := func(s string, weight int) {
		previous, left := "", 600
		static.Words(s, func(w []byte) {
			if left--; left < 0 {
				return
			}
			word := string(w)
			seen[word] = max(seen[word], weight)
			if c.stop[word] {
				return
			}
			if previous != "" {
				seenPairs[[2]string{previous, word}] = true
			}
			previous = word
		})
	}
	text(r.Query, 2)
	text(r.Name, 2)
	text(r.Owner, 1)
	text(r.Documentation, 1)
	text(r.Body, 1)
	for w, n := range seen {
		c.words[w] += n
	}
	if pairs {
		for p := range seenPairs {
			c.pairs[p]++
		}
	}
}

// prune forgets pairs seen once, to bound memory on a large corpus.
func (c *counter) prune() {
	maps.DeleteFunc(c.pairs, func(_ [2]string, n int) bool { return n < 2 })
}

// vocabulary chooses the words, pieces and pairs and returns them with the count of each id.
func (c *counter) vocabulary(opts VocabularyOptions) (*static.Vocabulary, []string, []int, error) {
	words, counts := slices.Clone(stopWords), make([]int, len(stopWords))
	known := map[string]int{}
	add := func(w string, n int) {
		if _, ok := known[w]; !ok {
			known[w] = len(words)
			words, counts = append(words, w), append(counts, n)
		}
	}
	for i, w := range stopWords {
		known[w], counts[i] = i, c.words[w]
	}
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for _, a := range letters {
		add(string(a), c.words[string(a)])
	}
	for _, a := range letters[:26] {
		for _, b := range letters[:26] {
			add(string(a)+string(b), c.words[string(a)+string(b)])
		}
	}
	ranked := byCount(c.words)
	for _, w := range ranked {
		if len(words) >= opts.Words || c.words[w] < opts.MinCount {
			break
		}
		if len(w) <= 24 {
			add(w, c.words[w])
		}
	}
	for _, p := range c.pieces(known, opts.Pieces) {
		add(p, opts.MinCount)
	}
	pairs, pairNames := [][2]uint32{}, []string{}
	for _, p := range c.rankPairs(known, opts) {
		pairs = append(pairs, [2]uint32{uint32(known[p[0]]), uint32(known[p[1]])})
		pairNames = append(pairNames, p[0]+" "+p[1])
		counts = append(counts, c.pairs[p])
	}
	v, err := static.NewVocabulary(words, len(stopWords), pairs)
	if err != nil {
		return nil, nil, nil, err
	}
	names := append(words, pairNames...)
	for len(counts) < v.Len() {
		counts = append(counts, 0)
	}
	return v, names, counts, nil
}

// byCount lists words by descending count, then by text.
func byCount[K cmp.Ordered](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
}

// pieces returns the most frequent beginnings and ends of three to eight letters of the words that are not known.
func (c *counter) pieces(known map[string]int, n int) []string {
	counts := map[string]int{}
	for w, count := range c.words {
		if _, ok := known[w]; ok || count < 2 {
			continue
		}
		for k := 3; k <= 8 && k < len(w); k++ {
			counts[w[:k]] += count * k
			counts[w[len(w)-k:]] += count * k
		}
	}
	var chosen []string
	for _, p := range byCount(counts) {
		if len(chosen) == n {
			break
		}
		if _, ok := known[p]; !ok && isASCII(p) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// rankPairs returns the pairs of known words that occur together much more often than by chance, by count times
// the logarithm of how much more.
func (c *counter) rankPairs(known map[string]int, opts VocabularyOptions) [][2]string {
	total := 0.0
	for _, n := range c.words {
		total += float64(n)
	}
	scores := map[[2]string]float64{}
	for p, n := range c.pairs {
		_, first := known[p[0]]
		_, second := known[p[1]]
		if !first || !second || n < opts.MinCount || len(p[0]) < 2 || len(p[1]) < 2 {
			continue
		}
		lift := float64(n) * total / (float64(c.words[p[0]]) * float64(c.words[p[1]]))
		if lift > 1 {
			scores[p] = float64(n) * math.Log(lift)
		}
	}
	ranked := slices.SortedFunc(maps.Keys(scores), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return ranked[:min(len(ranked), opts.Pairs)]
}
