package workspace

import "strings"

// A glob is a compiled wildmatch pattern, the pattern language of git's
// ignore files. It works on bytes, as git does.
type glob struct {
	ops  []globOp
	path bool // wildcards do not cross slashes, as in a pattern that holds one
	fold bool // ASCII letters match in either case; the text is folded to lower case
}

type opKind uint8

const (
	opByte  opKind = iota // one given byte
	opAny                 // "?": one byte, no slash in path mode
	opSet                 // "[...]": one byte of a set
	opStar                // "*": any bytes but slashes
	opAll                 // "**": any bytes
	opDirs                // "**/": nothing, or any bytes up to and including a slash
	opNever               // malformed: nothing matches
)

type globOp struct {
	kind opKind
	char byte
	set  *byteSet
}

type byteSet [256 / 64]uint64

func (s *byteSet) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *byteSet) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

// compileGlob compiles pattern. In path mode "**" between slashes crosses
// directories and all other wildcards stop at slashes; otherwise every star
// matches anything. The beginning of pattern counts as following a slash.
func compileGlob(pattern string, path, fold bool) glob {
	g := glob{path: path, fold: fold, ops: make([]globOp, 0, len(pattern))}
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; c {
		case '*':
			i = g.compileStars(pattern, i)
		case '?':
			g.ops = append(g.ops, globOp{kind: opAny})
			i++
		case '[':
			set, next, ok := parseSet(pattern, i+1, fold)
			if !ok {
				return glob{ops: []globOp{{kind: opNever}}}
			}
			if path {
				set['/'>>6] &^= 1 << ('/' & 63)
			}
			g.ops = append(g.ops, globOp{kind: opSet, set: set})
			i = next
		case '\\':
			if i++; i == len(pattern) {
				return glob{ops: []globOp{{kind: opNever}}}
			}
			// An escaped letter is not folded, so that under folding an
			// escaped capital matches nothing; git has it so.
			g.ops = append(g.ops, globOp{kind: opByte, char: pattern[i]})
			i++
		default:
			if fold {
				c = lowerByte(c)
			}
			g.ops = append(g.ops, globOp{kind: opByte, char: c})
			i++
		}
	}
	return g
}

// compileStars compiles the run of stars at pattern[i:] and returns the index after it.
func (g *glob) compileStars(pattern string, i int) int {
	end := i
	for end < len(pattern) && pattern[end] == '*' {
		end++
	}
	kind := opStar
	rest := pattern[end:]
	switch {
	case !g.path:
		kind = opAll
	case end-i >= 2 && (i == 0 || pattern[i-1] == '/'):
		if strings.HasPrefix(rest, "/") {
			kind = opDirs
			end++
		} else if rest == "" || strings.HasPrefix(rest, `\/`) {
			kind = opAll
		}
	}
	g.ops = append(g.ops, globOp{kind: kind})
	return end
}

// literal returns the one text the glob matches, if it has no wildcard.
func (g *glob) literal() (string, bool) {
	text := make([]byte, 0, len(g.ops))
	for _, op := range g.ops {
		if op.kind != opByte {
			return "", false
		}
		text = append(text, op.char)
	}
	return string(text), true
}

// longestLiteral returns the longest text that every match holds, possibly "".
func (g *glob) longestLiteral() string {
	var best, run []byte
	for _, op := range g.ops {
		if op.kind != opByte {
			run = nil
			continue
		}
		if run = append(run, op.char); len(run) > len(best) {
			best = run
		}
	}
	return string(best)
}

// matches reports whether the glob matches all of text. Only the latest star
// and the latest directory wildcard can need to grow, so two saved places are
// enough and the worst case is polynomial.
func (g *glob) matches(text string) bool {
	op, at := 0, 0
	starOp, starAt := -1, 0 // op after the latest opStar, and where the rest was last tried
	deepOp, deepAt := -1, 0 // the same for the latest opAll or opDirs
	for {
		if op < len(g.ops) {
			switch o := &g.ops[op]; o.kind {
			case opStar:
				op++
				starOp, starAt = op, at
				continue
			case opAll, opDirs:
				op++
				deepOp, deepAt, starOp = op, at, -1
				continue
			default:
				if at < len(text) && g.matchesByte(o, text[at]) {
					op++
					at++
					continue
				}
			}
		} else if at == len(text) {
			return true
		}
		switch {
		case starOp >= 0 && starAt < len(text) && text[starAt] != '/':
			starAt++
			op, at = starOp, starAt
		case deepOp >= 0:
			next := g.growDeep(deepOp, deepAt, text)
			if next < 0 {
				return false
			}
			deepAt, starOp = next, -1
			op, at = deepOp, deepAt
		default:
			return false
		}
	}
}

