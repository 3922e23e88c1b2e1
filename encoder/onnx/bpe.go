package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// BPE is the byte-level tokenizer of GPT-2, RoBERTa and models of code made from them: text is cut into words with the
// space before them, and the bytes of each word are joined pair by pair, the pair that was learned first before all
// others (Sennrich et al., Neural Machine Translation of Rare Words with Subword Units, 2016; Radford et al., 2019).
// It knows every text. It is safe for concurrent use.
//
// Names of special tokens in a text are text like any other.
type BPE struct {
	bytes      [256]int32
	merges     map[pair]merge
	start, end int64
	spaceFirst bool // a text begins with a space even when it does not
	outer      frame
	checksum   string
}

// pair is two neighbouring pieces, merge what becomes of them.
type (
	pair  struct{ left, right int32 }
	merge struct{ rank, id int32 }
)

// maxPieceBytes is where words are cut that no person has written: joining takes the square of their length.
const maxPieceBytes = 4096

// bpeFile is the part of a tokenizer.json that BPE needs.
type bpeFile struct {
	Normalizer   json.RawMessage `json:"normalizer"`
	PreTokenizer struct {
		Type       string `json:"type"`
		SpaceFirst bool   `json:"add_prefix_space"`
		Regex      *bool  `json:"use_regex"`
	} `json:"pre_tokenizer"`
	PostProcessor struct {
		Type  string  `json:"type"`
		Start special `json:"cls"`
		End   special `json:"sep"`
	} `json:"post_processor"`
	Model struct {
		Type         string           `json:"type"`
		Dropout      float64          `json:"dropout"`
		Prefix       string           `json:"continuing_subword_prefix"`
		Suffix       string           `json:"end_of_word_suffix"`
		IgnoreMerges bool             `json:"ignore_merges"`
		Vocabulary   map[string]int32 `json:"vocab"`
		Merges       []mergedPair     `json:"merges"`
	} `json:"model"`
}

// special is a token as post-processors name it: its text and its id.
type special struct {
	text string
	id   int64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (s *special) UnmarshalJSON(data []byte) error {
	return unmarshalPair(data, "special token", "its text and its id", &s.text, &s.id)
}

// mergedPair is an entry of the merges: "a b", or in newer files ["a", "b"].
type mergedPair struct{ left, right string }

// UnmarshalJSON implements [json.Unmarshaler].
func (m *mergedPair) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		var ok bool
		if m.left, m.right, ok = strings.Cut(text, " "); !ok {
			return fmt.Errorf("merge %.40q is no pair", text)
		}
		return nil
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	if len(list) != 2 {
		return fmt.Errorf("merge of %d pieces, want 2", len(list))
	}
	m.left, m.right = list[0], list[1]
	return nil
}

// ParseBPE reads a tokenizer.json. Tokenizers of another kind are an error.
func ParseBPE(data []byte) (*BPE, error) {
	if len(data) > maxTokenizerBytes {
		return nil, fmt.Errorf("parse tokenizer: %d bytes, want at most %d", len(data), maxTokenizerBytes)
	}
	var f bpeFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("parse tokenizer: %w", err)
	}
	for piece, id := range f.Model.Vocabulary {
		if id < 0 {
			return nil, fmt.Errorf("parse tokenizer: id %d of %.40q is negative", id, piece)
		}
	}
	b := &BPE{
		start: f.PostProcessor.Start.id, end: f.PostProcessor.End.id, spaceFirst: f.PreTokenizer.SpaceFirst,
		checksum: shortSum(data), merges: make(map[pair]merge, len(f.Model.Merges)),
	}
	b.outer = frame{start: []int64{b.start}, middle: []int64{b.end, b.end}, end: []int64{b.end}}
	if f.PostProcessor.Type == "BertProcessing" {
		b.outer.middle, b.outer.typed = b.outer.end, true
	}
	for c, r := range byteLetters() {
		id, ok := f.Model.Vocabulary[string(r)]
		if !ok {
			return nil, fmt.Errorf("parse tokenizer: vocabulary of %d entries lacks the byte %#x", len(f.Model.Vocabulary), c)
		}
		b.bytes[c] = id
	}
	for rank, m := range f.Model.Merges {
		left, hasLeft := f.Model.Vocabulary[m.left]
		right, hasRight := f.Model.Vocabulary[m.right]
		id, ok := f.Model.Vocabulary[m.left+m.right]
		if !hasLeft || !hasRight || !ok {
			return nil, fmt.Errorf("parse tokenizer: merge of %.40q and %.40q makes no entry of the vocabulary", m.left, m.right)
		}
		if _, twice := b.merges[pair{left, right}]; !twice {
			b.merges[pair{left, right}] = merge{int32(rank), id}
		}
	}
	return b, nil
}

