package summary

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	near := func(name, documentation string, similarity float32) Neighbour {
		return Neighbour{Name: name, Documentation: documentation, Similarity: similarity}
	}
	for _, test := range []struct {
		name string
		near []Neighbour
		want string
		from int
	}{
		{"f", nil, "", -1},
		{"readAll", nil, "Read all.", -1},
		{"readAll", []Neighbour{near("x", "", 0.9), near("y", "---", 0.8)}, "Read all.", -1},
		{"slurp", []Neighbour{near("readFile", "Reads a file. Then closes it.", 0.7)}, "Reads a file.", 0},
		{"getHeight", []Neighbour{near("getWidth", "Returns the width of the box.\n\nMore.", 0.9)}, "Returns the height of the box.", 0},
		{"set_header", []Neighbour{near("setTimeout", "Timeout, in seconds.", 0.9)}, "Header, in seconds.", 0},
		{"getHeight", []Neighbour{near("width", "Returns the width.", 0.9)}, "Returns the width.", 0},                // names of other lengths
		{"removeUser", []Neighbour{near("closeDoor", "Closes the door.", 0.9)}, "Closes the door.", 0},               // nothing in common
		{"parseDate", []Neighbour{near("x", "Says X.", 0.7), near("parseTime", "Parses it.", 0.6)}, "Parses it.", 1}, // a like name is worth more
		{"parseDate", []Neighbour{near("x", "Says X.", 0.9), near("y", "Says Y.", 0.8)}, "Says X.", 0},
	} {
		got := Line(test.name, test.near)
		if got.Text != test.want || got.From != test.from {
			t.Errorf("line for %s from %v: %+v, want %q from %d", test.name, test.near, got, test.want, test.from)
		}
	}
}

func TestFirstSentence(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{" \n\n", ""},
		{"=====", ""},
		{"Opens a file", "Opens a file"},
		{"\n  Opens a\n  file.  Closes it.\n", "Opens a file."},
		{"Handles e.g. dates. And more.", "Handles e.g. dates."},
		{"Uses v1.2 of it.", "Uses v1.2 of it."},
		{"First paragraph\n\nSecond.", "First paragraph"},
		{strings.Repeat("word ", 100), strings.TrimSpace(strings.Repeat("word ", 32))},
	} {
		if got := FirstSentence(test.text); got != test.want {
			t.Errorf("first sentence of %q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestBLEU(t *testing.T) {
	for _, test := range []struct {
		line, reference string
		want            float64
	}{
		{"", "a", 0},
		{"a", "", 0},
		{"a b", "c d", 0},
		{"Read the file.", "read the file", 1},
		{"readTheFile", "read the file", 1},
		{"read the", "read the file now", math.Exp(-1)}, // all its words are right, half of them are missing
		{"read the old file", "read the new file", math.Pow(3./4*2/4*1/3*1/2, 0.25)},
	} {
		if got := BLEU(test.line, test.reference); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("BLEU of %q for %q: %v, want %v", test.line, test.reference, got, test.want)
		}
	}
}

// TestBLEUProperties holds what is true of any two lines.
func TestBLEUProperties(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	line := func() string {
		var words []string
		for range 1 + rng.IntN(8) {
			words = append(words, []string{"open", "close", "the", "file", "port"}[rng.IntN(5)])
		}
		return strings.Join(words, " ")
	}
	for range 500 {
		a, b := line(), line()
		if score := BLEU(a, b); score < 0 || score > 1+1e-9 {
			t.Fatalf("seed %d: BLEU of %q for %q is %v", seed, a, b, score)
		}
		if score := BLEU(a, a); math.Abs(score-1) > 1e-9 {
			t.Fatalf("seed %d: BLEU of %q for itself is %v", seed, a, score)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("getWidth", "getHeight", "Returns the height. It is é.")
	f.Fuzz(func(t *testing.T, name, other, documentation string) {
		got := Line(name, []Neighbour{{other, documentation, 0.5}})
		if strings.ContainsAny(got.Text, "\n\r") {
			t.Fatalf("line %q holds a line break", got.Text)
		}
		valid := utf8.ValidString(name) && utf8.ValidString(other) && utf8.ValidString(documentation)
		if valid && !utf8.ValidString(got.Text) {
			t.Fatalf("line %q is no UTF-8", got.Text)
		}
	})
}
