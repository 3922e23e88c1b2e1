package workspace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// TestApplyChangesLikeUTF16 compares random edits with the same edits on UTF-16 text.
func TestApplyChangesLikeUTF16(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	alphabet := []string{"a", "\n", "\r\n", "é", "😀", "\t", "e\u0301", ""}
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for round := range 500 {
		text := random(30)
		m := NewMapper([]byte(text))
		from, to := r.IntN(len(text)+1), r.IntN(len(text)+1)
		if from > to {
			from, to = to, from
		}
		rng := Range{m.Position(from, UTF16), m.Position(to, UTF16)}
		insert := random(4)
		got := ApplyChanges([]byte(text), []TextChange{{Range: &rng, Text: insert}}, UTF16)
		units := utf16.Encode([]rune(text))
		want := string(utf16.Decode(units[:unitOffset(units, rng.Start)])) + insert + string(utf16.Decode(units[unitOffset(units, rng.End):]))
		if string(got) != want {
			t.Fatalf("seed %d, round %d: %q with %v replaced by %q = %q, want %q", seed, round, text, rng, insert, got, want)
		}
	}
}

// unitOffset finds a position in UTF-16 text whose lines end in \n or \r\n.
func unitOffset(units []uint16, p Position) int {
	at := 0
	for line := 0; line < p.Line; at++ {
		if units[at] == '\n' {
			line++
		}
	}
	return at + p.Column
}

// TestApplyChangesOneByOne compares lists of random changes with a fresh look at the text for each of them.
func TestApplyChangesOneByOne(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	alphabet := []string{"a", "b", "\n", "\r", "\r\n", "é", "😀", "\xff", ""}
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for round := range 2000 {
		enc := Encoding(r.IntN(3))
		text := random(r.IntN(40))
		want := []byte(text)
		var changes []TextChange
		for range r.IntN(12) {
			change := TextChange{Text: random(r.IntN(6))}
			if r.IntN(20) == 0 {
				change.Text = random(400) // more than the gap holds
			}
			if r.IntN(15) > 0 {
				m := NewMapper(want)
				at := func() Position { return Position{r.IntN(m.LineCount() + 2), r.IntN(6)} }
				change.Range = &Range{at(), at()}
			}
			changes = append(changes, change)
			want = applyPlainly(want, change, enc)
		}
		if got := ApplyChanges([]byte(text), changes, enc); string(got) != string(want) {
			t.Fatalf("seed %d, round %d, %s: %q after %+v = %q, want %q", seed, round, enc, text, changes, got, want)
		}
	}
}

// applyPlainly applies one change by looking at the whole text.
func applyPlainly(text []byte, c TextChange, enc Encoding) []byte {
	if c.Range == nil {
		return []byte(c.Text)
	}
	m := NewMapper(text)
	offset := func(p Position) int {
		at, err := m.Offset(p, enc)
		if err != nil {
			return len(text) // past the end
		}
		return at
	}
	at := []int{offset(c.Range.Start), offset(c.Range.End)}
	slices.Sort(at)
	return slices.Concat(text[:at[0]], []byte(c.Text), text[at[1]:])
}

// TestApplyChangesPastTheEnd is what editors send to replace a whole document that ends in a line break, or does not.
func TestApplyChangesPastTheEnd(t *testing.T) {
	for _, text := range []string{"one\ntwo\n", "one\ntwo", ""} {
		all := &Range{End: Position{Line: 3}}
		if got := ApplyChanges([]byte(text), []TextChange{{Range: all, Text: "three"}}, UTF16); string(got) != "three" {
			t.Errorf("%q replaced as a whole is %q", text, got)
		}
	}
}

// BenchmarkApplyChanges makes 5,000 changes of a text of a megabyte in one message, as replacing everywhere does.
func BenchmarkApplyChanges(b *testing.B) {
	const lines = 25_000
	text := []byte(strings.Repeat("\tthis is a line of forty bytes, or so ..\n", lines))
	orders := map[string]func(i int) int{
		"down":   func(i int) int { return i * 5 },
		"up":     func(i int) int { return lines - 1 - i*5 },
		"random": func(i int) int { return i * 7919 % lines },
	}
	for _, name := range []string{"down", "up", "random"} {
		var changes []TextChange
		for i := range 5000 {
			line := orders[name](i)
			changes = append(changes, TextChange{Range: &Range{Position{line, 1}, Position{line, 5}}, Text: fmt.Sprint("that", i)})
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ApplyChanges(text, changes, UTF16)
			}
		})
	}
}
