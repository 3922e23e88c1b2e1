package search

import (
	"slices"
	"strings"

	"lsp/indexer/chunk"
)

const (
	// definitionLift is by how much a definition comes before its declaration.
	definitionLift = 1.001
	// definedDepth is how many of the best results may be declarations whose definitions are looked for.
	definedDepth = 20
)

// liftDefinitions gives the definition of a function the score of its declaration where that is better, and orders the
// results by score again. In C and its kin the documentation stands with the declaration in a header, and most who ask
// for what a function does want to see how. The declaration then comes as another result of the same name.
func (r *run) liftDefinitions(all []*scored) []*scored {
	declared := map[declaredName]*scored{} // the best declaration of each name that has no definition yet
	var best []*scored
	for i, c := range all {
		if name := r.declaredName(c); r.isDeclaration(c) && declared[name] == nil {
			declared[name] = c
			if i < definedDepth {
				best = append(best, c)
			}
		}
	}
	if len(declared) == 0 {
		return all
	}
	lift := func(c *scored) bool {
		name := r.declaredName(c)
		d := declared[name]
		if d == nil || !r.defines(c.ref) {
			return false
		}
		delete(declared, name)
		r.adder(c)("what its declaration says", max(0, d.score*definitionLift-c.score))
		return true
	}
	for _, c := range all {
		lift(c)
	}
	all = append(all, slices.DeleteFunc(r.definitionsOf(best, all), func(c *scored) bool { return !lift(c) })...)
	slices.SortStableFunc(all, r.compare)
	return all
}

// declaredName is what a declaration has in common with its definition: the name and the type or namespace right around
// it, since a definition may be written with less of those further out.
type declaredName struct{ owner, name string }

func (r *run) declaredName(c *scored) declaredName {
	seg := r.sources[c.source].seg
	owner := seg.Owner(c.unit)
	return declaredName{owner[strings.LastIndexAny(owner, ":.")+1:], seg.Name(c.unit)}
}

func (r *run) isDeclaration(c *scored) bool {
	return r.sources[c.source].seg.Flags(c.unit)&chunk.Declaration != 0
}

// defines reports whether a unit may be the definition of what a header declares.
func (r *run) defines(u ref) bool {
	seg := r.sources[u.source].seg
	return seg.Kind(u.unit).IsCallable() && seg.Flags(u.unit)&(chunk.Declaration|chunk.IsTest) == 0 &&
		cFamily[seg.FileLanguage(seg.FileOf(u.unit))]
}

var cFamily = wordSet("c cpp objective-c")

// definitionsOf returns the definitions that may be found of declared functions, less those among the results already.
func (r *run) definitionsOf(declared, results []*scored) []*scored {
	wanted := map[uint64]bool{} // by the letters of a name, which rule out most units
	for _, c := range declared {
		wanted[r.sources[c.source].seg.NameMask(c.unit)] = true
	}
	if len(wanted) == 0 {
		return nil
	}
	known := make(map[ref]bool, len(results))
	for _, c := range results {
		known[c.ref] = true
	}
	var found []*scored
	for i := range r.sources {
		seg := r.sources[i].seg
		r.sources[i].each(func(u uint32) {
			if u := (ref{i, u}); wanted[seg.NameMask(u.unit)] && !known[u] && r.defines(u) {
				found = append(found, &scored{candidate: candidate{ref: u, file: seg.FileOf(u.unit)}, factor: 1})
			}
		})
	}
	slices.SortFunc(found, r.compare)
	return found
}
