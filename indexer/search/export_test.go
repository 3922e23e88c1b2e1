package search

import "lsp/indexer/vector"

// SetCheapToRead changes from how many units on the dictionary is read, and returns what it was.
func SetCheapToRead(units int) int {
	was := cheapToRead
	cheapToRead = units
	return was
}

// VectorSources returns what the vectors of views are searched in.
func VectorSources(views []View) ([]vector.Source, error) {
	sources, err := gather(views)
	return vectorSources(sources), err
}
