package train

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestSample draws samples of candidates in random numbers: the size is bounded, the order is kept, and which are
// drawn does not depend on the order in which they come.
func TestSample(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		most, pairs, bare := random.IntN(20), random.IntN(100), random.IntN(100)
		var all []candidate
		for i := range pairs + bare {
			c := candidate{draw: random.Uint64()}
			if c.Name = fmt.Sprint(i); i < pairs {
				c.Query = "what it does"
			}
			all = append(all, c)
		}
		choose := func() map[string]bool {
			s := sample{most: most}
			for _, c := range all {
				s.add(c)
				if most > 0 && len(s.pairs)+len(s.bare) > 4*most {
					t.Fatalf("holds %d candidates for at most %d pairs", len(s.pairs)+len(s.bare), most)
				}
			}
			names, last, drawnPairs := map[string]bool{}, -1, 0
			for _, c := range s.choose() {
				if c.order <= last {
					t.Fatalf("candidate %d comes after %d", c.order, last)
				}
				last, names[c.Name] = c.order, true
				if c.Query != "" {
					drawnPairs++
				}
			}
			wantPairs := pairs
			if most > 0 {
				wantPairs = min(pairs, most)
			}
			if drawnPairs != wantPairs || len(names) != wantPairs+min(bare, wantPairs) {
				t.Fatalf("drew %d pairs of %d and %d in all, at most %d", drawnPairs, pairs, len(names), most)
			}
			return names
		}
		first := choose()
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for name := range choose() {
			if !first[name] {
				t.Fatalf("candidate %s is drawn only in another order", name)
			}
		}
	}
}

// TestDuplicateFilter checks that the filter of fixed size finds what was added, and next to nothing else.
func TestDuplicateFilter(t *testing.T) {
	filter := newDuplicateFilter()
	print := func(i int) (f fingerprint) {
		for band := range f {
			f[band] = mix(uint64(i*bands + band))
		}
		return f
	}
	const n = 100_000
	for i := range n {
		filter.add(print(i))
	}
	wrong := 0
	for i := range n {
		if !filter.seen(print(i)) {
			t.Fatalf("function %d was added and is not found", i)
		}
		if filter.seen(print(n + i)) {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("%d of %d new functions are taken for duplicates", wrong, n)
	}
}

func TestLicense(t *testing.T) {
	for _, test := range []struct {
		files []string
		want  string
	}{
		{nil, ""},
		{[]string{"main.go", "license.go", "licenses/check.py"}, ""},
		{[]string{"COPYING.protobuf", "LICENSE"}, "LICENSE"},
		{[]string{"a/LICENSE", "COPYING"}, "COPYING"},
		{[]string{"MIT-LICENSE"}, "MIT-LICENSE"},
		{[]string{"LICENSES/LGPL-2.1-or-later.txt", "README.md"}, "LICENSES/LGPL-2.1-or-later.txt"},
		{[]string{"doc/LICENSE.txt"}, "doc/LICENSE.txt"},
		{[]string{"COPYRIGHT.txt"}, "COPYRIGHT.txt"},
		{[]string{"docs/LGPL.txt"}, "docs/LGPL.txt"},
		{[]string{"x.dist-info/licenses/LICENSE"}, "x.dist-info/licenses/LICENSE"},
		{[]string{"vendor/x/LICENSE", "Licence.md"}, "Licence.md"},
		{[]string{"curl/LICENSE", "contrib/bundled/LICENSE", "COPYING"}, "COPYING"},
	} {
		var tr tree
		for _, f := range test.files {
			tr.files = append(tr.files, sourceFile{path: f})
		}
		if got := tr.license(); got != test.want {
			t.Errorf("licence of %v: %q, want %q", test.files, got, test.want)
		}
	}
}

func TestSetAside(t *testing.T) {
	if len(setAside) < 24 {
		t.Errorf("%d repositories are set aside for the ranking, want 24", len(setAside))
	}
	for name := range setAside {
		if KeptOut(name) {
			t.Errorf("%s is set aside although results are measured on it", name)
		}
		if got := splitOf(name); got != SplitRanking {
			t.Errorf("%s: split %s, want %s", name, got, SplitRanking)
		}
	}
}
