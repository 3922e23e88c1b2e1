package search_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"lsp/indexer/search"
)

// BenchmarkSearch asks questions of several classes over all of GOROOT/src, one after the other, and reports the
// quantiles of single questions besides the mean.
func BenchmarkSearch(b *testing.B) {
	s, views := openStandardLibrary(b)
	sentences := []string{"copy from a reader until end of file", "retry a request with exponential backoff",
		"parse command line flags", "convert a string to an integer", "walk a directory tree"}
	for _, kind := range []struct {
		name    string
		queries []string
		search.Request
	}{
		{name: "sentence", queries: sentences},
		{name: "explained", queries: sentences, Request: search.Request{Explain: true}},
		{name: "typing", queries: []string{"copy from a rea", "retry a r", "parse command line fla", "convert a string to an int", "walk a di"},
			Request: search.Request{Typing: true}},
		{name: "identifier", queries: []string{"ReadFull", "copyBuffer", "io.Copy", "ServeHTTP", "newReader"}},
		{name: "filtered", queries: []string{"kind:method path:net/** parse address", "lang:go is:undocumented -is:test write header",
			"in:Server handle request", "name:Read* bytes"}},
		{name: "literal", queries: []string{`"connection refused"`, `"unexpected EOF" read`}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			var times []time.Duration
			for i := 0; b.Loop(); i++ {
				begin := time.Now()
				req := kind.Request
				req.Query = kind.queries[i%len(kind.queries)]
				resp, err := s.Search(context.Background(), views, req)
				if err != nil {
					b.Fatal(err)
				}
				if len(resp.Results) == 0 {
					b.Fatalf("%s: no results", req.Query)
				}
				times = append(times, time.Since(begin))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2])/1e6, "p50-ms")
			b.ReportMetric(float64(times[len(times)*99/100])/1e6, "p99-ms")
			b.ReportMetric(float64(views[0].Epoch.Units()), "units")
		})
	}
}

// BenchmarkSymbols types a name letter by letter, as an editor does.
func BenchmarkSymbols(b *testing.B) {
	s, views := openStandardLibrary(b)
	const typed = "ReadFull"
	for i := 0; b.Loop(); i++ {
		if _, err := s.Symbols(context.Background(), views, typed[:1+i%len(typed)], 100); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDuplicates groups the functions of the standard library.
func BenchmarkDuplicates(b *testing.B) {
	s, views := openStandardLibrary(b)
	for b.Loop() {
		resp, err := s.Duplicates(context.Background(), views, search.DuplicatesRequest{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(resp.Units), "units")
		b.ReportMetric(float64(len(resp.Groups)), "groups")
	}
}
