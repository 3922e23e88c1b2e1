package indexer

import "testing"

// TestWaitingForAnOlderChangeOfAPath holds that a newer change of a path does not let those go who wait for an older
// one: neither is applied yet.
func TestWaitingForAnOlderChangeOfAPath(t *testing.T) {
	x := &Index{}
	x.edits.init()
	buffer := []Change{{Path: "a.go", Buffer: true}}
	first := x.Notify(buffer)
	second := x.Notify([]Change{{Path: "a.go", Buffer: true}, {Path: "b.go"}})
	if low := x.edits.lowest(); low > first {
		t.Fatalf("lowest number waiting is %d, so ticket %d counts as applied", low, first)
	}
	if batch := x.edits.take(); len(batch) != 1 || !batch[0].Buffer {
		t.Fatalf("took %+v, want the buffer first", batch)
	}
	third := x.Notify(buffer)
	x.edits.finish()
	if low := x.edits.lowest(); low > second || low <= first {
		t.Errorf("lowest number waiting is %d after the first batch, want one in (%d, %d]", low, first, second)
	}
	for batch := x.edits.take(); len(batch) > 0; batch = x.edits.take() {
		x.edits.finish()
	}
	if low := x.edits.lowest(); low <= third {
		t.Errorf("lowest number waiting is %d when all is applied", low)
	}
}
