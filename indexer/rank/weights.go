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

// Measure ranks the samples of the text classes by weights.
func Measure(corpora []Corpus, w *search.Weights) []Outcome {
	return newProblem(corpora, 0, textClasses).measure(w)
}
