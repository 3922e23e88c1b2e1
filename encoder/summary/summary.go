// Package summary guesses a line of documentation for a function that has none. It takes the first sentence of a
// documented function that lies near in the joint space and has a like name, and puts the function's own words where the
// two names differ.
//
// It is retrieval and no generation (as in Liu et al., Neural-machine-translation-based commit message generation: how
// far are we?, 2018): whatever it says, somebody wrote of something else. It must be shown as a guess.
package summary

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Neighbour is a documented function near the one to be summarised.
type Neighbour struct {
	Name          string
	Documentation string  // markers removed
	Similarity    float32 // cosine of the two vectors
}

// A Guess is a line that may say what a function does.
type Guess struct {
	Text string
	From int // index of the neighbour whose sentence it is, or -1 for the words of the function's own name
}

// Neighbours is how many neighbours are worth handing over.
const Neighbours = 10

// nameWeight is what two names with the same words add to a cosine. It was chosen on the validation split of the training
// data; the model card tells what comes out on the test split.
const nameWeight = 0.3

// Line guesses a line for the function of the given name: the first sentence of the neighbour that lies nearest and whose
// name has the most words in common, adapted to the name. When no neighbour says anything it is the name in words,
// and when the name has one word only, Text is empty.
func Line(name string, near []Neighbour) Guess {
	own := wordsOf(name)
	best, most := Guess{From: -1}, float32(0)
	for i, n := range near {
		theirs := wordsOf(n.Name)
		score := n.Similarity + nameWeight*common(own, theirs)
		if best.From >= 0 && score <= most {
			continue
		}
		if text := adapt(FirstSentence(n.Documentation), theirs, own); text != "" {
			best, most = Guess{text, i}, score
		}
	}
	if best.From < 0 && len(own) > 1 {
		best.Text = capitalised(strings.Join(own, " ")) + "."
	}
	return best
}

// common is the share of words that two names have in common (Dice's coefficient).
func common(a, b []string) float32 {
	n := 0
	for _, w := range a {
		if slices.Contains(b, w) {
			n++
		}
	}
	return 2 * float32(n) / float32(max(1, len(a)+len(b)))
}

// adapt replaces words of a neighbour's name in its sentence by those that stand in their place in the function's own
// name: the sentence of getWidth becomes one of getHeight. Names of different lengths are left alone.
func adapt(sentence string, theirs, own []string) string {
	if len(theirs) != len(own) {
		return sentence
	}
	change, same := map[string]string{}, 0
	for i, w := range theirs {
		if w == own[i] {
			same++
		} else {
			change[w] = own[i]
		}
	}
	if same == 0 || len(change) == 0 {
		return sentence
	}
	words := strings.Fields(sentence)
	for i, w := range words {
		core := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if to, ok := change[strings.ToLower(core)]; ok && core != "" {
			if r, _ := utf8.DecodeRuneInString(core); unicode.IsUpper(r) {
				to = capitalised(to)
			}
			words[i] = strings.Replace(w, core, to, 1)
		}
	}
	return strings.Join(words, " ")
}

func capitalised(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// maxLine is the longest line in runes; a longer sentence is cut at a word.
const maxLine = 160

// FirstSentence returns the first sentence of a documentation on one line, or "" when its first paragraph has no
// words.
func FirstSentence(documentation string) string {
	var words []string
	length := 0
	for line := range strings.Lines(strings.TrimSpace(documentation)) {
		fields := strings.Fields(line)
		if len(fields) == 0 && len(words) > 0 {
			break
		}
		for _, w := range fields {
			if length += utf8.RuneCountInString(w) + 1; length > maxLine+1 && len(words) > 0 {
				return strings.Join(words, " ")
			}
			words = append(words, w)
			if endsSentence(w) {
				return strings.Join(words, " ")
			}
		}
	}
	text := strings.Join(words, " ")
	if strings.IndexFunc(text, unicode.IsLetter) < 0 {
		return ""
	}
	return text
}

// endsSentence reports whether a sentence ends with a word: with a full stop that belongs to no abbreviation.
func endsSentence(w string) bool {
	if !strings.HasSuffix(w, ".") && !strings.HasSuffix(w, "!") && !strings.HasSuffix(w, "?") {
		return false
	}
	switch strings.ToLower(strings.Trim(w, "().,")) {
	case "e.g", "i.e", "etc", "vs", "cf", "resp":
		return false
	}
	return true
}
