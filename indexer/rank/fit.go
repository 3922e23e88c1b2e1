package rank

import (
	"cmp"
	"context"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"

	"lsp/indexer/search"
)

// FitOptions shape a fit.
type FitOptions struct {
	Rounds int // through all weights, with ever smaller steps; a fit ends sooner when a round changes nothing

	// Gain is what a step must add to the mean NDCG of the kinds of question to be taken, Loss what it may take from any kind,
	// all steps together.
	Gain, Loss float64

	// PerKind is the number of questions of every kind and repository that are used; 0 means all.
	PerKind int

	Progress func(done, total int) // called after every weight, may be nil
}

// DefaultFit returns the options that made the weights inside the program.
func DefaultFit() FitOptions {
	return FitOptions{Rounds: 4, Gain: 0.0002, Loss: 0.0005, PerKind: 100}
}

// signals is the number of signals, as a constant for arrays.
const signals = int(search.NumSignals)

// fitted are the signals whose weights are fitted. Of the others the questions cannot tell: documentation is blanked where most
// of them are asked; functions, or types, of some length are those that have any, whatever people ask for; and documentation
// repeats the words of what it documents more than people do who look for it.
var fitted = []search.Signal{
	search.Meaning, search.MeaningSpread, search.Name, search.FileName, search.Folder, search.FileWords, search.FileMeaning,
	search.Exported, search.Used,
}

// textClasses are the classes of question that the samples tell about. Names are looked up by their grade, messages and code
// are not asked for in the samples: their weights are set by hand. A step changes the weights of all text classes alike, so
// what sets them apart stays.
var textClasses = []search.Class{search.Keywords, search.Sentence, search.Question}

// problem is the questions of some repositories, laid out for speed.
type problem struct {
	questions []asked
	x         []float32 // signals, unit after unit
	factor    []float32
	file      []int32
	right     []bool
}

// asked is a question: its units from first up to end.
type asked struct {
	first, end int
	class      search.Class
	byFile     bool
	answers    int
	kind       Kind
	repository int
}

func newProblem(corpora []Corpus, perKind int, classes []search.Class) *problem {
	p := &problem{}
	for n := range corpora {
		taken := map[Kind]int{}
		for i := range corpora[n].Samples {
			s := &corpora[n].Samples[i]
			if !slices.Contains(classes, s.Class) || perKind > 0 && taken[s.Kind] >= perKind {
				continue
			}
			taken[s.Kind]++
			q := asked{first: len(p.file), class: s.Class, byFile: s.byFile(), answers: s.Answers, kind: s.Kind, repository: n}
			for j := range s.Units {
				u := &s.Units[j]
				p.x = append(p.x, u.Signals...)
				p.factor, p.file, p.right = append(p.factor, u.Factor), append(p.file, u.File), append(p.right, u.Right)
			}
			q.end = len(p.file)
			p.questions = append(p.questions, q)
		}
	}
	return p
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

// scored is a unit with its score.
type scored struct {
	unit  int
	score float64
}

// answer ranks the units of one question as search does, results of a file taking turns, and judges the first ten.
func (p *problem) answer(q *asked, w *search.Weights, scratch []scored) (Outcome, []scored) {
	units := scratch[:0]
	weights := &w.Evidence[q.class]
	for u := q.first; u < q.end; u++ {
		score := 0.0
		for k, v := range p.x[u*signals : (u+1)*signals] {
			score += weights[k] * float64(v)
		}
		units = append(units, scored{u, score * float64(p.factor[u])})
	}
	slices.SortFunc(units, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.unit, b.unit)) })
	o := Outcome{Kind: q.kind, Repository: q.repository}
	before, found := map[int32]int{}, map[int32]bool{} // by file: results, whether it was found
	for rank := range min(listed, len(units)) {
		best, most := rank, math.Inf(-1)
		for i := rank; i < len(units) && units[i].score > most; i++ {
			if s := units[i].score * math.Pow(w.Turns.SameFile, float64(before[p.file[units[i].unit]])); s > most {
				best, most = i, s
			}
		}
		u := units[best]
		copy(units[rank+1:best+1], units[rank:best])
		units[rank] = u
		file := p.file[u.unit]
		before[file]++
		if !p.right[u.unit] || q.byFile && found[file] {
			continue
		}
		found[file] = true
		o.NDCG += discount(rank)
		if !o.Hit {
			o.RR, o.Hit = 1/float64(rank+1), true
		}
	}
	ideal := 0.0
	for rank := range min(q.answers, listed) {
		ideal += discount(rank)
	}
	o.NDCG = min(1, o.NDCG/ideal)
	return o, units
}

