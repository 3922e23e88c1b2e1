package train

// Asked returns the first sentences of a documentation as plain words: what somebody would ask who looks for what it
// documents. It is "" for a documentation that gives none, such as one that is too short, no English or a mere marker. The
// name of what is documented is dropped where the documentation begins with it.
func Asked(documentation, name string) string {
	question, _ := cleanQuery(documentation, name)
	return question
}
