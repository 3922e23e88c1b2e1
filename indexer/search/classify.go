package search

import (
	"regexp"
	"strings"
	"unicode"
)

// Class says what the words of a query are, as far as their form tells. It decides how much meaning, words and
// names count: an identifier is looked up by name, a sentence is not.
type Class uint8

// The classes.
const (
	Filters    Class = iota // no words at all: the clauses choose, nothing ranks
	Identifier              // one name: readFull, HTTP_PROXY, parse
	Qualified               // a name with its owner: io.Copy, Server::handle, (*Buffer).Write
	Message                 // an error message or another literal: "connect: connection refused", "%s not found"
	Keywords                // a few words without grammar: request retry backoff
	Sentence                // words with grammar: copy from a reader until end of file
	Question                // how do I ... , where is ... ?
	Code                    // a piece of code: for (int i = 0; i < n; i++)
	NumClasses              // how many there are
)

var classNames = [NumClasses]string{"filters", "identifier", "qualified name", "message", "keywords", "sentence", "question", "code"}

// String returns the name shown in explanations.
func (c Class) String() string {
	if c < NumClasses {
		return classNames[c]
	}
	return "unknown"
}

// isProse reports whether the words are those in which a person describes something.
func (c Class) isProse() bool { return c == Keywords || c == Sentence || c == Question }

var (
	identifierForm = regexp.MustCompile(`^[\p{L}_$@][\p{L}\p{N}_$-]*[?!]?(\(\))?$`)
	qualifiedForm  = regexp.MustCompile(`^[(*&]*[\p{L}_$@][\p{L}\p{N}_$]*\)?((\.|::|->|#)[\p{L}_$~][\p{L}\p{N}_$]*[?!]?)+(\(\))?$`)
	verbForm       = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]|\{\}|\{\d+\}|0x[0-9a-fA-F]{2,}`)
	codeForm       = regexp.MustCompile(`:=|=>|==|!=|&&|\|\||\+\+|\+=|->|;\s*$|;\s|\)\s*\{|\{\s*$|^\s*[@#]\w+\(|\w\(\w*[,)]|\w\[\w+\]|</?\w+>|\w+\s=\s\w`)
	codeWords      = regexp.MustCompile(`^(func|def|fn|class|public|private|static|var|let|const|import|package|return|struct|interface|enum)\s+\w+.*[({=;:]`)
	messageForm    = regexp.MustCompile(`(?i)^(error|fatal|panic|exception|warning|traceback|caused by)\b[:(]|\w: \w|\b(failed to|unable to|cannot|can't|couldn't|could not|not found|no such|is not defined|denied|refused|timed out|out of range)\b`)
	messageStrong  = regexp.MustCompile(`(?i)^(error|fatal|panic|exception|traceback|caused by)\b[:(]|\w: \w`)
)

// questionWords open a question; grammarWords make a row of words a sentence.
var (
	questionWords = wordSet("how what where which why when who does do is are can should could")
	grammarWords  = wordSet("a an the of to from in into on for with without by at as and or not if that this than then until when while all any every each its it is are be was were has have so out up off through between before after")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// Classify tells the class of a query.
func Classify(q *Query) Class {
	if len(q.Words) == 0 {
		for _, c := range q.Clauses {
			if c.Kind == LiteralClause && !c.Not {
				return Message
			}
		}
	}
	return classifyText(q.RankText())
}

func classifyText(text string) Class {
	text = strings.TrimSpace(text)
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
	switch {
	case len(words) == 0:
		if text == "" {
			return Filters
		}
		return Code
	case identifierForm.MatchString(text):
		return Identifier
	case qualifiedForm.MatchString(text):
		return Qualified
	}
	grammar := 0
	for _, w := range words {
		if grammarWords[w] {
			grammar++
		}
	}
	switch {
	case questionWords[words[0]] && len(words) > 2 || strings.HasSuffix(text, "?"):
		return Question
	case codeWords.MatchString(text), len(codeForm.FindAllStringIndex(text, 3))*8 >= len(words) && codeForm.MatchString(text):
		return Code
	case messageStrong.MatchString(text), verbForm.MatchString(text), messageForm.MatchString(text) && grammar*3 < len(words):
		return Message
	case grammar > 0 && len(words) >= 3:
		return Sentence
	}
	return Keywords
}
