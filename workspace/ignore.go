package workspace

import "strings"

// verdict is what an ignore file says about a path.
type verdict uint8

const (
	noVerdict verdict = iota
	excluded
	included // a negated pattern matched
)

// An ignorePattern is one line of an ignore file that can match something.
type ignorePattern struct {
	negated bool
	dirOnly bool
	glob    glob
	// prefix is the literal beginning of a path pattern that has wildcards;
	// the glob matches what follows it.
	prefix string
	// needle is the longest literal within the glob; a text without it cannot match.
	needle string
}

// An ignoreList holds the patterns of one ignore file, of which the last one
// that matches decides. Patterns without wildcards, those of the form "*.ext"
// and those that begin with a literal directory are found by map look-up;
// only the others are tried in turn.
type ignoreList struct {
	patterns []ignorePattern
	fold     bool
	names    map[string][]int32 // literal base names -> ascending indices
	exts     map[string][]int32 // extension with its dot -> ascending indices of "*.ext"
	paths    map[string][]int32 // literal paths -> ascending indices
	heads    map[string][]int32 // first directory of path patterns with wildcards -> ascending indices
	others   []int32            // ascending indices
}

// parseIgnore compiles the text of an ignore file by the rules of gitignore(5).
// It returns nil when the file holds no pattern.
func parseIgnore(text string, fold bool) *ignoreList {
	text = strings.TrimPrefix(text, "\ufeff")
	l := &ignoreList{fold: fold}
	for len(text) > 0 {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if nul := strings.IndexByte(line, 0); nul >= 0 {
			line = line[:nul]
		}
		l.add(trimTrailingSpaces(line))
	}
	if len(l.patterns) == 0 {
		return nil
	}
	return l
}

// trimTrailingSpaces removes spaces at the end of line unless they are escaped.
func trimTrailingSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			if i++; i == len(line) {
				return line
			}
		}
		end = i + 1
	}
	return line[:end]
}

func (l *ignoreList) add(line string) {
	var p ignorePattern
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.dirOnly = strings.CutSuffix(line, "/")
	if line == "" {
		return
	}
	index := int32(len(l.patterns))
	if !strings.Contains(line, "/") {
		p.glob = compileGlob(line, false, l.fold)
		l.patterns = append(l.patterns, p)
		l.indexName(line, index)
		return
	}
	literal := strings.IndexAny(line, `*?[\`)
	if literal < 0 {
		literal = len(line)
	}
	p.prefix = line[:literal]
	p.glob = compileGlob(line[literal:], true, l.fold)
	p.prefix = strings.TrimPrefix(p.prefix, "/")
	if l.fold {
		p.prefix = foldASCII(p.prefix)
	}
	l.patterns = append(l.patterns, p)
	if rest, ok := p.glob.literal(); ok {
		put(&l.paths, p.prefix+rest, index)
		return
	}
	l.patterns[index].needle = p.glob.longestLiteral()
	if head, _, ok := strings.Cut(p.prefix, "/"); ok {
		put(&l.heads, head, index)
		return
	}
	l.others = append(l.others, index)
}

// indexName files a base-name pattern where match looks for it.
func (l *ignoreList) indexName(line string, index int32) {
	g := &l.patterns[index].glob
	if text, ok := g.literal(); ok {
		put(&l.names, text, index)
		return
	}
	if strings.HasPrefix(line, "*.") && !strings.ContainsAny(line[2:], `*?[\.`) {
		ext := line[1:]
		if l.fold {
			ext = foldASCII(ext)
		}
		put(&l.exts, ext, index)
		return
	}
	l.patterns[index].needle = g.longestLiteral()
	l.others = append(l.others, index)
}

func put(m *map[string][]int32, key string, index int32) {
	if *m == nil {
		*m = map[string][]int32{}
	}
	(*m)[key] = append((*m)[key], index)
}

// match returns the verdict on a path relative to the ignore file's directory;
// name is its last element.
func (l *ignoreList) match(rel, name string, isDir bool) verdict {
	if l.fold {
		rel, name = foldASCII(rel), foldASCII(name)
	}
	best := l.latest(l.names[name], isDir, -1)
	if l.exts != nil {
		if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
			best = l.latest(l.exts[name[dot:]], isDir, best)
		}
	}
	if l.paths != nil {
		best = l.latest(l.paths[rel], isDir, best)
	}
	if l.heads != nil {
		if head, _, ok := strings.Cut(rel, "/"); ok {
			best = l.latestMatch(l.heads[head], rel, name, isDir, best)
		}
	}
	best = l.latestMatch(l.others, rel, name, isDir, best)
	switch {
	case best < 0:
		return noVerdict
	case l.patterns[best].negated:
		return included
	}
	return excluded
}

// latest returns the greatest of best and those indices that apply.
func (l *ignoreList) latest(indices []int32, isDir bool, best int32) int32 {
	for i := len(indices) - 1; i >= 0 && indices[i] > best; i-- {
		if isDir || !l.patterns[indices[i]].dirOnly {
			return indices[i]
		}
	}
	return best
}

// latestMatch is latest for patterns that have to be tried.
func (l *ignoreList) latestMatch(indices []int32, rel, name string, isDir bool, best int32) int32 {
	for i := len(indices) - 1; i >= 0 && indices[i] > best; i-- {
		if p := &l.patterns[indices[i]]; (isDir || !p.dirOnly) && p.matches(rel, name) {
			return indices[i]
		}
	}
	return best
}

// matches tries a pattern that has wildcards.
func (p *ignorePattern) matches(rel, name string) bool {
	text := name
	if p.glob.path {
		if !strings.HasPrefix(rel, p.prefix) {
			return false
		}
		text = rel[len(p.prefix):]
	}
	return strings.Contains(text, p.needle) && p.glob.matches(text)
}

func foldASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if isUpper(s[i]) {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				b[j] = lowerByte(b[j])
			}
			return string(b)
		}
	}
	return s
}
