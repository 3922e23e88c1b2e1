package search

import (
	"context"
	"fmt"
)

// Retriever is one way to find candidates for the ranking.
type Retriever string

// The retrievers.
const (
	ByMeaning Retriever = "dense"   // nearness of vectors
	ByWords   Retriever = "lexical" // BM25F over all fields
	ByNames   Retriever = "names"   // names that the query asks for or spells, then words of names
	ByPaths   Retriever = "paths"   // words of paths
)

// Retrievers are all of them, in the order that reports show.
var Retrievers = []Retriever{ByMeaning, ByWords, ByNames, ByPaths}

// Retrieved returns the first n units that each retriever alone offers to the ranking of a request, in its own order. It is for
// measurements.
func (s *Searcher) Retrieved(ctx context.Context, views []View, req Request, n int) (map[Retriever][]Result, error) {
	req.Limit, req.Mode = n, Hybrid
	q, err := parseRequest(req)
	if err != nil {
		return nil, err
	}
	r, err := s.newRun(ctx, views, q, req)
	if err != nil {
		return nil, failed("retrieve for", q, err)
	}
	found := map[Retriever][]Result{}
	if q.RankText() == "" {
		return found, nil
	}
	req.Mode, req.All = Dense, true // the order of what is near depends on all that knows a unit
	dense, err := s.Search(ctx, views, req)
	if err != nil {
		return nil, err
	}
	found[ByMeaning] = dense.Results
	for by, retrieve := range map[Retriever][]func(func(ref)) error{
		ByWords: {r.byWords},
		ByNames: {r.byName, r.byNameWords},
		ByPaths: {r.byPathWords},
	} {
		seen := map[ref]bool{}
		for _, some := range retrieve {
			err := some(func(u ref) {
				if !seen[u] && len(found[by]) < n {
					seen[u] = true
					found[by] = append(found[by], r.place(u))
				}
			})
			if err != nil {
				return nil, fmt.Errorf("retrieve for %q by %s: %w", q.Source, by, err)
			}
		}
	}
	return found, nil
}
