// Package eval measures retrieval: it reads benchmark files, runs their questions through the real index and the
// real ranking, and reports how good and how fast the answers were.
//
// Two kinds of benchmark are known. A function benchmark (RunFunctions) is a file of functions and a file of
// questions with the functions that answer them; every function is ranked for every question. A repository
// benchmark (RunRepository) is a checked-out repository and a file of questions with the files or line ranges
// that answer them; the first ten results are judged, as a person would see them. Which share of the answers each
// retriever offers to the ranking at all is reported beside (Recall100).
//
// questions.json lists 16 repositories with the revisions at which the 199 questions in questions/ can be asked about them.
//
// Compare pairs two runs over the same questions and gives the bootstrap interval of their difference.
package eval
