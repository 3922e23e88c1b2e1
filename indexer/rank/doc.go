// Package rank fits the weights of the ranking to repositories that the encoder was not trained on.
//
// Questions come from what people wrote about code (questions.go): the first sentences of documentation, whole, cut down
// to some of their words or turned into a question; the subjects of commits that changed few files; names as people recall
// them. A question whose words are those of a documentation is asked over the whole repository with all documentation
// blanked (strip.go), one from a commit over the repository as it is. Both go through the ordinary indexer and the ordinary
// search, so the signals are those that a person's question would give (sample.go).
//
// The model is what the search has: a weighted sum of signals times the factors of a unit. Fit minimises a pairwise
// logistic loss in which a pair counts by what swapping it would change in NDCG (LambdaRank: Burges, "From RankNet to
// LambdaRank to LambdaMART: an overview", 2010), with weights that are not negative where more evidence must never rank
// lower, and held to the weights that were there before by a penalty: where the questions cannot tell, those stay (fit.go).
// Validate fits without some repositories and measures on those.
//
// The same repositories, options and seed give the same weights.
package rank
