package train

import (
	"fmt"
	"path/filepath"
	"testing"
)

func TestDrawPairs(t *testing.T) {
	dir := t.TempDir()
	for _, repository := range []string{"a/large", "b/small", "c/test"} {
		n, split := 100, SplitTrain
		switch repository {
		case "b/small":
			n = 3
		case "c/test":
			split = SplitTest
		}
		var records []Record
		for i := range n {
			records = append(records,
				Record{Query: fmt.Sprintf("Returns the number %d.", i), Name: fmt.Sprint("f", i), Body: "return", Repository: repository, Split: split},
				Record{Query: "Too short.", Name: "short", Body: "return", Repository: repository, Split: split},
				Record{Name: "undocumented", Body: "return", Repository: repository, Split: split})
		}
		if err := writeRecords(recordFile(dir, repository), records); err != nil {
			t.Fatal(err)
		}
	}
	o := PairOptions{Split: SplitTrain, PerRepository: 10, Most: 100, Seed: 1}
	drawn, err := DrawPairs(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	count, last := map[string]int{}, 0
	for _, r := range drawn {
		if count[r.Repository]++; r.Name == "short" || r.Name == "undocumented" {
			t.Errorf("%+v is drawn", r)
		}
		if r.Repository == "a/large" && len(r.Name) > 2 {
			last++
		}
	}
	if count["a/large"] != 10 || count["b/small"] != 3 || len(count) != 2 || last == 0 {
		t.Errorf("%d functions of %v are drawn, %d of them not from the beginning", len(drawn), count, last)
	}
	again, err := DrawPairs(dir, o)
	if err != nil || len(again) != len(drawn) || again[0] != drawn[0] || again[5] != drawn[5] {
		t.Errorf("other functions are drawn the second time (%v)", err)
	}
	o.Most = 4
	if few, err := DrawPairs(dir, o); err != nil || len(few) != 4 {
		t.Errorf("%d functions (%v), want 4", len(few), err)
	}
	if _, err := DrawPairs(filepath.Join(dir, "none"), o); err == nil {
		t.Error("records of no folder are drawn")
	}
}
