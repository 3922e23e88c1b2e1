package mcp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPage(t *testing.T) {
	for _, c := range []struct {
		all, offset, limit int
		want               string
	}{
		{0, 0, 10, "[] 0"},
		{3, 0, 10, "[0 1 2] 0"},
		{3, 0, 3, "[0 1 2] 0"},
		{3, 0, 2, "[0 1] 2"},
		{3, 2, 2, "[2] 0"},
		{3, 3, 2, "[] 0"},
		{3, 200, 2, "[] 0"},
	} {
		all := make([]int, c.all)
		for i := range all {
			all[i] = i
		}
		cut, next := page(all, c.offset, c.limit)
		if got := fmt.Sprint(cut, next); got != c.want {
			t.Errorf("page of %d from %d, %d at once: %s, want %s", c.all, c.offset, c.limit, got, c.want)
		}
	}
}

// TestPages walks through all pages, of changing sizes, and must see everything once and in order.
func TestPages(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		all := random.Perm(random.IntN(maxResults + 1))
		seen := []int{}
		at := ""
		for {
			from, err := offset("question", at)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			cut, next := page(all, from, 1+random.IntN(maxPage))
			seen = append(seen, cut...)
			if next == 0 {
				break
			}
			if at, err = cursor("question", next); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if !slices.Equal(seen, all) {
			t.Fatalf("seed %d: saw %v of %v", seed, seen, all)
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "10-", "-1-x", "10-abc", "99999999999999999999-x", "0x1-y", "١-x"} {
		f.Add(seed)
	}
	own, err := cursor("question", 20)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(own)
	f.Fuzz(func(t *testing.T, text string) {
		n, err := offset("question", text)
		if err == nil && (n < 0 || n > maxResults) {
			t.Errorf("cursor %q leads to %d", text, n)
		}
		if _, err := offset("another question", text); text != "" && n > 0 && err == nil {
			t.Errorf("cursor %q fits two questions", text)
		}
	})
}
