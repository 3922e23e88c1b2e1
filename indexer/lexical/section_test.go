package lexical

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lsp/indexer/bitset"
)

// checkMerge checks that merging the live documents gives the bytes of the fresh section.
func checkMerge(t *testing.T, sources []Source, fresh *Section) {
	t.Helper()
	var parts []MergeSource
	var totals Totals
	for _, s := range sources {
		parts = append(parts, MergeSource{s.Section, s.Alive})
		totals.Add(s.Section.Totals(s.Alive))
	}
	if totals != fresh.Totals(nil) {
		t.Fatalf("totals of the parts are %+v, of the whole %+v", totals, fresh.Totals(nil))
	}
	merged, err := Merge([]byte("prefix"), parts)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Merge(nil, []MergeSource{{Section: fresh}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(merged[len("prefix"):], want) {
		t.Fatalf("merged section of %d bytes differs from the fresh one of %d", len(merged)-len("prefix"), len(want))
	}
}

func TestMergeEqualsBuild(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	docs := corpus(random, 700)
	whole, left, right, odd := NewBuilder(), NewBuilder(), NewBuilder(), NewBuilder()
	keep := bitset.New(700)
	for i := range docs {
		whole.Add(&docs[i])
		if i < 300 {
			left.Add(&docs[i])
		} else {
			right.Add(&docs[i])
		}
		if i%2 == 1 {
			odd.Add(&docs[i])
			keep.Add(uint32(i))
		}
	}
	open := func(b *Builder) *Section {
		s, err := Open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		name    string
		sources []MergeSource
		want    []byte
	}{
		{"nothing", nil, NewBuilder().Bytes()},
		{"itself", []MergeSource{{Section: open(whole)}}, whole.Bytes()},
		{"two", []MergeSource{{Section: open(left)}, {Section: open(right)}}, whole.Bytes()},
		{"every other", []MergeSource{{open(whole), keep}}, odd.Bytes()},
		{"none kept", []MergeSource{{open(whole), bitset.New(700)}, {open(right), bitset.New(400)}}, NewBuilder().Bytes()},
		{"with an empty one", []MergeSource{{Section: open(NewBuilder())}, {Section: open(whole)}}, whole.Bytes()},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Merge(nil, c.sources)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, c.want) {
				t.Errorf("%d bytes differ from the %d that a builder gives", len(got), len(c.want))
			}
		})
	}
}

func TestBuilderReuse(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	first, second := corpus(random, 300), corpus(random, 200)
	b := NewBuilder()
	for i := range first {
		b.Add(&first[i])
	}
	b.Reset()
	for i := range second {
		b.Add(&second[i])
	}
	fresh := NewBuilder()
	for i := range second {
		fresh.Add(&second[i])
	}
	var written bytes.Buffer
	if n, err := b.WriteTo(&written); err != nil || int(n) != written.Len() {
		t.Fatalf("wrote %d of %d bytes: %v", n, written.Len(), err)
	}
	if b.Len() != 200 || !bytes.Equal(written.Bytes(), fresh.Bytes()) {
		t.Error("a builder that was reset gives other bytes than a new one")
	}
}

