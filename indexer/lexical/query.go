package lexical

// TermKind says how a term came into a query.
type TermKind uint8

// The kinds of query term.
const (
	Word       TermKind = iota // a word, or a part of an identifier
	Piece                      // letters or digits of a word that has both, such as utf of utf8
	Identifier                 // an identifier of several parts, as the user wrote it
	Joined                     // neighbouring words written as one identifier would be
	Expanded                   // added by the caller, such as a near spelling
)

var termKindNames = [...]string{"word", "piece", "identifier", "joined", "expanded"}

// String returns the lower-case name of the kind.
func (k TermKind) String() string {
	if int(k) < len(termKindNames) {
		return termKindNames[k]
	}
	return "unknown"
}

// Weights of query terms by kind, as Analyze sets them.
const (
	PieceWeight      = 0.3
	IdentifierWeight = 1.0
	JoinedWeight     = 0.25
)

// maxQueryTerms bounds what Analyze takes from a long text; the terms that come first stay.
const maxQueryTerms = 128

// maxJoined is how many neighbouring words are tried as one identifier.
const maxJoined = 3

// Term is one term of a query, in the form in which the index holds it.
type Term struct {
	Text   string  // stemmed and folded
	Weight float32 // factor on the term's score, at least 0
	Kind   TermKind
	For    string // of an Expanded term, the term that it stands for: it counts as no rarer than that; "" for none
}

// Query is a set of weighted terms. No text occurs twice.
type Query struct {
	Terms []Term
}

// Has returns the position of the term in the query, or -1.
func (q Query) Has(text []byte) int {
	for i := range q.Terms {
		if q.Terms[i].Text == string(text) {
			return i
		}
	}
	return -1
}

// Add adds a term unless the query has it; then the higher weight stays.
func (q *Query) Add(t Term) {
	if i := q.Has([]byte(t.Text)); i >= 0 {
		if q.Terms[i].Weight < t.Weight {
			q.Terms[i].Weight = t.Weight
		}
		return
	}
	q.Terms = append(q.Terms, t)
}

// Analyze turns free text into a query. Words are tokenized exactly as documents are; stop words are dropped
// unless there is nothing else. An identifier gives its parts and, beside them, itself as a whole, which is rare
// and so lifts the very identifier above units that merely have its parts. Neighbouring words are also tried
// as one identifier: "user name" finds username.
func Analyze(text string) Query {
	if q := analyzeQuery(text, true); len(q.Terms) > 0 {
		return q
	}
	return analyzeQuery(text, false)
}

func analyzeQuery(text string, dropStopWords bool) Query {
	var (
		q      Query
		a      analyzer
		joins  Query
		window []string // the plain words that may be joined with the next
	)
	for pos := 0; len(q.Terms) < maxQueryTerms; {
		start, end, kind := nextWord(text, pos)
		if kind == noWord {
			break
		}
		pos = end
		a.analyze(text[start:end], kind)
		for _, t := range a.tokens {
			if dropStopWords && stopWords[string(a.plain[t.plain:t.plainEnd])] {
				continue
			}
			q.Add(queryTerm(t.kind, string(a.term(t))))
		}
		window = joinWords(&joins, &a, window, kind)
	}
	for _, t := range joins.Terms {
		if q.Has([]byte(t.Text)) < 0 && len(q.Terms) < maxQueryTerms {
			q.Add(t)
		}
	}
	return q
}

func queryTerm(kind tokenKind, text string) Term {
	switch kind {
	case piece:
		return Term{Text: text, Weight: PieceWeight, Kind: Piece}
	case whole:
		return Term{Text: text, Weight: IdentifierWeight, Kind: Identifier}
	}
	return Term{Text: text, Weight: 1, Kind: Word}
}

// joinWords adds to joins what the analyzer's last word makes together with the words before it, and returns
// the words to join with the next one. Only words of a single part take part; stop words are passed over.
func joinWords(joins *Query, a *analyzer, window []string, kind wordKind) []string {
	if len(a.tokens) == 0 || kind == bigramWord {
		return nil
	}
	for _, t := range a.tokens[1:] {
		if t.kind != piece {
			return nil
		}
	}
	t := a.tokens[0]
	last := string(a.plain[t.plain:t.plainEnd])
	if stopWords[last] {
		return window
	}
	text := last
	for i := len(window) - 1; i >= 0; i-- {
		if text = window[i] + text; len(text) > maxWhole {
			break
		}
		joins.Add(Term{Text: string(stem([]byte(text))), Weight: JoinedWeight, Kind: Joined})
	}
	if window = append(window, last); len(window) >= maxJoined {
		window = window[1:]
	}
	return window
}

// IsStopWord reports whether Analyze drops a word, in lower case, beside others.
func IsStopWord(word string) bool { return stopWords[word] }

// stopWords carry no meaning in a question about code. Words that are keywords with a meaning of their own
// (lock, range, select, type) are not among them.
var stopWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range [...]string{
		"a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "being", "both",
		"but", "by", "can", "could", "d", "did", "do", "does", "doing", "each", "for", "from", "had", "has", "have",
		"having", "how", "i", "if", "in", "into", "is", "it", "its", "itself", "just", "ll", "m", "may", "me",
		"might", "must", "my", "of", "on", "onto", "or", "our", "out", "re", "s", "shall", "should", "so", "some",
		"such", "t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
		"to", "too", "us", "ve", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
		"whom", "whose", "why", "will", "with", "would", "you", "your",
	} {
		set[w] = true
	}
	return set
}()
