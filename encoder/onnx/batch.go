package onnx

import (
	"cmp"
	"fmt"
	"slices"
)

// batch is what a model reads in one run: texts side by side, each filled up to the longest.
type batch struct {
	lengths          []int // ids of each text
	length           int   // of the longest
	ids, mask, types []int64
}

// newBatch makes a batch of texts given as ids.
func newBatch(texts ...[]int64) *batch {
	b := &batch{lengths: make([]int, len(texts))}
	for i, ids := range texts {
		b.lengths[i] = len(ids)
		b.length = max(b.length, len(ids))
	}
	n := len(texts) * b.length
	values := make([]int64, 3*n)
	b.ids, b.mask, b.types = values[:n], values[n:2*n], values[2*n:]
	for i, ids := range texts {
		copy(b.ids[i*b.length:], ids)
		for k := range ids {
			b.mask[i*b.length+k] = 1
		}
	}
	return b
}

// texts is how many texts there are.
func (b *batch) texts() int { return len(b.lengths) }

// states calls use with the states of every text, row after row of the given width, out of an output with one state
// per token.
func (b *batch) states(output string, values []float32, shape []int64, use func(text int, states []float32, width int) error) error {
	if len(shape) != 3 || shape[0] != int64(b.texts()) || shape[1] != int64(b.length) || shape[2] < 1 || shape[2] > maxDimensions {
		return fmt.Errorf("output %q has the shape %v, want %d x %d x dimensions", output, shape, b.texts(), b.length)
	}
	width := int(shape[2])
	for i, n := range b.lengths {
		if err := use(i, values[i*b.length*width:][:n*width], width); err != nil {
			return err
		}
	}
	return nil
}

// byLength puts the numbers of texts together that have about the same length, at most size of them: in a batch,
// every text takes as long as the longest.
func byLength(texts [][]int64, size int) [][]int {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(texts[b]), len(texts[a])) })
	var groups [][]int
	for len(order) > 0 {
		longest := len(texts[order[0]])
		n := 1
		for n < min(size, len(order)) && len(texts[order[n]])*paddingShare >= longest*(paddingShare-1) {
			n++
		}
		groups, order = append(groups, order[:n]), order[n:]
	}
	return groups
}

// paddingShare bounds what is filled up: less than one in so many ids of a text.
const paddingShare = 4
