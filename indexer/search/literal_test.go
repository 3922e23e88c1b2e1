package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLiteralWords(t *testing.T) {
	for literal, want := range map[string]string{
		"connection refused": "[{connection false true} {refused true false}]",
		"io.EOF":             "[]",
		" whole ":            "[{whole true true}]",
		"ReadFull(":          "[{Read false true} {Full true true}]",
		"snake_case_name":    "[{snake false true} {case true true} {name true false}]",
		"utf8Value x2y":      "[]", // digits beside it may be a part of the word
		"éclair word":        "[{word true false}]",
		"x := 5":             "[]",
	} {
		if got := fmt.Sprint(literalWords(literal)); got != want {
			t.Errorf("%q: got %s, want %s", literal, got, want)
		}
	}
}

// TestEndings holds that the term of every word has one of the endings of each of its own endings.
func TestEndings(t *testing.T) {
	for _, end := range []string{"ing", "ings", "ting", "ngs", "ked"} {
		if found, ok := termEndings(end); ok {
			t.Errorf("%q: terms end with %q, but a stemmer cuts it off", end, found)
		}
	}
	if found, ok := termEndings("names"); !ok || !slices.Contains(found, "nam") {
		t.Errorf("names: %q, %v", found, ok)
	}
	const seed = 5
	rnd := rand.New(rand.NewPCG(seed, seed))
	told := 0
	for range 50_000 {
		var word []byte
		for len(word) < 3+rnd.IntN(6) {
			word = append(word, "aeioubcdglnrstwxyz"[rnd.IntN(18)])
		}
		word = append(word, []string{"", "s", "es", "ies", "ed", "ied", "eed", "ing", "ings", "e", "sses", "xes", "ches"}[rnd.IntN(13)]...)
		text := string(word)
		if rnd.IntN(100) == 0 {
			text = []string{"alias", "canvas", "bias", "this", "using", "coding", "strings", "kids"}[rnd.IntN(8)]
		}
		term := stemOf(text)
		end := text[rnd.IntN(max(1, len(text)-2)):]
		if term == "" || len(end) < 3 {
			continue
		}
		found, ok := termEndings(end)
		if ok {
			told++
		}
		if ok && !slices.ContainsFunc(found, func(s string) bool { return strings.HasSuffix(term, s) }) {
			t.Fatalf("seed %d: the term of %q is %q, but those of words that end with %q end with %q", seed, text, term, end, found)
		}
	}
	t.Logf("%d endings told", told)
}

func TestRequiredLiteral(t *testing.T) {
	for expr, want := range map[string]string{
		`errors\.New\("server`: `errors.New("server`,
		`(?i)abc`:              "",
		`foo(bar)+baz?`:        "foo",
		`a|b`:                  "",
		`x*long`:               "long",
		`(?m)^func\s+Test`:     "func",
	} {
		if got := requiredLiteral(expr); got != want {
			t.Errorf("%s: requires %q, want %q", expr, got, want)
		}
	}
}
