package search

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"lsp/indexer/bitset"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/store"
	"lsp/workspace/git"
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
		sources[i].allow = passed
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
			passed, err := f.one(&clauses[i], set)
			if err != nil {
				return nil, err
			}
			set = passed
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
	passed := bitset.New(f.source.seg.Units())
	var err error
	switch c.Kind {
	case OperatorClause:
		err = f.operator(c, set, passed)
	case WordClause:
		err = f.word(c.Values[0], passed)
	case LiteralClause, PatternClause:
		err = f.text(c, set, passed)
	case GroupClause:
		err = f.group(c, set, passed)
	}
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

func (f *filter) group(c *Clause, set, passed bitset.Set) error {
	for _, all := range c.Any {
		some, err := f.all(all, set.Clone())
		if err != nil {
			return err
		}
		passed.Or(some)
	}
	return nil
}

// word adds the units in which the word occurs, in whatever form the index takes for the same.
func (f *filter) word(word string, passed bitset.Set) error {
	var only lexical.Query
	for _, t := range lexical.Analyze(word).Terms {
		if t.Kind == lexical.Word || t.Kind == lexical.Identifier {
			only.Terms = append(only.Terms[:0], t) // of an identifier the whole comes last
		}
	}
	return f.having(only, lexical.DefaultParams(), passed)
}

// operator adds the units that match any value of the clause. Facts about files are looked up once per file.
func (f *filter) operator(c *Clause, set, passed bitset.Set) error {
	seg := f.source.seg
	if asksComments(c) {
		if err := f.commented(passed); err != nil {
			return err
		}
	}
	if match := fileMatcher(c, f.source); match != nil {
		for file := range uint32(seg.Files()) {
			if f.source.layer.Files.Has(file) && match(file) {
				passed.AddRange(seg.FileUnits(file))
			}
		}
		return nil
	}
	match := unitMatcher(c, f.source)
	for u := range set.All {
		if match(u) {
			passed.Add(u)
		}
	}
	return nil
}

// fileMatcher returns the check of a clause about files, nil for a clause about units.
func fileMatcher(c *Clause, s *source) func(file uint32) bool {
	any := func(match func(value string, file uint32) bool) func(uint32) bool {
		return func(file uint32) bool {
			for _, v := range c.Values {
				if match(v, file) {
					return true
				}
			}
			return false
		}
	}
	switch c.Operator {
	case opLang:
		return any(func(v string, file uint32) bool { return s.seg.FileLanguage(file) == v })
	case opContent:
		return any(func(v string, file uint32) bool { return chunk.ContentOf(s.seg.FileLanguage(file)).String() == v })
	case opPath:
		return any(func(v string, file uint32) bool { return matchPath(v, s.seg.FilePath(file)) })
	case opFile:
		return any(func(v string, file uint32) bool { return matchPart(v, path.Base(s.seg.FilePath(file))) })
	case opRepo:
		return any(func(v string, _ uint32) bool { return containsFold(s.view.Root, v) })
	case opChangedSince:
		changed := bitset.New(s.seg.Files())
		for _, revision := range c.Values {
			changed.Or(s.changedFiles(revision))
		}
		return changed.Has
	}
	return nil
}

// unitMatcher returns the check of a clause about units.
func unitMatcher(c *Clause, s *source) func(u uint32) bool {
	seg := s.seg
	switch c.Operator {
	case opKind:
		var wanted uint64
		for k := chunk.Kind(0); k.String() != "unknown"; k++ {
			for _, v := range c.Values {
				if kindMatches(v, k) {
					wanted |= 1 << k
				}
			}
		}
		return func(u uint32) bool { return wanted>>seg.Kind(u)&1 == 1 }
	case opIs:
		changed := bitset.Set{}
		if slices.Contains(c.Values, isChanged) {
			changed = s.changedFiles("")
		}
		return func(u uint32) bool {
			for _, v := range c.Values {
				if v == isChanged && changed.Has(seg.FileOf(u)) || v != isChanged && hasFact(v, seg, u) {
					return true
				}
			}
			return false
		}
	case opName:
		wanted := make([]namePattern, len(c.Values))
		for i, v := range c.Values {
			wanted[i] = newNamePattern(v)
		}
		return func(u uint32) bool {
			for i := range wanted {
				if wanted[i].mask&^seg.NameMask(u) == 0 && wanted[i].match(seg.Name(u)) {
					return true
				}
			}
			return false
		}
	default: // opIn
		return func(u uint32) bool {
			for _, v := range c.Values {
				if matchOwner(v, seg.Owner(u)) {
					return true
				}
			}
			return false
		}
	}
}

