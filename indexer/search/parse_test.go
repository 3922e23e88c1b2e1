package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// show writes a query in a form that tests compare: words, then clauses.
func show(q *Query) string {
	return strings.TrimSpace(q.Text() + " " + showClauses(q.Clauses))
}

func showClauses(clauses []Clause) string {
	var out []string
	for _, c := range clauses {
		text := ""
		switch c.Kind {
		case OperatorClause:
			text = c.Operator + "=" + strings.Join(c.Values, "|")
		case LiteralClause:
			text = fmt.Sprintf("%q", c.Values[0])
		case PatternClause:
			text = "/" + strings.TrimPrefix(c.Pattern.String(), "(?m)") + "/"
		case WordClause:
			text = c.Values[0]
		case GroupClause:
			var alternatives []string
			for _, all := range c.Any {
				alternatives = append(alternatives, showClauses(all))
			}
			text = "(" + strings.Join(alternatives, " or ") + ")"
		}
		if c.Not {
			text = "not " + text
		}
		out = append(out, "["+text+"]")
	}
	return strings.Join(out, " ")
}

func TestParse(t *testing.T) {
	for _, tc := range []struct{ query, want string }{
		{"", ""},
		{"  copy a\tfile \n", "copy a file"},
		{`lang:go path:server/** kind:method -path:**/testdata/** is:undocumented "exact"`,
			`[lang=go] [path=server/**] [kind=method] [not path=**/testdata/**] [is=undocumented] ["exact"]`},
		{"retry lang:golang,py with backoff", "retry with backoff [lang=go|python]"},
		{"lang:GO", "[lang=go]"},
		{`path:"my folder" x`, "x [path=my folder]"},
		{"path:{a,b}/*.go,c", "[path={a,b}/*.go|c]"},
		{"-test parser", "parser [not test]"},
		{"a - b", "a - b"},
		{"ls -l --all -1", "ls -l --all -1"},
		{`"say \"hi\" \\ there"`, `["say \"hi\" \\ there"]`},
		{`-"TODO"`, `[not "TODO"]`},
		{`printf("hello")`, `printf("hello")`},
		{`/err(or)?\/x/ y`, `y [/err(or)?/x/]`},
		{"/usr/local/bin", "/usr/local/bin"},
		{"/etc", "/etc"},
		{"a /b c/ d", "a d [/b c/]"},
		{"open file: no such file", "open file: no such file"},
		{"std::vector http://x.org error:5", "std::vector http://x.org error:5"},
		{"(lang:go or lang:python) parse", "parse [([lang=go] or [lang=python])]"},
		{"(lang:go kind:method | -is:test) x", "x [([lang=go] [kind=method] or [not is=test])]"},
		{`-(path:a or ("x" or /y/))`, `[not ([path=a] or [(["x"] or [/y/])])]`},
		{"for (i = 0; i < n; i++)", "for (i = 0; i < n; i++)"},
		{`("a" + b)`, `("a" + b)`},
		{"(a or b)", "(a or b)"},
		{"read or write", "read or write"},
		{"content:docs repo:x in:Server name:Read* file:*.go", "[content=docs] [repo=x] [in=Server] [name=Read*] [file=*.go]"},
		{"ファイル lang:go を読む", "ファイル を読む [lang=go]"},
		{"- /", "- /"},
		{"//", "//"},
		{"()", "()"},
	} {
		q, err := Parse(tc.query)
		if err != nil {
			t.Errorf("%q: %v", tc.query, err)
			continue
		}
		if got := show(q); got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.query, got, tc.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct {
		query    string
		at       int // character, from 1
		problem  string
		expected string // one of what is expected
	}{
		{"copy kind:metod", 11, `kind: takes no "metod", did you mean kind:method?`, "constructor"},
		{"lang:klingon", 6, `lang: takes no "klingon"`, "python"},
		{"x lang:", 8, "lang: needs a value", "go"},
		{"lang:go,", 9, "lang: needs a value", "go"},
		{`é "open`, 3, "the quotation that starts here does not end", `"`},
		{`""`, 1, "the literal is empty", ""},
		{"is:tested", 4, `is: takes no "tested"`, "test"},
		{"path:[a", 6, "path:[a is no valid glob", ""},
		{"/a(/", 2, "missing closing ): `(?m)a(`", ""},
		{"(lang:go", 1, "the group that starts here does not end", ")"},
		{"(lang:go or)", 12, "nothing to choose here", "an operator"},
		{"(lang:go word)", 10, "a group holds operators, literals and patterns, no free words", "or"},
		{"a \xff", 3, "not valid UTF-8", ""},
		{strings.Repeat("(lang:go ", maxGroupDepth+1), 9*maxGroupDepth + 1, "groups are nested more than 8 deep", ""},
		{strings.Repeat("x", maxQueryBytes+1), maxQueryBytes + 1, "the query has 16385 bytes, at most 16384 are read", ""},
	} {
		_, err := Parse(tc.query)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: error %v, want a syntax error", tc.query, err)
			continue
		}
		if syntax.Character() != tc.at || syntax.Problem != tc.problem {
			t.Errorf("%q: character %d: %s; want %d: %s", tc.query, syntax.Character(), syntax.Problem, tc.at, tc.problem)
		}
		if tc.expected != "" && !slices.Contains(syntax.Expected, tc.expected) {
			t.Errorf("%q: expected %v, want %q among them", tc.query, syntax.Expected, tc.expected)
		}
	}
}

