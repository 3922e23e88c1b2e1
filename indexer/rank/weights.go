package rank

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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

// WriteRepositories writes what was asked of which repository, as a table with tabs between columns.
func WriteRepositories(w io.Writer, corpora []Corpus) error {
	lines := []string{"repository\trevision\tpart\tquestions\tunits\tnot found\n"}
	for i := range corpora {
		h := &corpora[i].Head
		asked := 0
		for _, n := range h.Questions {
			asked += n
		}
		part := "fitted"
		if Held(h.Repository) {
			part = "held out"
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%d\t%d\t%d\n", h.Repository, h.Revision, part, asked, h.Units, h.Missed))
	}
	slices.SortFunc(lines[1:], func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	_, err := io.WriteString(w, strings.Join(lines, ""))
	return err
}

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
