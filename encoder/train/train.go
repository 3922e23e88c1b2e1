// Package train makes the static model of package static out of public code, in three steps.
//
// Mine walks repositories and writes the functions that are documented, each with the first sentences of its
// documentation as what somebody would ask. Fit counts a vocabulary, starts its table from the vectors of a
// transformer, the teacher, and trains it so that a question lies near the function it documents while
// the function's own documentation is hidden half of the time. Measure ranks functions for questions.
//
// Everything is deterministic: the same record files, teacher vectors, options and seed give the same model file
// on the same platform. (Products of matrices use other instructions elsewhere, which round differently.) Long
// steps continue where they were stopped, and what they write appears whole or not at all.
package train
