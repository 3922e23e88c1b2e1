package eval

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"lsp/encoder"
	"lsp/indexer"
	"lsp/indexer/chunk"
	"lsp/indexer/lexical"
	"lsp/indexer/search"
	"lsp/indexer/store"
)

// item is one function of a benchmark: the only unit of a file that has its number for a name.
type item struct {
	id        int
	extension string
	language  string
	text      string // of the file
	unit      encoder.Unit
	record    store.Unit
	comments  string // what the index knows as comments of the unit
}

func (it *item) path() string { return strconv.Itoa(it.id) + it.extension }

// idsOf returns the numbers of the functions in an answer: the names of their files.
func idsOf(resp *search.Response) []int {
	ids := make([]int, len(resp.Results))
	for i, r := range resp.Results {
		base := path.Base(r.Path)
		ids[i], _ = strconv.Atoi(strings.TrimSuffix(base, path.Ext(base))) // written by item.path
	}
	return ids
}

// encodeItems returns the vectors of functions, row after row, and how long encoding took.
func encodeItems(ctx context.Context, items []item, opts Options) (rows []float32, took time.Duration, err error) {
	dims := opts.Encoder.Dimensions()
	rows = make([]float32, len(items)*dims)
	for i := range items {
		if i%100 == 0 {
			opts.progress("index", i, len(items))
		}
		begin := time.Now()
		if err := opts.Encoder.EncodeUnits(ctx, []encoder.Unit{items[i].unit}, rows[i*dims:][:dims]); err != nil {
			return nil, 0, fmt.Errorf("function %d: %w", items[i].id, err)
		}
		took += time.Since(begin)
	}
	opts.progress("index", len(items), len(items))
	return rows, took, nil
}

// viewsOf makes an index of functions whose vectors are the rows.
func viewsOf(items []item, rows []float32, opts Options) ([]search.View, error) {
	enc := opts.Encoder
	dims := enc.Dimensions()
	b, err := store.NewBuilder(store.Identity{
		Model: enc.Identity().String(), Dimensions: dims, Chunker: chunk.Version,
	}, enc.Mean())
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(items))
	for i := range items {
		it := &items[i]
		b.AddFile(store.File{Path: it.path(), Language: it.language, Size: int64(len(it.text))})
		document := lexical.Document{
			lexical.Name: it.unit.Name, lexical.Owner: it.unit.Owner, lexical.Signature: it.unit.Signature,
			lexical.Documentation: it.unit.Documentation, lexical.Body: it.unit.Body,
			lexical.Comment: it.comments,
		}
		copy(it.record.Hash[:], strconv.Itoa(it.id)) // every record is ranked, equal texts too
		if err := b.AddUnit(&it.record, &document, store.Vectors{Rows: rows[i*dims:][:dims]}); err != nil {
			return nil, fmt.Errorf("function %d: %w", it.id, err)
		}
		texts[it.path()] = it.text
	}
	segment, err := store.OpenSegment("functions", b.Bytes())
	if err != nil {
		return nil, err
	}
	read := func(rel string) ([]byte, error) {
		text, ok := texts[rel]
		if !ok {
			return nil, fmt.Errorf("read %s: %w", rel, fs.ErrNotExist)
		}
		return []byte(text), nil
	}
	epoch := &indexer.Epoch{Number: 1, Complete: true, Layers: []indexer.Layer{
		{Segment: segment, Totals: segment.Lexical().Totals(nil)},
	}}
	return []search.View{{Root: "functions", Epoch: epoch, Read: read}}, nil
}
