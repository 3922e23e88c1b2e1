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

// itemRows are the vectors of functions, row after row, by the encoder of an index and by the second one, if there is any.
type itemRows struct{ first, second []float32 }

// of returns the rows of one function.
func (r *itemRows) of(i int, opts *Options) (rows itemRows) {
	dims := opts.Encoder.Dimensions()
	rows.first = r.first[i*dims:][:dims]
	if opts.Second != nil {
		dims = opts.Second.Dimensions()
		rows.second = r.second[i*dims:][:dims]
	}
	return rows
}

// encodeItems returns the vectors of functions, and how long encoding took.
func encodeItems(ctx context.Context, items []item, opts Options) (rows itemRows, took time.Duration, err error) {
	if rows.first, took, err = encodeBy(ctx, opts.Encoder, items, &opts); err != nil || opts.Second == nil {
		return rows, took, err
	}
	var more time.Duration
	rows.second, more, err = encodeBy(ctx, opts.Second, items, &opts)
	return rows, took + more, err
}

func encodeBy(ctx context.Context, enc encoder.Encoder, items []item, opts *Options) (rows []float32, took time.Duration, err error) {
	dims := enc.Dimensions()
	rows = make([]float32, len(items)*dims)
	for i := range items {
		if i%100 == 0 {
			opts.progress("index", i, len(items))
		}
		begin := time.Now()
		if err := enc.EncodeUnits(ctx, []encoder.Unit{items[i].unit}, rows[i*dims:][:dims]); err != nil {
			return nil, 0, fmt.Errorf("function %d: %w", items[i].id, err)
		}
		took += time.Since(begin)
	}
	opts.progress("index", len(items), len(items))
	return rows, took, nil
}

// viewsOf makes an index of functions whose vectors are the rows.
func viewsOf(items []item, rows itemRows, opts Options) ([]search.View, error) {
	enc := opts.Encoder
	b, err := store.NewBuilder(store.Identity{
		Model: enc.Identity().String(), Dimensions: enc.Dimensions(), Chunker: chunk.Version,
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
		if err := b.AddUnit(&it.record, &document, store.Vectors{Rows: rows.of(i, &opts).first}); err != nil {
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
	blocks, err := blocksOf(items, rows, opts)
	if err != nil {
		return nil, err
	}
	epoch := indexer.Snapshot(segment, opts.Second, blocks...)
	return []search.View{{Root: "functions", Epoch: epoch, Read: read}}, nil
}

// blocksOf keeps the vectors of the second encoder as those of a workspace are kept. Without one there are none.
func blocksOf(items []item, rows itemRows, opts Options) ([]*store.Block, error) {
	if opts.Second == nil {
		return nil, nil
	}
	id := store.VectorIdentity{Model: opts.Second.Identity().String(), Dimensions: opts.Second.Dimensions()}
	b, err := store.NewBlockBuilder(id, opts.Second.Mean())
	if err != nil {
		return nil, err
	}
	for i := range items {
		b.Add(items[i].record.Hash, store.DayOf(time.Now()), rows.of(i, &opts).second)
	}
	data, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	block, err := store.OpenBlock("functions", data, id)
	return []*store.Block{block}, err
}