// hasFact reports whether a value of is: holds for a unit.
func hasFact(value string, seg *store.Segment, u uint32) bool {
	flags := seg.Flags(u)
	switch value {
	case isTest:
		return flags&chunk.IsTest != 0 || seg.Kind(u) == chunk.Test
	case isDocumented:
		return flags&chunk.Documented != 0
	case isUndocumented:
		k := seg.Kind(u)
		return flags&chunk.Documented == 0 && (k.IsCallable() || k.IsType())
	case isExported:
		return flags&chunk.Exported != 0
	case isGenerated:
		return flags&chunk.Generated != 0
	case isDeprecated:
		return flags&chunk.Deprecated != 0
	default: // isExample
		return flags&chunk.Example != 0
	}
}

// checkValue reports why an operator cannot work with a value, nil if it can.
func checkValue(op, value string) error {
	if (op == opPath || op == opFile || op == opName) && isGlob(value) && !doublestar.ValidatePattern(value) {
		return fmt.Errorf("%s:%s is no valid glob", op, value)
	}
	if op == opChangedSince {
		return git.CheckRevision(value)
	}
	return nil
}

func isGlob(value string) bool { return strings.ContainsAny(value, "*?[{") }

// matchPath reports whether a path matches: a glob as a whole, where one without a slash may match in any folder,
// plain text as a part, without regard to case. A leading slash or ./ ties it to the root.
func matchPath(value, file string) bool {
	anchored := strings.HasPrefix(value, "/") || strings.HasPrefix(value, "./")
	value = strings.TrimPrefix(strings.TrimPrefix(value, "."), "/")
	if !isGlob(value) {
		if anchored {
			return hasPrefixFold(file, value)
		}
		return containsFold(file, value)
	}
	if doublestar.MatchUnvalidated(value, file) {
		return true
	}
	return !anchored && !strings.Contains(value, "/") && doublestar.MatchUnvalidated("**/"+value, file)
}

// matchPart reports whether a file name matches: a glob as a whole, plain text as a part.
func matchPart(value, name string) bool {
	if isGlob(value) {
		return doublestar.MatchUnvalidated(value, name)
	}
	return containsFold(name, value)
}

// namePattern is a value of name:, a name or a glob, compared without regard to case.
type namePattern struct {
	lower string
	glob  bool
	mask  uint64 // of letters and digits that every match has
}

func newNamePattern(value string) namePattern {
	p := namePattern{lower: strings.ToLower(value), glob: isGlob(value)}
	if !strings.ContainsAny(value, `[{\`) {
		p.mask = asciiMask(p.lower)
	}
	return p
}

func (p *namePattern) match(name string) bool {
	if p.glob {
		return doublestar.MatchUnvalidated(p.lower, strings.ToLower(name))
	}
	return strings.EqualFold(p.lower, name)
}

// matchOwner reports whether the value is the owner or its innermost or outermost parts.
func matchOwner(value, owner string) bool {
	if len(value) > len(owner) || value == "" {
		return false
	}
	if strings.EqualFold(owner, value) {
		return true
	}
	return strings.EqualFold(owner[len(owner)-len(value):], value) && isSeparator(owner[len(owner)-len(value)-1]) ||
		strings.EqualFold(owner[:len(value)], value) && isSeparator(owner[len(value)])
}

func isSeparator(c byte) bool {
	return c == '.' || c == ':' || c == '/' || c == '#' || c == '\\' || c == '$' || c == ' '
}

// containsFold reports whether text contains part, ASCII letters compared without regard to case.
func containsFold(text, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}
