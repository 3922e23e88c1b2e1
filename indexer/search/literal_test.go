package search

import (
	"fmt"
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
