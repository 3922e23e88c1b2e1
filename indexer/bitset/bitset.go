// Package bitset is a dense set of small integers: the units of a segment that are alive or that pass a filter.
package bitset

import "math/bits"

// Set holds members of [0, 64*len(Set)). A nil Set where a filter is expected means "everything".
type Set []uint64

// New returns an empty set with room for members below n.
func New(n int) Set { return make(Set, (n+63)/64) }

// Full returns the set of all members below n.
func Full(n int) Set {
	s := New(n)
	for i := range s {
		s[i] = ^uint64(0)
	}
	if rest := n % 64; rest != 0 {
		s[len(s)-1] = 1<<rest - 1
	}
	return s
}

// Has reports whether i is a member. A nil set has every member.
func (s Set) Has(i uint32) bool { return s == nil || s[i>>6]>>(i&63)&1 == 1 }

// Add makes i a member.
func (s Set) Add(i uint32) { s[i>>6] |= 1 << (i & 63) }

// Remove makes i no member.
func (s Set) Remove(i uint32) { s[i>>6] &^= 1 << (i & 63) }

// AddRange makes every i with from <= i < to a member.
func (s Set) AddRange(from, to uint32) {
	for ; from < to && from&63 != 0; from++ {
		s.Add(from)
	}
	for ; from+64 <= to; from += 64 {
		s[from>>6] = ^uint64(0)
	}
	for ; from < to; from++ {
		s.Add(from)
	}
}

// RemoveRange makes every i with from <= i < to no member.
func (s Set) RemoveRange(from, to uint32) {
	for ; from < to; from++ {
		s.Remove(from)
	}
}

// Count returns the number of members.
func (s Set) Count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// CountRange returns the number of members i with from <= i < to. The set must have room for them.
func (s Set) CountRange(from, to uint32) int {
	if from >= to {
		return 0
	}
	first, last := from>>6, (to-1)>>6
	low, high := ^uint64(0)<<(from&63), ^uint64(0)>>(63-(to-1)&63)
	if first == last {
		return bits.OnesCount64(s[first] & low & high)
	}
	return bits.OnesCount64(s[first]&low) + s[first+1:last].Count() + bits.OnesCount64(s[last]&high)
}

// Clone returns a copy; the copy of nil is nil.
func (s Set) Clone() Set {
	if s == nil {
		return nil
	}
	return append(Set(nil), s...)
}

// And keeps the members that are also in t. A nil t changes nothing.
func (s Set) And(t Set) {
	if t == nil {
		return
	}
	for i := range s {
		s[i] &= t[i]
	}
}

// AndNot removes the members of t.
func (s Set) AndNot(t Set) {
	for i := range s {
		s[i] &^= t[i]
	}
}

// Or adds the members of t.
func (s Set) Or(t Set) {
	for i := range s {
		s[i] |= t[i]
	}
}

// All calls yield with each member in ascending order until yield returns false.
func (s Set) All(yield func(uint32) bool) {
	for i, w := range s {
		for w != 0 {
			if !yield(uint32(i*64 + bits.TrailingZeros64(w))) {
				return
			}
			w &= w - 1
		}
	}
}
