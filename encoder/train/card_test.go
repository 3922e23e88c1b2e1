package train

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"lsp/encoder/static"
)

func TestWriteCard(t *testing.T) {
	model, err := static.Default()
	if err != nil {
		t.Fatal(err)
	}
	metrics := func(mrr float64) Metrics { return Metrics{MRR: mrr, Recall10: mrr + 0.1, Queries: 7, Functions: 12345} }
	card := Card{
		Model: model, Bytes: 14_000_000, Options: DefaultFit(),
		Corpus: Corpus{Repositories: 3, Pairs: 1000, Trained: 900, Languages: []LanguageCount{{"go", 990}, {"zig", 10}}},
		HeldOut: []ReportLine{
			{Language: "all", Model: metrics(0.5), Baseline: pointer(metrics(0.4)), Both: pointer(metrics(0.6)), Plain: pointer(metrics(0.2))},
			{Language: "zig", Model: metrics(0.3), Baseline: pointer(metrics(0.35)), Both: pointer(metrics(0.36))},
		},
		Benchmark: []BenchmarkLine{{"the model", metrics(0.43)}},
		Ablations: []Ablation{{Pairs: 60000, Epochs: 3, HeldOut: metrics(0.5)}, {Without: WordPairs, HeldOut: metrics(0.48)}},
		Summaries: SummaryReport{Functions: 2000, Guess: 0.31},
	}
	var b bytes.Buffer
	if err := WriteCard(&b, card); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"14,000,000 bytes", "3 public repositories", "1,000 pairs", "go 99 %",
		"| all | 12345 | 7 | 0.500 | 0.600 | 0.400 | 0.500 | 0.600 | 0.700 |", "| the model | 7 | 12345 | 0.430 | 0.530 |",
		"has MRR 0.200 and recall@10\n0.300 in the first line: the model's recall is 2.00 times that, and 1.20 times BM25F's",
		"60,000 pairs and 3 epochs", "| word-pairs | 0.480 | 0.580 | -0.020 |", "below BM25F in: zig.", "below 2 %) are in: zig.", "2,000 functions of the test repositories: 0.310",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	if strings.Contains(b.String(), "<no value>") || strings.Contains(b.String(), "%!") {
		t.Errorf("the card has holes:\n%s", b.String())
	}
	card.Benchmark, card.Ablations = nil, nil
	if err := WriteCard(&b, card); err != nil {
		t.Error(err)
	}
	if err := WriteCard(&b, Card{}); err == nil {
		t.Error("a card without figures: no error")
	}
}

func TestCountCorpus(t *testing.T) {
	dir := t.TempDir()
	for _, split := range []string{SplitTrain, SplitTest, "rank"} {
		records := []Record{
			{Query: "a", Language: "go", Repository: split, Split: split}, {Language: "go", Repository: split, Split: split},
			{Query: "b", Language: "lua", Repository: split, Split: split}, {Query: "c", Language: "lua", Repository: split, Split: split},
		}
		if err := writeRecords(recordFile(dir, split), records); err != nil {
			t.Fatal(err)
		}
	}
	c, err := CountCorpus(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if c.Repositories != 3 || c.Pairs != 9 || c.Trained != 3 || c.SetAside != 3 || c.Languages[0] != (LanguageCount{"lua", 6}) {
		t.Errorf("corpus %+v", c)
	}
	if _, err := CountCorpus(context.Background(), t.TempDir()); err == nil {
		t.Error("an empty folder: no error")
	}
}
