package rank

import (
	"context"
	"maps"
	"math"
	"slices"

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

	// Turns says whether it is fitted, too, how results of one file and of one name lower each other. All families of encoders
	// have that in common, so it is fitted with one of them.
	Turns bool

	Progress func(done, total int) // called after every weight, may be nil
}

// DefaultFit returns the options that made the weights inside the program.
func DefaultFit() FitOptions {
	return FitOptions{Rounds: 6, Gain: 0.0001, Loss: 0.0005, Turns: true}
}

// signals is the number of signals, as a constant for arrays.
const signals = int(search.NumSignals)

// part is a part of the weights that is fitted by itself.
type part struct {
	classes []search.Class // a step changes the weights of all of them alike, so what sets them apart stays
	kinds   []Kind         // of the questions that tell
	signals []fitted
	turns   bool // with what results of one file and of one name leave of each other
}

// fitted is a signal whose weight is fitted.
type fitted struct {
	signal search.Signal
	kinds  []Kind // of the questions that have to be answered better; nil means all of the part
}

// all returns signals that every kind of question can tell about.
func all(s ...search.Signal) []fitted { return only(nil, s...) }

// only returns signals that some kinds of question can tell about.
func only(kinds []Kind, s ...search.Signal) []fitted {
	var out []fitted
	for _, signal := range s {
		out = append(out, fitted{signal, kinds})
	}
	return out
}

// people are kinds of question about what people were busy with, in words of their own. Questions from documentation repeat
// the words of what answers them, and they are about everything that has any, however little it is used.
var people = []Kind{Guide, Commit}

// parts are what is fitted. Of other signals the questions cannot tell: functions, or types, of some length are those that
// have documentation, whatever people ask for; and how widely a name is used decides how often it is drawn. Messages and code
// are not asked for at all.
var parts = []part{
	{
		classes: []search.Class{search.Keywords, search.Sentence, search.Question}, kinds: Kinds, turns: true,
		signals: append(all(search.Meaning, search.MeaningSpread, search.Name, search.SpelledName, search.FileName, search.Folder,
			search.FileWords, search.FileMeaning), only(people, search.Words, search.Coverage, search.NameWords, search.Exported, search.Used)...),
	},
	{
		classes: []search.Class{search.Identifier, search.Qualified}, kinds: []Kind{NameRecall, FileRecall},
		signals: all(search.Meaning, search.Words, search.Coverage, search.NameWords, search.Name, search.FileName,
			search.Folder, search.FileWords, search.FileMeaning),
	},
}

// knob is a number of the weights that is fitted.
type knob struct {
	signal search.Signal // search.NumSignals for those of Turns
	kinds  []Kind        // see fitted
	of     func(w *search.Weights) []*float64
}

// knobs lists what is fitted of a part, in a fixed order.
func (p *part) knobs(turns bool) []knob {
	var out []knob
	for _, f := range p.signals {
		kinds := f.kinds
		if kinds == nil {
			kinds = p.kinds
		}
		out = append(out, knob{f.signal, kinds, func(w *search.Weights) []*float64 {
			var values []*float64
			for _, c := range p.classes {
				values = append(values, &w.Evidence[c][f.signal])
			}
			return values
		}})
	}
	if !p.turns || !turns {
		return out
	}
	return append(out,
		knob{search.NumSignals, p.kinds, func(w *search.Weights) []*float64 { return []*float64{&w.Turns.SameFile} }},
		knob{search.NumSignals, p.kinds, func(w *search.Weights) []*float64 { return []*float64{&w.Turns.SameName} }})
}

// Fit changes the weights one after the other, each by a step up or down, and keeps what ranks the questions better: by
// coordinate ascent on the measure itself.
func Fit(ctx context.Context, corpora []Corpus, start search.Weights, o FitOptions) (search.Weights, error) {
	asked := 0
	w := start
	for i := range parts {
		part := &parts[i]
		p := newProblem(corpora, o.PerKind, part.classes, part.kinds)
		if len(p.questions) == 0 {
			continue
		}
		asked += len(p.questions)
		report := func(done, total int) {
			if o.Progress != nil {
				o.Progress(i*total+done, len(parts)*total)
			}
		}
		var err error
		if w, err = p.climb(ctx, w, part.knobs(o.Turns), o, report); err != nil {
			return start, err
		}
	}
	if asked == 0 {
		return start, errNoQuestions
	}
	return w, nil
}

// climb fits the numbers of one part.
func (p *problem) climb(ctx context.Context, w search.Weights, all []knob, o FitOptions, report func(done, total int)) (search.Weights, error) {
	p.weigh(&w)
	first := ByKind(p.measure(&w, search.NumSignals))
	now := first
	for round := range o.Rounds {
		size := 1 + 0.5/float64(int(1)<<round)
		changed := round == 0 // smaller steps may still help
		for n, k := range all {
			for _, by := range []float64{size, 1 / size} {
				if err := ctx.Err(); err != nil {
					return w, err
				}
				tried := w
				step(k.of(&tried), by)
				means := ByKind(p.measure(&tried, k.signal))
				if average(means, k.kinds) >= average(now, k.kinds)+o.Gain && !loses(first, means, o.Loss) {
					w, now, changed = tried, means, true
					p.weigh(&w)
					break
				}
			}
			report(round*len(all)+n+1, o.Rounds*len(all))
		}
		if !changed {
			break
		}
	}
	return w, nil
}

// leastStep is what weights of zero are raised to.
const leastStep = 0.1

// step changes weights by a factor, rounded so that a person can read them, or raises them to leastStep when all are zero. One
// that is zero beside others stays so.
func step(weights []*float64, by float64) {
	zero := !slices.ContainsFunc(weights, func(w *float64) bool { return *w != 0 })
	for _, w := range weights {
		if *w = math.Round(*w*by*1000) / 1000; zero && by > 1 {
			*w = leastStep
		}
	}
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

// average is the mean over those of the kinds that there are.
func average(means map[Kind]float64, kinds []Kind) float64 {
	sum, n := 0.0, 0
	for _, kind := range slices.Sorted(maps.Keys(means)) {
		if slices.Contains(kinds, kind) {
			sum += means[kind]
			n++
		}
	}
	return sum / float64(max(1, n))
}
