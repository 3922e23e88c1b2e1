package onnx

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// testTokenizer is a tokenizer.json with a small vocabulary.
func testTokenizer(t testing.TB, change func(map[string]any)) []byte {
	t.Helper()
	vocabulary := map[string]int{}
	for i, piece := range []string{
		"[UNK]", "[CLS]", "[SEP]", "read", "##ing", "file", "##s", "(", ")", ".", "_", "中", "cafe", "ß", "“", "un", "##read",
	} {
		vocabulary[piece] = i
	}
	file := map[string]any{
		"normalizer":    map[string]any{"type": "BertNormalizer", "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"model": map[string]any{
			"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 12, "vocab": vocabulary,
		},
	}
	if change != nil {
		change(file)
	}
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWordPiece(t *testing.T) {
	w, err := ParseWordPiece(testTokenizer(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text  string
		limit int
		want  []int64
	}{
		{"", 8, []int64{1, 2}},
		{"read files", 8, []int64{1, 3, 5, 6, 2}},
		{"Reading(FILE).", 16, []int64{1, 3, 4, 7, 5, 8, 9, 2}},
		{"read_file", 8, []int64{1, 3, 10, 5, 2}},
		{"unread", 8, []int64{1, 15, 16, 2}},
		{"readx file", 8, []int64{1, 0, 5, 2}}, // a word that cannot be cut whole is unknown
		{"Café caf\u0065\u0301", 8, []int64{1, 12, 12, 2}},
		{"中中", 8, []int64{1, 11, 11, 2}},
		{"“ß", 8, []int64{1, 14, 13, 2}},
		{"re\u200bad\x00\t\nfile\xff", 8, []int64{1, 3, 5, 2}},
		{strings.Repeat("read", 4), 8, []int64{1, 0, 2}}, // longer than a word may be
		{"read read read", 4, []int64{1, 3, 3, 2}},
		{"reading reading", 4, []int64{1, 3, 4, 2}},
		{"read", 2, []int64{1, 2}},
	} {
		if got := w.Encode(test.limit, test.text); !slices.Equal(got, test.want) {
			t.Errorf("ids of %q: %v, want %v", test.text, got, test.want)
		}
	}
}

func TestParseWordPieceErrors(t *testing.T) {
	set := func(section, key string, value any) func(map[string]any) {
		return func(file map[string]any) { file[section].(map[string]any)[key] = value }
	}
	for _, test := range []struct {
		name   string
		change func(map[string]any)
		want   string
	}{
		{"model", set("model", "type", "BPE"), `model "BPE"`},
		{"cased", set("normalizer", "lowercase", false), "lower-cases"},
		{"accents", set("normalizer", "strip_accents", false), "strips accents"},
		{"pre-tokenizer", set("pre_tokenizer", "type", "Whitespace"), `pre-tokenizer "Whitespace"`},
		{"length", set("model", "max_input_chars_per_word", 0), "words of 0 characters"},
		{"huge words", set("model", "max_input_chars_per_word", 1<<30), "words of 1073741824 characters"},
		{"prefix", set("model", "continuing_subword_prefix", ""), "prefix"},
		{"letters as prefix", set("model", "continuing_subword_prefix", "ab"), "prefix"},
		{"id", set("model", "vocab", map[string]int{"[UNK]": -1}), "negative"},
		{"large id", set("model", "vocab", map[string]int{"[UNK]": 1 << 40}), "parse tokenizer"},
		{"cleaning", set("normalizer", "clean_text", false), "cleans text"},
		{"vocabulary", set("model", "vocab", map[string]int{"[UNK]": 0}), `lacks "[CLS]"`},
		{"type", set("model", "vocab", 7), "parse tokenizer"},
	} {
		if _, err := ParseWordPiece(testTokenizer(t, test.change)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

// reference is a text with the ids that the tokenizers library gives it; see testdata/reference.py.
type reference struct {
	Text   string  `json:"text"`
	Own    []int64 `json:"own"`    // by testdata/tokenizer.json
	BPE    []int64 `json:"bpe"`    // by testdata/bpe.json
	MiniLM []int64 `json:"minilm"` // by that of all-MiniLM-L6-v2
}

// referenceTokens is how many tokens of a text the reference keeps.
const referenceTokens = 256

func references(t testing.TB) []reference {
	t.Helper()
	f, err := os.Open("testdata/ids.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var all []reference
	for decoder := json.NewDecoder(unpacked); decoder.More(); {
		var r reference
		if err := decoder.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) < 1000 {
		t.Fatalf("%d texts, want at least 1000", len(all))
	}
	return all
}

func ownTokenizer(t testing.TB) *WordPiece {
	t.Helper()
	w, err := readTokenizer("testdata/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	return w.(*WordPiece)
}

func TestWordPieceEqualsReference(t *testing.T) {
	w := ownTokenizer(t)
	for _, r := range references(t) {
		if got := w.Encode(referenceTokens, r.Text); !slices.Equal(got, r.Own) {
			t.Errorf("ids of %.80q:\n%v, want\n%v", r.Text, got, r.Own)
		}
	}
}

func TestWordPieceParts(t *testing.T) {
	w := ownTokenizer(t)
	if got, want := w.Encode(64, "read", "", "file größe", "x"), w.Encode(64, "read file größe x"); !slices.Equal(got, want) {
		t.Errorf("ids of parts %v, want those of their words %v", got, want)
	}
}

// TestWordPieceLimit checks that a limit cuts ids off and changes none of those before.
func TestWordPieceLimit(t *testing.T) {
	w := ownTokenizer(t)
	for _, r := range references(t) {
		whole := w.Encode(referenceTokens, r.Text)
		for _, limit := range []int{2, 3, 17, 100} {
			got := w.Encode(limit, r.Text)
			want := append(slices.Clone(whole[:min(len(whole), limit)-1]), w.sep)
			if !slices.Equal(got, want) {
				t.Fatalf("ids of %.80q with limit %d: %v, want %v", r.Text, limit, got, want)
			}
		}
	}
}

func BenchmarkWordPiece(b *testing.B) {
	w, texts := ownTokenizer(b), references(b)
	for i := 0; b.Loop(); i++ {
		w.Encode(referenceTokens, texts[i%len(texts)].Text)
	}
}

func FuzzWordPiece(f *testing.F) {
	w, err := ParseWordPiece(testTokenizer(f, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Reading (files)\xff中é", 16)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 2 + int(uint(limit)%512)
		ids := w.Encode(limit, text)
		if len(ids) < 2 || len(ids) > limit || ids[0] != w.cls || ids[len(ids)-1] != w.sep {
			t.Fatalf("%d ids %v for %q with limit %d", len(ids), ids, text, limit)
		}
	})
}

func FuzzParseWordPiece(f *testing.F) {
	f.Add(testTokenizer(f, nil))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if w, err := ParseWordPiece(data); err == nil {
			w.Encode(16, "reading a file")
		}
	})
}
