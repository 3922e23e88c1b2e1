package search

// SetCheapToRead changes from how many units on the dictionary is read, and returns what it was.
func SetCheapToRead(units int) int {
	was := cheapToRead
	cheapToRead = units
	return was
}
