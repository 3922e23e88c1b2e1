package search

import (
	"context"
	"fmt"

	"lsp/encoder/summary"
	"lsp/indexer/chunk"
)

// Summary says in a line what a function does.
type Summary struct {
	Text  string  `json:"text"`           // one line, or "" when there is nothing to go by
	Guess bool    `json:"guess"`          // whether Text was guessed: it is not the function's own documentation
	Unit  Result  `json:"unit"`           // the function
	From  *Result `json:"from,omitempty"` // whose documentation the guess was made of; nil for the words of the function's name
}

// Summarize says what the function at a line of a file does, from 1: in the first sentence of its documentation, or for
// want of any in a line guessed from the documented functions that lie nearest. Path and root are as in SimilarRequest.
// What is no function gets no text.
func (s *Searcher) Summarize(ctx context.Context, views []View, root, path string, line int) (*Summary, error) {
	req := Request{Mode: Dense}
	q, err := parseRequest(req)
	if err != nil {
		return nil, err
	}
	r, err := s.newRun(ctx, views, q, req)
	if err != nil {
		return nil, fmt.Errorf("summarise: %w", err)
	}
	at, err := locate(r.sources, root, path, line)
	if err != nil {
		return nil, fmt.Errorf("summarise: %w", err)
	}
	answer := &Summary{Unit: r.place(at)}
	if answer.Text = summary.FirstSentence(answer.Unit.Documentation); answer.Text != "" {
		return answer, nil
	}
	answer.Guess = true
	if kind := r.sources[at.source].seg.Kind(at.unit); kind == chunk.Test || !kind.IsCallable() {
		return answer, nil
	}
	found, err := s.Similar(ctx, views, SimilarRequest{
		Root: root, Path: path, Line: line, Limit: summary.Neighbours,
		Filter: Filter{Is: []string{isDocumented}, Kinds: []string{"callable"}},
	})
	if err != nil {
		return nil, fmt.Errorf("summarise: %w", err)
	}
	near := make([]summary.Neighbour, len(found.Results))
	for i, n := range found.Results {
		near[i] = summary.Neighbour{Name: n.Name, Documentation: n.Documentation, Similarity: float32(n.Score)}
	}
	guess := summary.Line(answer.Unit.Name, near)
	if answer.Text = guess.Text; guess.From >= 0 {
		answer.From = &found.Results[guess.From]
	}
	return answer, nil
}