// discount is the gain of a rank from 0.
func discount(rank int) float64 { return 1 / math.Log2(float64(rank)+2) }

// measure answers every question.
func (p *problem) measure(w *search.Weights) []Outcome {
	out := make([]Outcome, len(p.questions))
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for n := range workers {
		group.Go(func() {
			var scratch []scored
			for i := n; i < len(out); i += workers {
				out[i], scratch = p.answer(&p.questions[i], w, scratch)
			}
		})
	}
	group.Wait()
	return out
}

// ByKind is the mean NDCG of every kind of question, the mean over the repositories that have such questions.
func ByKind(outcomes []Outcome) map[Kind]float64 {
	type key struct {
		kind       Kind
		repository int
	}
	sums, counts := map[key]float64{}, map[key]int{}
	var keys []key
	for i := range outcomes {
		k := key{outcomes[i].Kind, outcomes[i].Repository}
		if counts[k] == 0 {
			keys = append(keys, k)
		}
		sums[k] += outcomes[i].NDCG
		counts[k]++
	}
	means, repositories := map[Kind]float64{}, map[Kind]float64{}
	for _, k := range keys {
		means[k.kind] += sums[k] / float64(counts[k])
		repositories[k.kind]++
	}
	for kind, n := range repositories {
		means[kind] /= n
	}
	return means
}

// average is the mean over the kinds.
func average(means map[Kind]float64) float64 {
	sum := 0.0
	for _, kind := range slices.Sorted(maps.Keys(means)) {
		sum += means[kind]
	}
	return sum / float64(max(1, len(means)))
}

// knob is a number of the weights that is fitted.
type knob struct {
	name string
	of   func(w *search.Weights) []*float64
}

// knobs lists what is fitted, in a fixed order.
func knobs() []knob {
	var out []knob
	for _, s := range fitted {
		out = append(out, knob{s.Key(), func(w *search.Weights) []*float64 {
			var values []*float64
			for _, c := range textClasses {
				values = append(values, &w.Evidence[c][s])
			}
			return values
		}})
	}
	return append(out, knob{"same-file", func(w *search.Weights) []*float64 { return []*float64{&w.Turns.SameFile} }})
}

// Fit changes the weights one after the other, each by a step up or down, and keeps what ranks the questions better: by
// coordinate ascent on the measure itself.
func Fit(ctx context.Context, corpora []Corpus, start search.Weights, o FitOptions) (search.Weights, error) {
	p := newProblem(corpora, o.PerKind, textClasses)
	if len(p.questions) == 0 {
		return start, errNoQuestions
	}
	w := start
	first := ByKind(p.measure(&w))
	best := average(first)
	all := knobs()
	for round := range o.Rounds {
		step := 1 + 0.5/float64(int(1)<<round)
		changed := round == 0 // smaller steps may still help
		for n, k := range all {
			if err := ctx.Err(); err != nil {
				return start, err
			}
			for _, by := range []float64{step, 1 / step} {
				tried := w
				for _, v := range k.of(&tried) {
					*v = stepped(*v, by)
				}
				means := ByKind(p.measure(&tried))
				if mean := average(means); mean >= best+o.Gain && !loses(first, means, o.Loss) {
					w, best, changed = tried, mean, true
					break
				}
			}
			if o.Progress != nil {
				o.Progress(round*len(all)+n+1, o.Rounds*len(all))
			}
		}
		if !changed {
			break
		}
	}
	return w, nil
}

// leastStep is what a weight of zero is raised to.
const leastStep = 0.1

// stepped is a weight after a step: a factor on it, rounded so that a person can read it, and leastStep up from zero.
func stepped(value, by float64) float64 {
	if value == 0 && by > 1 {
		return leastStep
	}
	return math.Round(value*by*1000) / 1000
}

// loses reports whether some kind of question is answered worse than at first by more than is allowed.
func loses(first, now map[Kind]float64, most float64) bool {
	for kind, was := range first {
		if now[kind] < was-most {
			return true
		}
	}
	return false
}
