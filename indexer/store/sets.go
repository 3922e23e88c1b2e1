package store

import (
	"slices"
	"sync"

	"lsp/indexer/bitset"
)

// keptSets is how many sets of units a segment keeps at most: an eighth of a byte a unit each.
const keptSets = 64

// unitSets keeps the sets of units that were asked for last, newest first.
type unitSets struct {
	mu   sync.Mutex
	list []unitSet
}

type unitSet struct {
	key string
	set bitset.Set
}

// UnitSet returns the set of units of that name, which find makes when it is not kept from an earlier call. It must depend on
// nothing but the segment and the name, and hold dead units as well; nil is all. It is shared: nobody may change it.
func (s *Segment) UnitSet(name string, find func() (bitset.Set, error)) (bitset.Set, error) {
	if set, ok := s.sets.get(name); ok {
		return set, nil
	}
	set, err := find()
	if err != nil {
		return nil, err
	}
	s.sets.put(unitSet{name, set})
	return set, nil
}

func (k *unitSets) get(name string) (bitset.Set, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.list, func(s unitSet) bool { return s.key == name })
	if i < 0 {
		return nil, false
	}
	found := k.list[i]
	copy(k.list[1:], k.list[:i])
	k.list[0] = found
	return found.set, true
}

func (k *unitSets) put(s unitSet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = slices.DeleteFunc(k.list, func(t unitSet) bool { return t.key == s.key }) // made by two at a time
	k.list = slices.Insert(k.list[:min(len(k.list), keptSets-1)], 0, s)
}
