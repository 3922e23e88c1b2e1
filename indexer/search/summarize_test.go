package search_test

import (
	"context"
	"errors"
	"testing"

	"lsp/indexer/search"
)

func TestSummarize(t *testing.T) {
	f := newFixture(t, map[string]string{
		"a.go": `package a

// Height returns how high the box is.
//
// It is never negative.
func getHeight(b *Box) int { return b.sides[1] * b.scale }

func getWidth(b *Box) int { return b.sides[0] * b.scale }

const scale = 3
`,
		"b.py": "def f(x):\n    return x\n",
	}, false)
	summarize := func(path string, line int) *search.Summary {
		t.Helper()
		s, err := f.Summarize(context.Background(), f.views(""), "", path, line)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := summarize("a.go", 6); s.Text != "Height returns how high the box is." || s.Guess || s.From != nil {
		t.Errorf("a documented function: %+v, want its first sentence", s)
	}
	if s := summarize("a.go", 8); s.Text != "Width returns how high the box is." || !s.Guess || s.From == nil || s.From.Name != "getHeight" {
		t.Errorf("an undocumented function: %+v, want a guess from its neighbour", s)
	} else if s.Unit.Name != "getWidth" || s.Unit.StartLine != 8 {
		t.Errorf("an undocumented function is said to be %+v", s.Unit)
	}
	if s := summarize("a.go", 10); s.Text != "" || !s.Guess {
		t.Errorf("a constant: %+v, want no text", s)
	}
	if _, err := f.Summarize(context.Background(), f.views(""), "", "a.go", 99); !errors.Is(err, search.ErrNoUnit) {
		t.Errorf("a line that does not exist: %v", err)
	}
}
