package search_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lsp/indexer/search"
)

// body is a function that shares all but a few of its words with another of the same family.
func body(name, family string, variant int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "func %s() {\n", name)
	for i := range 80 {
		fmt.Fprintf(&b, "\t%sStep%d(%sValue%d)\n", family, i, family, i)
	}
	if variant > 0 {
		fmt.Fprintf(&b, "\tvariant%d()\n", variant)
	}
	return b.String() + "}\n"
}

func groupsOf(resp *search.DuplicatesResponse) (out []string) {
	for _, g := range resp.Groups {
		var units []string
		for _, u := range g.Units {
			units = append(units, u.Path+":"+u.Name)
		}
		out = append(out, strings.Join(units, " "))
	}
	return out
}

func TestDuplicates(t *testing.T) {
	files := map[string]string{
		"a.go": "package p\n\n" + body("One", "alpha", 0) + "\n" + body("Other", "beta", 0),
		"b.go": "package p\n\n" + body("One", "alpha", 0) + "\n" + body("Two", "alpha", 1),
		"c.go": "package p\n\n" + body("Alone", "gamma", 0) + "\nfunc short() {}\n",
		"d.go": "package p\n\nfunc short() {}\n",
	}
	for i := range 40 { // company, so that there are buckets to speak of
		files[fmt.Sprintf("z%d.go", i)] = "package p\n\n" + body(fmt.Sprintf("F%d", i), fmt.Sprintf("family%d", i), 0)
	}
	for _, oneByOne := range []bool{false, true} {
		f := newFixture(t, files, oneByOne)
		last := 0
		resp, err := f.Duplicates(context.Background(), f.views(""), search.DuplicatesRequest{Min: 0.9}, func(done, total int) {
			if done < last || done > total {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := groupsOf(resp), []string{"a.go:One b.go:One b.go:Two"}; !slices.Equal(got, want) {
			t.Errorf("groups %q, want %q", got, want)
		}
		if resp.Units != 45 || last == 0 {
			t.Errorf("%d units compared, progress %d", resp.Units, last)
		}
		resp, err = f.Duplicates(context.Background(), f.views(""), search.DuplicatesRequest{Min: 1, MinLines: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := groupsOf(resp), []string{"a.go:One b.go:One", "c.go:short d.go:short"}; !slices.Equal(got, want) {
			t.Errorf("equal texts %q, want %q", got, want)
		}
	}
}

func TestDuplicatesErrors(t *testing.T) {
	f := newFixture(t, corpus, false)
	if _, err := f.Duplicates(context.Background(), f.views(""), search.DuplicatesRequest{Min: 0.1}, nil); err == nil {
		t.Error("no error for a similarity at which everything is alike")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Duplicates(ctx, f.views(""), search.DuplicatesRequest{MinLines: 1}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