func TestSyntaxErrorText(t *testing.T) {
	_, err := Parse("copy content:cod")
	want := `query, character 14: content: takes no "cod", did you mean content:code?; expected code, docs, config, other, comments`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestParseNotes(t *testing.T) {
	for query, want := range map[string]string{
		"lnag:go":       `"lnag:go" was searched as text; did you mean lang:go?`,
		"-pth:x":        `"-pth:x" was searched as text; did you mean path:x?`,
		"std::vector":   "",
		"http://a.org":  "",
		"name of: file": "",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Errorf("%q: %v", query, err)
		} else if got := strings.Join(q.Notes, "; "); got != want {
			t.Errorf("%q: note %q, want %q", query, got, want)
		}
	}
}

func TestRankText(t *testing.T) {
	for query, want := range map[string]string{
		`copy "x y" lang:go`:       "copy",
		`"x y" -"z" name:foo`:      "x y",
		`name:Read*,Write lang:go`: "Read Write",
		`lang:go -name:x -word`:    "",
	} {
		q, err := Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := q.RankText(); got != want {
			t.Errorf("%q ranks by %q, want %q", query, got, want)
		}
	}
}

// FuzzParse holds that parsing never panics, that positions lie inside the text and in order, and that text without
// operators survives word by word.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`lang:go path:a/** -is:test "x y" /re/ (lang:go or -kind:method) word -no`, `("a" or`, "((((", `"\"`,
		"/\\/", "path:{a,b", "-", "--x", "lang:,", "a:b:c", "kind:\"method\"", "/(/", "é:\xff", "(lang:go|)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		var syntax *SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(text) || err.Error() == "" {
				t.Fatalf("%q: bad error %#v", text, err)
			}
			return
		}
		checkSpans(t, text, q.Clauses, 0, len(text))
		for i, w := range q.Words {
			if !strings.HasPrefix(text[w.Start:], w.Text) || w.Text == "" || i > 0 && w.Start <= q.Words[i-1].Start {
				t.Fatalf("%q: word %+v", text, w)
			}
		}
		Classify(q)
		if !utf8.ValidString(q.RankText()) {
			t.Fatalf("%q: ranks by text that is not UTF-8", text)
		}
		again, err := ParsePlain(text)
		if err != nil || strings.Join(strings.Fields(text), " ") != again.Text() {
			t.Fatalf("%q: plain words %q, %v", text, again.Text(), err)
		}
		Complete(context.Background(), nil, text, len(text)/2)
	})
}

func checkSpans(t *testing.T, text string, clauses []Clause, from, to int) {
	for _, c := range clauses {
		if c.Start < from || c.End > to || c.Start >= c.End {
			t.Fatalf("%q: clause at %d to %d, want it inside %d to %d", text, c.Start, c.End, from, to)
		}
		from = c.End
		if c.Kind == GroupClause && len(c.Any) == 0 || c.Kind == OperatorClause && len(c.Values) == 0 {
			t.Fatalf("%q: empty clause %+v", text, c)
		}
		inner := c.Start
		for _, all := range c.Any {
			checkSpans(t, text, all, inner, c.End)
			inner = all[len(all)-1].End
		}
	}
}
