package eval

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestNDCG(t *testing.T) {
	d := discount
	whole := func(paths ...string) (out []Span) {
		for _, p := range paths {
			out = append(out, Span{Path: p})
		}
		return out
	}
	for _, tc := range []struct {
		name             string
		results, targets []Span
		want             float64
	}{
		{"only target first", whole("a"), whole("a"), 1},
		{"only target third", whole("x", "y", "a"), whole("a"), d(3)},
		{"later hits of a target take up ranks", whole("a", "a", "b"), whole("a", "b"), (d(1) + d(3)) / (d(1) + d(2))},
		{"two targets first hit at one rank count once",
			[]Span{{"a", 1, 20}, {"b", 1, 2}}, []Span{{"a", 2, 3}, {"a", 5, 6}}, d(1) / (d(1) + d(2))},
		{"lines must touch", []Span{{"a", 1, 4}, {"a", 5, 9}}, []Span{{"a", 9, 12}}, d(2)},
		{"lines that end where the target starts", []Span{{"a", 1, 9}}, []Span{{"a", 9, 12}}, 1},
		{"whole file by any of its lines", []Span{{"a", 70, 80}}, whole("a"), 1},
		{"missing targets count", whole("a"), whole("a", "gone"), d(1) / (d(1) + d(2))},
		{"nothing after the tenth", whole("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "a"), whole("a"), 0},
		{"more than ten targets", whole("a"), whole("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"),
			d(1) / (d(1) + d(2) + d(3) + d(4) + d(5) + d(6) + d(7) + d(8) + d(9) + d(10))},
		{"no targets", whole("a"), nil, 0},
		{"no results", nil, whole("a"), 0},
	} {
		if got := NDCG(tc.results, tc.targets, 10); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%s: NDCG %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestRanks(t *testing.T) {
	for _, tc := range []struct {
		ranked, relevant []int
		rr, recall2      float64
	}{
		{[]int{3, 1, 2}, []int{3}, 1, 1},
		{[]int{3, 1, 2}, []int{2}, 1.0 / 3, 0},
		{[]int{3, 1, 2}, []int{1, 2}, 0.5, 0.5},
		{[]int{3, 1, 2}, []int{9}, 0, 0},
		{nil, []int{9}, 0, 0},
	} {
		if got := ReciprocalRank(tc.ranked, tc.relevant); got != tc.rr {
			t.Errorf("ReciprocalRank(%v, %v) = %v, want %v", tc.ranked, tc.relevant, got, tc.rr)
		}
		if got := Recall(tc.ranked, tc.relevant, 2); got != tc.recall2 {
			t.Errorf("Recall(%v, %v, 2) = %v, want %v", tc.ranked, tc.relevant, got, tc.recall2)
		}
	}
}

func TestQuantile(t *testing.T) {
	var d []time.Duration
	for i := 100; i > 0; i-- {
		d = append(d, time.Duration(i)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := quantile(d, q); got != want {
			t.Errorf("quantile %v = %v, want %v", q, got, want)
		}
	}
}

func TestReadRepositoryQueries(t *testing.T) {
	got, err := ReadRepositoryQueries(strings.NewReader(`[{"query": "q", "category": "symbol", "extra": 1,
		"relevant": ["a.go", {"path": "b.go", "start_line": 3, "end_line": 9}], "secondary": ["c.go"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Span{{"a.go", 0, 0}, {"b.go", 3, 9}, {"c.go", 0, 0}}
	if len(got) != 1 || got[0].Query != "q" || got[0].Category != "symbol" || len(got[0].Targets) != 3 {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[0].Targets[i] != want[i] {
			t.Errorf("target %d: %+v, want %+v", i, got[0].Targets[i], want[i])
		}
	}
	for _, bad := range []string{`{}`, `[{"query":"q"}]`, `[{"query":"","relevant":["a"]}]`,
		`[{"query":"q","relevant":[{"path":"a","start_line":9,"end_line":3}]}]`, `[{"query":"q","relevant":[3]}]`, ``} {
		if _, err := ReadRepositoryQueries(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestReadFunctions(t *testing.T) {
	fs, err := ReadFunctions(strings.NewReader("{\"id\": 4, \"text\": \"def f(): pass\"}\n\n{\"id\": 5, \"text\": \"\"}\n"))
	if err != nil || len(fs) != 2 || fs[0].ID != 4 || fs[0].Text != "def f(): pass" {
		t.Fatalf("got %+v, %v", fs, err)
	}
	if _, err := ReadFunctions(strings.NewReader("{\"id\": 4}\n{\"id\": 4}\n")); err == nil {
		t.Error("no error for an id given twice")
	}
	if _, err := ReadFunctions(strings.NewReader("{\"id\": 4}\nnope\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v does not name the line", err)
	}
	qs, err := ReadFunctionQueries(strings.NewReader(`{"id": "x", "query": "q", "relevant": [4]}`))
	if err != nil || len(qs) != 1 || qs[0].Relevant[0] != 4 {
		t.Fatalf("got %+v, %v", qs, err)
	}
	if _, err := ReadFunctionQueries(strings.NewReader(`{"id": "x", "query": "q"}`)); err == nil {
		t.Error("no error for a question without relevant ids")
	}
}

func FuzzReadRepositoryQueries(f *testing.F) {
	f.Add(`[{"query": "q", "relevant": ["a", {"path": "b", "start_line": 1, "end_line": 2}]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		queries, err := ReadRepositoryQueries(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, q := range queries {
			if v := NDCG(nil, q.Targets, 10); v != 0 {
				t.Errorf("nothing found scores %v", v)
			}
		}
	})
}
