package rank

import (
	"errors"

	"github.com/zeebo/xxh3"

	"lsp/indexer/search"
)

// Corpus is the samples of one repository.
type Corpus struct {
	Head    Head
	Samples []Sample
}

// errNoQuestions is returned where there is nothing to fit to.
var errNoQuestions = errors.New("no samples to fit to")

// Held reports whether a repository is never fitted to, so that results can be measured on it: one of five, by name.
func Held(repository string) bool { return xxh3.HashString(repository)%5 == 0 }

// Measure ranks the samples of all classes that are fitted by weights.
func Measure(corpora []Corpus, w *search.Weights) []Outcome {
	var classes []search.Class
	for i := range parts {
		classes = append(classes, parts[i].classes...)
	}
	p := newProblem(corpora, 0, classes, Kinds)
	p.weigh(w)
	return p.measure(w, search.NumSignals)
}
