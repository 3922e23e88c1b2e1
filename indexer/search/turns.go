package search

import (
	"fmt"
	"math"

	"lsp/indexer/store"
)

// foldDuplicates keeps the best of units with the same text, with the number of the others.
func (r *run) foldDuplicates(all []*scored) []*scored {
	first := make(map[store.Hash]*scored, len(all))
	out := all[:0]
	for _, c := range all {
		h := r.sources[c.source].seg.Hash(c.unit)
		if best := first[h]; best != nil {
			best.duplicates++
			continue
		}
		first[h] = c
		out = append(out, c)
	}
	return out
}

// turns counts what was taken of every file and every name.
type turns struct {
	run   *run
	files map[fileRef]int
	names map[string]int
}

// diversify takes the best results one after the other; each lowers the scores of what its file has left, and of what
// bears its name without having been asked for by that name.
func (r *run) diversify(all []*scored) []*scored {
	t := turns{run: r, files: map[fileRef]int{}, names: map[string]int{}}
	out := make([]*scored, 0, min(len(all), r.req.limit()))
	for len(out) < cap(out) {
		best, bestScore := -1, 0.0
		for i, c := range all {
			if c == nil {
				continue
			}
			if best >= 0 && c.score <= bestScore {
				break // ordered by score, which can only be lowered
			}
			file, name := t.factors(c)
			if s := c.score * file * name; best < 0 || s > bestScore {
				best, bestScore = i, s
			}
		}
		out = append(out, all[best])
		t.take(all[best])
		all[best] = nil
	}
	return out
}

// factors returns what the results before leave of the score of a candidate.
func (t *turns) factors(c *scored) (file, name float64) {
	file, name = saturation(t.run.weights.Turns.SameFile, t.files[fileRef{c.source, c.file}]), 1
	if !c.asked() {
		name = saturation(t.run.weights.Turns.SameName, t.names[t.run.sources[c.source].seg.Name(c.unit)])
	}
	return file, name
}

// take lowers the score of a result by what came before it and counts it.
func (t *turns) take(c *scored) {
	file, name := t.factors(c)
	key, text := fileRef{c.source, c.file}, t.run.sources[c.source].seg.Name(c.unit)
	add := t.run.adder(c)
	if file < 1 {
		add(fmt.Sprintf("result %d of the file", t.files[key]+1), (file-1)*c.score)
	}
	if name < 1 {
		add(fmt.Sprintf("result %d of the name", t.names[text]+1), (name-1)*c.score)
	}
	t.files[key]++
	if text != "" {
		t.names[text]++
	}
}

// saturation is what n results before leave of a score, each the same share; beyond thirty, what thirty leave.
func saturation(factor float64, n int) float64 { return math.Pow(factor, float64(min(n, 30))) }
