package search

import (
	"context"
	"path"

	"lsp/indexer/bitset"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
)

// Clauses become sets of units, one per segment, before anything is retrieved: what does not pass is never
// scored, so filters cost no result. A conjunction is narrowed clause by clause, those that need no text first.

// restrict narrows the allowed units of every source to those that satisfy all clauses of the query.
func restrict(ctx context.Context, sources []source, q *Query) error {
	if len(q.Clauses) == 0 {
		return nil
	}
	if err := resolveChanges(ctx, sources, q); err != nil {
		return err
	}
	words := lexical.Analyze(q.Text())
	for i := range sources {
		f := filter{ctx: ctx, source: &sources[i], words: words}
		allow := sources[i].allow.Clone()
		if allow == nil {
			allow = bitset.Full(sources[i].seg.Units())
		}
		passed, err := f.all(q.Clauses, allow)
		if err != nil {
			return err
		}
		if !sources[i].allows(passed) {
			sources[i].allow = passed
		}
	}
	return nil
}

// filter evaluates clauses on the units of one source.
type filter struct {
	ctx      context.Context
	source   *source
	words    lexical.Query // the free words
	comments *Clause       // that has literals and patterns looked for in comments alone, nil for none
}

// all returns the members of set that satisfy every clause. It takes set over.
func (f *filter) all(clauses []Clause, set bitset.Set) (bitset.Set, error) {
	outer := f.comments
	defer func() { f.comments = outer }()
	for i := range clauses {
		if !clauses[i].Not && asksComments(&clauses[i]) {
			f.comments = &clauses[i]
		}
	}
	for _, reading := range []bool{false, true} {
		for i := range clauses {
			if clauses[i].readsText() != reading {
				continue
			}
			if err := f.ctx.Err(); err != nil {
				return nil, err
			}
			var err error
			if set, err = f.one(&clauses[i], set); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// readsText reports whether checking the clause means reading files.
func (c *Clause) readsText() bool {
	for _, all := range c.Any {
		for i := range all {
			if all[i].readsText() {
				return true
			}
		}
	}
	return c.Kind == LiteralClause || c.Kind == PatternClause
}

// one returns the members of set that satisfy the clause. It takes set over.
func (f *filter) one(c *Clause, set bitset.Set) (bitset.Set, error) {
	passed, err := f.passed(c, set)
	if err != nil {
		return nil, err
	}
	if c.Not {
		set.AndNot(passed)
	} else {
		set.And(passed)
	}
	return set, nil
}

// passed returns the units that the clause names, be it wanted or not. What reads files looks at the members of set alone;
// anything else may name units besides, dead ones too. The set may be shared.
func (f *filter) passed(c *Clause, set bitset.Set) (bitset.Set, error) {
	switch c.Kind {
	case OperatorClause:
		return f.operator(c)
	case WordClause:
		return f.word(c.Values[0])
	case GroupClause:
		return f.group(c, set)
	default:
		return f.text(c, set)
	}
}

func (f *filter) newSet() bitset.Set { return bitset.New(f.source.seg.Units()) }

func (f *filter) group(c *Clause, set bitset.Set) (bitset.Set, error) {
	passed := f.newSet()
	for _, all := range c.Any {
		some, err := f.all(all, set.Clone())
		if err != nil {
			return nil, err
		}
		passed.Or(some)
	}
	return passed, nil
}

// word returns the units in which the word occurs, in whatever form the index takes for the same.
func (f *filter) word(word string) (bitset.Set, error) {
	return f.source.seg.UnitSet("-"+word, func() (bitset.Set, error) {
		var only lexical.Query
		for _, t := range lexical.Analyze(word).Terms {
			if t.Kind == lexical.Word || t.Kind == lexical.Identifier {
				only.Terms = append(only.Terms[:0], t) // of an identifier the whole comes last
			}
		}
		return f.having(only, lexical.DefaultParams())
	})
}

// having returns the units that have a term of the query in a field that weighs something.
func (f *filter) having(q lexical.Query, p lexical.Params) (bitset.Set, error) {
	passed := f.newSet()
	return passed, lexical.AddMatching(f.source.seg.Lexical(), q, p, passed)
}

// operator returns the units that match any value of the clause.
func (f *filter) operator(c *Clause) (bitset.Set, error) {
	if len(c.Values) == 1 {
		return f.value(c.Operator, c.Values[0])
	}
	passed := f.newSet()
	for _, v := range c.Values {
		some, err := f.value(c.Operator, v)
		if err != nil {
			return nil, err
		}
		passed.Or(some)
	}
	return passed, nil
}

// value returns the units that match a value of an operator. What depends on the segment alone is found once.
func (f *filter) value(op, value string) (bitset.Set, error) {
	s := f.source
	switch {
	case op == opContent && value == inComments:
		return f.commented()
	case op == opChangedSince:
		return f.unitsOf(s.changedFiles(value).Has), nil
	case op == opIs && value == isChanged:
		return f.unitsOf(s.changedFiles("").Has), nil
	case op == opRepo:
		named := containsFold(s.view.Root, value)
		return f.unitsOf(func(uint32) bool { return named }), nil
	}
	return s.seg.UnitSet(op+":"+value, func() (bitset.Set, error) {
		if match := fileMatcher(op, value, s.seg); match != nil {
			return f.unitsOf(match), nil
		}
		passed, match := f.newSet(), unitMatcher(op, value, s.seg)
		for u := range uint32(s.seg.Units()) {
			if match(u) {
				passed.Add(u)
			}
		}
		return passed, nil
	})
}

// unitsOf returns the units of the files that match.
func (f *filter) unitsOf(match func(file uint32) bool) bitset.Set {
	set := f.newSet()
	for file := range uint32(f.source.seg.Files()) {
		if match(file) {
			set.AddRange(f.source.seg.FileUnits(file))
		}
	}
	return set
}

// fileMatcher returns the check of a file for a value of an operator, nil for an operator about units.
func fileMatcher(op, value string, seg *store.Segment) func(file uint32) bool {
	switch op {
	case opLang:
		return func(file uint32) bool { return seg.FileLanguage(file) == value }
	case opContent:
		return func(file uint32) bool { return chunk.ContentOf(seg.FileLanguage(file)).String() == value }
	case opPath:
		p := newPathPattern(value)
		return func(file uint32) bool { return p.match(seg.FilePath(file)) }
	case opFile:
		return func(file uint32) bool { return matchPart(value, path.Base(seg.FilePath(file))) }
	}
	return nil
}

// unitMatcher returns the check of a unit for a value of an operator.
func unitMatcher(op, value string, seg *store.Segment) func(u uint32) bool {
	switch op {
	case opKind:
		var wanted uint64
		for k := chunk.Kind(0); k.String() != "unknown"; k++ {
			if kindMatches(value, k) {
				wanted |= 1 << k
			}
		}
		return func(u uint32) bool { return wanted>>seg.Kind(u)&1 == 1 }
	case opIs:
		return factMatcher(value, seg)
	case opName:
		p := newNamePattern(value)
		return func(u uint32) bool { return p.mask&^seg.NameMask(u) == 0 && p.match(seg.Name(u)) }
	default: // opIn
		return func(u uint32) bool { return matchOwner(value, seg.Owner(u)) }
	}
}

// factMatcher returns the check of a unit for a value of is: that depends on the unit alone.
func factMatcher(value string, seg *store.Segment) func(u uint32) bool {
	flag := chunk.Example
	switch value {
	case isTest:
		return func(u uint32) bool { return seg.Flags(u)&chunk.IsTest != 0 || seg.Kind(u) == chunk.Test }
	case isUndocumented:
		return func(u uint32) bool {
			k := seg.Kind(u)
			return seg.Flags(u)&chunk.Documented == 0 && (k.IsCallable() || k.IsType())
		}
	case isDocumented:
		flag = chunk.Documented
	case isExported:
		flag = chunk.Exported
	case isGenerated:
		flag = chunk.Generated
	case isDeprecated:
		flag = chunk.Deprecated
	}
	return func(u uint32) bool { return seg.Flags(u)&flag != 0 }
}
