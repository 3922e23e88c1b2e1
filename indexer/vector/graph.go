package vector

// Graph is a navigable graph over a section.
type Graph struct{}

func (g *Graph) fits(s *Section) error { return nil }

// searchGraphs returns the sources left to scan.
func (s *searcher) searchGraphs() ([]int, error) {
	var which []int
	for i, src := range s.sources {
		if s.units[i] > 0 && src.Section != nil {
			which = append(which, i)
		}
	}
	return which, nil
}
