package rank

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"lsp/indexer/search"
)

// problem is the questions of some repositories, laid out for speed: a step of one weight reads one signal of every unit.
type problem struct {
	questions []asked
	signals   [signals][]uint16 // by signal, unit after unit
	factor    []float32
	file      []uint16
	name      []uint16
	right     []bool

	weighed search.Weights // by which the scores are
	scores  []float32      // of the units, without Used
}

// asked is a question: its units from first up to end.
type asked struct {
	first, end int
	class      search.Class
	byFile     bool
	ideal      float64 // gain of the best list
	kind       Kind
	repository int
}

// newProblem lays out the questions of some classes and kinds, of each repository and kind at most perKind when that is not 0.
func newProblem(corpora []Corpus, perKind int, classes []search.Class, kinds []Kind) *problem {
	p := &problem{}
	for n := range corpora {
		taken := map[Kind]int{}
		for i := range corpora[n].Samples {
			s := &corpora[n].Samples[i]
			if !slices.Contains(classes, s.Class) || !slices.Contains(kinds, s.Kind) || perKind > 0 && taken[s.Kind] >= perKind {
				continue
			}
			taken[s.Kind]++
			p.add(s, n)
		}
	}
	p.scores = make([]float32, len(p.file))
	return p
}

// add lays out one question. An answer beyond the candidates that were kept for being the best is no candidate: nothing is
// known of those that lie between.
func (p *problem) add(s *Sample, repository int) {
	n := min(len(s.Factor), sampleDepth)
	q := asked{first: len(p.file), class: s.Class, byFile: s.byFile(), kind: s.Kind, repository: repository}
	for rank := range min(s.Answers, listed) {
		q.ideal += discount(rank)
	}
	for k := range p.signals {
		for u := range n {
			p.signals[k] = append(p.signals[k], s.Signals[u*signals+k])
		}
	}
	p.factor, p.file, p.name = append(p.factor, s.Factor[:n]...), append(p.file, s.File[:n]...), append(p.name, s.Name[:n]...)
	p.right = append(p.right, s.Right[:n]...)
	q.end = len(p.file)
	p.questions = append(p.questions, q)
}

// Outcome is how well one question was answered by the first ten results.
type Outcome struct {
	Kind       Kind
	Repository int     // position among the corpora
	NDCG       float64 // an answer counts where it is found first
	RR         float64 // one over the rank of the first right result
	Hit        bool    // there is one
}

// listed is how many results count.
const listed = 10

// weigh computes the scores of all units.
func (p *problem) weigh(w *search.Weights) {
	p.weighed = *w
	p.each(func(_ int, q *asked, _ *scratch) {
		weights := &w.Evidence[q.class]
		for u := q.first; u < q.end; u++ {
			sum := 0.0
			for k := range p.signals {
				if search.Signal(k) != search.Used {
					sum += weights[k] * float64(p.signals[k][u])
				}
			}
			p.scores[u] = float32(sum/maxSignal) * p.factor[u]
		}
	})
}

// measure answers every question by weights that differ from those of weigh in one signal at most and in turns.
func (p *problem) measure(w *search.Weights, moved search.Signal) []Outcome {
	out := make([]Outcome, len(p.questions))
	p.each(func(i int, q *asked, s *scratch) {
		s.score = append(s.score[:0], p.scores[q.first:q.end]...)
		if moved < search.NumSignals && moved != search.Used {
			by := float32((w.Evidence[q.class][moved] - p.weighed.Evidence[q.class][moved]) / maxSignal)
			factor, signal := p.factor[q.first:q.end], p.signals[moved][q.first:q.end]
			for u := range s.score {
				s.score[u] += by * float32(signal[u]) * factor[u]
			}
		}
		p.addUses(q, w, s)
		out[i] = p.judge(q, w, s)
	})
	return out
}

// scratch is memory that a worker uses again for every question.
type scratch struct {
	score, sorted []float32
	found         map[uint16]bool
}

// each calls f for every question, several at a time.
func (p *problem) each(f func(i int, q *asked, s *scratch)) {
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for n := range workers {
		group.Go(func() {
			s := scratch{found: map[uint16]bool{}}
			for i := n; i < len(p.questions); i += workers {
				f(i, &p.questions[i], &s)
			}
		})
	}
	group.Wait()
}

// addUses adds how widely names are used to the scores of the best units, as search does.
func (p *problem) addUses(q *asked, w *search.Weights, s *scratch) {
	by := float32(w.Evidence[q.class][search.Used] / maxSignal)
	if by == 0 {
		return
	}
	least := float32(math.Inf(-1))
	if len(s.score) > search.UsedDepth {
		s.sorted = append(s.sorted[:0], s.score...)
		slices.Sort(s.sorted)
		least = s.sorted[len(s.sorted)-search.UsedDepth]
	}
	for i := range s.score {
		if s.score[i] >= least {
			s.score[i] += by * float32(p.signals[search.Used][q.first+i]) * p.factor[q.first+i]
		}
	}
}

// judge takes the best units one after the other, each lowering those of its file and of its name as in a search, and judges
// the list. It uses up the scores.
func (p *problem) judge(q *asked, w *search.Weights, s *scratch) Outcome {
	o := Outcome{Kind: q.kind, Repository: q.repository}
	clear(s.found)
	files, names := p.file[q.first:q.end], p.name[q.first:q.end]
	sameFile, sameName := float32(w.Turns.SameFile), float32(w.Turns.SameName)
	for rank := range min(listed, len(s.score)) {
		best := 0
		for i, score := range s.score {
			if score > s.score[best] {
				best = i
			}
		}
		file, name := files[best], names[best]
		s.score[best] = float32(math.Inf(-1))
		for i := range files {
			if files[i] == file {
				s.score[i] *= sameFile
			}
			if names[i] == name && name != 0 {
				s.score[i] *= sameName
			}
		}
		if !p.right[q.first+best] || q.byFile && s.found[file] {
			continue
		}
		s.found[file] = true
		o.NDCG += discount(rank)
		if !o.Hit {
			o.RR, o.Hit = 1/float64(rank+1), true
		}
	}
	o.NDCG = min(1, o.NDCG/q.ideal)
	return o
}

// discount is the gain of a rank from 0.
func discount(rank int) float64 { return 1 / math.Log2(float64(rank)+2) }
