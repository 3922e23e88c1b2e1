package onnx

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// unigrams is what testdata/unigram.py wrote.
type unigrams struct {
	Edges    []string         `json:"edges"`
	Variants []unigramVariant `json:"variants"`
}

// unigramVariant is a tokenizer with the ids that the reference gives texts and pairs of them.
type unigramVariant struct {
	Name      string                     `json:"name"`
	Tokenizer map[string]json.RawMessage `json:"tokenizer"`
	IDs       [][]int64                  `json:"ids"`
	Pairs     [][2][]int64               `json:"pairs"`
}

// file is the tokenizer.json of a variant, with some of its parts replaced.
func (v *unigramVariant) file(t testing.TB, replaced map[string]string) []byte {
	t.Helper()
	parts := map[string]json.RawMessage{}
	for key, value := range v.Tokenizer {
		parts[key] = value
	}
	for key, value := range replaced {
		parts[key] = json.RawMessage(value)
	}
	data, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readUnigrams(t testing.TB) unigrams {
	t.Helper()
	f, err := os.Open("testdata/unigram.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var u unigrams
	if err := json.NewDecoder(unpacked).Decode(&u); err != nil {
		t.Fatal(err)
	}
	for i := range u.Variants {
		u.Variants[i].Tokenizer["model"] = u.Variants[0].Tokenizer["model"]
	}
	return u
}

func ownUnigram(t testing.TB) *Unigram {
	t.Helper()
	u := readUnigrams(t)
	own, err := parseTokenizer(u.Variants[0].file(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	return own.(*Unigram)
}

func TestUnigramEqualsReference(t *testing.T) {
	u := readUnigrams(t)
	var all []string
	for _, r := range references(t) {
		all = append(all, r.Text)
	}
	for i, v := range u.Variants {
		own, err := ParseUnigram(v.file(t, nil))
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		texts := slices.Concat(all, u.Edges)
		if i > 0 {
			texts = slices.Concat(all[:200], u.Edges)
		}
		if len(texts) != len(v.IDs) {
			t.Fatalf("%s: ids of %d texts, want %d", v.Name, len(v.IDs), len(texts))
		}
		for j, text := range texts {
			if got := own.Encode(1<<20, text); !slices.Equal(got, v.IDs[j]) {
				t.Errorf("%s: ids of %.80q:\n%v, want\n%v", v.Name, text, got, v.IDs[j])
			}
		}
		for j, want := range v.Pairs {
			if ids, types := encodePair(own, 1<<20, all[2*j], all[2*j+1]); !slices.Equal(ids, want[0]) || !slices.Equal(types, want[1]) {
				t.Errorf("%s: pair %d is\n%v of types %v, want\n%v", v.Name, j, ids, types, want)
			}
		}
		t.Logf("%s: %d texts", v.Name, len(texts))
	}
}

func TestUnigramLimit(t *testing.T) {
	u := ownUnigram(t)
	text := strings.Repeat("read a file into memory ", 50)
	whole := u.Encode(1<<20, text)
	for limit := 2; limit < 40; limit++ {
		want := append(slices.Clone(whole[:limit-1]), whole[len(whole)-1])
		if got := u.Encode(limit, text); !slices.Equal(got, want) {
			t.Errorf("ids up to %d are %v, want %v", limit, got, want)
		}
	}
	if got, want := u.Encode(64, "", "read", "", "a file\xff"), u.Encode(64, "read\na file\ufffd"); !slices.Equal(got, want) {
		t.Errorf("ids of parts %v, want those of their lines %v", got, want)
	}
	for text, want := range map[string]bool{"read": true, "": false, " \n": false, "\U00013000\U00013001": false} {
		if got := u.known(u.Encode(64, text)); got != want {
			t.Errorf("%q is known: %v, want %v", text, got, want)
		}
	}
}

// TestUnigramBytes spells characters that no piece covers by their bytes.
func TestUnigramBytes(t *testing.T) {
	vocabulary := []string{`["a",-1]`, `["ab",-1.5]`, `["b",-1]`}
	const digits = "0123456789ABCDEF"
	for i := range 256 {
		vocabulary = append(vocabulary, `["<0x`+string(digits[i/16])+string(digits[i%16])+`>",-5]`)
	}
	file := `{"post_processor":{"type":"BertProcessing","cls":["<s>",900],"sep":["</s>",901]},
		"model":{"type":"Unigram","byte_fallback":true,"vocab":[` + strings.Join(vocabulary, ",") + `]}}`
	u, err := ParseUnigram([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := u.Encode(64, "abé!a"), []int64{900, 1, 3 + 0xc3, 3 + 0xa9, 3 + '!', 0, 901}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
}

func TestPairs(t *testing.T) {
	w, b := ownTokenizer(t), ownBPE(t)
	long := strings.Repeat("read a file ", 40)
	for _, tok := range []tokenizer{w, b, ownUnigram(t)} {
		f := tok.frame()
		for _, limit := range []int{8, 20, 64, 1000} {
			ids, types := encodePair(tok, limit, "close a file", long)
			if len(ids) > limit || len(types) != len(ids) || limit < 100 && len(ids) != limit {
				t.Fatalf("%s: %d ids and %d types, want %d", tok.name(), len(ids), len(types), limit)
			}
			question := bare(tok, (limit-f.most())/2, "close a file")
			want := slices.Concat(f.start, question, f.middle, bare(tok, limit-f.most()-len(question), long), f.end)
			if !slices.Equal(ids, want) {
				t.Errorf("%s: ids %v, want %v", tok.name(), ids, want)
			}
			firsts := len(f.start) + len(question) + len(f.middle)
			for i, x := range types {
				if want := int64(0); f.typed && i >= firsts && x != 1 || (!f.typed || i < firsts) && x != want {
					t.Errorf("%s: type %d of id %d of %d", tok.name(), x, i, len(ids))
				}
			}
		}
	}
	if f := w.frame(); len(f.middle) != 1 || !f.typed {
		t.Errorf("WordPiece has %v between two texts, want one [SEP] and types", f.middle)
	}
	if f := b.frame(); len(f.middle) != 2 || f.typed {
		t.Errorf("byte-level BPE has %v between two texts, want two ends and no types", f.middle)
	}
}

func TestParseUnigramErrors(t *testing.T) {
	v := readUnigrams(t).Variants[0]
	for name, test := range map[string]struct{ key, value, want string }{
		"normalizer":       {"normalizer", `{"type":"BertNormalizer"}`, `normalizer "BertNormalizer"`},
		"nothing":          {"normalizer", `{"type":"Sequence","normalizers":[null]}`, "is empty"},
		"charsmap":         {"normalizer", `{"type":"Precompiled","precompiled_charsmap":"AAAA"}`, "damaged"},
		"charsmap's trie":  {"normalizer", `{"type":"Precompiled","precompiled_charsmap":"/////wAAAAA="}`, "damaged"},
		"charsmap's text":  {"normalizer", `{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAD/"}`, "damaged"},
		"expression":       {"normalizer", `{"type":"Replace","pattern":{"Regex":"(a+)+$"},"content":""}`, "(a+)+$"},
		"replacement":      {"normalizer", `{"type":"Replace","pattern":{"String":""},"content":""}`, "replaces nothing"},
		"pre-tokenizer":    {"pre_tokenizer", `{"type":"ByteLevel"}`, `pre-tokenizer "ByteLevel"`},
		"two of them":      {"pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"Metaspace","replacement":"_"},{"type":"WhitespaceSplit"}]}`, "not at that place"},
		"space":            {"pre_tokenizer", `{"type":"Metaspace","replacement":""}`, "one visible character"},
		"scheme":           {"pre_tokenizer", `{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}`, `"last"`},
		"first word":       {"pre_tokenizer", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"_","prepend_scheme":"first"}]}`, "first word"},
		"no frame":         {"post_processor", `null`, "nothing around"},
		"other frame":      {"post_processor", `{"type":"ByteLevel"}`, `"ByteLevel"`},
		"template":         {"post_processor", `{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>"}}]}`, "not known here"},
		"template of none": {"post_processor", `{"type":"TemplateProcessing","single":[]}`, "0 texts"},
		"empty template":   {"post_processor", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}}]}`, "0 tokens around"},
		"special id":       {"post_processor", `{"type":"RobertaProcessing","cls":["<s>",-1],"sep":["</s>",2]}`, "id -1"},
		"special":          {"post_processor", `{"type":"RobertaProcessing","cls":["<s>"],"sep":["</s>",2]}`, "special token"},
		"vocabulary":       {"model", `{"type":"Unigram","vocab":[]}`, "0 entries"},
		"piece":            {"model", `{"type":"Unigram","vocab":[["a"]]}`, "piece of 1 fields"},
		"unknown":          {"model", `{"type":"Unigram","unk_id":7,"vocab":[["a",-1]]}`, "entry 7 of 1"},
		"no unknown":       {"model", `{"type":"Unigram","vocab":[["a",-1]]}`, "neither an unknown piece"},
		"bytes":            {"model", `{"type":"Unigram","byte_fallback":true,"vocab":[["a",-1]]}`, "byte 0x0"},
		"added":            {"added_tokens", `[{"content":"<mask>","special":false}]`, `"<mask>"`},
	} {
		tok, err := parseTokenizer(v.file(t, map[string]string{test.key: test.value}))
		if err == nil || tok != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, test.want)
		}
	}
}

func FuzzUnigram(f *testing.F) {
	u := ownUnigram(f)
	f.Add("it's  a\xff file\n\n\u00a0x e\u0301\r\n▁▁", 16)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 2 + int(uint(limit)%512)
		ids := u.Encode(limit, text)
		if len(ids) < 2 || len(ids) > limit || ids[0] != 0 || ids[len(ids)-1] != 2 {
			t.Fatalf("%d ids %v for %q with limit %d", len(ids), ids, text, limit)
		}
		pair, types := encodePair(u, limit+8, text, text)
		if len(pair) > limit+8 || len(types) != len(pair) {
			t.Fatalf("%d ids and %d types of a pair of %q, want at most %d", len(pair), len(types), text, limit+8)
		}
	})
}

func FuzzCharsmap(f *testing.F) {
	var s step
	if err := json.Unmarshal(readUnigrams(f).Variants[1].Tokenizer["normalizer"], &s); err != nil {
		f.Fatal(err)
	}
	f.Add(s.Charsmap, "ﬁ ½ e\u0301 ガ\r\n\u200b")
	f.Add([]byte("\x04\x00\x00\x00\x00\x00\x00\x00x"), "x")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if m, err := parseCharsmap(data); err == nil {
			m.normalise(text)
		}
	})
}

func BenchmarkUnigram(b *testing.B) {
	t, texts := ownUnigram(b), references(b)
	for i := 0; b.Loop(); i++ {
		t.Encode(referenceTokens, texts[i%len(texts)].Text)
	}
}
