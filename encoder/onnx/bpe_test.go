package onnx

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

func ownBPE(t testing.TB) *BPE {
	t.Helper()
	b, err := readTokenizer("testdata/bpe.json")
	if err != nil {
		t.Fatal(err)
	}
	return b.(*BPE)
}

func TestBPEEqualsReference(t *testing.T) {
	b := ownBPE(t)
	for _, r := range references(t) {
		if got := b.Encode(referenceTokens, r.Text); !slices.Equal(got, r.BPE) {
			t.Errorf("ids of %.80q:\n%v, want\n%v", r.Text, got, r.BPE)
		}
	}
}

func TestBPEWords(t *testing.T) {
	for text, want := range map[string][]string{
		"it's we'll 'S":       {"it", "'s", " we", "'ll", " '", "S"},
		"a  b\n\n  c":         {"a", " ", " b", "\n\n ", " c"},
		"x\t y \n":            {"x", "\t", " y", " \n"},
		"f(x1,2.5) //é中🙂":     {"f", "(", "x", "1", ",", "2", ".", "5", ")", " //", "é中", "🙂"},
		" \u00a0\u3000z":      {" \u00a0", "\u3000", "z"},
		"don't’t \u0301a ½²③": {"don", "'t", "’", "t", " \u0301", "a", " ½²③"},
	} {
		var got []string
		for text != "" {
			n := wordLength(text)
			got, text = append(got, text[:n]), text[n:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("words %q, want %q", got, want)
		}
	}
}

func TestBPEParts(t *testing.T) {
	b := ownBPE(t)
	if got, want := b.Encode(64, "", "read", "", "a file\xff"), b.Encode(64, "read\na file\ufffd"); !slices.Equal(got, want) {
		t.Errorf("ids of parts %v, want those of their lines %v", got, want)
	}
	long := b.Encode(1<<20, strings.Repeat("_", 3*maxPieceBytes))
	if len(long) < 3 || len(long) > 3*maxPieceBytes {
		t.Errorf("%d ids of a long word", len(long))
	}
	b.spaceFirst = true
	if got, want := b.Encode(64, "read"), b.Encode(64, " read"); !slices.Equal(got, want) {
		t.Errorf("ids %v, want those of a text with a space before it %v", got, want)
	}
}

func TestParseBPEErrors(t *testing.T) {
	data, err := os.ReadFile("testdata/bpe.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ key, value, want string }{
		"normalizer":     {"normalizer", `{"type":"NFC"}`, "normalizer"},
		"pre-tokenizer":  {"pre_tokenizer", `{"type":"Whitespace"}`, `pre-tokenizer "Whitespace"`},
		"no words":       {"pre_tokenizer", `{"type":"ByteLevel","use_regex":false}`, "cuts words"},
		"post-processor": {"post_processor", `null`, "post-processor"},
		"special":        {"post_processor", `{"type":"RobertaProcessing","cls":["<s>"],"sep":["</s>",2]}`, "special token"},
		"special id":     {"post_processor", `{"type":"RobertaProcessing","cls":["<s>",-1],"sep":["</s>",2]}`, "id -1"},
		"other model":    {"model", `{"type":"WordLevel"}`, `model "WordLevel"`},
		"bytes":          {"model", `{"type":"BPE","vocab":{"a":1},"merges":[]}`, "lacks the byte"},
		"negative":       {"model", `{"type":"BPE","vocab":{"a":-1},"merges":[]}`, "negative"},
		"merge":          {"model", `{"type":"BPE","vocab":{},"merges":["ab"]}`, "no pair"},
		"merges":         {"model", `{"type":"BPE","vocab":{},"merges":[["a","b","c"]]}`, "want 2"},
		"affix":          {"model", `{"type":"BPE","end_of_word_suffix":"</w>"}`, "affixes"},
	} {
		var file map[string]json.RawMessage
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		file[test.key] = json.RawMessage(test.value)
		changed, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		if tok, err := parseTokenizer(changed); err == nil || tok != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
	bad := strings.Replace(string(data), `"merges":[`, `"merges":[["zz","qq"],`, 1)
	if _, err := ParseBPE([]byte(bad)); err == nil || !strings.Contains(err.Error(), "no entry of the vocabulary") {
		t.Errorf("a merge of unknown pieces: %v", err)
	}
}

func FuzzBPE(f *testing.F) {
	b := ownBPE(f)
	f.Add("it's  a\xff file\n\n\u00a0x", 16)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 2 + int(uint(limit)%512)
		ids := b.Encode(limit, text)
		if len(ids) < 2 || len(ids) > limit || ids[0] != b.start || ids[len(ids)-1] != b.end {
			t.Fatalf("%d ids %v for %q with limit %d", len(ids), ids, text, limit)
		}
	})
}

func FuzzParseTokenizer(f *testing.F) {
	f.Add(testTokenizer(f, nil))
	f.Add([]byte(`{"pre_tokenizer":{"type":"ByteLevel"},"post_processor":{"type":"RobertaProcessing","cls":["<s>",0],"sep":["</s>",2]},
		"model":{"type":"BPE","vocab":{"a":1,"b":2,"ab":3},"merges":["a b",["b","a"]]}}`))
	f.Add([]byte(`{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Strip","strip_left":true}]},
		"pre_tokenizer":{"type":"Metaspace","replacement":"_"},"model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["_it",-1.5],["s",-2]]},
		"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}},{"SpecialToken":{"id":"e"}}],"special_tokens":{"e":{"ids":[1]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := parseTokenizer(data); err == nil {
			tok.Encode(16, "it's a file")
		}
	})
}

func BenchmarkBPE(b *testing.B) {
	t, texts := ownBPE(b), references(b)
	for i := 0; b.Loop(); i++ {
		t.Encode(referenceTokens, texts[i%len(texts)].Text)
	}
}
