package search

import (
	"cmp"
	"slices"

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
	var first []declaredName
	for i, c := range all {
		if !r.isDeclaration(c) {
			continue
		}
		if name := r.declaredName(c); declared[name] == nil {
			declared[name] = c
			if i < definedDepth {
				first = append(first, name)
			}
		}
	}
	if len(declared) == 0 {
		return all
	}
	lift := func(c *scored) bool {
		if !r.defines(c.ref) {
			return false
		}
		name := r.declaredName(c)
		d := declared[name]
		if d == nil {
			return false
		}
		delete(declared, name)
		score := d.score * definitionLift
		if c.factor < d.factor {
			score *= c.factor / d.factor // a copy among tests or vendored code is no better than others there
		}
		if c.score < score {
			c.lifted = true
			r.adder(c)("what its declaration says", score-c.score)
		}
		return true
	}
	for _, c := range all {
		lift(c)
	}
	first = slices.DeleteFunc(first, func(name declaredName) bool { return declared[name] == nil })
	for _, c := range r.definitionsOf(first, declared, all) {
		if lift(c) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, r.compare)
	return all
}

// declaredName is what a declaration has in common with its definition: the name and the type or namespace right around
// it, since a definition may be written with less of those further out, in the same repository.
type declaredName struct{ root, owner, name string }

func (r *run) declaredName(c *scored) declaredName {
	s := &r.sources[c.source]
	return declaredName{s.view.Root, chunk.Innermost(s.seg.Owner(c.unit)), s.seg.Name(c.unit)}
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

// definitionsOf returns the definitions of declared functions that may be found and are not among the results, those
// nearest to their declarations first.
func (r *run) definitionsOf(names []declaredName, declared map[declaredName]*scored, results []*scored) []*scored {
	if len(names) == 0 {
		return nil
	}
	wanted := map[uint64]bool{} // by the letters of a name, which rule out most units
	for _, name := range names {
		d := declared[name]
		wanted[r.sources[d.source].seg.NameMask(d.unit)] = true
	}
	known := make(map[ref]bool, len(results))
	for _, c := range results {
		known[c.ref] = true
	}
	type definition struct {
		*scored
		shared int // bytes that its path and that of the declaration begin with
	}
	var found []definition
	for i := range r.sources {
		seg := r.sources[i].seg
		r.sources[i].each(func(u uint32) {
			if !wanted[seg.NameMask(u)] || known[ref{i, u}] || !r.defines(ref{i, u}) {
				return
			}
			c := &scored{candidate: candidate{ref: ref{i, u}, file: seg.FileOf(u)}}
			d := declared[r.declaredName(c)]
			if d == nil {
				return
			}
			r.applyFactors(c, r.newFileEvidence(&c.candidate))
			found = append(found, definition{c, commonPrefix(seg.FilePath(c.file), r.sources[d.source].seg.FilePath(d.file))})
		})
	}
	slices.SortFunc(found, func(a, b definition) int {
		return cmp.Or(cmp.Compare(b.factor, a.factor), cmp.Compare(b.shared, a.shared), comparePlace(r.sources, a.ref, b.ref))
	})
	out := make([]*scored, len(found))
	for i, f := range found {
		out[i] = f.scored
	}
	return out
}

// commonPrefix is the number of bytes that two texts begin with.
func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
