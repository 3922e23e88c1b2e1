package search_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lsp/indexer/search"
)

var questions = []string{
	"copy from a reader until end of file", "Copy", "io.Copy", "copybuf", "retry a request", "how do I register a handler?",
	`"server: already closed"`, "server: already closed", "parse url", "ReadFull", "accept connections", "port",
	"client", "s.routes[path] = h", "kind:method", "lang:python", "close",
}

func TestFirstResult(t *testing.T) {
	f := newFixture(t, corpus, false)
	for query, want := range map[string]string{
		"copy from a reader until end of file":   "io/copy.go:Copy",
		"Copy":                                   "io/copy.go:Copy",
		"io.copy":                                "io/copy.go:Copy",
		"send again after a failure":             "web/client.py:retry_request",
		"parse url":                              "web/client.py:parse_url",
		"Server.Handle":                          "net/server.go:Handle",
		"is:test copy":                           "io/copy_test.go:TestCopy",
		"content:docs copy a reader":             "docs/guide.md:Guide",
		`"already closed"`:                       "net/server.go:Shutdown",
		`/errors\.New\("server/`:                 "net/server.go:Shutdown",
		`copy -path:*.go -content:docs,config`:   "web/client.py:retry_request",
		"in:Client close":                        "web/client.py:close",
		"default port":                           "net/server.go",
		"(name:copybuffer or name:nothing) read": "io/copy.go:copyBuffer",
	} {
		got := names(f.search(search.Request{Query: query}))
		if query == `copy -path:*.go -content:docs,config` {
			if slices.ContainsFunc(got, func(n string) bool { return !strings.Contains(n, ".py") }) {
				t.Errorf("%s: got %v, want Python only", query, got)
			}
			continue
		}
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s: got %v, want %s first", query, got, want)
		}
	}
}

func TestFilters(t *testing.T) {
	f := newFixture(t, corpus, false)
	for _, tc := range []struct {
		req  search.Request
		want []string
	}{
		{search.Request{Query: "kind:struct"}, []string{"net/server.go:Server"}},
		{search.Request{Query: "kind:callable lang:go in:server"}, []string{"net/server.go:Handle", "net/server.go:Shutdown"}},
		{search.Request{Query: "is:deprecated"}, []string{"io/copy.go:ReadFull"}},
		{search.Request{Query: "is:undocumented lang:python path:web"}, []string{"web/client.py:close", "web/client.py:parse_url"}},
		{search.Request{Query: "name:*copy* lang:go -is:test"}, []string{"io/copy.go:Copy", "io/copy.go:copyBuffer"}},
		{search.Request{Query: "file:guide path:docs/**"}, []string{"docs/guide.md:Guide", "docs/guide.md:Servers"}},
		{search.Request{Query: "content:config"}, []string{"config.json"}},
		{search.Request{Query: `"EOF" -"unexpected EOF" lang:go`}, []string{"io/copy.go:copyBuffer"}},
		{search.Request{Query: `/(?i)eof/ is:test`}, []string{"io/copy_test.go:TestCopy"}},
		{search.Request{Query: `"no such text"`}, []string{}},
		{search.Request{Query: "kind:method -session", Filter: search.Filter{Languages: []string{"py"}, Is: []string{"documented"}}},
			[]string{"web/client.py:retry_request"}},
		{search.Request{Query: "kind:function", Filter: search.Filter{Paths: []string{"io/"}, ExcludePaths: []string{"*_test.go"}}},
			[]string{"io/copy.go:Copy", "io/copy.go:copyBuffer", "io/copy.go:ReadFull"}},
		{search.Request{Query: "repo:nowhere"}, []string{}},
	} {
		resp := f.search(tc.req)
		got := names(resp)
		slices.Sort(got)
		slices.Sort(tc.want)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%+v: got %v, want %v", tc.req, got, tc.want)
		}
		if len(got) == 0 && resp.Message == "" {
			t.Errorf("%+v: no result and no word on why", tc.req)
		}
	}
}

