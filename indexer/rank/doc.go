// Package rank fits the weights of the ranking to repositories that the encoder was not trained on.
//
// Questions come from what people wrote about code (questions.go): the first sentences of documentation, whole, cut down
// to some of their words or turned into a question; the subjects of commits that changed few files; names as people recall
// them. A question whose words are those of a documentation is asked over the whole repository with all documentation
// blanked (strip.go), one from a commit over the repository as it is. Both go through the ordinary indexer and the ordinary
// search, so the signals are those that a person's question would give (sample.go).
//
// The model is what the search has: a weighted sum of signals times the factors of a unit, the best of which take turns. Fit
// changes one weight after the other and keeps what raises NDCG@10, the mean over kinds of question and repositories: by
// coordinate ascent on the measure itself (Metzler and Croft, "Linear feature-based models for information retrieval", 2007).
// A weight that a kind of question cannot tell about is fitted without it, or left as it is (fit.go). Questions are laid out so
// that a step reads one signal of every candidate (problem.go); one of five repositories is held out to measure on.
//
// The same repositories, options and seed give the same weights.
package rank
