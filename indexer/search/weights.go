package search

// Weights of everything that makes up a score. Evidence is scaled to 0..1 before it is weighed, so a weight is the
// most that a kind of evidence can add, and weights can be compared.
//
// They were set by hand: meaning, words and names by class of query, evidence about files and code once for all. A change
// was kept when it helped two of three tasks that share no questions (web questions for Python functions, questions for
// files of repositories in several languages, questions for the Go standard library) and left the third as it was.
// Tried so and dropped: feedback from the best results into the query, a length below which meaning counts less, meaning
// counted above a floor, the share of the words that a whole file has, names that are common in the workspace counting
// less, constructors after their types, the longer of two declarations first, and modules after functions.

// retrieverWeights say how much the retrievers count for a class of query.
type retrieverWeights struct {
	meaning   float64 // nearness of the vectors
	words     float64 // BM25F over all fields
	coverage  float64 // share of the words that the unit has, however often
	nameWords float64 // BM25F over the declared name alone
	name      float64 // the declared name as a whole, by its grade
	fileWords float64 // words of the file name, by the share that was asked for
	folders   float64 // words of the folders, likewise
	fileText  float64 // words found in the whole file
	fileMean  float64 // nearness of the best units of the file
}

var classWeights = [numClasses]retrieverWeights{
	Filters:    {},
	Identifier: {meaning: 0.5, words: 0.5, coverage: 0.3, nameWords: 0.15, name: 2, fileWords: 1, folders: 0.5, fileText: 0.5, fileMean: 0.3},
	Qualified:  {meaning: 0.5, words: 0.5, coverage: 0.3, nameWords: 0.15, name: 2, fileWords: 1, folders: 0.5, fileText: 0.5, fileMean: 0.3},
	Message:    {meaning: 0.5, words: 0.5, coverage: 0.3, nameWords: 0.2, name: 0, fileWords: 0.3, folders: 0.2, fileText: 0.3, fileMean: 0.2},
	Keywords:   {meaning: 1, words: 0.5, coverage: 0.3, nameWords: 0.15, name: 0.3, fileWords: 1, folders: 0.5, fileText: 0.5, fileMean: 0.3},
	Sentence:   {meaning: 1, words: 0.5, coverage: 0.3, nameWords: 0.15, name: 0.3, fileWords: 1, folders: 0.5, fileText: 0.4, fileMean: 0.3},
	Question:   {meaning: 1, words: 0.5, coverage: 0.3, nameWords: 0.15, name: 0.3, fileWords: 1, folders: 0.5, fileText: 0.4, fileMean: 0.3},
	Code:       {meaning: 1, words: 0.5, coverage: 0.3, nameWords: 0.2, name: 0.3, fileWords: 0.2, folders: 0.1, fileText: 0.3, fileMean: 0.2},
}

// Factors on the score of units that are rarely what is looked for. Each counts only when the query does not ask
// for such units itself.
const (
	testFactor       = 0.4
	exampleFactor    = 0.6
	generatedFactor  = 0.6
	vendoredFactor   = 0.5
	deprecatedFactor = 0.8
	minorFactor      = 0.85 // closures, aliases and macros, which serve the functions and types around them
	indexFileFactor  = 0.7  // what declares nothing in files that gather others: index.ts, mod.rs, __init__.py
	docsFactor       = 0.6  // prose, when code may be found
	configFactor     = 0.6

	// fileDecay is how fast the units of a file add less to what the file has of words and meaning, best first: the
	// n-th counts 1/n to its power.
	fileDecay = 0.6

	// sameFileFactor is what every result of a file leaves of the scores of the file's next ones, sameNameFactor what it
	// leaves of the scores of units with its name.
	sameFileFactor = 0.6
	sameNameFactor = 0.85
)

// Small bonuses that decide between units that are equally good otherwise.
const (
	exportedBonus   = 0.2
	documentedBonus = 0.2
	typeBonus       = 0.05 // a type whose name is asked for, before what carries the same name
)

// How widely the name of a unit occurs, as the logarithm of the number of units over that of all, for the best usedDepth
// candidates.
const (
	usedWeight    = 0.6
	usedOnAverage = 0.3
	usedDepth     = 40
)

// Weights of an occurrence of a word in the fields where they differ from the defaults of BM25F. What somebody wrote to
// say what a unit does is nearest to what somebody writes who looks for it.
const (
	documentationWeight = 3.5
	nameFieldWeight     = 2.0
)
