package train

import (
	"cmp"
	"context"
	"hash/fnv"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lsp/encoder/static"
	"lsp/indexer/chunk"
)

// A candidate is a function that may become a record.
type candidate struct {
	Record
	print fingerprint
	draw  uint64 // decides whether it is drawn for a sample
	order int    // among the candidates of its repository
}

// A minedFile is what one file of a repository gives.
type minedFile struct {
	read       bool // as text
	functions  int
	candidates []candidate
	dropped    map[string]int
}

// mineFile cuts a file, nil when it could not be read, into functions and drops those that nothing is learnt from.
func mineFile(ctx context.Context, file string, content []byte) minedFile {
	mined := minedFile{dropped: map[string]int{}}
	if content == nil || !utf8.Valid(content) {
		mined.dropped[reasonFileText]++
		return mined
	}
	mined.read = true
	for _, r := range functionsOf(ctx, file, content, mined.dropped) {
		mined.functions++
		query, reason := usable(&r)
		if reason != "" {
			mined.dropped[reason]++
			if reason != reasonUndocumented {
				continue
			}
		}
		r.Query = query
		h := fnv.New64a()
		h.Write([]byte(r.Path))
		mined.candidates = append(mined.candidates, candidate{
			Record: r, print: fingerprintOf(r.Body, r.Name), draw: mix(h.Sum64() + uint64(r.Start)),
		})
	}
	return mined
}

// usable returns the query of a function, or the reason why it has none.
func usable(r *Record) (query, reason string) {
	words := 0
	static.Words(r.Body, func([]byte) { words++ })
	switch {
	case words < minBodyWords:
		return "", reasonShortBody
	case len(r.Body) > maxBodyBytes:
		return "", reasonLongBody
	}
	return cleanQuery(r.Documentation, r.Name)
}

// A sample draws candidates evenly from any number of them: those with the least draws are kept, at most most pairs
// and as many undocumented functions as pairs. It holds at most 4 times most candidates; 0 keeps every pair.
type sample struct {
	most        int
	seen        int
	pairs, bare []candidate
}

func (s *sample) add(c candidate) {
	c.order = s.seen
	s.seen++
	kept := &s.pairs
	if c.Query == "" {
		kept = &s.bare
	}
	if *kept = append(*kept, c); s.most > 0 && len(*kept) >= 2*s.most {
		*kept = drawn(*kept, s.most)
	}
}

// choose returns the candidates that were drawn, in the order in which they were added.
func (s *sample) choose() []candidate {
	pairs := s.pairs
	if s.most > 0 {
		pairs = drawn(pairs, s.most)
	}
	chosen := slices.Concat(pairs, drawn(s.bare, len(pairs)))
	slices.SortFunc(chosen, func(a, b candidate) int { return cmp.Compare(a.order, b.order) })
	return chosen
}

// drawn returns the n candidates with the least draws, and frees the others.
func drawn(candidates []candidate, n int) []candidate {
	if len(candidates) <= n {
		return candidates
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.draw, b.draw), cmp.Compare(a.order, b.order))
	})
	clear(candidates[n:])
	return candidates[:n]
}

// functionsOf cuts the callable units out of a file. Tests and generated code are counted in dropped, which may be
// nil.
func functionsOf(ctx context.Context, file string, content []byte, dropped map[string]int) []Record {
	var records []Record
	cut := chunk.Chunk(ctx, file, content, chunk.Options{})
	line, at := 1, 0
	for i := range cut.Units {
		u := &cut.Units[i]
		if !u.Kind.IsCallable() || u.Name == "" {
			continue
		}
		if dropped != nil && u.Flags&(chunk.IsTest|chunk.Generated|chunk.Example) != 0 {
			reason := reasonTest
			if u.Flags&chunk.Generated != 0 {
				reason = reasonGenerated
			}
			dropped[reason]++
			continue
		}
		line += strings.Count(string(content[at:max(at, u.Range.Start)]), "\n")
		at = max(at, u.Range.Start)
		// Units alias the content, which is overwritten by the next file.
		records = append(records, Record{
			Owner: strings.Clone(u.Owner), Name: strings.Clone(u.Name), Signature: strings.Clone(u.Signature),
			Documentation: strings.Clone(u.Documentation), Body: strings.Clone(u.Text(content)),
			Language: cut.Language, Path: path.Clean(file),
			Start: line, End: line + strings.Count(string(content[u.Range.Start:u.Range.End]), "\n"),
		})
	}
	return records
}
