// Package search answers questions about code: which functions do what a sentence says, carry a name, contain a
// literal, resemble other code.
//
// One query goes through these stages, each its own file:
//
//	parse.go       text -> Query: free words for ranking, clauses that every result must satisfy
//	classify.go    what the words are (identifier, error message, sentence, ...), which decides the weights
//	filter.go      clauses -> one bit per unit and segment, so that retrieval never sees what is not wanted
//	changed.go     what differs from a revision of git
//	comments.go    what is said in comments alone
//	text.go        literals and regular expressions, where the index cannot tell
//	candidates.go  units near in meaning (vectors), in words (BM25F), by name and by path: their union
//	rank.go        every candidate scored exactly by every retriever, plus evidence about code
//	uses.go        how widely the names of the best are used
//	turns.go       results one after the other, so that no file, no name and no copied text fills the list
//
// A score is the sum of named contributions that one closure adds up, so the explanation shown to a person is
// the score itself. What each signal is stands in signals.go, the weights in weights.toml, and how those
// were made in RANKING.md.
//
// Results do not depend on how units are spread over segments, and equal scores are ordered by root, path and
// line: the same index gives the same answer, byte for byte.
package search
