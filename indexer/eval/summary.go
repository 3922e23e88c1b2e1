package eval

// summary is what several questions have in common.
type summary struct {
	questions int
	score     float64            // mean
	recall100 map[string]float64 // means
	files10   float64            // mean
}

// summarise returns the means over questions.
func summarise(reports []QueryReport) summary {
	s := summary{questions: len(reports), recall100: map[string]float64{}}
	var scores, files []float64
	recall := map[string][]float64{}
	for i := range reports {
		r := &reports[i]
		scores = append(scores, r.Score)
		if r.Recall100 == nil {
			continue // a question without targets, or none about a repository
		}
		files = append(files, r.Files10)
		for retriever, share := range r.Recall100 {
			recall[retriever] = append(recall[retriever], share)
		}
	}
	s.score, s.files10 = mean(scores), mean(files)
	for retriever, shares := range recall {
		s.recall100[retriever] = mean(shares)
	}
	return s
}

// byCategory groups questions by their category.
func byCategory(reports []QueryReport) map[string][]QueryReport {
	groups := map[string][]QueryReport{}
	for _, r := range reports {
		groups[r.Category] = append(groups[r.Category], r)
	}
	return groups
}
