package train

import (
	"context"
	"slices"

	"lsp/encoder"
	"lsp/encoder/static"
)

// Hard negatives are functions that the table of the moment takes for the answer to a question of another function. A
// batch that holds them teaches more than one dealt at random (Xiong et al., Approximate nearest neighbor negative
// contrastive learning, 2021). Some of them do answer the question: those whose own question means the same to the
// teacher are left out.

const (
	negativeShard = 8192 // functions of one language that a question is compared with
	negativeLooks = 24   // nearest functions that are looked at for each question
)

// negatives returns for every pair the pairs whose functions are its hard negatives, nearest first,
// opts.HardNegatives for each and -1 where there are no more.
func (f *fitter) negatives(ctx context.Context, epoch int) ([]int32, error) {
	found := make([]int32, f.opts.HardNegatives*len(f.pairs.records))
	for i := range found {
		found[i] = -1
	}
	byLanguage := map[string][]int32{}
	var languages []string
	for _, i := range f.rng(uint64(epoch), 4).Perm(len(f.pairs.records)) {
		language := f.pairs.records[i].Language
		if !f.pairs.taught[i] {
			continue // nobody can tell whether a negative is one
		}
		if byLanguage[language] == nil {
			languages = append(languages, language)
		}
		byLanguage[language] = append(byLanguage[language], int32(i))
	}
	for _, language := range languages {
		for shard := range slices.Chunk(byLanguage[language], negativeShard) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			f.negativesIn(shard, found)
		}
	}
	return found, nil
}

// negativesIn finds the hard negatives of some pairs among them.
func (f *fitter) negativesIn(shard []int32, found []int32) {
	n, d, workers := len(shard), f.opts.Dimensions, f.opts.Workers
	questions, functions := newMatrix(n, d), newMatrix(n, d)
	parallel(workers, workers, func(from, end int) {
		for w := from; w < end; w++ {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				f.vectors(f.readers[w], &f.pairs.records[shard[i]], rowOf(questions, i), rowOf(functions, i))
			}
		}
	})
	columns := transposed(functions)
	parallel(n, workers, func(from, end int) {
		var nearest [negativeLooks]int32
		own, other := make([]float32, TeacherDimensions), make([]float32, TeacherDimensions)
		for at := from; at < end; at += rankBand {
			to := min(at+rankBand, end)
			scores := newMatrix(to-at, n)
			multiply(band(questions, at, to), columns, scores, 1)
			for i := at; i < to; i++ {
				row := rowOf(scores, i-at)
				row[i] = -2 // the answer
				f.keepNegatives(shard, i, top(row, nearest[:]), own, other, found)
			}
		}
	})
}

// vectors writes the vectors of the question and the function of a pair, without its documentation.
func (f *fitter) vectors(reader *static.Reader, r *Record, question, function []float32) {
	unit := r.Unit(false)
	f.table.sum(reader.Unit(&unit, &f.opts.Fields, f.opts.UnitTokens), &f.table.units, function)
	f.table.sum(reader.Query(r.Query, f.opts.QueryTokens), &f.table.asked, question)
	encoder.Normalize(function)
	encoder.Normalize(question)
}

// keepNegatives keeps of the functions nearest to the question of a pair those that do not answer it as well.
func (f *fitter) keepNegatives(shard []int32, i int, nearest []int32, own, other []float32, found []int32) {
	keep := found[int(shard[i])*f.opts.HardNegatives:][:f.opts.HardNegatives]
	f.teacher.vector(f.pairs.query[shard[i]], own)
	n := 0
	for _, j := range nearest {
		if n == len(keep) {
			return
		}
		f.teacher.vector(f.pairs.query[shard[j]], other)
		if dot(own, other) < f.opts.SameMeaning {
			keep[n] = shard[j]
			n++
		}
	}
}

// top writes the indexes of the largest values into dst, the largest first, and returns how many there are. Of equal
// values the first counts as larger.
func top(values []float32, dst []int32) []int32 {
	n := 0
	for i, x := range values {
		if n == len(dst) && (n == 0 || x <= values[dst[n-1]]) {
			continue
		}
		at := n
		for at > 0 && values[dst[at-1]] < x {
			at--
		}
		n = min(n+1, len(dst))
		copy(dst[at+1:n], dst[at:n-1])
		dst[at] = int32(i)
	}
	return dst[:n]
}
