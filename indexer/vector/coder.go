package vector

// Coder is an index of github.com/coder/hnsw over a section.
type Coder struct{}

func (c *Coder) fits(s *Section) error { return nil }
