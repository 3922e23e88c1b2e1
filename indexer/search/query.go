package search

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Query is a parsed question. Its words rank, its clauses filter: every result satisfies all clauses.
type Query struct {
	Source  string   // the text that was parsed
	Words   []Word   // free words in order
	Clauses []Clause // all must hold
	Notes   []string // remarks for the person who typed it, such as a likely misspelt operator
}

// Word is a run of free text without white space.
type Word struct {
	Text  string
	Start int // byte offset in the source
}

// ClauseKind says how a clause is checked.
type ClauseKind uint8

// The kinds of clause.
const (
	OperatorClause ClauseKind = iota // name:value, checked against what the index knows of a unit
	LiteralClause                    // "text", checked against the text of the unit, case and all
	PatternClause                    // /regexp/, checked against the text of the unit
	WordClause                       // -word, checked against the words of the unit
	GroupClause                      // (a or b): any of several conjunctions
)

// Clause is one condition on results.
type Clause struct {
	Kind       ClauseKind
	Start, End int      // where it stands in the source, in bytes
	Not        bool     // the condition must not hold
	Operator   string   // of an OperatorClause: a name of Operators, without the colon
	Values     []string // of an OperatorClause: alternatives; of LiteralClause and WordClause: the one text
	Pattern    *regexp.Regexp
	Any        [][]Clause // of a GroupClause: alternatives, each a conjunction

	at []int // where the values of an OperatorClause stand in the source; nil when it was made of a filter
}

// Text returns the free words joined by spaces.
func (q *Query) Text() string {
	words := make([]string, len(q.Words))
	for i, w := range q.Words {
		words[i] = w.Text
	}
	return strings.Join(words, " ")
}

// RankText returns what results are ranked by: the free words, else the wanted literals, else the wanted names.
// It is empty for a query that only filters.
func (q *Query) RankText() string {
	if len(q.Words) > 0 {
		return q.Text()
	}
	var literals, names []string
	for _, c := range q.Clauses {
		switch {
		case c.Not:
		case c.Kind == LiteralClause:
			literals = append(literals, c.Values...)
		case c.Kind == OperatorClause && c.Operator == opName:
			for _, v := range c.Values {
				names = append(names, strings.Trim(v, "*"))
			}
		}
	}
	if len(literals) > 0 {
		return strings.Join(literals, " ")
	}
	return strings.Join(names, " ")
}

// wants reports whether the query asks by itself for units with the given is: value, so that they are not to be
// pushed down.
func (q *Query) wants(value string) bool { return clausesWant(q.Clauses, value) }

func clausesWant(clauses []Clause, value string) bool {
	for _, c := range clauses {
		if c.Not {
			continue
		}
		if c.Kind == OperatorClause && c.Operator == opIs {
			for _, v := range c.Values {
				if v == value {
					return true
				}
			}
		}
		for _, all := range c.Any {
			if clausesWant(all, value) {
				return true
			}
		}
	}
	return false
}

// SyntaxError is a query that cannot be understood, with the place and what could stand there.
type SyntaxError struct {
	Query    string
	Offset   int // in bytes, at most len(Query)
	Problem  string
	Expected []string // nil when anything else would do
}

// Error says what is wrong, at which character (counted from 1), and what was expected.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "query, character %d: %s", e.Character(), e.Problem)
	if len(e.Expected) > 0 {
		b.WriteString("; expected ")
		b.WriteString(strings.Join(e.Expected, ", "))
	}
	return b.String()
}

// Character is the position of the error in characters, from 1.
func (e *SyntaxError) Character() int { return utf8.RuneCountInString(e.Query[:e.Offset]) + 1 }
