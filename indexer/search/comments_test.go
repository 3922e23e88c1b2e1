package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lsp/indexer/search"
)

// commented is a workspace in which the same words stand in comments, in code and in strings.
var commented = map[string]string{
	"doc.go":   "package p\n\n// Retry sends the frobnicated request again.\nfunc Retry() {\n\tsend()\n}\n",
	"line.go":  "package p\n\nfunc Loop() {\n\t// the request may be frobnicated by now, see issue 12\n\tsend() /* TODO: check */\n}\n",
	"code.go":  "package p\n\nfunc frobnicated() {\n\tsend(\"frobnicated // TODO: no comment\")\n}\n",
	"plain.go": "package p\n\nfunc Plain() {\n\tsend(1)\n}\n",
	"py.py":    "def request():\n    \"\"\"Answers whatever is frobnicated.\"\"\"\n    return 1\n\n\ndef other():\n    frobnicated = 1  # TODO: a better name\n    return frobnicated\n",
	"mod.go":   "package p\n\n// frobnicated values\nvar values = []int{\n\t1, // one\n}\n",
	"read.md":  "# Frobnicated\n\nTODO: prose\n",
}

func TestContentComments(t *testing.T) {
	for _, oneByOne := range []bool{false, true} {
		f := newFixture(t, commented, oneByOne)
		for query, want := range map[string][]string{
			"content:comments":                              {"doc.go:Retry", "line.go:Loop", "mod.go", "py.py:other", "py.py:request"},
			"content:comments frobnicated":                  {"doc.go:Retry", "line.go:Loop", "mod.go", "py.py:request"},
			"content:comments frobnicating requests":        {"doc.go:Retry", "line.go:Loop", "mod.go", "py.py:request"},
			"content:comments lang:python frobnicated":      {"py.py:request"},
			`content:comments "TODO:"`:                      {"line.go:Loop", "py.py:other"},
			`content:comments /TODO: \w+ /`:                 {"line.go:Loop", "py.py:other"},
			`content:comments "frobnicated"`:                {"doc.go:Retry", "line.go:Loop", "mod.go", "py.py:request"},
			`content:comments -"TODO:" lang:go`:             {"doc.go:Retry", "mod.go"},
			`content:comments ("issue 12" or "Answers")`:    {"line.go:Loop", "py.py:request"},
			`content:comments,docs "TODO:"`:                 {"line.go:Loop", "py.py:other", "read.md:Frobnicated"},
			`(content:comments "TODO:" or "no comment")`:    {"code.go:frobnicated", "line.go:Loop", "py.py:other"},
			`-content:comments frobnicated lang:go`:         {"code.go:frobnicated", "plain.go:Plain"},
			`content:comments undocumented is:undocumented`: {},
			`content:comments is:undocumented`:              {"line.go:Loop", "py.py:other"},
		} {
			req := search.Request{Query: query, Limit: 100, All: true}
			got := names(f.search(req))
			got = slices.DeleteFunc(got, func(n string) bool { // module units of the package clause alone
				return n == "doc.go" || n == "line.go" || n == "code.go" || n == "plain.go"
			})
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", query, got, want)
			}
		}
		if got := names(f.search(search.Request{Query: "content:comments frobnicated again"})); len(got) == 0 || got[0] != "doc.go:Retry" {
			t.Errorf("the comment with both words is not first: %q", got)
		}
	}
}

// TestExplainComments names both clauses when only together they leave a unit out.
func TestExplainComments(t *testing.T) {
	f := newFixture(t, commented, false)
	for query, want := range map[string][]string{
		`request content:comments "send()"`:   {"content:comments", `"send()"`},
		`request content:comments "nowhere"`:  {`"nowhere"`},
		`request content:comments "Retry"`:    nil,
		`elephant content:comments lang:rust`: {"content:comments", "lang:rust"},
	} {
		e, err := f.Explain(context.Background(), f.views(""), search.Request{Query: query}, "", "doc.go", 4)
		if err != nil || !slices.Equal(e.Excluded, want) {
			t.Errorf("%s: %v, excluded by %q, want %q", query, err, e.Excluded, want)
		}
	}
}

// restrictions are clauses of every kind.
var restrictions = []string{
	"lang:go", "lang:go,python", "path:io", "path:**/*.py", "file:copy", "kind:function", "kind:callable,typedef", "in:Server", "name:*e*",
	"is:test", "is:documented", "is:undocumented", "is:exported", "is:deprecated", "is:changed", "changed-since:main", "content:code",
	"content:comments", "content:comments,docs", `"err"`, `"return"`, `/[a-z]+\(/`, "-copy", "-content:comments", "-is:changed", "-lang:go",
	`(lang:go or "scheme")`, `(content:comments "copies" or is:changed)`,
}