func TestTermsAndFuzzy(t *testing.T) {
	s := build(t, []Document{
		{Body: "alpha alphabet beta alpine"}, {Body: "alpha betas gamma"}, {Body: strings.Repeat("zeta ", 3) + " al"},
		{Body: "connection connect conection a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5"},
	})
	terms := func(prefix string, limit int) (got []string) {
		err := s.Terms(prefix, func(term []byte, documents uint32) bool {
			got = append(got, fmt.Sprintf("%s:%d", term, documents))
			return len(got) < limit
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		prefix string
		limit  int
		want   string
	}{
		{"alp", 9, "[alpha:2 alphabet:1 alpin:1]"}, {"alp", 2, "[alpha:2 alphabet:1]"}, {"bet", 9, "[beta:2]"},
		{"zzz", 9, "[]"}, {"0", 9, "[]"}, {"conne", 9, "[connect:1 connection:1]"}, {"gamma", 9, "[gamma:1]"},
	} {
		if got := fmt.Sprint(terms(c.prefix, c.limit)); got != c.want {
			t.Errorf("terms with %q: %s, want %s", c.prefix, got, c.want)
		}
	}
	if all := terms("", 1000); len(all) != s.NumTerms() || !slices.IsSorted(all) {
		t.Errorf("%d of %d terms: %v", len(all), s.NumTerms(), all)
	}
	for _, c := range []struct {
		term  string
		edits int
		want  string
	}{
		{"connection", 1, "[conection:1 connection:0]"}, {"alpa", 1, "[alpha:1]"}, {"alpha", 0, "[alpha:0]"},
		{"betta", 2, "[beta:1 zeta:2]"}, {"alpha", -1, "[]"},
	} {
		var got []string
		err := s.Fuzzy(c.term, c.edits, func(term []byte, _ uint32, edits int) bool {
			got = append(got, fmt.Sprintf("%s:%d", term, edits))
			return true
		})
		if want := fmt.Sprint(got); err != nil || want != c.want {
			t.Errorf("%d edits from %q: %s (%v), want %s", c.edits, c.term, want, err, c.want)
		}
	}
}

func TestPacking(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for w := range uint8(33) {
		var in, out [postingBlock]uint32
		for i := range in {
			in[i] = random.Uint32() & uint32(uint64(1)<<w-1)
		}
		in[7] = uint32(uint64(1)<<w - 1)
		b := pack(nil, &in, width(&in))
		if len(b) != 16*int(w) {
			t.Fatalf("%d bits: %d bytes", w, len(b))
		}
		unpack(&out, append(b, make([]byte, padding)...), w)
		if in != out {
			t.Errorf("%d bits: %v became %v", w, in, out)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	data := NewBuilder().Bytes()
	other := bytes.Clone(data)
	other[6]++
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, ErrCorrupt}, {"other magic", append([]byte("XXXX"), data[4:]...), ErrCorrupt},
		{"cut", data[:len(data)-1], ErrCorrupt}, {"longer", append(bytes.Clone(data), 0), ErrCorrupt},
		{"other tokenizer", other, ErrVersion},
	} {
		if _, err := Open(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// useAll asks a section everything; errors are fine, panics and endless loops are not.
func useAll(s *Section) {
	alive := bitset.New(s.Documents())
	for i := range alive {
		alive[i] = 0xfffe_ffff_7fff_ff0f
	}
	q := Analyze("bax cax dax eax fax gax")
	_ = s.Terms("", func(term []byte, _ uint32) bool {
		q.Add(Term{Text: string(term), Weight: 1, Kind: Expanded})
		return len(q.Terms) < 50
	})
	_ = s.Fuzzy("bax", 1, func([]byte, uint32, int) bool { return true })
	s.Totals(alive)
	_ = AddMatching(s, q, DefaultParams(), bitset.New(s.Documents()))
	_, _, _ = Commonest([]Source{{Section: s, Alive: alive}}, "b", 3)
	for _, source := range []Source{{Section: s}, {Section: s, Alive: alive}, {Section: s, Allow: alive}} {
		_, _ = Search(context.Background(), []Source{source}, q, DefaultParams(), 3)
		if scorer, err := NewScorer([]Source{source}, q, DefaultParams()); err == nil && s.Documents() > 0 {
			last := uint32(s.Documents() - 1)
			_ = scorer.Score([]Hit{{Document: last}, {Document: last / 2}})
			_, _ = scorer.Explain(0, last)
		}
	}
	_, _ = Merge(nil, []MergeSource{{Section: s}, {s, alive}})
}

func TestDamage(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	b := NewBuilder()
	docs := corpus(random, 400)
	for i := range docs {
		b.Add(&docs[i])
	}
	data := b.Bytes()
	for i := range 500 {
		damaged := bytes.Clone(data)
		for range 1 + random.IntN(4) {
			at := random.IntN(len(damaged))
			if i%2 == 0 && at < headerSize {
				at += headerSize
			}
			damaged[at] = byte(random.Uint32())
		}
		if s, err := Open(damaged); err == nil {
			useAll(s)
		}
	}
}

func FuzzSection(f *testing.F) {
	random := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{0, 1, 3, 150, 300} {
		b := NewBuilder()
		docs := corpus(random, n)
		for i := range docs {
			b.Add(&docs[i])
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := Open(data); err == nil {
			useAll(s)
		}
	})
}
