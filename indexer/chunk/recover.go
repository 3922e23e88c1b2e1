//go:build cgo

package chunk

// maxComparisons bounds the work of matching the units of scanner and grammar in text made to be slow.
const maxComparisons = 50_000_000

// recoverUnits adds what the scanner finds in text that a grammar could not read in full: functions apart from those
// already found, and types around them, which then own the functions found before.
func (c *cutter) recoverUnits(syntax *scanSyntax) {
	known := len(c.units)
	c.scan(syntax)
	if found := len(c.units) - known; known*found > maxComparisons {
		c.units = c.units[:known]
		return
	}
	kept := c.units[:known]
	byName := make(map[int]int, known)
	for i := range kept {
		byName[kept[i].NameRange.Start] = i
	}
	for _, u := range c.units[known:] {
		if i, ok := byName[u.NameRange.Start]; ok && kept[i].Kind.IsCallable() && u.Kind.IsCallable() && len(u.Owner) > len(kept[i].Owner) {
			kept[i].Owner, kept[i].Kind = u.Owner, u.Kind
		}
		if !overlaps(u, c.units[:known]) {
			kept = append(kept, u)
		}
	}
	c.units = kept
}

// overlaps reports whether a scanned unit competes with one of the known ones.
func overlaps(u Unit, known []Unit) bool {
	for i := range known {
		k := &known[i]
		disjoint := k.Range.End <= u.Range.Start || u.Range.End <= k.Range.Start
		switch {
		case disjoint:
		case u.Kind.IsType():
			inside := u.Range.Start <= k.Range.Start && k.Range.End <= u.Range.End
			if k.Kind.IsType() && k.Name == u.Name || !inside {
				return true
			}
		case k.Kind.IsCallable():
			return true
		case u.Range.Start < k.Range.Start || k.Range.End < u.Range.End: // crosses a type
			return true
		}
	}
	return false
}