// TestRestrictionsOnlyTakeAway holds that a further clause never adds a result, that a clause and its contrary share none and
// leave none out, and that the order of clauses does not matter.
func TestRestrictionsOnlyTakeAway(t *testing.T) {
	f := newFixture(t, corpus, true)
	views := inGit(f, "io", "net")
	f.write("io/copy.go", corpus["io/copy.go"]+"\n")
	find := func(query string) []string {
		t.Helper()
		resp, err := f.Search(context.Background(), views, search.Request{Query: query, Limit: 1000, All: true, Depth: 1000})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		got := []string{}
		for _, r := range resp.Results {
			got = append(got, fmt.Sprintf("%s:%d", r.Path, r.StartLine))
		}
		slices.Sort(got)
		return got
	}
	random := rand.New(rand.NewPCG(11, 3))
	pick := func() string { return restrictions[random.IntN(len(restrictions))] }
	for n := range 150 {
		base, more := pick(), pick()
		if n%2 == 0 {
			base = "copy until end of file " + base
		}
		some, fewer := find(base), find(base+" "+more)
		for _, r := range fewer {
			if !slices.Contains(some, r) {
				t.Errorf("%s: %s is found only with %s", base, r, more)
			}
		}
		if swapped := find(more + " " + base); !slices.Equal(swapped, fewer) {
			t.Errorf("%s %s: %v, the other way round %v", base, more, fewer, swapped)
		}
		contrary := "-" + more
		if more[0] == '-' {
			contrary = more[1:]
		}
		if contrary == "copy" || more == "-copy" || asksOrForbidsComments(base) || asksOrForbidsComments(more) {
			continue // a free word ranks, and comments change where words are looked for
		}
		rest := find(base + " " + contrary)
		both := append(slices.Clone(fewer), rest...)
		slices.Sort(both)
		if !slices.Equal(both, some) {
			t.Errorf("%s: with %s %v, without %v, of %v", base, more, fewer, rest, some)
		}
	}
}

func asksOrForbidsComments(clause string) bool {
	return slices.ContainsFunc([]string{"content:comments", "-content:comments", "content:comments,docs"}, func(c string) bool {
		return len(clause) >= len(c) && clause[len(clause)-len(c):] == c
	}) || clause == `(content:comments "copies" or is:changed)`
}

// BenchmarkFilters searches the standard library by one question under filters of every kind, in turns with the question
// alone. It reports the medians: with the filter, with one that was not asked for lately, and without.
func BenchmarkFilters(b *testing.B) {
	s, views := openStandardLibrary(b)
	const question = "read the body of a request "
	ask := func(query string) time.Duration {
		begin := time.Now()
		if _, err := s.Search(context.Background(), views, search.Request{Query: query, Limit: 10}); err != nil {
			b.Fatal(err)
		}
		return time.Since(begin)
	}
	median := func(times []time.Duration) float64 {
		slices.Sort(times)
		return float64(times[len(times)/2]) / float64(time.Millisecond)
	}
	for _, filter := range []string{
		"lang:go", "-lang:go", "path:net/http", "path:net/**", "kind:method", "is:documented", "-is:test", "name:Read*", "in:Server", "-request",
		"content:comments", "(path:net or path:crypto)", `"context.Context"`, `content:comments "RFC"`,
	} {
		b.Run(filter, func(b *testing.B) {
			var with, first, without []time.Duration
			for i := 0; b.Loop(); i++ {
				if i%10 == 0 {
					b.StopTimer()
					for n := range 64 { // as many sets as are kept
						ask(fmt.Sprint("file:", n))
					}
					b.StartTimer()
					first = append(first, ask(question+filter))
				}
				with, without = append(with, ask(question+filter)), append(without, ask(question))
			}
			b.ReportMetric(median(with), "with-ms")
			b.ReportMetric(median(first), "first-ms")
			b.ReportMetric(median(without), "without-ms")
		})
	}
}

// TestGoneFiles holds that files which are gone since they were indexed have no comments to find and do no harm.
func TestGoneFiles(t *testing.T) {
	f := newFixture(t, commented, false)
	if err := os.Remove(filepath.Join(f.root, "line.go")); err != nil {
		t.Fatal(err)
	}
	if got := names(f.search(search.Request{Query: `content:comments "TODO:"`})); !slices.Equal(got, []string{"py.py:other"}) {
		t.Errorf("got %q", got)
	}
}
