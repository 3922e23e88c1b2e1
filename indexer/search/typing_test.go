package search_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lsp/indexer/search"
)

// BenchmarkTyping types the first sentences of documentation of the standard library, cut to eight words, letter by letter, and
// reports of the keys that leave a word unfinished: the share after which another result is first, the mean overlap of the first
// ten with those before the key, and the share after which the result is first that is first once the word is finished and known
// to be; that also for the keys that finish a word.
func BenchmarkTyping(b *testing.B) {
	s, views := openStandardLibrary(b)
	questions := firstSentences(views[0], 120)
	for _, typing := range []bool{false, true} {
		name := "as typed"
		if typing {
			name = "completed"
		}
		b.Run(name, func(b *testing.B) {
			var keys, changed, right, overlap, pairs, kept, words, whole float64
			ask := func(query string, typing bool) []string {
				resp, err := s.Search(context.Background(), views, search.Request{Query: query, Typing: typing})
				if err != nil {
					b.Fatal(err)
				}
				return names(resp)
			}
			for b.Loop() {
				for _, q := range questions {
					var before []string
					for start := 0; start < len(q); {
						end := len(q)
						if n := strings.IndexByte(q[start:], ' '); n >= 0 {
							end = start + n
						}
						finished := ask(q[:end], false)
						for i := start + 1; i < end; i++ {
							now := ask(q[:i], typing)
							if i > 1 {
								keys++
								overlap += shareOf(now, before)
								all, same := orderOf(now, before)
								pairs, kept = pairs+all, kept+same
								if !equalFirst(now, before) {
									changed++
								}
								if equalFirst(now, finished) {
									right++
								}
							}
							before = now
						}
						if before = ask(q[:end], typing); equalFirst(before, finished) {
							whole++
						}
						words++
						start = end + 1
					}
				}
			}
			b.ReportMetric(changed/keys, "first-changed")
			b.ReportMetric(overlap/keys, "overlap@10")
			b.ReportMetric(kept/pairs, "pairs-in-order")
			b.ReportMetric(right/keys, "first-right")
			b.ReportMetric(whole/words, "first-right-at-end")
			b.ReportMetric(keys, "keys")
		})
	}
}

func equalFirst(a, b []string) bool {
	return len(a) == 0 && len(b) == 0 || len(a) > 0 && len(b) > 0 && a[0] == b[0]
}

// shareOf is the share of the results after a key that were there before it.
func shareOf(now, before []string) float64 {
	if len(now) == 0 {
		return 0
	}
	n := 0.0
	for _, name := range now {
		if slices.Contains(before, name) {
			n++
		}
	}
	return n / float64(len(now))
}

// orderOf counts the pairs of results that are there before and after a key, and those of them whose order is the same.
func orderOf(now, before []string) (pairs, same float64) {
	for i, name := range now {
		at := slices.Index(before, name)
		for _, above := range now[:i] {
			if j := slices.Index(before, above); at >= 0 && j >= 0 {
				pairs++
				if j < at {
					same++
				}
			}
		}
	}
	return pairs, same
}

// firstSentences returns the first sentences of the documentation of some functions, in small letters.
func firstSentences(v search.View, n int) []string {
	var out []string
	for _, l := range v.Epoch.Layers {
		for u := range uint32(l.Segment.Units()) {
			unit := l.Segment.Unit(u)
			if !unit.Kind.IsCallable() || unit.Documentation == "" {
				continue
			}
			sentence, _, _ := strings.Cut(strings.ReplaceAll(unit.Documentation, "\n", " "), ". ")
			words := strings.FieldsFunc(strings.ToLower(sentence), func(c rune) bool { return c < 'a' || c > 'z' })
			if len(words) > 5 {
				out = append(out, strings.Join(words[1:min(len(words), 9)], " ")) // the first is the name
			}
		}
	}
	random := rand.New(rand.NewPCG(3, 3))
	random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:n]
}

// TestTypingNames holds that somebody who types a whole name finds it, though longer words begin with it.
func TestTypingNames(t *testing.T) {
	s, views := openStandardLibrary(t)
	first := func(name string, typing bool) string {
		resp, err := s.Search(context.Background(), views, search.Request{Query: name, Typing: typing})
		if err != nil || len(resp.Results) == 0 {
			t.Fatalf("%s: %v, %v", name, resp, err)
		}
		return resp.Results[0].Name
	}
	for _, name := range []string{"cat", "inter", "pars", "readfull", "copybuffer", "dial", "prin", "ls", "db", "x"} {
		if got := first(name, false); strings.EqualFold(got, name) && !strings.EqualFold(first(name, true), name) {
			t.Errorf("%s: %s is first while typing, %s afterwards", name, first(name, true), got)
		}
	}
}

// TestTyping types questions over the files of the fixture.
func TestTyping(t *testing.T) {
	f := newFixture(t, corpus, true)
	for typed, same := range map[string]string{
		"register a han":         "register a handler", // the commonest word with these letters
		"register a handler":     "register a handler",
		"register a h":           "register a handler",
		"register a s":           "register a",     // server, sends, store, str …
		"register a zzz":         "register a zzz", // no word begins so
		"send a request agai":    "send a request again",
		"regis":                  "register",
		"register a handler for": "register a handler for",
		"register Han":           "register Han", // an identifier
		"register han ":          "register han", // finished
		"register han lang:go":   "register han lang:go",
	} {
		got, want := f.search(search.Request{Query: typed, Typing: true}), f.search(search.Request{Query: same})
		if !slices.Equal(names(got), names(want)) {
			t.Errorf("%q: %q, want those of %q: %q", typed, names(got), same, names(want))
		}
	}
}