func TestRequestErrors(t *testing.T) {
	f := newFixture(t, nil, false)
	var syntax *search.SyntaxError
	var filter *search.FilterError
	_, err := f.Search(context.Background(), f.views(""), search.Request{Query: "kind:x"})
	if !errors.As(err, &syntax) {
		t.Errorf("got %v, want a syntax error", err)
	}
	_, err = f.Search(context.Background(), f.views(""), search.Request{Filter: search.Filter{Kinds: []string{"x"}}})
	if !errors.As(err, &filter) || !strings.HasPrefix(err.Error(), `filter.kinds: "x": not known; expected module, function`) {
		t.Errorf("got %v, want a filter error", err)
	}
	if _, err := f.Search(context.Background(), f.views(""), search.Request{Mode: "psychic"}); err == nil {
		t.Error("no error for an unknown mode")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Search(ctx, f.views(""), search.Request{Query: "copy"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	resp := f.search(search.Request{Query: "copy"})
	if resp.Results == nil || resp.Message != "nothing is indexed here yet" {
		t.Errorf("an empty index answers %+v", resp)
	}
}

// TestSpread holds that an answer is the same however the units are spread over segments.
func TestSpread(t *testing.T) {
	one, many := newFixture(t, corpus, false), newFixture(t, corpus, true)
	if n := len(many.views("")[0].Epoch.Layers); n < 2 {
		t.Fatalf("the index has %d layers, too few to test anything", n)
	}
	for _, q := range questions {
		for _, mode := range []search.Mode{search.Hybrid, search.Dense, search.Lexical} {
			req := search.Request{Query: q, Mode: mode, Explain: true, BestLines: true, Limit: 20}
			a, b := one.fingerprint(one.search(req)), many.fingerprint(many.search(req))
			if a != b {
				t.Errorf("%s, %s:\n one segment  %s\n many segments %s", q, mode, a, b)
			}
			if again := one.fingerprint(one.search(req)); a != again {
				t.Errorf("%s, %s: asked again, another answer", q, mode)
			}
		}
	}
}

// sumsUp holds that the contributions to a result make its score.
func sumsUp(t *testing.T, q string, r search.Result) {
	t.Helper()
	sum := 0.0
	for _, c := range r.Explanation {
		sum += c.Value
	}
	if math.Abs(sum-r.Score) > 1e-9 || len(r.Explanation) == 0 {
		t.Errorf("%s: %s has score %v, its contributions %v sum up to %v", q, r.Name, r.Score, r.Explanation, sum)
	}
}

// TestExplanationsSumUp holds that contributions sum up to the score, in answers and in explanations of one unit.
func TestExplanationsSumUp(t *testing.T) {
	f := newFixture(t, corpus, false)
	for _, q := range questions {
		resp := f.search(search.Request{Query: q, Explain: true})
		for i, r := range resp.Results {
			if resp.Class == "filters" {
				continue
			}
			sumsUp(t, q, r)
			if i == 0 && r.Score != 1 || i > 0 && r.Score > resp.Results[i-1].Score {
				t.Errorf("%s: result %d has score %v", q, i+1, r.Score)
			}
			e, err := f.Explain(context.Background(), f.views(""), search.Request{Query: q}, r.Root, r.Path, r.StartLine)
			if err != nil {
				t.Fatal(err)
			}
			if e.Rank == 0 || e.Class != resp.Class {
				t.Errorf("%s: %s explained as %+v", q, r.Name, e)
			}
			sumsUp(t, q, e.Result)
		}
	}
}

// TestFiltersOnlyTakeAway holds that a filter never adds a result: every answer with it passes it, and what passed
// before is still there when the limit is no bar.
func TestFiltersOnlyTakeAway(t *testing.T) {
	f := newFixture(t, corpus, false)
	for _, q := range questions {
		all := names(f.search(search.Request{Query: q, Limit: 100}))
		for _, filter := range []string{"lang:go", "-lang:go", "kind:method", "-is:test", "path:io/**", "is:documented", "-copy", "content:code"} {
			for _, n := range names(f.search(search.Request{Query: q + " " + filter, Limit: 100})) {
				if !slices.Contains(all, n) && !strings.HasPrefix(n, "other/") { // its equal may be filtered out
					t.Errorf("%s: %s appears with %s", q, n, filter)
				}
			}
		}
	}
}

func TestWithin(t *testing.T) {
	f := newFixture(t, corpus, false)
	views := f.views("io")
	resp, err := f.Search(context.Background(), views, search.Request{Query: "copy handler", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names(resp) {
		if !strings.HasPrefix(n, "io/") {
			t.Errorf("%s is outside the folder", n)
		}
	}
	both := append(views, f.views("io")...)
	again, err := f.Search(context.Background(), append(both, f.views("net")...), search.Request{Query: "copy handler", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	got := names(again)
	slices.Sort(got)
	if len(slices.Compact(got)) != len(again.Results) || !slices.Contains(got, "net/server.go:Handle") {
		t.Errorf("views of one root give %v", got)
	}
}

func TestDuplicatesFold(t *testing.T) {
	f := newFixture(t, corpus, false)
	resp := f.search(search.Request{Query: "parse url"})
	if r := resp.Results[0]; r.Path != "web/client.py" || r.Duplicates != 1 {
		t.Errorf("got %s with %d duplicates, want web/client.py with 1", r.Path, r.Duplicates)
	}
}

// TestTurns holds that files take turns: ten equal functions of one file do not push out another file.
func TestTurns(t *testing.T) {
	files := map[string]string{"b.go": "package b\n\n// Parse parses numbers too, now and then.\nfunc ParseOther() {}\n"}
	var b strings.Builder
	b.WriteString("package a\n")
	for i := range 12 {
		fmt.Fprintf(&b, "\n// Parse%d parses numbers.\nfunc ParseNumbers%d() { parse(%d) }\n", i, i, i)
	}
	files["a.go"] = b.String()
	f := newFixture(t, files, false)
	got := names(f.search(search.Request{Query: "parses numbers", Limit: 5}))
	if !slices.Contains(got, "b.go:ParseOther") {
		t.Errorf("one file fills the list: %v", got)
	}
}

func TestSymbols(t *testing.T) {
	f := newFixture(t, corpus, false)
	for _, tc := range []struct {
		query string
		want  string
	}{
		{"Copy", "io/copy.go:Copy"},
		{"copyb", "io/copy.go:copyBuffer"},
		{"cB", "io/copy.go:copyBuffer"},
		{"rr", "web/client.py:retry_request"},
		{"hndl", "net/server.go:Handle"},
		{"?copy from a reader until end", "io/copy.go:Copy"},
		{"send again after a failure", "web/client.py:retry_request"},
		{"lang:python close", "web/client.py:close"},
		{`"unfinished copy`, "io/copy.go:Copy"},
		{"", "io/copy.go:Copy"},
		{"kind:nonsense Copy", "io/copy.go:Copy"},
		{"\xff", ""},
	} {
		resp, err := f.Symbols(context.Background(), f.views(""), tc.query, 20)
		if err != nil {
			t.Errorf("%q: %v", tc.query, err)
			continue
		}
		got := names(resp)
		if tc.want != "" && (len(got) == 0 || got[0] != tc.want && tc.query != "" || !slices.Contains(got, tc.want)) {
			t.Errorf("%q: got %v, want %s first", tc.query, got, tc.want)
		}
	}
}

func TestSimilar(t *testing.T) {
	f := newFixture(t, corpus, false)
	similar := func(req search.SimilarRequest) []string {
		resp, err := f.Similar(context.Background(), f.views(""), req)
		if err != nil {
			t.Fatal(err)
		}
		return names(resp)
	}
	got := similar(search.SimilarRequest{Path: "web/client.py", Line: 19})
	if len(got) == 0 || got[0] != "other/x/client.py:parse_url" || slices.Contains(got, "web/client.py:parse_url") {
		t.Errorf("like parse_url: %v, want its copy first and not itself", got)
	}
	got = similar(search.SimilarRequest{Text: "def parse_url(address):\n    scheme, _, rest = address.partition(\"://\")\n    return rest\n"})
	if len(got) == 0 || !strings.HasSuffix(got[0], ":parse_url") {
		t.Errorf("like a text: %v", got)
	}
	got = similar(search.SimilarRequest{Text: "register a handler for a path"})
	if len(got) == 0 || got[0] != "net/server.go:Handle" {
		t.Errorf("code for a comment: %v", got)
	}
	_, err := f.Similar(context.Background(), f.views(""), search.SimilarRequest{Path: "io/copy.go", Line: 999})
	if !errors.Is(err, search.ErrNoUnit) {
		t.Errorf("beyond the file: %v, want ErrNoUnit", err)
	}
}

func TestExplainExcluded(t *testing.T) {
	f := newFixture(t, corpus, false)
	req := search.Request{Query: "copy lang:go -is:test", Filter: search.Filter{Kinds: []string{"struct"}}}
	e, err := f.Explain(context.Background(), f.views(""), req, "", "io/copy_test.go", 6)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"-is:test", "kind:struct"}; !slices.Equal(e.Excluded, want) || e.Rank != 0 {
		t.Errorf("excluded by %v at rank %d, want %v", e.Excluded, e.Rank, want)
	}
	e, err = f.Explain(context.Background(), f.views("net"), search.Request{Query: "copy"}, "", "io/copy.go", 4)
	if err != nil || len(e.Excluded) != 1 {
		t.Errorf("got %+v, %v, want one reason", e, err)
	}
}

func TestBestLines(t *testing.T) {
	for _, tc := range []struct {
		name, lines string
		want        search.Lines
	}{
		{"one line", "\t// retry after a failed request\n\tretryRequest()\n", search.Lines{StartLine: 34, EndLine: 34, Text: "// retry after a failed request"}},
		{"the second says more", "\tretry()\n\tretryRequest(failed)\n", search.Lines{StartLine: 34, EndLine: 35, Text: "retryRequest(failed)"}},
		{"a long line", "\tretryFailedRequest(" + strings.Repeat("ü", 200) + ")\n", search.Lines{StartLine: 34, EndLine: 34, Text: "retryFailedRequest(" + strings.Repeat("ü", 90) + "…"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			long := "package p\n\nfunc Long() {\n" + strings.Repeat("\tstep()\n", 30) + tc.lines + strings.Repeat("\tstep()\n", 30) + "}\n"
			f := newFixture(t, map[string]string{"p.go": long}, false)
			r := f.search(search.Request{Query: "retry failed request", BestLines: true}).Results[0]
			if r.BestLines == nil || *r.BestLines != tc.want {
				t.Errorf("best lines %+v, want %+v", r.BestLines, tc.want)
			}
		})
	}
}

// TestBestLineOfTheNameless holds that what has no name shows a line, even of a query that has no word in common with it.
func TestBestLineOfTheNameless(t *testing.T) {
	f := newFixture(t, map[string]string{"routes.py": "\nROUTES = {\n    '/': home,\n}\n"}, false)
	for query, want := range map[string]string{"routes": "ROUTES = {", "home": "'/': home,", "path:routes.py": "ROUTES = {"} {
		r := f.search(search.Request{Query: query, BestLines: true}).Results[0]
		if r.BestLines == nil || r.BestLines.Text != want {
			t.Errorf("%s: best lines %+v, want %q", query, r.BestLines, want)
		}
	}
}

func TestComplete(t *testing.T) {
	f := newFixture(t, corpus, false)
	for _, tc := range []struct {
		text string // | marks the cursor
		want []string
	}{
		{"copy la|", []string{"lang:"}},
		{"-pa|", []string{"path:"}},
		{"kind:m| x", []string{"module", "method", "macro"}},
		{"lang:p|", []string{"python"}},
		{"lang:go,p|", []string{"python"}},
		{"file:c|", []string{"client.py", "config.json", "copy.go", "copy_test.go"}},
		{"path:oth|", []string{"other/", "other/x/"}},
		{"(is:g|", []string{"generated"}},
		{`"lang:|`, nil},
		{"nosuch:|", nil},
		{`path:"we|`, nil},
	} {
		cursor := strings.IndexByte(tc.text, '|')
		text := tc.text[:cursor] + tc.text[cursor+1:]
		var got []string
		for _, c := range search.Complete(context.Background(), f.views(""), text, cursor) {
			got = append(got, c.Text)
			if c.End != cursor || c.Start > cursor || !strings.HasPrefix(c.Text, text[c.Start:cursor]) {
				t.Errorf("%s: %+v does not go on with what is typed", tc.text, c)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.text, got, tc.want)
		}
	}
}

// TestCompleteWhatCanBeFound: files that hold nothing to find are not offered.
func TestCompleteWhatCanBeFound(t *testing.T) {
	f := newFixture(t, map[string]string{
		"a/kept.go": "package a\n", "b/min.js": strings.Repeat("x", 30_000), "c/binary.py": "\x00\x01", "d/empty.rs": "",
	}, false)
	for text, want := range map[string]string{"lang:": "go", "file:": "kept.go", "path:": "a/"} {
		found := search.Complete(context.Background(), f.views(""), text, len(text))
		if len(found) != 1 || found[0].Text != text+want && found[0].Text != want {
			t.Errorf("%s: %+v, want %s", text, found, want)
		}
	}
}

// TestLiteralsAreExact holds that a literal finds every function that contains it, whatever it cuts off, although only
// units with its words are looked at.
func TestLiteralsAreExact(t *testing.T) {
	for _, units := range []int{0, 1 << 20} {
		t.Run(fmt.Sprintf("dictionary from %d units on", units), func(t *testing.T) { testLiterals(t, units) })
	}
}

func testLiterals(t *testing.T, cheapToRead int) {
	was := search.SetCheapToRead(cheapToRead)
	defer search.SetCheapToRead(was)
	f := newFixture(t, corpus, false)
	all := f.search(search.Request{Query: "kind:callable", Limit: 100}).Results
	const seed = 11
	rnd := rand.New(rand.NewPCG(seed, seed))
	for range 400 {
		from := all[rnd.IntN(len(all))]
		lines := strings.Split(corpus[from.Path], "\n")[from.StartLine-1 : from.EndLine]
		line := lines[rnd.IntN(len(lines))]
		if len(line) < 3 {
			continue
		}
		start := rnd.IntN(len(line) - 2)
		literal := line[start : start+3+rnd.IntN(len(line)-start-2)]
		if strings.TrimSpace(literal) == "" {
			continue
		}
		var want []string
		for _, r := range all {
			text := strings.Join(strings.Split(corpus[r.Path], "\n")[r.StartLine-1:r.EndLine], "\n")
			if strings.Contains(text, literal) {
				want = append(want, r.Path+":"+r.Name)
			}
		}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(literal)
		got := names(f.search(search.Request{Query: `kind:callable "` + quoted + `"`, Limit: 100}))
		slices.Sort(want)
		slices.Sort(got)
		for _, w := range want {
			if !slices.Contains(got, w) && !strings.HasSuffix(w, ":parse_url") { // one is folded into the other
				t.Errorf("seed %d: %q is in %v, found in %v", seed, literal, want, got)
				break
			}
		}
	}
}

// TestFilesThatCannotBeRead: a file that changed its kind since it was indexed takes no result of another one away.
func TestFilesThatCannotBeRead(t *testing.T) {
	const shared = "package a\n\nfunc %s() {\n\tprintln(\"shared words\")\n}\n"
	files := map[string]string{}
	for _, name := range []string{"Kept", "Folder", "Parent/In", "Gone"} {
		files[name+".go"] = fmt.Sprintf(shared, filepath.Base(name))
	}
	f := newFixture(t, files, false)
	at := func(name string) string { return filepath.Join(f.root, name) }
	for _, name := range []string{"Folder.go", "Parent", "Gone.go"} {
		if err := os.RemoveAll(at(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(at("Folder.go"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.write("Parent", "a file now")
	for _, query := range []string{`"shared words"`, `/shared.words/`, `"shared words" "words"`} {
		got := f.search(search.Request{Query: query})
		if !slices.Equal(names(got), []string{"Kept.go:Kept"}) || got.Complete || !strings.Contains(got.Message, "Folder.go") {
			t.Errorf("%s: %v, complete %v, %q", query, names(got), got.Complete, got.Message)
		}
	}
	if got := f.search(search.Request{Query: "shared words"}); !got.Complete || got.Message != "" {
		t.Errorf("without reading: complete %v, %q", got.Complete, got.Message)
	}
}

// TestLiteralsAroundTheBody holds that a literal finds what stands on the lines of a unit beside its text and its
// documentation, and words that a stemmer cuts.
func TestLiteralsAroundTheBody(t *testing.T) {
	defer search.SetCheapToRead(search.SetCheapToRead(0))
	f := newFixture(t, map[string]string{
		"a.go":  "package a\n\n// F testing.\n//\n//go:nosplit\nfunc F() {} //nolint:errcheck\n\nfunc G(t *testing.T) {}\n",
		"b.ex":  "defmodule B do\n  @moduledoc \"\"\"\n  Of B.\n  \"\"\"\n  def f(), do: 1\nend\n",
		"c.cpp": "struct Point { int x; int norm() const { return x; } };\n",
	}, false)
	for query, want := range map[string][]string{
		`"go:nosplit"`:              {"a.go"},
		`/go:nosplit/`:              {"a.go"},
		`"nolint:errcheck"`:         {"a.go"},
		`"@moduledoc"`:              {"b.ex"},
		`"struct Point"`:            {"c.cpp"},
		`"ing.T)"`:                  {"a.go"},
		`"ing."`:                    {"a.go", "a.go"},
		`"nolint" content:comments`: {"a.go"},
	} {
		var got []string
		for _, r := range f.search(search.Request{Query: query}).Results {
			got = append(got, r.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

func TestConfidence(t *testing.T) {
	f := newFixture(t, corpus, false)
	for query, want := range map[string]string{
		"copyBuffer":                           search.Likely,
		"copy from a reader until end of file": search.Likely,
		"port a spaceship to the harbour":      search.Possible,
		"kind:struct":                          search.Likely,
	} {
		resp := f.search(search.Request{Query: query})
		if len(resp.Results) == 0 || resp.Results[0].Confidence != want {
			t.Errorf("%s: %+v, want a first result that is %s", query, resp, want)
		}
	}
	if resp := f.search(search.Request{Query: "purple elephants dancing"}); len(resp.Results) != 0 || resp.Message != "no good match" {
		t.Errorf("nonsense finds %v, message %q", names(resp), resp.Message)
	}
}