// check refuses what this tokenizer would get wrong.
func (f *bpeFile) check() error {
	switch m, post := &f.Model, f.PostProcessor.Type; {
	case m.Type != "BPE":
		return fmt.Errorf("model %.40q, want %q", m.Type, "BPE")
	case len(f.Normalizer) > 0 && string(f.Normalizer) != "null":
		return errors.New("a normalizer before byte-level BPE, want none")
	case f.PreTokenizer.Type != "ByteLevel" || f.PreTokenizer.Regex != nil && !*f.PreTokenizer.Regex:
		return fmt.Errorf("pre-tokenizer %.40q, want a ByteLevel that cuts words", f.PreTokenizer.Type)
	case post != "RobertaProcessing" && post != "BertProcessing":
		return fmt.Errorf("post-processor %.40q, want %q or %q", post, "RobertaProcessing", "BertProcessing")
	case m.Dropout != 0 || m.Prefix != "" || m.Suffix != "" || m.IgnoreMerges:
		return errors.New("dropout, affixes of pieces or whole words before merges, want none of them")
	case len(m.Vocabulary) > maxVocabulary || len(m.Merges) > maxVocabulary:
		return fmt.Errorf("vocabulary of %d entries and %d merges, want at most %d", len(m.Vocabulary), len(m.Merges), maxVocabulary)
	}
	for _, s := range []special{f.PostProcessor.Start, f.PostProcessor.End} {
		if s.id < 0 || s.id > math.MaxInt32 {
			return fmt.Errorf("id %d of %.40q, want one from 0 to %d", s.id, s.text, math.MaxInt32)
		}
	}
	return nil
}

// byteLetters is the letter that stands for each byte in a vocabulary: itself where it is visible, else one from
// U+0100 on.
func byteLetters() [256]rune {
	var letters [256]rune
	next := rune(0x100)
	for c := range letters {
		if c >= '!' && c <= '~' || c >= 0xa1 && c <= 0xac || c >= 0xae {
			letters[c] = rune(c)
			continue
		}
		letters[c] = next
		next++
	}
	return letters
}

func (b *BPE) frame() *frame { return &b.outer }

func (b *BPE) name() string { return "bpe-" + b.checksum }

// known implements tokenizer.
func (b *BPE) known(ids []int64) bool { return len(ids) > 2 }

// Encode returns the ids of the parts, a line each, between the ids of start and end: at most limit in all, which
// must be at least 2. Parts without any text are left out.
func (b *BPE) Encode(limit int, parts ...string) []int64 {
	ids := append(make([]int64, 0, min(limit, 64)), b.start)
	text := joined(parts)
	if b.spaceFirst && text != "" && text[0] != ' ' {
		text = " " + text
	}
	var j joining
	for text != "" && len(ids) < limit-1 {
		n := min(wordLength(text), maxPieceBytes)
		b.joinPieces(text[:n], &j)
		for _, id := range j.pieces {
			ids = append(ids, int64(id))
		}
		text = text[n:]
	}
	return append(ids[:min(len(ids), limit-1)], b.end)
}

// joined puts each part with any text on a line.
func joined(parts []string) string {
	var lines []string
	for _, part := range parts {
		if part != "" {
			lines = append(lines, strings.ToValidUTF8(part, "\ufffd"))
		}
	}
	return strings.Join(lines, "\n")
}

// joinPieces leaves the pieces of a word in j.
func (b *BPE) joinPieces(word string, j *joining) {
	j.pieces, j.merges = j.pieces[:0], j.merges[:0]
	for i := range len(word) {
		j.pieces = append(j.pieces, b.bytes[word[i]])
	}
	for i := range len(j.pieces) - 1 {
		j.merges = append(j.merges, b.mergeOf(j.pieces[i], j.pieces[i+1]))
	}
	for {
		at, rank := -1, none.rank
		for i := range j.merges {
			if j.merges[i].rank < rank {
				at, rank = i, j.merges[i].rank
			}
		}
		if at < 0 {
			return
		}
		j.pieces[at] = j.merges[at].id
		j.pieces = slices.Delete(j.pieces, at+1, at+2)
		j.merges = slices.Delete(j.merges, at, at+1)
		if at > 0 {
			j.merges[at-1] = b.mergeOf(j.pieces[at-1], j.pieces[at])
		}
		if at < len(j.merges) {
			j.merges[at] = b.mergeOf(j.pieces[at], j.pieces[at+1])
		}
	}
}

// joining is a word while its pieces are joined.
type joining struct {
	pieces []int32
	merges []merge // of each piece with the next
}

// none is the merge of pieces that are not joined.
var none = merge{rank: math.MaxInt32}

func (b *BPE) mergeOf(left, right int32) merge {
	if m, ok := b.merges[pair{left, right}]; ok {
		return m
	}
	return none
}

// contractions are words of their own wherever they stand.
var contractions = []string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}

// wordLength is the length in bytes of the first word of a text that is not empty, as the expression of GPT-2 has it:
// a contraction; letters, digits or other characters, each with one space before them; white space, without its last
// character when a word follows.
func wordLength(text string) int {
	for _, c := range contractions {
		if strings.HasPrefix(text, c) {
			return len(c)
		}
	}
	from := 0
	if text[0] == ' ' {
		from = 1
	}
	if r, size := utf8.DecodeRuneInString(text[from:]); size > 0 && !unicode.IsSpace(r) {
		return from + runLength(text[from:], classOf(r))
	}
	n, last := 0, 0
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !unicode.IsSpace(r) {
			break
		}
		n, last = n+size, size
	}
	if n < len(text) && n > last {
		return n - last
	}
	return n
}

// classOf is the kind of characters that a word consists of.
func classOf(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return 0
	case unicode.IsLetter(r):
		return 1
	case unicode.IsNumber(r):
		return 2
	}
	return 3
}

// runLength is the length in bytes of the characters of a class at the start of a text.
func runLength(text string, class int) int {
	for i, r := range text {
		if classOf(r) != class {
			return i
		}
	}
	return len(text)
}
