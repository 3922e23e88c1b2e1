package store

import (
	"strconv"
	"sync"
	"testing"

	"lsp/indexer/bitset"
)

// TestUnitSets asks for more sets than are kept, from several goroutines: what is kept is what was made under that name, and
// there are never more than keptSets.
func TestUnitSets(t *testing.T) {
	var s Segment
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 20 * keptSets {
				n := uint32(37*i+i/9) % (2 * keptSets)
				set, err := s.UnitSet(strconv.Itoa(int(n)), func() (bitset.Set, error) {
					set := bitset.New(2 * keptSets)
					set.Add(n)
					return set, nil
				})
				if err != nil || set.Count() != 1 || !set.Has(n) {
					t.Errorf("set %d is %v: %v", n, set, err)
				}
			}
		})
	}
	group.Wait()
	if n := len(s.sets.list); n != keptSets {
		t.Errorf("%d sets are kept", n)
	}
}

// TestUnitSetKept holds that a set which was asked for lately is not made again.
func TestUnitSetKept(t *testing.T) {
	var s Segment
	made := 0
	for i := range 3 * keptSets {
		for _, name := range []string{"often", strconv.Itoa(i)} {
			if _, err := s.UnitSet(name, func() (bitset.Set, error) {
				if name == "often" {
					made++
				}
				return nil, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
}
