package train

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reasons why a function's documentation gives no query. They are counted in the summary of mining.
const (
	reasonUndocumented = "undocumented"
	reasonShortDoc     = "documentation too short"
	reasonLanguage     = "documentation not in English words"
	reasonBoilerplate  = "documentation says nothing of the function"
)

var (
	// A line from which on the rest of a documentation is a list of parameters, examples or the like.
	sectionLine = regexp.MustCompile(`(?i)^\s*(` +
		`:(param|arg|args|argument|key|keyword|return|returns|raise|raises|except|type|rtype|var|ivar|cvar|vartype|since|example|meta)\b[^` + "`" + `]*` +
		`|[@\\](param|arg|args|argument|return|returns|raise|raises|throws|exception|type|see|since|author|version|deprecated|example|` +
		`todo|memberof|private|public|static|method|function|name|class|api|internal|category|template|tparam|treturn|usage|link|note|retval)\b.*` +
		`|(args|arguments|parameters?|params|returns?|raises|throws|yields|examples?|notes?|usage|see also|references|attributes|` +
		`keyword arguments|warnings?|inputs?|outputs?|options|errors|panics|safety|side effects|todo)\s*:?\s*$` +
		`|@[A-Za-z]\w*\b.*|- (parameters?|returns|throws|note|complexity|important|warning|seealso|remark)\b.*` +
		`|#+\s.*|-{3,}.*|={3,}.*|>>>.*|` + "```.*" + `|\.\. .*|\|.*|\* @.*)`)
	// A line that begins the list of parameters of gtk-doc and kernel-doc, which stands before the description.
	leadParameter = regexp.MustCompile(`^@(\w+|\.\.\.):`)
	nameLine      = regexp.MustCompile(`^[\w.:-]*\w:$`) // of gtk-doc, before the parameters
	symbol        = regexp.MustCompile(`(^|\s)[#%@](\w)`)
	// The parts of an XML documentation of C# that are read: its summary, and the names that empty elements stand for.
	summary   = regexp.MustCompile(`(?is)<summary>(.*?)</summary>`)
	reference = regexp.MustCompile(`<\w+\s+(?:cref|name|langword|href)="(?:[A-Z]:)?(?:[^"]*[./])?([^"./]+)"\s*/>`)

	leadTag    = regexp.MustCompile(`^[@\\](brief|summary|description|desc|details?|short)\b:?\s*`)
	nameTag    = regexp.MustCompile(`^[@\\](name|function|method|fn|module|func|overloadbrief)\b`)
	inlineTag  = regexp.MustCompile(`\{@\w+\s+([^}]*)\}`)
	role       = regexp.MustCompile(`:[\w:+-]+:` + "`([^`]*)`")
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	linkRef    = regexp.MustCompile(`\[([^\]]+)\](\[[^\]]*\])?`)
	address    = regexp.MustCompile(`\b(https?|ftp)://\S+`)
	markup     = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	entity     = regexp.MustCompile(`&(\w+|#\d+);`)
	sentence   = regexp.MustCompile(`[.!?](\s+|$)`)
	emptyWords = regexp.MustCompile(`(?i)^(todo|fixme|xxx|deprecated|see |inheritdoc|@inherit|\{@inherit|auto-?generated|` +
		`generated |noqa|eslint|nolint|constructor\.?$|default constructor|getter|setter|copyright|license|pylint|no-?doc|` +
		`non-javadoc|\(non-javadoc|overrid|implements? |internal use|for internal|test |tests |docstring|usage:|this is an internal api|\*+$)`)
)

const (
	minQueryWords = 3
	maxQueryWords = 48
	maxSentences  = 2
)

// cleanQuery returns the first sentences of a documentation as plain words, or why they are no use.
func cleanQuery(documentation, name string) (query, reason string) {
	if strings.TrimSpace(documentation) == "" {
		return "", reasonUndocumented
	}
	if m := summary.FindStringSubmatch(documentation); m != nil {
		documentation = m[1]
	}
	text := firstParagraph(reference.ReplaceAllString(documentation, "$1"))
	text = inlineTag.ReplaceAllString(text, "$1")
	text = role.ReplaceAllString(text, "$1")
	text = linkText.ReplaceAllString(text, "$1")
	text = linkRef.ReplaceAllString(text, "$1")
	text = symbol.ReplaceAllString(text, "$1$2")
	text = address.ReplaceAllString(text, "")
	text = markup.ReplaceAllString(text, " ")
	text = entity.ReplaceAllString(text, " ")
	text = strings.NewReplacer("`", "", "*", "", "~", "", "\\", "").Replace(text)
	words := strings.Fields(text)
	words = withoutName(words, name)
	text = firstSentences(strings.Join(words, " "))
	switch words = strings.Fields(text); {
	case emptyWords.MatchString(text):
		return "", reasonBoilerplate
	case len(words) < minQueryWords:
		return "", reasonShortDoc
	case !english(text):
		return "", reasonLanguage
	case len(words) > maxQueryWords:
		text = strings.Join(words[:maxQueryWords], " ")
	}
	return text, ""
}

// firstParagraph returns the lines before the first empty line or list of parameters, or those after a list of
// parameters at the start.
func firstParagraph(documentation string) string {
	var kept []string
	parameters := false
	for line := range strings.Lines(documentation) {
		line = strings.TrimSpace(line)
		parameters = line != "" && (parameters || len(kept) == 0 && leadParameter.MatchString(line))
		if parameters || len(kept) == 0 && nameLine.MatchString(line) && !sectionLine.MatchString(line) {
			continue
		}
		blank := line == "" || sectionLine.MatchString(line)
		if blank && len(kept) > 0 {
			break
		}
		if rest := leadTag.ReplaceAllString(line, ""); rest != line {
			line, blank = rest, rest == ""
		}
		if !blank {
			kept = append(kept, line)
		} else if line != "" && !strings.HasPrefix(line, "#") && !nameTag.MatchString(line) {
			break // begins with a list of parameters
		}
	}
	return strings.Join(kept, "\n")
}

// withoutName drops the name of the function where the documentation starts with it, as in Go and C.
func withoutName(words []string, name string) []string {
	if len(words) == 0 || name == "" {
		return words
	}
	first := strings.TrimRight(words[0], ":,()-")
	if !strings.EqualFold(first, name) && !strings.HasSuffix(first, "."+name) && !strings.HasSuffix(first, "::"+name) {
		return words
	}
	words = words[1:]
	for len(words) > 0 && strings.Trim(words[0], "-:–—=") == "" {
		words = words[1:]
	}
	return words
}

func firstSentences(text string) string {
	end := 0
	for range maxSentences {
		next := sentence.FindStringIndex(text[end:])
		if next == nil {
			return text
		}
		end += next[1]
	}
	return strings.TrimSpace(text[:end])
}

// english reports whether text looks like English prose: mostly letters of the Latin alphabet, with words of three
// letters and more. Commented-out code and rulers fail.
func english(text string) bool {
	latin, spaces, words, run := 0, 0, 0, 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf && unicode.IsLetter(r):
			latin++
			run++
			if run == 3 {
				words++
			}
			continue
		case r == ' ':
			spaces++
		}
		run = 0
	}
	return words >= 2 && 10*(latin+spaces) >= 8*utf8.RuneCountInString(text)
}
