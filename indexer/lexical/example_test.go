package lexical_test

import (
	"context"
	"fmt"

	"lsp/indexer/lexical"
)

func Example() {
	b := lexical.NewBuilder()
	b.Add(&lexical.Document{lexical.Name: "parseConfig", lexical.Body: "func parseConfig(path string) { … }"})
	b.Add(&lexical.Document{lexical.Name: "retry", lexical.Documentation: "Retries a request with growing delays."})
	section, err := lexical.Open(b.Bytes())
	if err != nil {
		panic(err)
	}
	sources := []lexical.Source{{Section: section}}
	query := lexical.Analyze("where are failed requests retried")
	scorer, err := lexical.NewScorer(sources, query, lexical.DefaultParams())
	if err != nil {
		panic(err)
	}
	hits, err := scorer.Search(context.Background(), 10)
	if err != nil {
		panic(err)
	}
	for _, hit := range hits {
		terms, err := scorer.Explain(hit.Source, hit.Document)
		if err != nil {
			panic(err)
		}
		fmt.Println("document", hit.Document)
		for _, t := range terms {
			for _, f := range t.Fields {
				fmt.Printf("%s in %s: %d\n", t.Term.Text, f.Field, f.Frequency)
			}
		}
	}
	// Output:
	// document 1
	// request in documentation: 1
	// retry in name: 1
	// retry in documentation: 1
}
