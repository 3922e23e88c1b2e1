package search

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"lsp/indexer/bitset"
	"lsp/indexer/lexical"
)

// cheapToRead is the number of units whose files are read rather than the whole dictionary to make them fewer. Tests set it
// to see that nothing depends on it.
var cheapToRead = 256

// narrow returns the members of a set that may contain the literal, told by its words, those first that take least to look
// up. What the index does not hold, such as words inside long hexadecimal data, cannot be told.
func (f *filter) narrow(literal string, set bitset.Set) (bitset.Set, error) {
	out := set.Clone()
	words := literalWords(literal)
	slices.SortStableFunc(words, func(a, b literalWord) int { return cmp.Compare(a.cost(), b.cost()) })
	for _, w := range words {
		if w.cost() == readsDictionary && out.Count() <= cheapToRead {
			break
		}
		with, err := f.withWord(w)
		if err != nil {
			return nil, err
		}
		out.And(with)
	}
	return out, nil
}

// maxExpansion is how many terms a word at an end of a literal may be a part of, so that it still narrows.
const maxExpansion = 200

// withWord returns the units that have a word, or one that it can be a part of; nil, which is all, when there are too
// many of those.
func (f *filter) withWord(w literalWord) (bitset.Set, error) {
	seg := f.source.seg
	return seg.UnitSet(w.key(), func() (bitset.Set, error) {
		q, ok, err := w.terms(seg.Lexical())
		if err != nil || !ok {
			return nil, err
		}
		p := lexical.DefaultParams()
		p.Weight[lexical.Comment] = p.Weight[lexical.Body] // directives are in no other field
		return f.having(q, p)
	})
}

// literalWord is a part of a literal that the index holds as a term of its own, or as a part of one where the literal
// may start or end inside a word.
type literalWord struct {
	text        string // ASCII letters, lower case but for the first
	left, right bool   // bounded there, whatever surrounds the literal
}

// key names the word, with a blank where it is bounded.
func (w literalWord) key() string {
	name := w.text
	if w.left {
		name = " " + name
	}
	if w.right {
		name += " "
	}
	return `"` + name
}

// What it takes to look up a word, in ascending order.
const (
	readsTerm       = iota // a term as it is
	readsPrefix            // the terms with a prefix
	readsDictionary        // all terms
)

func (w literalWord) cost() int {
	switch {
	case w.left && w.right:
		return readsTerm
	case w.left:
		return readsPrefix
	}
	return readsDictionary
}

// literalWords cuts a literal into words, where the index would.
func literalWords(literal string) []literalWord {
	var out []literalWord
	for i := 0; i < len(literal); {
		end := i
		if isUpper(literal[end]) {
			end++
		}
		for end < len(literal) && isLower(literal[end]) {
			end++
		}
		if end == i {
			i++
			continue
		}
		w := literalWord{text: literal[i:end]}
		w.left = i > 0 && (isBound(literal[i-1]) || isLower(literal[i-1]) && isUpper(literal[i]))
		w.right = end < len(literal) && (isBound(literal[end]) || isUpper(literal[end]))
		known := i == 0 || w.left // what stands before is no letter or digit that would belong to the word
		if known && (end == len(literal) || w.right) && len(w.text) >= 3 && len(w.text) <= 20 {
			out = append(out, w)
		}
		i = end
	}
	return out
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// isBound reports whether a character is never a part of the word beside it.
func isBound(c byte) bool {
	return c < utf8.RuneSelf && !isLower(c) && !isUpper(c) && (c < '0' || c > '9')
}

// stemReach is how many letters at the end of a word a stemmer cuts or changes at most.
const stemReach = 4

// probes are what may stand before the end of a word, as far as a stemmer sees: nothing, vowels or none, few letters or
// more, and such as may be the start of what is cut off.
var probes = []string{"", "x", "o", "xx", "xo", "ox", "xxx", "xoxo", "xoxi", "xoxe"}

// termEndings returns with which letters the terms of all words end that end with this one; false when that cannot be told,
// since a stemmer may cut off all of it, or more when its first letter stands twice.
func termEndings(word string) (out []string, ok bool) {
	out = []string{word} // words with letters of other alphabets, and some others, are not stemmed
	for _, probe := range append([]string{"xo" + word[:1], "xx" + word[:1]}, probes...) {
		ending, ok := strings.CutPrefix(stemOf(probe+word), probe)
		if !ok || ending == "" {
			return nil, false
		}
		if !slices.Contains(out, ending) {
			out = append(out, ending)
		}
	}
	return out, true
}

// terms returns the terms that a text with the word has one of. It reports false when they cannot be told or are too
// many.
func (w literalWord) terms(section *lexical.Section) (lexical.Query, bool, error) {
	stem := stemOf(w.text)
	q := lexical.Query{Terms: []lexical.Term{{Text: stem, Weight: 1}}}
	if w.left && w.right {
		return q, stem != "", nil
	}
	lower := strings.ToLower(w.text)
	prefix := "" // of every term that starts with the word
	if w.left {
		prefix = lower[:max(0, len(lower)+1-stemReach)]
	}
	if stem == "" || w.left && len(prefix) < 3 || !w.left && !w.right {
		return q, false, nil
	}
	suffixes := []string{""}
	if !w.left {
		var ok bool
		if suffixes, ok = termEndings(lower); !ok {
			return q, false, nil
		}
	}
	err := section.Terms(prefix, func(term []byte, _ uint32) bool {
		if slices.ContainsFunc(suffixes, func(s string) bool { return len(term) >= len(s) && string(term[len(term)-len(s):]) == s }) {
			q.Add(lexical.Term{Text: string(term), Weight: 1})
		}
		return len(q.Terms) <= maxExpansion
	})
	return q, len(q.Terms) <= maxExpansion, err
}

// stemOf returns the term of a plain word, "" when it is none or several.
func stemOf(word string) string {
	if terms := lexical.Analyze(word).Terms; len(terms) == 1 && terms[0].Kind == lexical.Word {
		return terms[0].Text
	}
	return ""
}

// requiredLiteral returns a text that every match of a regexp contains, "" when none is plain to see.
func requiredLiteral(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	return longestLiteral(re.Simplify())
}

func longestLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return longestLiteral(re.Sub[0])
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if l := longestLiteral(sub); len(l) > len(best) {
				best = l
			}
		}
		return best
	}
	return ""
}
