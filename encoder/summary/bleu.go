package summary

import (
	"math"
	"strings"

	"lsp/encoder/static"
)

// BLEU returns the similarity of a line to a reference, from 0 to 1: the geometric mean of the shares of its one to
// four words in a row that the reference has too, times a penalty for being shorter (Papineni et al., 2002), with one
// added to counts of two words and more so that single lines can be compared (Lin and Och, ORANGE, 2004). Words are
// cut as the model cuts them, in small letters.
func BLEU(line, reference string) float64 {
	got, want := wordsOf(line), wordsOf(reference)
	if len(got) == 0 || len(want) == 0 {
		return 0
	}
	logs := 0.0
	for n := 1; n <= 4; n++ {
		matched, total := overlap(got, want, n)
		if n > 1 {
			matched, total = matched+1, total+1
		}
		if matched == 0 {
			return 0
		}
		logs += math.Log(float64(matched)/float64(total)) / 4
	}
	return math.Exp(logs + min(0, 1-float64(len(want))/float64(len(got))))
}

// overlap counts the runs of n words of got that want has, each as often as want has it at most.
func overlap(got, want []string, n int) (matched, total int) {
	has := map[string]int{}
	for i := 0; i+n <= len(want); i++ {
		has[strings.Join(want[i:i+n], " ")]++
	}
	for i := 0; i+n <= len(got); i++ {
		total++
		if key := strings.Join(got[i:i+n], " "); has[key] > 0 {
			has[key]--
			matched++
		}
	}
	return matched, total
}

// wordsOf parts a text into its words, in small letters, identifiers too.
func wordsOf(text string) []string {
	var words []string
	static.Words(text, func(w []byte) { words = append(words, string(w)) })
	return words
}
