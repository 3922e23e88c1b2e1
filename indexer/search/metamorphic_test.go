package search_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"lsp/indexer/search"
)

// TestVariations holds that the way a question is put changes little: word order, case, number, punctuation.
func TestVariations(t *testing.T) {
	f := newFixture(t, corpus, false)
	for question, variations := range map[string][]string{
		"copy reader until end of file": {"end of file until copy reader", "Copy Reader Until End Of File", "copies readers until end of files", "copy reader, until end of file."},
		"register handler path":         {"path handler register", "REGISTER HANDLER PATH", "register handlers paths", "Register: handler/path"},
		"retry request failure":         {"failure request retry", "retry request failures", "Retry, request: failure!"},
	} {
		want := names(f.search(search.Request{Query: question}))[0]
		for _, v := range variations {
			if got := names(f.search(search.Request{Query: v, Plain: true})); len(got) == 0 || got[0] != want {
				t.Errorf("%q finds %v, %q finds %s", v, got, question, want)
			}
		}
	}
}

// TestIrrelevantFile holds that a file about something else changes neither the first result nor the files of the next; which
// section of a guide stands for it may depend on how rare words are.
func TestIrrelevantFile(t *testing.T) {
	more := maps.Clone(corpus)
	more["zoo/animals.go"] = "package zoo\n\n// Elephant returns the weight of an elephant in kilograms.\nfunc Elephant() int { return 6000 }\n"
	before, after := newFixture(t, corpus, false), newFixture(t, more, false)
	for _, q := range questions {
		want := names(before.search(search.Request{Query: q, Limit: 3}))
		got := names(after.search(search.Request{Query: q, Limit: 3}))
		if !slices.Equal(got[:min(1, len(got))], want[:min(1, len(want))]) || !slices.Equal(filesOf(got), filesOf(want)) {
			t.Errorf("%s: %v, with an irrelevant file %v", q, want, got)
		}
	}
}

// filesOf gives the files of results that names listed.
func filesOf(names []string) []string {
	files := make([]string, len(names))
	for i, n := range names {
		files[i], _, _ = strings.Cut(n, ":")
	}
	return files
}

// TestBetterNameWins holds that, all else equal, the better of two names is never ranked lower.
func TestBetterNameWins(t *testing.T) {
	better := []string{"parseConfig", "parseConfigFile", "fileParseConfig", "parserConfigure"}
	for i := range better[1:] {
		files := map[string]string{}
		for j, name := range better[i : i+2] {
			files[fmt.Sprintf("%c.go", 'z'-j)] = fmt.Sprintf("package p\n\nfunc %s() {\n\tload()\n}\n", name)
		}
		f := newFixture(t, files, false)
		if got := names(f.search(search.Request{Query: "parseConfig"})); len(got) == 0 || got[0] != "z.go:"+better[i] {
			t.Errorf("%s and %s: got %v", better[i], better[i+1], got)
		}
	}
}

// TestNamesTakeTurns holds that many units of one name, each in a file of its own, do not fill the list, unless the name is
// what was asked for.
func TestNamesTakeTurns(t *testing.T) {
	files := map[string]string{"z.go": "package z\n\n// Decimal reads a number, among much else that it does beside.\nfunc Decimal() { load(0) }\n"}
	for i := range 8 {
		files[fmt.Sprintf("%c.go", 'a'+i)] = fmt.Sprintf("package p\n\n// Handle reads a number.\nfunc Handle() { load(%d) }\n", i)
	}
	f := newFixture(t, files, false)
	if got := names(f.search(search.Request{Query: "reads a number", Limit: 3})); !slices.Contains(got, "z.go:Decimal") {
		t.Errorf("one name fills the list: %v", got)
	}
	if got := names(f.search(search.Request{Query: "Handle", Limit: 8})); slices.Contains(got, "z.go:Decimal") {
		t.Errorf("another name among those that were asked for: %v", got)
	}
}