// growDeep returns the next place at which the ops after a directory wildcard
// can be tried, or -1.
func (g *glob) growDeep(deepOp, deepAt int, text string) int {
	if g.ops[deepOp-1].kind == opAll {
		if deepAt < len(text) {
			return deepAt + 1
		}
		return -1
	}
	slash := strings.IndexByte(text[deepAt:], '/')
	if slash < 0 {
		return -1
	}
	return deepAt + slash + 1
}

func (g *glob) matchesByte(o *globOp, c byte) bool {
	if g.fold {
		c = lowerByte(c)
	}
	switch o.kind {
	case opByte:
		return c == o.char
	case opAny:
		return !g.path || c != '/'
	case opSet:
		return o.set.has(c)
	}
	return false
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// parseSet parses the bracket expression whose "[" precedes pattern[i] and
// returns its bytes and the index after its "]". It fails when the expression
// is not closed or names an unknown class. Text is folded before it is looked
// up, so with fold a set must hold the lower-case letters.
func parseSet(pattern string, i int, fold bool) (set *byteSet, next int, ok bool) {
	set = new(byteSet)
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	last := -1 // the byte a range may start from
	for first := true; ; first = false {
		if i >= len(pattern) {
			return nil, 0, false
		}
		c := pattern[i]
		switch {
		case c == ']' && !first:
			if negated {
				for w := range set {
					set[w] = ^set[w]
				}
			}
			return set, i + 1, true
		case c == '-' && last >= 0 && i+1 < len(pattern) && pattern[i+1] != ']':
			i++
			if pattern[i] == '\\' {
				i++
			}
			if i >= len(pattern) {
				return nil, 0, false
			}
			addRange(set, byte(last), pattern[i], fold)
			last = -1
			i++
		case c == '[' && strings.HasPrefix(pattern[i+1:], ":"):
			end := strings.IndexByte(pattern[i+2:], ']')
			if end < 0 {
				return nil, 0, false
			}
			if end == 0 || pattern[i+2+end-1] != ':' {
				set.add('[')
				last = '['
				i++
				break
			}
			if !addClass(set, pattern[i+2:i+2+end-1], fold) {
				return nil, 0, false
			}
			last = -1
			i += 2 + end + 1
		default:
			if c == '\\' {
				if i++; i >= len(pattern) {
					return nil, 0, false
				}
				c = pattern[i]
			}
			set.add(c)
			last = int(c)
			i++
		}
	}
}

func addRange(set *byteSet, lo, hi byte, fold bool) {
	for v := int(lo); v <= int(hi); v++ {
		set.add(byte(v))
		if fold {
			set.add(lowerByte(byte(v)))
		}
	}
}

// addClass adds the members of a POSIX class in the C locale.
func addClass(set *byteSet, name string, fold bool) bool {
	member, ok := classes[name]
	if !ok {
		return false
	}
	for v := range 128 {
		c := byte(v)
		if member(c) {
			set.add(c)
			if fold && name == "upper" {
				set.add(lowerByte(c))
			}
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isPrint(c byte) bool { return c >= ' ' && c < 0x7f }

// isBlankOrBreak is git's notion of white space, which has no \v and \f.
func isBlankOrBreak(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

var classes = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return isLetter(c) || isDigit(c) },
	"alpha":  isLetter,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  isDigit,
	"graph":  func(c byte) bool { return isPrint(c) && c != ' ' },
	"lower":  isLower,
	"print":  isPrint,
	"punct":  func(c byte) bool { return isPrint(c) && c != ' ' && !isLetter(c) && !isDigit(c) },
	"space":  isBlankOrBreak,
	"upper":  isUpper,
	"xdigit": func(c byte) bool { return hexValue(c) >= 0 },
}
