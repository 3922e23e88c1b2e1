package train

import (
	"math/rand/v2"
	"strings"
)

// PairOptions say which mined functions are drawn.
type PairOptions struct {
	Split         string // SplitTrain, SplitValidation or SplitTest
	PerRepository int    // most functions of one repository
	Most          int    // most functions in all
	Seed          uint64
}

// leastQueryWords is how long a question must be to ask for anything.
const leastQueryWords = 3

// DrawPairs draws documented functions from the records in a folder, evenly from its repositories: for models that need
// few examples from many places. The same records always give the same functions in the same order.
func DrawPairs(dir string, opts PairOptions) ([]Record, error) {
	files, err := recordFiles(dir)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(opts.Seed, 0x7061697273))
	var drawn []Record
	for _, file := range files {
		kept, seen := []Record(nil), 0
		err := readRecords(file, func(r *Record) error {
			if r.Split != opts.Split || r.Query == "" || r.Body == "" || len(strings.Fields(r.Query)) < leastQueryWords {
				return nil
			}
			// Each of those seen so far is kept with the same probability (Vitter's algorithm R, 1985).
			if seen++; len(kept) < opts.PerRepository {
				kept = append(kept, *r)
			} else if at := rng.IntN(seen); at < len(kept) {
				kept[at] = *r
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, kept...)
	}
	rng.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn[:min(len(drawn), opts.Most)], nil
}