// TestEqualFileNames holds that a file name counts less where many files have it.
func TestEqualFileNames(t *testing.T) {
	files := map[string]string{
		"a/reader.go": "package a\n\n// Open opens it.\nfunc Open() { load(0) }\n",
	}
	score := func() float64 {
		for _, r := range newFixture(t, files, false).search(search.Request{Query: "drain the reader", Explain: true}).Results {
			if i := slices.IndexFunc(r.Explanation, func(c search.Contribution) bool { return c.Name == "file name" }); i >= 0 {
				return r.Explanation[i].Value / r.Score
			}
		}
		return 0
	}
	alone := score()
	for i := range 5 {
		files[fmt.Sprintf("b%d/reader.go", i)] = fmt.Sprintf("package b\n\n// Shut shuts it.\nfunc Shut%d() { load(%d) }\n", i, i)
	}
	if among := score(); alone == 0 || among >= alone {
		t.Errorf("the file name is %v of the score alone and %v among others", alone, among)
	}
}

// TestConcurrent asks from many goroutines; run it with the race detector.
func TestConcurrent(t *testing.T) {
	f := newFixture(t, corpus, true)
	views := f.views("")
	want := map[string]string{}
	for _, q := range questions {
		want[q] = f.fingerprint(f.search(search.Request{Query: q}))
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, q := range questions {
				resp, err := f.Search(context.Background(), views, search.Request{Query: q})
				if err != nil {
					t.Error(err)
					return
				}
				if got := f.fingerprint(resp); got != want[q] {
					t.Errorf("%s: asked beside others, another answer", q)
				}
			}
		})
	}
	group.Wait()
}

// TestMovedFunction holds that a function which moves to another file, or whose file is renamed, is found as well as before
// by what it does.
func TestMovedFunction(t *testing.T) {
	moved := maps.Clone(corpus)
	moved["io/transfer.go"] = moved["io/copy.go"]
	delete(moved, "io/copy.go")
	client := "class Client:\n    \"\"\"Sends requests.\"\"\"\n\n    def close(self):\n        self.session.close()\n\n\ndef retry_request(send, url, attempts=3):\n" +
		"    \"\"\"Send a request again after a failure, waiting longer each time.\"\"\"\n    for n in range(attempts):\n        try:\n            return send(url)\n" +
		"        except ConnectionError:\n            sleep(2 ** n)\n"
	moved["web/again.py"] = client
	delete(moved, "web/client.py")
	before, after := newFixture(t, corpus, false), newFixture(t, moved, false)
	for _, q := range []string{"copy reader until end of file", "send a request again after a failure", "registers a handler for the path"} {
		was, is := before.search(search.Request{Query: q}).Results, after.search(search.Request{Query: q}).Results
		if len(was) == 0 || len(is) == 0 || was[0].Name != is[0].Name {
			t.Errorf("%q: %v, then %v", q, was, is)
		}
	}
}

// TestBetterEvidenceWins holds that, all else equal, what answers a sentence in its name or its documentation comes before
// what does not.
func TestBetterEvidenceWins(t *testing.T) {
	plain := "package p\n\n// %s\nfunc %s() {\n\tload()\n}\n"
	for _, c := range []struct{ query, better, worse string }{
		{"drain the bucket", fmt.Sprintf(plain, "It does.", "DrainBucket"), fmt.Sprintf(plain, "It does.", "FillBasket")},
		{"drain the bucket", fmt.Sprintf(plain, "It drains the bucket.", "Work"), fmt.Sprintf(plain, "It drains the basket.", "Work")},
		{"drain the bucket", fmt.Sprintf(plain, "It drains the bucket.", "Work"), fmt.Sprintf(plain, "Deprecated: it drains the bucket.", "Work")},
		{"drain the bucket", fmt.Sprintf(plain, "It drains the bucket.", "Work"), fmt.Sprintf(plain, "It drains the bucket.", "work")},
	} {
		f := newFixture(t, map[string]string{"z.go": c.better, "a.go": c.worse}, false)
		got := f.search(search.Request{Query: c.query}).Results
		if len(got) == 0 || got[0].Path != "z.go" {
			t.Errorf("%s before\n%s", c.worse, c.better)
		}
	}
}
